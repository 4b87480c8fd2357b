-- Tokens by which programs text contacts first; of the tokens themselves only hashes.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- When it was removed; nothing while it holds.
    removed_at BIGINT,
    -- When it last had a text sent.
    used_at BIGINT,
    body TEXT NOT NULL
);

CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE removed_at IS NULL;

-- The first answer to each request of a program, by the hash of its key.
CREATE TABLE request_keys (
    token TEXT NOT NULL,
    key TEXT NOT NULL,
    -- The hash of what was asked for.
    request TEXT NOT NULL,
    at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (token, key)
);

CREATE INDEX request_keys_of ON request_keys (token, at);
CREATE INDEX request_keys_at ON request_keys (at);

-- Which token a conversation was begun by.
CREATE TABLE program_texts (
    interaction TEXT PRIMARY KEY,
    token TEXT NOT NULL
);
