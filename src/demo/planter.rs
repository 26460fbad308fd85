//! Spreads the faults over the council and records where each shows.

use std::collections::VecDeque;

use fastrand::Rng;

use super::{
    Condition,
    calendar::Calendar,
    codes,
    events::Event,
    faults::{self, Fault, Plot},
    people::Case,
    planted::Planted,
};
use crate::model::Field;
use Mark::{EveryRow, LeftOut, Row};

/// Where a planted fault shows.
pub(super) enum Mark {
    /// On every row sent about the person.
    EveryRow(Field, &'static str),
    /// On the row of one event.
    Row(usize, Field, &'static str),
    /// Nowhere: the row of this event is left out, for this reason.
    LeftOut(usize, &'static str),
}

/// Plants faults as cases go by, spread evenly over them. A case gets one at most, so that no two meet in a cell.
pub(super) struct Planter {
    rng: Rng,
    calendar: Calendar,
    people: u32,
    seen: u32,
    waiting: VecDeque<&'static Fault>,
    wanted: u32,
    planted: u32,
}

impl Planter {
    /// A planter for this many people. In a small council each kind is planted once, as far as a quarter of its people
    /// goes round.
    pub(super) fn new(seed: u64, people: u32, calendar: Calendar) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x00FA_0175);
        let mut faults: Vec<&Fault> = faults::all()
            .flat_map(|fault| {
                let times = (u64::from(people) * u64::from(fault.1) / 10_000).max(1);
                std::iter::repeat_n(fault, times as usize)
            })
            .collect();
        for last in (1..faults.len()).rev() {
            faults.swap(last, rng.u32(0..=last as u32) as usize);
        }
        faults.truncate(people as usize / 4);
        let wanted = faults.len() as u32;
        Self { rng, calendar, people, seen: 0, waiting: faults.into(), wanted, planted: 0 }
    }

    /// Plants in this case the first waiting fault for which it serves, if one is due, and records where it shows.
    pub(super) fn visit(&mut self, case: &mut Case, record: &mut Vec<Planted>) {
        self.seen += 1;
        // The last tenth of the people is kept for faults that found no case.
        let due = u64::from(self.seen) * u64::from(self.wanted) * 10 / (u64::from(self.people).max(1) * 9);
        if u64::from(self.planted) >= due {
            return;
        }
        for place in 0..self.waiting.len() {
            let (name, _, plant) = self.waiting[place];
            let mut plot = Plot { case, rng: &mut self.rng, calendar: self.calendar };
            if let Some(marks) = plant(&mut plot) {
                self.waiting.remove(place);
                self.planted += 1;
                record_marks(name, case, self.calendar, &marks, record);
                return;
            }
        }
    }
}

/// The upgrade that broke the broken council: two people in three get a new ethnic code.
pub(super) struct Upgrade {
    condition: Condition,
    rng: Rng,
    seen: u32,
}

impl Upgrade {
    /// The upgrade as it came to a council in this condition.
    pub(super) fn new(seed: u64, condition: Condition) -> Self {
        Self { condition, rng: Rng::with_seed(seed ^ 0x0E21), seen: 0 }
    }

    /// Gives the person a new code, if it is their turn.
    pub(super) fn visit(&mut self, case: &mut Case) {
        self.seen += 1;
        if self.condition == Condition::Broken && !self.seen.is_multiple_of(3) {
            case.person.ethnicity = codes::weighted(&mut self.rng, codes::UPGRADED_ETHNICITY);
        }
    }
}

/// Records on which rows the upgrade shows, once nothing else changes what is sent.
pub(super) fn record_upgrade(case: &Case, calendar: Calendar, record: &mut Vec<Planted>) {
    if codes::is_upgraded(case.person.ethnicity) {
        let marks = [EveryRow(Field::Ethnicity, "L002")];
        record_marks("ethnicity code of the upgrade", case, calendar, &marks, record);
    }
}

fn record_marks(fault: &'static str, case: &Case, calendar: Calendar, marks: &[Mark], record: &mut Vec<Planted>) {
    for mark in marks {
        let mut note = |event: &Event, field, rule, reason: Option<&str>| {
            record.push(Planted {
                fault,
                query: event.kind.query(),
                source_key: event.reference.clone(),
                field,
                rule,
                reason: reason.map(str::to_owned),
            });
        };
        match *mark {
            Row(event, field, rule) => note(&case.events[event], Some(field), rule, None),
            LeftOut(event, reason) => note(&case.events[event], None, Planted::LEFT_OUT, Some(reason)),
            EveryRow(field, rule) => {
                for event in case.events.iter().filter(|event| event.is_sent(calendar)) {
                    note(event, Some(field), rule, None);
                }
            }
        }
    }
}
