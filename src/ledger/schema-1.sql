-- Times are UTC, as 2026-11-23T22:15:03Z; periods are 2025-10-01_2026-09-30; hashes are SHA-256 in hexadecimal.

CREATE TABLE runs (
    run_id       TEXT PRIMARY KEY,
    began        TEXT NOT NULL,
    nth          INTEGER NOT NULL,            -- of the runs that began in that second, from 1
    submission   TEXT NOT NULL,
    plan         TEXT,                        -- NULL: started by hand
    period       TEXT NOT NULL,
    slot         TEXT,                        -- the turn of the plan that this run is for
    attempt      INTEGER NOT NULL,            -- of the same submission, plan, period and slot, from 1
    ended        TEXT,
    state        TEXT NOT NULL CHECK (state IN ('running', 'released', 'held', 'failed', 'stopped')),
    exit_code    INTEGER,
    message      TEXT,                        -- no personal data
    tool_version TEXT NOT NULL,
    CHECK ((state = 'running') = (ended IS NULL))
) STRICT;

CREATE INDEX runs_by_slot ON runs (submission, plan, period, slot);

CREATE TABLE packages (
    run_id               TEXT PRIMARY KEY REFERENCES runs (run_id),
    state                TEXT NOT NULL CHECK (state IN ('ready', 'held')),
    path                 TEXT NOT NULL,
    manifest_sha256      TEXT NOT NULL,
    upload_sha256        TEXT NOT NULL,
    rows                 INTEGER NOT NULL,
    staged_at            TEXT NOT NULL,
    submitted_at         TEXT,                -- NULL: nobody has recorded that it was submitted
    submitted_by         TEXT,
    submission_reference TEXT
) STRICT;

-- How often each field failed, against which a later run is held.
CREATE TABLE field_rates (
    run_id TEXT NOT NULL REFERENCES packages (run_id),
    field  TEXT NOT NULL,
    failed INTEGER NOT NULL,
    judged INTEGER NOT NULL,
    PRIMARY KEY (run_id, field)
) STRICT, WITHOUT ROWID;
