-- What was said in talks, to be searched. Each row holds the words alone, in lower case, with those who may read it.
CREATE TABLE talk_words (
    line TEXT PRIMARY KEY,
    talk TEXT NOT NULL,
    words TEXT NOT NULL,
    found TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED
);

CREATE INDEX talk_words_talk ON talk_words (talk);
CREATE INDEX talk_words_found ON talk_words USING gin (found);
