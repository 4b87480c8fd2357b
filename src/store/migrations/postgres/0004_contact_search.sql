-- What contacts are found by. Each row holds the words alone, in lower case; a number is the word `zzr` with its digits
-- backwards, so that its last digits are how the word begins.
CREATE TABLE contact_words (
    contact TEXT PRIMARY KEY,
    words TEXT NOT NULL,
    found TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED
);

CREATE INDEX contact_words_found ON contact_words USING gin (found);

-- Contacts from before have a name and numbers.
INSERT INTO contact_words (contact, words)
SELECT c.id, LOWER(REGEXP_REPLACE(c.name, '[^[:alnum:]]+', ' ', 'g')) || COALESCE(
    (SELECT ' ' || STRING_AGG('zzr' || REVERSE(SUBSTRING(n.number FROM '[0-9]+$')), ' ')
     FROM contact_numbers n WHERE n.contact = c.id AND n.number ~ '^[a-z]+:[+]?[0-9]+$'), '')
FROM contacts c;
