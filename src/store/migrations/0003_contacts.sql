-- What is known of a contact beside their name, as JSON: e-mail addresses, language, attributes, notes.
ALTER TABLE contacts ADD COLUMN body TEXT NOT NULL DEFAULT '{}';
-- Whom they turned out to be: nothing of them is shown any more, until that is undone.
ALTER TABLE contacts ADD COLUMN merged_into TEXT;

CREATE INDEX contact_numbers_contact ON contact_numbers (contact);

-- Who wrote from a number that is another's.
CREATE TABLE contact_shares (
    number TEXT NOT NULL,
    contact TEXT NOT NULL,
    PRIMARY KEY (number, contact)
);

CREATE INDEX contact_shares_contact ON contact_shares (contact);

-- Who was merged into whom, for as long as that can be undone.
CREATE TABLE contact_merges (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    survivor TEXT NOT NULL,
    merged TEXT NOT NULL,
    -- What was moved, and what both were like before.
    body TEXT NOT NULL
);

CREATE INDEX contact_merges_survivor ON contact_merges (survivor, at);
CREATE INDEX contact_merges_at ON contact_merges (at);

-- The conversations that a merge moved.
CREATE TABLE contact_moves (
    merge_id TEXT NOT NULL,
    interaction TEXT NOT NULL,
    PRIMARY KEY (merge_id, interaction)
);
