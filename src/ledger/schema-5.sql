-- What was done, by whom: a chain in which each line's hash is made over the hash of the line before.
CREATE TABLE audit (
    line    INTEGER PRIMARY KEY,              -- 1, 2, 3, … without a gap
    at      TEXT NOT NULL,
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,                    -- a run, an import, an answer, a submission
    details TEXT NOT NULL,                    -- JSON, its keys in a fixed order; no personal data
    hash    TEXT NOT NULL
) STRICT;

-- With what the last package of a submission was made: the hashes of configuration, mapping and release file.
CREATE TABLE made_with (
    submission    TEXT PRIMARY KEY,
    configuration TEXT NOT NULL,
    mapping       TEXT NOT NULL,
    release       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
