-- What was said in talks, to be searched. Each row holds the words alone, in lower case, with those who may read it.
CREATE VIRTUAL TABLE talk_words USING fts5 (
    line UNINDEXED, talk, words, tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3'
);
