-- A flood ends when the rate is back within the limit, and whatever was not told of is counted by itself. So that it is told whenever
-- it came, and whatever became of the flood.
ALTER TABLE floods ADD COLUMN over_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE floods ADD COLUMN muted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE floods ADD COLUMN untold BIGINT NOT NULL DEFAULT 0;
-- Only what was told of once is a flood.
UPDATE floods SET over_at = last_at, muted = texts, untold = texts - told WHERE told > 0;
ALTER TABLE floods DROP COLUMN last_at;
ALTER TABLE floods DROP COLUMN told;
