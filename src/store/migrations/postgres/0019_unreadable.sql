-- A conversation that is done, and whose row does not tell since when, counts as done since it began: it is looked at
-- with what may be too old to be kept, instead of being kept for ever.
CREATE FUNCTION interaction_done_at(state TEXT, body TEXT, created_at BIGINT) RETURNS BIGINT
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN state = 'done' AND body::jsonb ->> 'emptied_at' IS NULL THEN
        COALESCE((body::jsonb -> 'phase' ->> 'at')::BIGINT, created_at)
    END;
EXCEPTION WHEN data_exception THEN
    RETURN CASE WHEN state = 'done' THEN created_at END;
END
$$;

DROP INDEX interactions_done;
ALTER TABLE interactions DROP COLUMN done_at;
DROP FUNCTION interaction_done_at(TEXT, TEXT);
ALTER TABLE interactions ADD COLUMN done_at BIGINT
    GENERATED ALWAYS AS (interaction_done_at(state, body, created_at)) STORED;

CREATE INDEX interactions_done ON interactions (queue, done_at) WHERE done_at IS NOT NULL;
