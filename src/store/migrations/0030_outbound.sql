-- What was said from a number, and with it: whoever is texted first may have been heard of before.
CREATE INDEX interactions_number ON interactions (contact_number, created_at);

-- The conversations that agents began by a text, by the agent.
CREATE INDEX changes_begun ON changes (owner, id) WHERE state = 'outbound';
