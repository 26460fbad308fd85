//! A case in which a fault is planted.

use fastrand::Rng;

use crate::{
    demo::{
        calendar::{Calendar, Written},
        codes,
        events::{Event, Kind},
        people::{Address, Case, Person},
        planter::Mark::{self, EveryRow, LeftOut, Row},
    },
    model::{Date, Field},
};

/// A case open for planting.
pub(in crate::demo) struct Plot<'a> {
    pub(in crate::demo) case: &'a mut Case,
    pub(in crate::demo) rng: &'a mut Rng,
    pub(in crate::demo) calendar: Calendar,
}

impl Plot<'_> {
    /// A fault of the person that shows in one field of every row.
    pub(super) fn person(
        &mut self,
        field: Field,
        rule: &'static str,
        change: fn(&mut Person, &mut Rng),
    ) -> Option<Vec<Mark>> {
        self.sent().next()?;
        change(&mut self.case.person, self.rng);
        Some(vec![EveryRow(field, rule)])
    }

    /// As [`Self::person`], at the address that counts: the one on the last day of the period.
    pub(super) fn address(
        &mut self,
        field: Field,
        rule: &'static str,
        change: fn(&mut Address, &mut Rng),
    ) -> Option<Vec<Mark>> {
        self.sent().next()?;
        let end = self.calendar.period.end();
        let address = self.case.person.addresses.iter_mut().rev().find(|address| address.from <= end)?;
        change(address, self.rng);
        Some(vec![EveryRow(field, rule)])
    }

    pub(super) fn ethnicity(&mut self, rule: &'static str, code: &'static str) -> Option<Vec<Mark>> {
        self.sent().next()?;
        // What an upgrade has broken already is left alone.
        if codes::is_upgraded(self.case.person.ethnicity) {
            return None;
        }
        self.case.person.ethnicity = code;
        Some(vec![EveryRow(Field::Ethnicity, rule)])
    }

    /// A fault of one event of this kind that serves.
    pub(super) fn event(
        &mut self,
        kind: Kind,
        field: Field,
        rule: &'static str,
        serves: fn(&Event) -> bool,
        change: fn(&mut Event, &mut Rng),
    ) -> Option<Vec<Mark>> {
        let serves = |event: &Event| event.kind == kind && serves(event) && !self.is_awaited(event);
        let index = self.sent().find(|i| serves(&self.case.events[*i]))?;
        change(&mut self.case.events[index], self.rng);
        Some(vec![Row(index, field, rule)])
    }

    /// A fault by which one event of this kind is lost, of a person with another to be sent.
    pub(super) fn lost(&mut self, kind: Kind, reason: &'static str, change: fn(&mut Event)) -> Option<Vec<Mark>> {
        if self.sent().nth(1).is_none() || self.case.person.died != Written::Blank {
            return None;
        }
        let serves = |event: &Event| event.kind == kind && !self.is_awaited(event);
        let index = self.sent().find(|i| serves(&self.case.events[*i]))?;
        change(&mut self.case.events[index]);
        Some(vec![LeftOut(index, reason)])
    }

    /// Whether a request leads to this assessment: it is left alone, so that the request stays right.
    pub(super) fn is_awaited(&self, event: &Event) -> bool {
        self.case.events.iter().any(|request| request.leads_to(event))
    }

    /// Places of the events that are sent.
    pub(super) fn sent(&self) -> impl Iterator<Item = usize> {
        self.case.events.iter().enumerate().filter(|(_, event)| event.is_sent(self.calendar)).map(|(index, _)| index)
    }

    /// A mark on each row sent whose start date answers the question.
    pub(super) fn where_start(&self, field: Field, rule: &'static str, asked: impl Fn(Date) -> bool) -> Vec<Mark> {
        self.sent()
            .filter(|i| self.case.events[*i].start.date().is_some_and(&asked))
            .map(|i| Row(i, field, rule))
            .collect()
    }

    /// A mark on each row sent whose event ends after a death that lies in it.
    pub(super) fn going_on_after(&self, died: Date) -> Vec<Mark> {
        let goes_on = |event: &Event| {
            let (start, end) = (event.start.date(), event.end.date());
            start.is_some_and(|start| start <= died) && end.is_some_and(|end| end > died)
        };
        self.sent().filter(|i| goes_on(&self.case.events[*i])).map(|i| Row(i, Field::EventEndDate, "D009")).collect()
    }

    /// Whether there is a date of death to play with.
    pub(super) fn died(&self) -> Option<Date> {
        self.sent().next()?;
        self.case.person.died.date()
    }
}
