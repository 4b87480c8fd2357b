-- Contacts who are being forgotten: what tells of them, until that is done.
CREATE TABLE forgetting (
    id TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    body TEXT NOT NULL
);
