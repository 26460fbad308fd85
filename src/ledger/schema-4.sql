-- Whether what ended a run may pass by itself, and whether the run was a rehearsal, which stages nothing.
ALTER TABLE runs ADD COLUMN may_pass INTEGER NOT NULL DEFAULT 0 CHECK (may_pass IN (0, 1));
ALTER TABLE runs ADD COLUMN rehearsal INTEGER NOT NULL DEFAULT 0 CHECK (rehearsal IN (0, 1));

-- What a rehearsal found, against which the next one is held.
CREATE TABLE rehearsal_findings (
    run_id   TEXT NOT NULL REFERENCES runs (run_id),
    rule     TEXT NOT NULL,
    findings INTEGER NOT NULL,
    holds    INTEGER NOT NULL CHECK (holds IN (0, 1)), -- whether it would have held a package
    PRIMARY KEY (run_id, rule)
) STRICT, WITHOUT ROWID;

-- Times for which somebody has paused the plans.
CREATE TABLE pauses (
    pause     INTEGER PRIMARY KEY,
    paused_at TEXT NOT NULL,
    until     TEXT NOT NULL,
    reason    TEXT NOT NULL,                  -- no personal data
    paused_by TEXT NOT NULL                   -- the account
) STRICT;

-- What has been said to somebody, so that it is said once.
CREATE TABLE said (
    what TEXT PRIMARY KEY,                    -- such as run/20261010T060000Z/failed
    at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
