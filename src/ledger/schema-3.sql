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
    settled    TEXT,                          -- when it was sent, told in a digest, or refused by every channel
    channel    TEXT                           -- which took it
) STRICT;

CREATE INDEX alerts_by_topic ON alerts (topic, alert);
CREATE INDEX alerts_by_state ON alerts (state);

-- Why a channel did not take an alert when it was asked last.
CREATE TABLE alert_answers (
    alert      INTEGER NOT NULL REFERENCES alerts (alert) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    asked      TEXT NOT NULL,
    not_before TEXT,                          -- when it may take it; NULL: not before somebody has changed something
    why        TEXT NOT NULL,                 -- no personal data
    PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;

-- Channels that are out of reach or asked for patience.
CREATE TABLE resting_channels (
    channel    TEXT PRIMARY KEY,
    not_before TEXT NOT NULL
) STRICT, WITHOUT ROWID;
