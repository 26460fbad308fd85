//! The events of one person, then and now.

use super::event::{Day, Event};
use crate::model::Date;

/// What can have become of a person's events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// A service that was open is gone, without an end.
    ServiceVanished,
    /// A person whose events belong in the file is not in it.
    PersonVanished,
    /// An event has another reference.
    Reference,
    /// A person has another local id.
    LocalId,
    /// A person has another NHS number.
    NhsNumber,
    /// A service that was open starts on 1 April now, and started earlier before.
    StartReset,
}

/// Every change, in the order of its rule.
pub const CHANGES: [Change; 6] = [
    Change::ServiceVanished,
    Change::PersonVanished,
    Change::Reference,
    Change::LocalId,
    Change::NhsNumber,
    Change::StartReset,
];

/// What must be known of both files to match events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// The code of the event type Service.
    pub(super) service: u8,
    /// The last day of the baseline's period.
    pub(super) before_ends: Date,
    /// The first day of the new one.
    pub(super) now_starts: Date,
}

impl Terms {
    /// Whether what was open then must still be in the file: not where a gap lies between the periods, in which it may
    /// have ended.
    pub(super) fn are_joined(self) -> bool {
        self.now_starts <= self.before_ends.tomorrow()
    }

    /// Whether an event of the baseline is a service that must still be in the file.
    fn was_open(self, event: &Event) -> bool {
        self.are_joined() && event.event_type == self.service && event.goes_on(self.before_ends)
    }

    /// Whether an event of the baseline belongs in the new file as well: a service that had not ended before its period, or
    /// anything else that was completed in it.
    fn belongs(self, event: &Event) -> bool {
        let ended_in_it = event.end.date().is_some_and(|end| end >= self.now_starts);
        event.event_type != 0 && (ended_in_it || self.was_open(event))
    }
}

/// Told of each change, and of the event by which a person finds it: of the new file where it is there, or else of the
/// baseline.
pub(super) trait Told {
    fn now(&mut self, change: Change, event: &Event);
    fn before(&mut self, change: Change, event: &Event);
}

/// Matches the events of a person who is in the baseline: by reference, then by their facts, then services by their type.
/// None of the new events means that the person is gone.
pub(super) fn match_person(before: &[Event], now: &[Event], terms: Terms, told: &mut impl Told) {
    if now.is_empty()
        && let Some(event) = before.iter().filter(|event| terms.belongs(event)).min_by_key(|event| event.row)
    {
        told.before(Change::PersonVanished, event);
    }
    let mut sides = Sides { before: before.to_vec(), now: now.to_vec() };
    let is_event = |event: &Event| event.event_type != 0;
    // Most events have not changed at all.
    sides.pair(|event| is_event(event).then_some((event.reference, event.facts)), |_, _| true, |_, _| {});
    sides.pair(
        |event| (event.reference != 0).then_some((event.reference, event.event_type)),
        |_, _| true,
        |old, new| {
            if terms.was_open(old) && was_reset(old, new) {
                told.now(Change::StartReset, new);
            }
        },
    );
    sides.pair(
        |event| is_event(event).then_some(event.facts),
        |_, _| true,
        |old, new| {
            if old.reference != 0 && new.reference != 0 {
                told.now(Change::Reference, new);
            }
        },
    );
    sides.before.retain(|event| terms.was_open(event));
    sides.now.retain(|event| event.event_type == terms.service);
    sides.pair(
        |event| Some((event.service_type, event.client_type)),
        was_reset,
        |_, new| told.now(Change::StartReset, new),
    );
    for vanished in &sides.before {
        told.before(Change::ServiceVanished, vanished);
    }
}

fn was_reset(old: &Event, new: &Event) -> bool {
    old.start != Day::NONE && old.start < new.start && is_first_of_april(new.start)
}

fn is_first_of_april(day: Day) -> bool {
    day.date().is_some_and(|day| matches!(day.ymd(), (_, 4, 1)))
}

