-- By which ids the provider knows what was said in a conversation: texts that came, and, once its content was erased, messages that
-- went. Where a number is used by two customers, only these tell which of its messages are whose.
CREATE TABLE provider_texts (
    sid TEXT PRIMARY KEY,
    interaction TEXT NOT NULL
);

CREATE INDEX provider_texts_interaction ON provider_texts (interaction);

-- Which agent was asked whether a contact is to be erased, and when.
CREATE TABLE erase_asked (
    agent TEXT NOT NULL,
    contact TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (agent, contact)
);

CREATE INDEX erase_asked_contact ON erase_asked (contact);
