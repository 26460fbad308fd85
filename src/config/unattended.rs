//! How hard a planned run is tried, when none begins, and when somebody hears that something is wrong.

use std::time::Duration;

use jiff::{SignedDuration, civil::Time};

use super::{
    plans::{WEEKDAYS, time_of_day},
    sqlserver::duration,
};
use crate::{
    document::Table,
    model::Date,
    schedule::{Blackout, Patience, Weekday},
};

/// How the plans of a submission are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unattended {
    /// How hard a turn is tried.
    pub patience: Patience,
    /// How long after its time a turn may go without an attempt before somebody hears of it.
    pub overdue_after: SignedDuration,
    /// How many working days after its end the window is spoken of again, as long as a late file may be used.
    pub remind_late_every: u16,
    /// Hours of the week in which no run begins.
    pub blackouts: Vec<Blackout>,
}

/// Something that ends on a day that the agent cannot find out by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expiry {
    /// What, as in "the client secret of Microsoft Graph".
    pub what: String,
    /// Its last day.
    pub last: Date,
    /// What to do, if more can be said than to renew it.
    pub advice: Option<String>,
}

const DAY: u64 = 24 * 3600;

pub(super) fn unattended(table: &Table<'_>) -> Option<Unattended> {
    let signed = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    let make_up = table.integer("make_up_days", 0..=92);
    let first_wait = duration(table, "first_wait", Duration::from_secs(1), Duration::from_secs(DAY));
    let longest_wait = duration(table, "longest_wait", Duration::from_secs(1), Duration::from_secs(DAY));
    let deadline = duration(table, "deadline", Duration::ZERO, Duration::from_secs(7 * DAY));
    let crashes = table.integer("crashes", 1..=20);
    let overdue_after = duration(table, "overdue_after", Duration::from_secs(60), Duration::from_secs(7 * DAY));
    let remind_late_every = table.integer("remind_late_every", 1..=60);
    let blackouts = table.tables("blackout").iter().map(blackout).collect::<Option<Vec<_>>>();
    table.finish();
    let patience = Patience {
        make_up: SignedDuration::from_hours(24 * make_up?.value),
        first_wait: signed(first_wait?),
        longest_wait: signed(longest_wait?),
        deadline: signed(deadline?),
        crashes: crashes?.value as u32,
    };
    Some(Unattended {
        patience,
        overdue_after: signed(overdue_after?),
        remind_late_every: remind_late_every?.value as u16,
        blackouts: blackouts?,
    })
}

fn blackout(table: &Table<'_>) -> Option<Blackout> {
    let given = table.texts("weekdays");
    let (from, to) = (time(table, "from"), time(table, "to"));
    table.finish();
    let weekdays = match given {
        None => Some(Weekday::ALL.to_vec()),
        Some(words) => words.iter().map(|word| weekday(table, word)).collect(),
    };
    Some(Blackout { weekdays: weekdays?, from: from?, to: to? })
}

fn weekday(table: &Table<'_>, word: &crate::document::Spanned<&str>) -> Option<Weekday> {
    let known = WEEKDAYS.into_iter().find(|(name, _)| *name == word.value).map(|(_, day)| day);
    if known.is_none() {
        table.fault_at(word.span.clone(), format!("'{}' is no weekday: write \"monday\"", word.value));
    }
    known
}

fn time(table: &Table<'_>, key: &'static str) -> Option<Time> {
    time_of_day(table, key, table.need_text(key)?)
}

pub(super) fn expiries(root: &Table<'_>) -> Option<Vec<Expiry>> {
    root.tables("expires").iter().map(expiry).collect()
}

fn expiry(table: &Table<'_>) -> Option<Expiry> {
    let what = table.need_text("what");
    let last = table.need_text("last");
    let advice = table.text("advice").map(|text| text.value.to_owned());
    table.finish();
    let last = last?;
    let date = Date::parse_iso(last.value.as_bytes());
    if date.is_none() {
        table.fault_at(last.span, "'last' is not a date: write yyyy-mm-dd");
    }
    Some(Expiry { what: what?.value.to_owned(), last: date?, advice })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const WHOLE: &str = "make_up_days = 14\nfirst_wait = '5m'\nlongest_wait = '1h'\ndeadline = '12h'\ncrashes = 3\n\
                         overdue_after = '2h'\nremind_late_every = 5\n";

    fn read(text: &str) -> Result<Unattended, String> {
        let read = Document::new("agent.toml", text).read_toml(unattended);
        read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn hours_without_runs_are_on_every_day_unless_days_are_named() {
        let hours = "[[blackout]]\nfrom = '08:00'\nto = '18:00'\n\
                     [[blackout]]\nweekdays = ['saturday', 'sunday']\nfrom = '22:00'\nto = '04:00'\n";
        let read = read(&format!("{WHOLE}{hours}")).unwrap();
        assert_eq!(read.patience.make_up, SignedDuration::from_hours(14 * 24));
        assert_eq!(read.blackouts[0].weekdays, Weekday::ALL);
        assert_eq!(read.blackouts[1].to_string(), "saturday, sunday 22:00 to 04:00");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let hours = "[[blackout]]\nweekdays = ['caturday']\nfrom = '8'\nto = '18:00'\n";
        insta::assert_snapshot!(read(&format!("{WHOLE}{hours}").replace("crashes = 3", "crashes = 0")).unwrap_err());
    }

    #[test]
    fn what_expires_has_a_day() {
        let read = |text: &str| Document::new("agent.toml", text).read_toml(expiries);
        let known = read("[[expires]]\nwhat = 'the login of SQL Server'\nlast = '2027-03-31'\n").unwrap();
        assert_eq!(known[0].last.iso(), "2027-03-31");
        assert!(read("[[expires]]\nwhat = 'the login of SQL Server'\nlast = 'spring'\n").is_err());
    }
}
