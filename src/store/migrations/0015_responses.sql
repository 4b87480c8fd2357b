-- Blanks of a standard response that an agent is being asked for, in the room of an interaction. Whoever asks for another
-- response there begins anew.
CREATE TABLE blanks (
    interaction TEXT NOT NULL,
    agent TEXT NOT NULL,
    -- The message that asked for the response.
    event_id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (interaction, agent)
);

-- When standard responses were used, without by or for whom, to count them.
CREATE TABLE response_uses (
    id TEXT PRIMARY KEY,
    shortcut TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX response_uses_at ON response_uses (at, shortcut);
