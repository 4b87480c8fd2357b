-- Erasures of what tells of a person elsewhere: at the homeserver and at the provider.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    asked TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    -- When it was done; nothing as long as it runs.
    ended_at BIGINT,
    counts TEXT NOT NULL,
    -- What tells of the person; nothing once it is done.
    about TEXT
);

CREATE INDEX erasures_running ON erasures (begun_at) WHERE ended_at IS NULL;

-- What is still to be done, in its order.
CREATE TABLE erasure_steps (
    job TEXT NOT NULL,
    seq BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job, seq)
);

-- Events that were redacted, and files that are to be deleted: known again when a job goes on.
CREATE TABLE erasure_seen (
    job TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (job, id)
);

-- What could not be erased, and why.
CREATE TABLE erasure_left (
    job TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (job, what, reason, at)
);
