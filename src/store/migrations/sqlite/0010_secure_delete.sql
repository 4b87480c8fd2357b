-- What is taken out of these indexes leaves no trace in them, as in that of the transcripts. What was taken out before
-- goes with the old index.
INSERT INTO contact_words (contact_words, rank) VALUES ('secure-delete', 1);
INSERT INTO contact_words (contact_words) VALUES ('rebuild');
INSERT INTO talk_words (talk_words, rank) VALUES ('secure-delete', 1);
INSERT INTO talk_words (talk_words) VALUES ('rebuild');
