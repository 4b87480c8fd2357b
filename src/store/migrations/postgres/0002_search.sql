-- What was said in talks, to be searched. Each row holds the words alone, in lower case, with those who may read it.
CREATE TABLE talk_words (
    line TEXT PRIMARY KEY,
    talk TEXT NOT NULL,
    words TEXT NOT NULL
);

CREATE INDEX talk_words_words ON talk_words USING gin (to_tsvector('simple', words));
