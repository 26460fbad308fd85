-- An extract that was made outside the agent and stands in for a package until there is one.
CREATE TABLE imports (
    import_id   TEXT PRIMARY KEY,             -- made as a run's id is, and never equal to one
    began       TEXT NOT NULL,
    nth         INTEGER NOT NULL,
    submission  TEXT NOT NULL,
    period      TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    imported_by TEXT NOT NULL                 -- the account
) STRICT;

-- The index of a package, or of an extract that was imported, by which the next file is compared with it.
CREATE TABLE event_indexes (
    baseline      TEXT PRIMARY KEY,           -- a run, or an import
    sha256        TEXT NOT NULL,
    rows          INTEGER NOT NULL,
    people        INTEGER NOT NULL,
    open_services INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Baselines that a person has chosen. The last one holds until a later package is submitted.
CREATE TABLE chosen_baselines (
    choice     INTEGER PRIMARY KEY,
    submission TEXT NOT NULL,
    baseline   TEXT NOT NULL,                 -- a run, or an import
    reason     TEXT NOT NULL,                 -- no personal data
    chosen_at  TEXT NOT NULL,
    chosen_by  TEXT NOT NULL                  -- the account
) STRICT;
