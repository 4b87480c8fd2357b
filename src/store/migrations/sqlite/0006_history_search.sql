-- What was said with contacts, to be searched: a row for each line of a transcript that holds words. Each begins with the
-- word that stands for the contact's address. The newest have the largest places.
CREATE TABLE line_words (
    place INTEGER PRIMARY KEY,
    line TEXT NOT NULL UNIQUE REFERENCES transcript (id) ON DELETE CASCADE,
    words TEXT NOT NULL
);

CREATE VIRTUAL TABLE line_index USING fts5 (
    words, content = 'line_words', content_rowid = 'place', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);

-- What is taken away leaves no trace in the index.
INSERT INTO line_index (line_index, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER line_words_added AFTER INSERT ON line_words BEGIN
    INSERT INTO line_index (rowid, words) VALUES (new.place, new.words);
END;

CREATE TRIGGER line_words_gone AFTER DELETE ON line_words BEGIN
    INSERT INTO line_index (line_index, rowid, words) VALUES ('delete', old.place, old.words);
END;

CREATE TRIGGER line_words_changed AFTER UPDATE ON line_words BEGIN
    INSERT INTO line_index (line_index, rowid, words) VALUES ('delete', old.place, old.words);
    INSERT INTO line_index (rowid, words) VALUES (new.place, new.words);
END;

-- A contact's interactions in pages, and whether an agent ever owned one.
DROP INDEX interactions_contact;
CREATE INDEX interactions_contact ON interactions (contact, created_at, id);
CREATE INDEX changes_owner ON changes (owner, interaction) WHERE owner IS NOT NULL;

-- Who may do everything there was may read histories too, as they could before.
UPDATE agents SET body = replace(body, '"consult","see_numbers"', '"consult","see_numbers","history"')
WHERE body LIKE '%"im","sms_outbound","mms_send","media_save","call","email","callback","contact_edit","case_edit","transfer","consult","see_numbers"%';
