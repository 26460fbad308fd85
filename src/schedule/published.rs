//! The dates that were published, taken over into a timetable file.
//!
//! The file is a person's: its comments, and whatever else stands in it, stay as they are. Only the dates of a window that
//! moved are written anew, in their place; windows that are new are added at the end.

use std::{fmt::Write, ops::Range};

use super::Timetable;
use crate::{
    document::{Document, Fault, Faults, Table},
    model::Date,
};

const COLUMNS: [&str; 3] = ["period_end", "opens", "closes"];

/// A window whose dates were published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Published {
    /// The last day of the period.
    pub period_end: Date,
    /// The first day of the window.
    pub opens: Date,
    /// Its last.
    pub closes: Date,
}

/// What taking over a window does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The timetable says so already.
    Known(Published),
    /// It is new.
    Added(Published),
    /// Another one of the file is replaced.
    Moved {
        /// What the file said.
        from: Published,
        /// What it says now.
        to: Published,
    },
}

/// Reads published windows: a CSV file with the columns `period_end`, `opens` and `closes`, days as 2026-12-31 or 31/12/2026.
pub fn read_published(document: &Document) -> Result<Vec<Published>, Faults> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(document.text().as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let places = COLUMNS.map(|name| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name));
    let [Some(period_end), Some(opens), Some(closes)] = places else {
        let fault = Fault::of_file(document.name(), "the first line does not name the columns");
        return Err(Faults::one(fault.with_help(format!("write {} there", COLUMNS.join(",")))));
    };
    let mut faults = Faults::default();
    let mut all: Vec<Published> = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line =
            record.as_ref().ok().and_then(csv::StringRecord::position).map_or(at as u64 + 2, csv::Position::line);
        let mut fault =
            |message: String| faults.push(Fault::of_file(document.name(), format!("line {line}: {message}")));
        let Ok(record) = record else {
            fault("it cannot be read".to_owned());
            continue;
        };
        let mut day = |place: usize, name: &str| {
            let text = record.get(place).unwrap_or_default();
            let day = Date::parse_iso(text.as_bytes()).or_else(|| Date::parse_portal(text.as_bytes()));
            if day.is_none() {
                fault(format!("'{name}' is not a day: write 2026-12-31"));
            }
            day
        };
        let days = (day(period_end, COLUMNS[0]), day(opens, COLUMNS[1]), day(closes, COLUMNS[2]));
        let (Some(period_end), Some(opens), Some(closes)) = days else { continue };
        if all.iter().any(|other| other.period_end == period_end) {
            fault(format!("the period to {} stands on an earlier line", period_end.iso()));
            continue;
        }
        all.push(Published { period_end, opens, closes });
    }
    faults.or(Some(all))
}

/// The text of a timetable file with these windows in it, and what that changes. Whatever is wrong with the result is told
/// as it would be when the timetable is read.
pub fn take_over(timetable: &Document, published: &[Published], source: &str) -> Result<(String, Vec<Taken>), Faults> {
    // What is broken already is not made better.
    Timetable::from_document(timetable)?;
    let known = timetable.read_toml(|root| {
        for key in ["version", "rule", "bank_holidays"] {
            root.value(key);
        }
        root.tables("override").iter().map(known).collect::<Option<Vec<_>>>()
    })?;
    let mut text = timetable.text().to_owned();
    let (mut taken, mut edits, mut added) = (Vec::new(), Vec::new(), String::new());
    let source = toml::Value::String(source.to_owned());
    for window in published {
        match known.iter().find(|known| known.window.period_end == window.period_end) {
            Some(known) if known.window == *window => taken.push(Taken::Known(*window)),
            Some(known) => {
                let [opens, closes, from] = known.places.clone();
                edits.extend([
                    (opens, format!("\"{}\"", window.opens.iso())),
                    (closes, format!("\"{}\"", window.closes.iso())),
                    (from, source.to_string()),
                ]);
                taken.push(Taken::Moved { from: known.window, to: *window });
            }
            None => {
                let Published { period_end, opens, closes } = window;
                let (end, opens, closes) = (period_end.iso(), opens.iso(), closes.iso());
                let _ = write!(
                    added,
                    "\n[[override]]\nperiod_end = \"{end}\"\nopens = \"{opens}\"\ncloses = \"{closes}\"\nsource = {source}\n"
                );
                taken.push(Taken::Added(*window));
            }
        }
    }
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, value) in edits {
        text.replace_range(place, &value);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&added);
    Timetable::from_document(&Document::new(timetable.name(), text.as_str()))?;
    Ok((text, taken))
}

