-- One text for SQLite and PostgreSQL: BIGINT for numbers and Unix milliseconds, TEXT for the rest, JSON as TEXT.

CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    is_ready BIGINT NOT NULL,
    body TEXT NOT NULL,
    console_room TEXT,
    -- Whether they are in their console.
    in_console BIGINT NOT NULL DEFAULT 0,
    -- The account that was greeted there.
    greeted TEXT,
    -- Whether they are online, as the homeserver last showed it.
    online TEXT,
    -- Who is no agent any more is kept for their console: what is on its way there still gets there.
    removed BIGINT NOT NULL DEFAULT 0
);

-- Who is a member of which queue.
CREATE TABLE memberships (
    queue TEXT NOT NULL,
    agent TEXT NOT NULL,
    PRIMARY KEY (queue, agent)
);

CREATE INDEX memberships_agent ON memberships (agent);

CREATE TABLE queues (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE numbers (
    number TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE contact_numbers (
    number TEXT PRIMARY KEY,
    contact TEXT NOT NULL REFERENCES contacts (id)
);

-- The ghosts that speak for numbers, and those that did before. A name is random: nothing at the homeserver tells the number.
CREATE TABLE ghosts (
    name TEXT PRIMARY KEY,
    number TEXT NOT NULL REFERENCES contact_numbers (number),
    -- What it is called at the homeserver, once it is there.
    called TEXT,
    -- Whether another took its place.
    is_replaced BIGINT NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX ghosts_in_use ON ghosts (number) WHERE is_replaced = 0;

CREATE TABLE opt_outs (
    our_number TEXT NOT NULL,
    contact_number TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (our_number, contact_number)
);

-- When the desk last said what to a contact by itself.
CREATE TABLE auto_replies (
    contact TEXT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (contact, kind)
);

CREATE TABLE interactions (
    id TEXT PRIMARY KEY,
    our_number TEXT NOT NULL,
    contact_number TEXT NOT NULL,
    contact TEXT NOT NULL,
    mode TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    owner TEXT,
    holder TEXT,
    room_id TEXT,
    created_at BIGINT NOT NULL,
    -- Its place in the queue, and what routing looks at; only while it waits for an agent.
    place BIGINT,
    waits TEXT,
    body TEXT NOT NULL
);

-- Decides who made the room when two texts of one contact arrive at once.
CREATE UNIQUE INDEX interactions_open_pair ON interactions (our_number, contact_number) WHERE is_open = 1;
CREATE INDEX interactions_waiting ON interactions (queue, place, id) WHERE place IS NOT NULL;
CREATE INDEX interactions_not_done ON interactions (room_id) WHERE state <> 'done';
CREATE INDEX interactions_owned ON interactions (owner) WHERE owner IS NOT NULL;
CREATE INDEX interactions_held ON interactions (holder) WHERE holder IS NOT NULL;
CREATE INDEX interactions_contact ON interactions (contact, created_at);

-- Who is being asked to take an interaction.
CREATE TABLE offers (
    interaction TEXT NOT NULL,
    agent TEXT NOT NULL,
    PRIMARY KEY (interaction, agent)
);

CREATE INDEX offers_agent ON offers (agent);

-- Two agents in a room of their own. A room is known by the first talk in it; what happens there happens to the newest
-- one.
CREATE TABLE talks (
    id TEXT PRIMARY KEY,
    first_talk TEXT NOT NULL,
    initiator TEXT NOT NULL,
    invitee TEXT NOT NULL,
    parent TEXT,
    state TEXT NOT NULL,
    room_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX talks_first_talk ON talks (first_talk, created_at);
CREATE INDEX talks_initiator ON talks (initiator, created_at);
CREATE INDEX talks_invitee ON talks (invitee, created_at);
CREATE INDEX talks_parent ON talks (parent) WHERE parent IS NOT NULL;
CREATE INDEX talks_open ON talks (created_at) WHERE state <> 'done';
CREATE INDEX talks_done ON talks (updated_at) WHERE state = 'done';

CREATE TABLE rooms (
    room_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- When it was found to be of no use any more.
    lost_at BIGINT
);

CREATE INDEX rooms_lost ON rooms (lost_at) WHERE lost_at IS NOT NULL;

CREATE TABLE transcript (
    id TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    event_id TEXT
);

CREATE INDEX transcript_interaction ON transcript (interaction, id);
CREATE INDEX transcript_event ON transcript (event_id) WHERE event_id IS NOT NULL;

CREATE TABLE posted (
    event_id TEXT PRIMARY KEY,
    -- The lane of the room it stands in.
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT
);

CREATE INDEX posted_role ON posted (role) WHERE role IS NOT NULL;

CREATE TABLE replies (
    id TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    event_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX replies_event ON replies (event_id);
CREATE INDEX replies_interaction ON replies (interaction, created_at);

CREATE TABLE receipts (
    key TEXT PRIMARY KEY,
    -- When it was claimed; nothing where it is kept for ever.
    at BIGINT
);

CREATE INDEX receipts_at ON receipts (at) WHERE at IS NOT NULL;

CREATE TABLE timers (
    id TEXT PRIMARY KEY,
    due_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX timers_due ON timers (due_at);

CREATE TABLE lanes (
    id TEXT PRIMARY KEY,
    next_seq BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    holder TEXT,
    held_until BIGINT NOT NULL
);

CREATE TABLE outbox (
    lane TEXT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    -- When what a reply says was said, 0 for all else: what is heard of late goes before what was said after it.
    said_at BIGINT NOT NULL,
    txn_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    merge_key TEXT,
    failures BIGINT NOT NULL,
    -- How many ghosts were replaced over it, because none of them could be used.
    ghosts_lost BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    -- Whether strangers' bytes are being read for it. Found so at a start, that ended the program.
    begun BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, seq)
);

CREATE UNIQUE INDEX outbox_merge ON outbox (merge_key) WHERE merge_key IS NOT NULL AND state = 'ready';
CREATE INDEX outbox_ready ON outbox (lane, said_at, seq) WHERE state = 'ready';

CREATE TABLE set_aside (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    body TEXT NOT NULL
);

-- Whether the homeserver, the provider and the database work, as it was found last.
CREATE TABLE channels (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- Texts that the provider's list knows and that never came, until they are applied.
CREATE TABLE missed (
    sid TEXT PRIMARY KEY,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    place BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX missed_turn ON missed (ours, theirs, written_at, place);

CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The numbered list that each agent was shown last in a room; one that is whoever owns the room's conversation has no agent.
CREATE TABLE lists (
    place TEXT NOT NULL,
    agent TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (place, agent)
);

CREATE INDEX lists_at ON lists (at);

-- What is defined by name: dispositions and the like.
CREATE TABLE definitions (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_at ON audit (at);

-- What agents missed or lost, until they clear it.
CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    at BIGINT NOT NULL,
    interaction TEXT NOT NULL,
    missed TEXT NOT NULL
);

CREATE INDEX messages_agent ON messages (agent, id);

-- What interactions were from which moment on: what reports are computed from.
CREATE TABLE changes (
    id TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    at BIGINT NOT NULL,
    queue TEXT NOT NULL,
    owner TEXT,
    state TEXT NOT NULL
);

CREATE INDEX changes_interaction ON changes (interaction, id);
CREATE INDEX changes_at ON changes (at);
