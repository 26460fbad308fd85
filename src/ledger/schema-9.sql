-- Where the agent is at home: the last line. A copy of the ledger on another machine is not.
CREATE TABLE homes (
    home       INTEGER PRIMARY KEY,
    machine    TEXT,                          -- a hash of what it calls itself, or 'nameless'; NULL: out of a backup
    since      TEXT NOT NULL,
    settled_by TEXT NOT NULL                  -- the account
) STRICT;
