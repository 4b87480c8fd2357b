-- A conversation that is done, and whose row does not tell since when, counts as done since it began: it is looked at
-- with what may be too old to be kept, instead of being kept for ever.
DROP INDEX interactions_done;
ALTER TABLE interactions DROP COLUMN done_at;
ALTER TABLE interactions ADD COLUMN done_at BIGINT GENERATED ALWAYS AS (
    CASE WHEN state = 'done' THEN
        CASE WHEN NOT json_valid(body) THEN created_at
             WHEN json_extract(body, '$.emptied_at') IS NOT NULL THEN NULL
             WHEN json_type(body, '$.phase.at') = 'integer' THEN json_extract(body, '$.phase.at')
             ELSE created_at
        END
    END
) VIRTUAL;

CREATE INDEX interactions_done ON interactions (queue, done_at) WHERE done_at IS NOT NULL;
