-- Since when a step of an erasure is tried, and gets no further; nothing as long as another is before it.
ALTER TABLE erasure_steps ADD COLUMN tried_since BIGINT;
