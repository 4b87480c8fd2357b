-- Which of the files that a conversation shows are the contact's own: no standard response holds one, since it would go to others.
-- What an agent posted is named in a message of theirs.
ALTER TABLE media_shown ADD COLUMN of_contact BIGINT NOT NULL DEFAULT 0;
UPDATE media_shown SET of_contact = 1 WHERE NOT EXISTS (
    SELECT 1 FROM replies WHERE replies.interaction = media_shown.interaction AND replies.body LIKE '%' || media_shown.uri || '%'
);
