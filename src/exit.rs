//! The exit codes of the program: the only place where the numbers live.

/// It worked; a package was released, a file could be released.
pub const SUCCESS: u8 = 0;
/// Something that should not happen.
pub const UNEXPECTED: u8 = 1;
/// The command line was not understood.
pub const USAGE: u8 = 2;
/// The package is held, or the file checked would be.
pub const HELD: u8 = 3;
/// A package is not what its manifest says.
pub const CHANGED: u8 = 4;
/// Somebody should look: `status` says what at.
pub const ATTENTION: u8 = 5;
/// What was asked for does not follow from where the package stands, or is not this account's to ask.
pub const REFUSED: u8 = 6;
/// The period has been submitted already.
pub const SUBMITTED: u8 = 7;
/// The agent is at home on another machine.
pub const ELSEWHERE: u8 = 8;
/// The configuration has faults.
pub const CONFIGURATION: u8 = 10;
/// The mapping has faults, or does not fit the columns of its source.
pub const MAPPING: u8 = 11;
/// The release file has faults.
pub const RELEASE: u8 = 12;
/// A source or a file to check cannot be read.
pub const SOURCE: u8 = 20;
/// A query was refused or failed.
pub const QUERY: u8 = 21;
/// A source was lost before the last row.
pub const LOST: u8 = 22;
/// A query returned no rows.
pub const NO_ROWS: u8 = 23;
/// A server does not let us in, or the login has rights that it must not have.
pub const LOGIN: u8 = 24;
/// The data of a source is older than it may be.
pub const STALE: u8 = 25;
/// A file cannot be written.
pub const OUTPUT: u8 = 30;
/// The disk is full.
pub const DISK_FULL: u8 = 31;
/// Another run is at work.
pub const BUSY: u8 = 32;
/// The ledger cannot be used.
pub const LEDGER: u8 = 33;
/// An alert reached nobody.
pub const ALERT: u8 = 34;
/// The machine's service manager did not do what was asked.
pub const SERVICE: u8 = 35;
/// Somebody stopped the run.
pub const STOPPED: u8 = 40;

/// What to do where a command ended with this code.
pub fn advice(code: u8) -> Option<&'static str> {
    ALL.iter().find(|(known, ..)| *known == code).map(|(.., advice)| *advice)
}

/// What this code says.
pub fn meaning(code: u8) -> Option<&'static str> {
    ALL.iter().find(|(known, ..)| *known == code).map(|(_, meaning, _)| *meaning)
}

/// Every code, with what it means and what to do, for the documentation.
pub const ALL: [(u8, &str, &str); 25] = [
    (SUCCESS, "It worked: a package was released, or the file checked could be.", "Nothing."),
    (UNEXPECTED, "Something that should not happen.", "Report it, with the message."),
    (USAGE, "The command line was not understood.", "See `cld-agent help`."),
    (HELD, "The package is held, or the file checked would be.", "Read the report: it says why."),
    (CHANGED, "A package is not what its manifest says.", "Do not submit it; run again."),
    (ATTENTION, "Something asks for somebody.", "Read what `cld-agent status` says."),
    (
        REFUSED,
        "What was asked of a package does not follow from where it stands, or is not for this account.",
        "See the message.",
    ),
    (SUBMITTED, "The period has been submitted already.", "`--resubmit --reason`, if another is wanted."),
    (
        ELSEWHERE,
        "The agent is at home on another machine: this is a copy of it, or came out of a backup.",
        "See that it runs nowhere else, then `cld-agent adopt`.",
    ),
    (CONFIGURATION, "The configuration has faults.", "Mend the lines that are named."),
    (MAPPING, "The mapping has faults, or does not fit the columns of its source.", "Mend the lines that are named."),
    (RELEASE, "The release file has faults.", "Mend the lines that are named, or remove the file."),
    (
        SOURCE,
        "A source, or a file to check, cannot be read.",
        "See the message: path, server, rights, or the file itself.",
    ),
    (QUERY, "A query was refused, or failed.", "Mend the query that is named."),
    (LOST, "A source was lost before the last row.", "Run again."),
    (NO_ROWS, "A query returned no rows.", "Check its dates and rights; `may_be_empty = true` where that is right."),
    (LOGIN, "A server refused the login, or the login may do more than it must.", "Check account, secret and rights."),
    (STALE, "The data of a source is older than it may be.", "Ask whether last night's copy was made; run again."),
    (OUTPUT, "A file cannot be written.", "Check the folder and the rights of the account."),
    (DISK_FULL, "The disk is full.", "Make room and run again."),
    (BUSY, "Another run is at work.", "Wait until it ends."),
    (LEDGER, "The ledger cannot be used.", "See the message; a backup may be needed."),
    (ALERT, "An alert reached nobody.", "See `cld-agent alert list`: what it says of the channel is to be mended."),
    (SERVICE, "The machine's service manager did not do what was asked.", "See the message; its journal says more."),
    (STOPPED, "Somebody stopped the run.", "Run again."),
];
