-- The agents' own dictionaries: words of theirs that are no mistakes, in lower case.
CREATE TABLE agent_words (
    agent TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (agent, word)
);

-- Words that are no mistakes in one conversation, in lower case.
CREATE TABLE ignored_words (
    interaction TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (interaction, word)
);
