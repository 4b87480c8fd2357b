-- Texts of agents that go to a contact later, until they do.
CREATE TABLE scheduled (
    -- The command that each was typed in.
    event_id TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    -- Who has the conversation, or had it last.
    agent TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    -- Whether it waits for a word, since its time has come.
    asks BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX scheduled_interaction ON scheduled (interaction, due_at);
CREATE INDEX scheduled_agent ON scheduled (agent, due_at);
