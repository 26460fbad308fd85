-- With which mapping and release a submission was rehearsed or staged: what has not been tried may hold a live package.
CREATE TABLE tried_with (
    submission TEXT NOT NULL,
    mapping    TEXT NOT NULL,                 -- the hash of its files
    release    TEXT NOT NULL,
    run_id     TEXT NOT NULL REFERENCES runs (run_id), -- the first that did
    PRIMARY KEY (submission, mapping, release)
) STRICT, WITHOUT ROWID;
