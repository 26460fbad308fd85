-- Where a package stands now ('state' says how it was staged), and from where its folder is still to be moved.
ALTER TABLE packages ADD COLUMN stands TEXT NOT NULL DEFAULT 'held' CHECK (
    stands IN ('ready', 'held', 'submitted', 'accepted', 'rejected', 'superseded', 'withdrawn')
);
UPDATE packages SET stands = state;
ALTER TABLE packages ADD COLUMN moved_from TEXT;

-- Why a package was held. One without a line here was staged by an earlier version.
CREATE TABLE holds (
    run_id     TEXT NOT NULL REFERENCES packages (run_id),
    nth        INTEGER NOT NULL,
    rule       TEXT NOT NULL,                 -- or 'policy'
    why        TEXT NOT NULL,                 -- no personal data
    approvable INTEGER NOT NULL CHECK (approvable IN (0, 1)),
    PRIMARY KEY (run_id, nth)
) STRICT, WITHOUT ROWID;

-- Who let a package go in spite of that.
CREATE TABLE approvals (
    run_id      TEXT NOT NULL REFERENCES packages (run_id),
    approved_by TEXT NOT NULL,                -- the account
    approved_at TEXT NOT NULL,
    reason      TEXT NOT NULL,                -- no personal data
    PRIMARY KEY (run_id, approved_by)
) STRICT, WITHOUT ROWID;
