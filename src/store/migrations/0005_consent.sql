-- Whether contacts want to be texted: what holds for each address and scope, and every change of it, which is
-- kept. A scope is "number:" and our number, "sender:" and a messaging service, or "desk".

CREATE TABLE consent (
    address TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- in or out
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    change_id TEXT NOT NULL,
    PRIMARY KEY (address, scope)
);

CREATE TABLE consent_changes (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- The number of ours that it was said to; nothing where it was to none.
    our_number TEXT,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    words TEXT NOT NULL,
    who TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX consent_changes_address ON consent_changes (address, id);

-- What erased addresses said last: the address stands here as a hash, with the salt of this database in front
-- of it (facts, consent_salt).
CREATE TABLE consent_hashes (
    hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (hash, scope)
);

-- These ids sort before those of all later changes, which begin with their time.
INSERT INTO consent_changes (id, address, scope, our_number, state, source, words, who, at)
SELECT '000000000000 ' || our_number || ' ' || contact_number, contact_number, 'number:' || our_number, our_number,
    'out', 'earlier', '', '', since
FROM opt_outs;

INSERT INTO consent (address, scope, state, at, change_id)
SELECT address, scope, state, at, id FROM consent_changes;

DROP TABLE opt_outs;

-- The addresses of a contact.
CREATE INDEX IF NOT EXISTS contact_numbers_contact ON contact_numbers (contact);

-- The messaging service that a number of ours sends in, as its settings say.
ALTER TABLE numbers ADD COLUMN sender TEXT;

-- What is open with an address, on whichever number of ours.
CREATE INDEX interactions_open_contact ON interactions (contact_number) WHERE is_open = 1;
