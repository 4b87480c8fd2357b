-- Callbacks that are to come.
CREATE TABLE callbacks (
    -- The command that each was asked for in.
    event_id TEXT PRIMARY KEY,
    -- The conversation with whoever is to be called.
    interaction TEXT NOT NULL,
    -- Who asked for it.
    agent TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX callbacks_interaction ON callbacks (interaction, due_at);
CREATE INDEX callbacks_agent ON callbacks (agent, due_at);
