-- What somebody must hear of, from before it is sent until it is forgotten.
CREATE TABLE alerts (
    alert      INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,          -- the same however often it is sent
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,                 -- the submission and the period, where it is about one
    topic      TEXT NOT NULL,                 -- what alerts have in common that say the same of the same thing
    raised     TEXT NOT NULL,
    message    TEXT NOT NULL,                 -- JSON; no personal data
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'counted', 'sent', 'told', 'refused')),
    closed     TEXT,                          -- when what it says was over
    attempts   INTEGER NOT NULL DEFAULT 0,
    last_fault TEXT,                          -- why the last attempt failed; no personal data
    settled    TEXT,                          -- when it was sent, told in a digest, or refused by every channel
    channel    TEXT                           -- which took it
) STRICT;

CREATE INDEX alerts_by_topic ON alerts (topic, alert);
CREATE INDEX alerts_by_state ON alerts (state);

-- Channels that will not take an alert before somebody has changed something.
CREATE TABLE alert_refusals (
    alert   INTEGER NOT NULL REFERENCES alerts (alert) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    refused TEXT NOT NULL,
    why     TEXT NOT NULL,                    -- no personal data
    PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;

-- Channels that are out of reach or asked for patience.
CREATE TABLE alert_channels (
    channel    TEXT PRIMARY KEY,
    failures   INTEGER NOT NULL,              -- in a row
    not_before TEXT NOT NULL
) STRICT, WITHOUT ROWID;
