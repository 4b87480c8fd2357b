-- Refuses the statement that it stands in, as one that got in the way of another commit, where what was read before it
-- does not hold any more. Nothing in plain SQL fails with a code of one's own.
CREATE FUNCTION still_holds(holds BOOLEAN) RETURNS BOOLEAN LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF holds THEN
        RETURN TRUE;
    END IF;
    RAISE EXCEPTION 'what was read has changed since' USING ERRCODE = 'serialization_failure';
END
$$;