/// Events of both files that have not found each other yet.
struct Sides {
    before: Vec<Event>,
    now: Vec<Event>,
}

impl Sides {
    /// Pairs events of one key, the earliest first, and takes them out. Those without a key stay, as do those that may not
    /// be paired; what makes a pair wrong must be that the new event starts too early.
    fn pair<K: Ord>(
        &mut self,
        key: impl Fn(&Event) -> Option<K>,
        may: impl Fn(&Event, &Event) -> bool,
        mut paired: impl FnMut(&Event, &Event),
    ) {
        if self.before.is_empty() || self.now.is_empty() {
            return;
        }
        let order = |event: &Event| (key(event), event.start, event.row);
        self.before.sort_unstable_by_key(order);
        self.now.sort_unstable_by_key(order);
        let (mut old, mut new) = (0, 0);
        let (mut old_left, mut new_left) = (Vec::new(), Vec::new());
        while let (Some(before), Some(now)) = (self.before.get(old), self.now.get(new)) {
            let (old_key, new_key) = (key(before), key(now));
            if old_key.is_some() && old_key == new_key && may(before, now) {
                paired(before, now);
                old += 1;
                new += 1;
            } else if old_key.is_none() || old_key < new_key {
                old_left.push(*before);
                old += 1;
            } else {
                new_left.push(*now);
                new += 1;
            }
        }
        old_left.extend_from_slice(&self.before[old..]);
        new_left.extend_from_slice(&self.now[new..]);
        (self.before, self.now) = (old_left, new_left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::event::NO_END;

    const SERVICE: u8 = 3;
    const REQUEST: u8 = 1;

    #[derive(Default)]
    struct Heard(Vec<(Change, u32)>);

    impl Told for Heard {
        fn now(&mut self, change: Change, event: &Event) {
            self.0.push((change, event.row));
        }
        fn before(&mut self, change: Change, event: &Event) {
            self.0.push((change, event.row + 1000));
        }
    }

    fn day(text: &str) -> Day {
        Day::from(Date::parse_iso(text.as_bytes()))
    }

    /// An event: its reference, its type, first and last day, its row.
    fn event(reference: u64, event_type: u8, start: &str, end: &str, row: u32) -> Event {
        let facts = u64::from(event_type) << 32 | u64::from(day(start).date().map_or(0, Date::days) as u32);
        let flags = if end.is_empty() { NO_END } else { 0 };
        let (start, end) = (day(start), day(end));
        Event {
            person: 7,
            nhs: 0,
            reference,
            facts,
            start,
            end,
            row,
            event_type,
            client_type: 1,
            service_type: 2,
            flags,
        }
    }

    fn terms(before_ends: &str, now_starts: &str) -> Terms {
        let date = |text: &str| Date::parse_iso(text.as_bytes()).unwrap();
        Terms { service: SERVICE, before_ends: date(before_ends), now_starts: date(now_starts) }
    }

    fn heard(before: &[Event], now: &[Event], terms: Terms) -> Vec<(Change, u32)> {
        let mut heard = Heard::default();
        match_person(before, now, terms, &mut heard);
        heard.0
    }

    #[test]
    fn what_has_vanished_depends_on_its_end_and_on_the_periods() {
        use Change::{PersonVanished, ServiceVanished};
        let other = event(9, REQUEST, "2026-02-01", "2026-02-02", 9);
        let rolled = ("2026-06-30", "2025-10-01");
        for (what, old, periods, expected) in [
            ("an open service", event(1, SERVICE, "2024-01-01", "", 1), rolled, &[(ServiceVanished, 1001)][..]),
            (
                "one that would end later",
                event(1, SERVICE, "2024-01-01", "2026-07-01", 1),
                rolled,
                &[(ServiceVanished, 1001)],
            ),
            ("one that had ended by then", event(1, SERVICE, "2024-01-01", "2026-06-30", 1), rolled, &[]),
            ("one that ended before the new period", event(1, SERVICE, "2024-01-01", "2025-08-31", 1), rolled, &[]),
            ("a request", event(1, REQUEST, "2026-01-01", "2026-01-02", 1), rolled, &[]),
            (
                "an open service, next period",
                event(1, SERVICE, "2024-01-01", "", 1),
                ("2026-06-30", "2026-07-01"),
                &[(ServiceVanished, 1001)],
            ),
            ("an open service, after a gap", event(1, SERVICE, "2024-01-01", "", 1), ("2026-06-30", "2026-07-02"), &[]),
        ] {
            let terms = terms(periods.0, periods.1);
            assert_eq!(heard(&[old, other], &[other], terms), expected, "{what}");
        }
        let terms = terms(rolled.0, rolled.1);
        let (open, gone) = (event(1, SERVICE, "2024-01-01", "", 1), event(2, SERVICE, "2024-01-01", "2025-08-31", 2));
        assert_eq!(heard(&[open, gone], &[], terms), [(PersonVanished, 1001), (ServiceVanished, 1001)]);
        assert_eq!(heard(&[gone], &[], terms), [], "whose only service had ended has every reason to be gone");
        assert_eq!(heard(&[other], &[], terms), [(PersonVanished, 1009)], "a request completed in both periods stays");
    }

    #[test]
    fn a_service_that_is_there_in_some_way_has_not_vanished() {
        use Change::{Reference, StartReset};
        let terms = terms("2026-06-30", "2025-10-01");
        let old = event(1, SERVICE, "2024-05-01", "", 1);
        for (what, now, expected) in [
            ("unchanged", event(1, SERVICE, "2024-05-01", "", 5), &[][..]),
            ("ended", event(1, SERVICE, "2024-05-01", "2026-08-01", 5), &[]),
            ("with another start", event(1, SERVICE, "2024-05-02", "", 5), &[]),
            ("under another reference", event(2, SERVICE, "2024-05-01", "", 5), &[(Reference, 5)]),
            ("without its reference", event(0, SERVICE, "2024-05-01", "", 5), &[]),
            ("begun anew in April", event(1, SERVICE, "2026-04-01", "", 5), &[(StartReset, 5)]),
            ("begun anew in April, renamed", event(2, SERVICE, "2026-04-01", "", 5), &[(StartReset, 5)]),
        ] {
            assert_eq!(heard(&[old], &[now], terms), expected, "{what}");
        }
        let other = Event { service_type: 4, ..event(2, SERVICE, "2026-04-01", "", 5) };
        assert_eq!(heard(&[old], &[other], terms), [(Change::ServiceVanished, 1001)], "a new service of another type");
        let earlier = event(2, SERVICE, "2024-04-01", "", 5);
        assert_eq!(heard(&[old], &[earlier], terms), [(Change::ServiceVanished, 1001)], "one that began earlier");
        let ended = event(1, SERVICE, "2024-05-01", "2026-03-31", 1);
        assert_eq!(heard(&[ended], &[event(2, SERVICE, "2026-04-01", "", 5)], terms), [], "the next package of care");
    }

    #[test]
    fn of_double_rows_each_counts() {
        let terms = terms("2026-06-30", "2025-10-01");
        let both = [event(1, SERVICE, "2024-05-01", "", 1), event(1, SERVICE, "2024-05-01", "", 2)];
        assert_eq!(heard(&both, &both, terms), []);
        assert_eq!(heard(&both, &both[..1], terms), [(Change::ServiceVanished, 1002)]);
        let apart = [event(1, SERVICE, "2024-05-01", "", 1), event(2, SERVICE, "2024-05-01", "", 2)];
        assert_eq!(heard(&apart, &[apart[1], event(3, SERVICE, "2024-05-01", "", 3)], terms), [(Change::Reference, 3)]);
    }
}