/// A window of the file, and where its two days and its source stand.
struct Known {
    window: Published,
    places: [Range<usize>; 3],
}

fn known(table: &Table<'_>) -> Option<Known> {
    let place = |key| {
        let text = table.need_text(key)?;
        Some((text.span, text.value))
    };
    let day = |text: &str| Date::parse_iso(text.as_bytes());
    let (_, end) = place("period_end")?;
    let (opens_at, opens) = place("opens")?;
    let (closes_at, closes) = place("closes")?;
    let (source_at, _) = place("source")?;
    let window = Published { period_end: day(end)?, opens: day(opens)?, closes: day(closes)? };
    Some(Known { window, places: [opens_at, closes_at, source_at] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::testing::date;

    fn csv(text: &str) -> Result<Vec<Published>, String> {
        let read = read_published(&Document::new("published.csv", text));
        read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn days_are_read_in_both_ways_and_in_any_order_of_columns() {
        let read = csv("closes,Note,opens,period_end\n05/02/2027,late,01/01/2027,2026-12-31\n").unwrap();
        let expected =
            Published { period_end: date("2026-12-31"), opens: date("2027-01-01"), closes: date("2027-02-05") };
        assert_eq!(read, [expected]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let text = "period_end,opens,closes\n2026-12-31,2027-01-01,soon\n2027-03-31,2027-04-01,2027-04-30\n\
                    2027-03-31,2027-04-01,2027-05-07\n2027-06-30\n";
        insta::assert_snapshot!(csv(text).unwrap_err(), @r"
        published.csv: line 2: 'closes' is not a day: write 2026-12-31
        published.csv: line 4: the period to 2027-03-31 stands on an earlier line
        published.csv: line 5: 'opens' is not a day: write 2026-12-31
        published.csv: line 5: 'closes' is not a day: write 2026-12-31
        ");
        insta::assert_snapshot!(csv("end,from,to\n").unwrap_err(), @"published.csv: the first line does not name the columns (write period_end,opens,closes there)");
    }

    #[test]
    fn windows_are_added_moved_or_known_and_all_else_stays_as_it_is() {
        let text = include_str!("../../config/timetable.toml");
        let windows = csv("period_end,opens,closes\n2026-12-31,2027-01-01,2027-02-05\n").unwrap();
        let document = Document::new("timetable.toml", text);
        let (added, taken) = take_over(&document, &windows, "Sheet of \"1 December\"").unwrap();
        assert_eq!(taken, [Taken::Added(windows[0])]);
        assert!(added.starts_with(text));
        let timetable = Timetable::from_document(&Document::new("timetable.toml", added.as_str())).unwrap();
        let round = timetable.last_before(date("2027-01-15"));
        assert_eq!((round.closes, &*round.source), (date("2027-02-05"), "Sheet of \"1 December\""));

        let document = Document::new("timetable.toml", added.as_str());
        let (same, taken) = take_over(&document, &windows, "another sheet").unwrap();
        assert_eq!((same, taken), (added.clone(), vec![Taken::Known(windows[0])]));

        let later = [Published { closes: date("2027-02-12"), ..windows[0] }];
        let (moved, taken) = take_over(&document, &later, "another sheet").unwrap();
        assert_eq!(taken, [Taken::Moved { from: windows[0], to: later[0] }]);
        let changed: Vec<_> = added.lines().zip(moved.lines()).filter(|(before, after)| before != after).collect();
        assert_eq!(changed.len(), 2, "{changed:?}");
    }

    #[test]
    fn windows_that_make_no_sense_are_refused() {
        let document = Document::new("timetable.toml", include_str!("../../config/timetable.toml"));
        let windows = csv("period_end,opens,closes\n2026-12-31,2027-01-01,2026-12-30\n").unwrap();
        assert!(take_over(&document, &windows, "a sheet").is_err());
    }
}
