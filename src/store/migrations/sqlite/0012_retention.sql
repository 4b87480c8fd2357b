-- What may be too old to be kept. An interaction is done since then as long as it has its content: the moment is read
-- out of the row itself, so that whoever writes the row need not know of it. What is no JSON is never done.
ALTER TABLE interactions ADD COLUMN done_at BIGINT GENERATED ALWAYS AS (
    CASE WHEN state = 'done' AND json_valid(body) THEN
        CASE WHEN json_extract(body, '$.emptied_at') IS NULL THEN json_extract(body, '$.phase.at') END
    END
) VIRTUAL;

CREATE INDEX interactions_done ON interactions (queue, done_at) WHERE done_at IS NOT NULL;

-- The pictures and files of contacts that the bot gave to the homeserver, as long as they are kept there; since when
-- their conversation is done.
CREATE TABLE media_shown (
    uri TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    queue TEXT NOT NULL,
    done_at BIGINT
);

CREATE INDEX media_shown_interaction ON media_shown (interaction);
CREATE INDEX media_shown_done ON media_shown (queue, done_at) WHERE done_at IS NOT NULL;

-- What else speaks of an interaction, and is found by its id.
CREATE INDEX messages_interaction ON messages (interaction) WHERE interaction <> '';
CREATE INDEX audit_subject ON audit (subject) WHERE subject <> '';
CREATE INDEX posted_in_role ON posted (lane) WHERE role IS NOT NULL;

-- Words that are taken away leave no trace in the index.
INSERT INTO talk_words (talk_words, rank) VALUES ('secure-delete', 1);

-- This setting stands beside the others of its kind now.
UPDATE definitions SET name = 'retention_im_days', body = REPLACE(body, '"im_retention_days"', '"retention_im_days"')
WHERE kind = 'setting' AND name = 'im_retention_days';
