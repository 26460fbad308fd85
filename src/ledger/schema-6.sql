-- What is kept beyond its age, for an incident or a legal hold.
CREATE TABLE retentions (
    retention   INTEGER PRIMARY KEY,
    subject     TEXT NOT NULL,                -- a run, or an import
    until       TEXT,                         -- its last day; NULL: until it is released
    reason      TEXT NOT NULL,                -- no personal data
    retained_at TEXT NOT NULL,
    retained_by TEXT NOT NULL,                -- the account
    released_at TEXT
) STRICT;

CREATE INDEX retentions_by_subject ON retentions (subject);

-- What was purged or, where no moment says when, is being purged.
CREATE TABLE purges (
    purge      INTEGER PRIMARY KEY,
    what       TEXT NOT NULL,                 -- extract, findings, index, rehearsal
    subject    TEXT NOT NULL,                 -- a run, or an import
    rule       TEXT NOT NULL,                 -- in words
    files      INTEGER NOT NULL,              -- what was there
    bytes      INTEGER NOT NULL,
    sha256     TEXT,                          -- of the package's manifest, or of the index
    ordered_at TEXT NOT NULL,
    purged_at  TEXT
) STRICT;

CREATE INDEX purges_by_subject ON purges (subject);
