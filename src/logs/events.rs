//! The events that whoever watches many machines may wait for, each under a number that stays.
//!
//! A line of the log is about one of them if its event bears the name. The journal gets the number as `MESSAGE_ID`, the Event Log of
//! Windows as the id of the event.

/// The plans are kept from now on.
pub const BEGAN: &str = "agent-began";
/// The agent ends, as it was asked to.
pub const STOPPED: &str = "agent-stopped";
/// The agent could not begin.
pub const COULD_NOT_BEGIN: &str = "agent-could-not-begin";
/// The settings were changed, and have faults.
pub const SETTINGS_BROKEN: &str = "settings-broken";
/// A mapping was looked at, and has faults.
pub const MAPPING_BROKEN: &str = "mapping-broken";
/// A mapping was looked at, because somebody asked, and is sound.
pub const RELOADED: &str = "reloaded";
/// A run begins.
pub const RUN_BEGINS: &str = "run-begins";
/// A run has ended, and its package is released.
pub const RELEASED: &str = "run-released";
/// A run has ended, and its package is held.
pub const HELD: &str = "run-held";
/// A command failed; in a run, the run.
pub const FAILED: &str = "failed";
/// The program has a defect.
pub const DEFECT: &str = "defect";

/// Every event: its name, its number, and what it means.
pub const ALL: [(&str, u16, &str); 11] = [
    (BEGAN, 1000, "The plans are kept from now on."),
    (STOPPED, 1001, "The agent ended, as it was asked to."),
    (COULD_NOT_BEGIN, 1002, "The agent could not begin; the message says why, with file and line."),
    (SETTINGS_BROKEN, 1010, "The settings were changed and have faults; the last ones hold."),
    (MAPPING_BROKEN, 1011, "A mapping has faults; the next run with it would fail."),
    (RELOADED, 1012, "A mapping was looked at, because somebody asked, and is sound."),
    (RUN_BEGINS, 1020, "A run begins."),
    (RELEASED, 1021, "A run has ended, and its package is released."),
    (HELD, 1022, "A run has ended, and its package is held."),
    (FAILED, 1030, "A run, or the agent itself, failed."),
    (DEFECT, 1031, "The program has a defect."),
];

/// The number of the event that bears a name.
pub fn number(name: &str) -> Option<u16> {
    ALL.iter().find(|(known, ..)| *known == name).map(|(_, number, _)| *number)
}

/// As the journal knows an event: 128 bits, of which the last sixteen are the number.
pub fn message_id(number: u16) -> String {
    format!("7d1b0c52f3a94e6b8e40a9c6d5f1{number:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_order_and_names_are_used_once() {
        assert!(ALL.is_sorted_by(|a, b| a.1 < b.1));
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), ALL.len());
        assert_eq!(number("run-held"), Some(1022));
        let id = message_id(1022);
        assert!(id.len() == 32 && id.ends_with("03fe"), "{id}");
    }

    #[test]
    fn the_page_about_logs_lists_every_number() {
        let page = include_str!("../../docs/logs.md");
        for (name, number, meaning) in ALL {
            let row = format!("| {number} | `{}` | {meaning} |", message_id(number));
            assert!(page.contains(&row), "{name} is not in docs/logs.md, or not so:\n{row}");
        }
    }
}
