-- Pictures and files that are ready for a phone, for as long as their links hold: the provider fetches them from us.
CREATE TABLE media_out (
    id TEXT PRIMARY KEY,
    interaction TEXT NOT NULL,
    -- The name in the link, like image-1.jpg.
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    -- After this moment no link to it holds, and it is cleared away.
    until BIGINT NOT NULL
);

CREATE INDEX media_out_of ON media_out (interaction);
CREATE INDEX media_out_until ON media_out (until);

-- Their content, so much of it at a time that whoever fetches a file has a little of it in memory and not the whole.
CREATE TABLE media_out_pieces (
    media TEXT NOT NULL,
    number BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (media, number)
);
