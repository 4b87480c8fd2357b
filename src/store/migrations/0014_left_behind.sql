-- What the homeserver may hold of conversations that are not kept any longer: their rooms, those of consults about them,
-- and the files that it has not deleted. Whoever erases the customer later finds it here.
CREATE TABLE left_behind (
    interaction TEXT NOT NULL,
    -- The id of a room, or the address of a file.
    at TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (interaction, at)
);

CREATE INDEX left_behind_at ON left_behind (at);
