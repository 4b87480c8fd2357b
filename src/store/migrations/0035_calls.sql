-- Who is in a telephone call, each with its conversation: an agent has one at a time. How it goes stands with the conversation.
CREATE TABLE calls (
    agent TEXT PRIMARY KEY,
    interaction TEXT NOT NULL
);

CREATE UNIQUE INDEX calls_interaction ON calls (interaction);
