-- What contacts are found by. Each row holds the words alone, in lower case; a number is the word `zzr` with its digits
-- backwards, so that its last digits are how the word begins.
CREATE VIRTUAL TABLE contact_words USING fts5 (
    contact, words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3'
);

-- Contacts from before have a name and numbers.
WITH RECURSIVE backwards (number, contact, left, digits) AS (
    SELECT number, contact, REPLACE(SUBSTR(number, INSTR(number, ':') + 1), '+', ''), '' FROM contact_numbers
    UNION ALL
    SELECT number, contact, SUBSTR(left, 2), SUBSTR(left, 1, 1) || digits FROM backwards
    WHERE left <> '' AND left NOT GLOB '*[^0-9]*'
)
INSERT INTO contact_words (contact, words)
SELECT c.id, c.name || COALESCE(
    (SELECT ' ' || GROUP_CONCAT('zzr' || b.digits, ' ') FROM backwards b
     WHERE b.contact = c.id AND b.left = '' AND b.digits <> ''), '')
FROM contacts c;
