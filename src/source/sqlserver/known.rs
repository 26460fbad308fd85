//! The errors of a SQL Server that we have words for.

use super::super::Class;

/// What an error of the server's means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    /// Whether the same run may succeed later.
    pub(super) class: Class,
    /// What happened.
    pub(super) what: &'static str,
    /// What to do.
    pub(super) advice: &'static str,
    /// Whether it is about us.
    pub(super) is_of_login: bool,
    /// Whether it is about the text of a query.
    pub(super) is_of_the_query: bool,
}

/// What an error is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Login,
    Query,
    Server,
}

use About::{Login, Query, Server};
use Class::{Permanent, Transient};

type Line = (&'static [u32], About, Class, &'static str, &'static str);

const LATER: &str = "it is tried again";
const DBA: &str = "ask a DBA";

/// What `sp_describe_first_result_set` says where it can't tell the columns.
#[rustfmt::skip]
const UNDESCRIBED: &[u32] = &[
    11501, 11502, 11503, 11504, 11505, 11506, 11507, 11508, 11509, 11510, 11511, 11512, 11513, 11514, 11515,
    11516, 11517, 11518, 11519, 11520, 11521, 11522, 11523, 11524, 11525, 11526, 11527, 11528, 11529, 11530,
];

/// Whether the server says that it can't tell a query's columns without running it.
pub(super) fn is_undescribed(number: u32) -> bool {
    UNDESCRIBED.contains(&number)
}

static KNOWN: [Line; 27] = [
    (&[18456], Login, Permanent, "the login was refused", "check user, password, and that the login is enabled"),
    (
        &[18452, 18450],
        Login,
        Permanent,
        "the login was refused: the account is not one that the server trusts",
        "check the account and how it may log in",
    ),
    (&[18486], Login, Permanent, "the login is locked out", "have a DBA unlock it"),
    (&[18470], Login, Permanent, "the login is disabled", "have a DBA enable it"),
    (
        &[18487, 18488],
        Login,
        Permanent,
        "the password has expired or must be changed",
        "change it, and exempt the login from expiry",
    ),
    (
        &[17892],
        Login,
        Permanent,
        "a logon trigger refused us",
        "have a DBA let in the program name that the agent gives ('application_name')",
    ),
    (
        &[4060],
        Login,
        Transient,
        "the database can't be opened by this login: it may be in recovery, or the name or the right is wrong",
        "check 'database' and that the login has a user there",
    ),
    (
        &[916],
        Login,
        Permanent,
        "the login has no user in a database that is asked for",
        "have a DBA make one, with the grants that the doctor prints",
    ),
    (
        &[978],
        Login,
        Permanent,
        "the secondary answers only those who say that they only read",
        "set intent = \"read-only\"",
    ),
    (
        &[904, 921, 922, 923, 924, 927, 942, 945, 952, 976, 979, 983, 988, 6005],
        Login,
        Transient,
        "the database is not ready: it is starting, being restored, or offline",
        LATER,
    ),
    (
        &[40197, 40501, 40540, 40613, 49918, 49919, 49920, 10928, 10929, 4221, 615, 926],
        Login,
        Transient,
        "the service is busy or moving",
        LATER,
    ),
    (&[40914, 40615], Login, Permanent, "the server's firewall does not let this machine in", DBA),
    (&[1205], Server, Transient, "it lost a deadlock, as it was set to", LATER),
    (
        &[1222],
        Server,
        Transient,
        "somebody else held a lock for too long",
        "it is tried again; choose a quieter hour if it comes back",
    ),
    (
        &[3952],
        Server,
        Permanent,
        "a database does not allow snapshot isolation",
        "have a DBA run ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or set without_snapshot",
    ),
    (
        &[3958, 3966, 3967, 3957, 3956, 3961, 3960],
        Server,
        Transient,
        "the snapshot was lost: the server has no more room for old versions, or a table was changed",
        LATER,
    ),
    (&[701, 8645, 8651, 802, 8628], Server, Transient, "the server is short of memory", LATER),
    (&[1105, 9002, 1101], Server, Transient, "a disk or a log of the server is full", "tell a DBA; it is tried again"),
    (&[596, 6002, 6006, 17830], Server, Transient, "an administrator ended the session", "ask why; it is tried again"),
    (
        &[229, 230, 262, 297, 300, 371, 6004],
        Query,
        Permanent,
        "the login may not read what the query asks for",
        "have a DBA grant SELECT on it",
    ),
    (
        &[208, 2812, 2760, 4121, 4104],
        Query,
        Permanent,
        "it names something that the database has not got",
        "check the names",
    ),
    (&[207, 209, 1013, 4108], Query, Permanent, "it names a column that is not there or not clear", "check the names"),
    (
        &[102, 105, 156, 137, 170, 319, 1033, 8120, 8155, 8156, 134],
        Query,
        Permanent,
        "it is not valid T-SQL",
        "run it in Management Studio and mend it",
    ),
    (
        &[220, 232, 241, 242, 244, 245, 248, 295, 296, 8114, 8115, 8152, 8169, 9420, 2628, 13609],
        Query,
        Permanent,
        "a value could not be converted",
        "use TRY_CONVERT or TRY_CAST, or correct the data",
    ),
    (
        &[8134, 512, 8623, 8632, 530],
        Query,
        Permanent,
        "it can't be computed on this data",
        "run it in Management Studio and mend it",
    ),
    (
        UNDESCRIBED,
        Query,
        Permanent,
        "the server can't tell its columns without running it",
        "a temporary table hides them: use a table variable, EXEC … WITH RESULT SETS, or guard = \"rights\"",
    ),
    (&[7202, 7399, 7314, 15281, 15274], Query, Permanent, "it reaches for another server", "read one database"),
];

impl Known {
    /// What an error means; severities from 17 on are the server's own troubles.
    pub(super) fn of(number: u32, severity: u8) -> Self {
        const TROUBLE: u8 = 17;
        let line = KNOWN.iter().find(|(numbers, ..)| numbers.contains(&number));
        let (about, class, what, advice) = match line {
            Some((_, about, class, what, advice)) => (*about, *class, *what, *advice),
            None if severity >= TROUBLE => {
                (Server, Transient, "the server is in trouble", "tell a DBA; it is tried again")
            }
            None => (Query, Permanent, "the server refused it", "look the number up, or ask a DBA"),
        };
        Self { class, what, advice, is_of_login: about == Login, is_of_the_query: about == Query }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_number_stands_twice() {
        let mut seen = BTreeSet::new();
        for number in KNOWN.iter().flat_map(|(numbers, ..)| *numbers) {
            assert!(seen.insert(number), "{number}");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_must_be_changed() {
        for (number, severity, class) in [
            (1205, 13, Transient),
            (1222, 16, Transient),
            (4060, 11, Transient),
            (922, 14, Transient),
            (40613, 17, Transient),
            (3952, 16, Permanent),
            (18456, 14, Permanent),
            (229, 14, Permanent),
            (208, 16, Permanent),
            (245, 16, Permanent),
            (11526, 16, Permanent),
            (50000, 16, Permanent),
            (50000, 17, Transient),
            (4014, 20, Transient),
        ] {
            assert_eq!(Known::of(number, severity).class, class, "{number}");
        }
        assert!(Known::of(18456, 14).is_of_login && Known::of(208, 16).is_of_the_query);
    }
}
