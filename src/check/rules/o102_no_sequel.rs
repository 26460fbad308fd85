//! O102: Reablement is to be followed by something that is not in the file.

use super::super::{
    EventKind, FoundLate, Outcome, PersonRows, SeenRow, Setting,
    rule::{Kind, rule},
};
use crate::model::{Field, Validity};

rule! {
    /// # What it checks
    /// A service user's service of the type `Short Term Support: ST-Max` that counts (K004 says when, and which end it takes) has ended at
    /// least 7 days before the last day of the period, its Event Outcome says that something follows or goes on, and nothing does. Such
    /// outcomes are `Progress to Reablement/ST-Max`, `Progress to Assessment`, `Progress to Re-assessment / Unplanned Review`, `Progress
    /// to Support Planning / Services`, `Progress to End of Life Care`, `Progress to financial assessment`, `No change in package` and
    /// `Provision of service`.
    ///
    /// Something follows where another row of the person, whatever its type and whether it counts or not,
    ///
    /// - starts after the service's start and up to the 7th day after its end; or
    /// - is a service that starts no later than this one and goes on after its end: its own end, as K004 takes it, is none or later.
    ///
    /// A row whose Event Start Date is blank or cannot be read follows nothing: the centre drops it.
    ///
    /// Where the latest date of death on any row of the person lies no later than 7 days after the end, nothing needs to follow. The finding
    /// stands at Event Outcome. A blank outcome, or one outside the list, is left to M001 and L001.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// The share of people who need nothing more after reablement is a national measure. Where neither a sequel nor an outcome tells,
    /// the person drops out of it.
    ///
    /// # How to fix it in the case system
    /// Record what followed, or the outcome that came about: most often one of those that begin with `NFA`, or `Service ended as planned`.
    ///
    /// # Example
    /// Reablement that ended on 10/02/2026 with `Progress to Support Planning / Services`; no assessment, review or service after it.
    ///
    /// # Source
    /// DHSC, Create_ASCOF_2A, for the 7 days and for what cannot be classified (CONFIRMED); that such a row is wrong is LIKELY.
    O102: "Reablement is to be followed by something that is not in the file", Query, Person, since "0.1.0", Kind::Person(check), needs [ServiceType "Short Term Support: ST-Max"]
}

const WINDOW: i32 = 7;

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let mut ended = person.counted().filter(|row| row.setting() == Setting::StMax && says_more(row)).peekable();
    if ended.peek().is_none() {
        return;
    }
    let rows = person.rows();
    // The latest end of all services up to each row; one whose start cannot be read goes on from no day.
    let mut latest = None;
    let latest: Vec<_> = rows
        .iter()
        .map(|row| {
            if row.event() == EventKind::Service && row.start().is_some() {
                latest = latest.max(Some((row.end().is_none(), row.end())));
            }
            latest
        })
        .collect();
    for service in ended {
        let (Some(start), Some(end)) = (service.start(), service.end()) else { continue };
        let last_day = end.days() + WINDOW;
        if last_day > person.period().end().days() || person.death().is_some_and(|(died, _)| died.days() <= last_day) {
            continue;
        }
        let later = rows.partition_point(|row| row.start() <= Some(start));
        let starts_in_time = rows.get(later).and_then(SeenRow::start).is_some_and(|next| next.days() <= last_day);
        let goes_on = later > 0 && latest[later - 1] > Some((false, Some(end)));
        if !starts_in_time && !goes_on {
            found.at(service.number, Field::EventOutcome, Validity::Valid, None);
        }
    }
}

fn says_more(row: &SeenRow) -> bool {
    matches!(row.outcome(), Outcome::ToAssessment | Outcome::Follows)
}
