-- What contacts sent, as they sent it: beside what a room shows of it, for those who may save it.
CREATE TABLE originals (
    picture TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    -- The event that shows it; none where nothing does, or not yet.
    event TEXT,
    sent_at BIGINT NOT NULL,
    -- Which part of its message it is, from 1.
    number BIGINT NOT NULL,
    -- Where the homeserver keeps it; nothing where it did not take it.
    uri TEXT,
    -- The beginning of the text it came with.
    beside TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX originals_interaction ON originals (interaction, sent_at, number);
CREATE INDEX originals_event ON originals (event) WHERE event IS NOT NULL;

-- Whether a file is the original behind a preview that has a row of its own.
ALTER TABLE media_shown ADD COLUMN behind_preview BIGINT NOT NULL DEFAULT 0;
