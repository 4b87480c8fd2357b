-- What nobody takes: the queues whose members are asked besides those of its own, and what an agent must know to be asked, where
-- it is to be noted when nobody who does is ready. Names, with commas between them, in order; only while it waits for an agent.
ALTER TABLE interactions ADD COLUMN overflow TEXT NOT NULL DEFAULT '';
ALTER TABLE interactions ADD COLUMN unready TEXT;

CREATE INDEX interactions_line ON interactions (queue, overflow, place, id) WHERE place IS NOT NULL;
CREATE INDEX interactions_overflow ON interactions (overflow, queue) WHERE place IS NOT NULL AND overflow <> '';
CREATE INDEX interactions_unready ON interactions (queue, overflow, unready) WHERE unready IS NOT NULL;

-- Who was taken by an agent, for how long contacts wait.
CREATE INDEX changes_taken ON changes (queue, at) WHERE state = 'active';
