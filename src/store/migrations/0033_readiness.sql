-- What agents were ready for and since when, change by change: reports count the time, and whoever is not ready for longer than their
-- reason allows is told. Ids sort by time.
CREATE TABLE readiness (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX readiness_agent ON readiness (agent, id);
CREATE INDEX readiness_at ON readiness (at);
