-- Contacts whose texts are kept and shown to nobody. A block that has ended means nothing, and goes when the list is read.
CREATE TABLE blocks (
    contact TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    -- Until when; nothing if for good.
    until BIGINT,
    body TEXT NOT NULL
);

CREATE INDEX blocks_at ON blocks (at, contact);
CREATE INDEX blocks_until ON blocks (until) WHERE until IS NOT NULL;

-- How many texts came from an address to one of ours without end: counted from one on, and from how many on they are too many.
CREATE TABLE floods (
    theirs TEXT NOT NULL,
    ours TEXT NOT NULL,
    since BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    texts BIGINT NOT NULL,
    -- How many there were when that was told last.
    told BIGINT NOT NULL,
    PRIMARY KEY (theirs, ours)
);

-- The tags of interactions, with when those began, to count them.
CREATE TABLE tags (
    interaction TEXT NOT NULL,
    tag TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (interaction, tag)
);

CREATE INDEX tags_began ON tags (began_at, tag);

-- What a contact wrote whom nobody was to hear.
CREATE INDEX interactions_kept ON interactions (contact_number, our_number, mode, created_at) WHERE mode IN ('blocked', 'flood');
-- What is counted of a contact: what goes on, and what began when. Neither grows with what was long ago.
CREATE INDEX interactions_in_progress ON interactions (contact, created_at) WHERE state <> 'done';
CREATE INDEX interactions_kinds ON interactions (contact, created_at, mode);
