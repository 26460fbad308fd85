//! Faults that no row shows by itself: the rows of one person do not go together.

use super::{Fault, Plot, names};
use crate::{
    demo::{
        DemoCouncil,
        calendar::Written,
        events::{Event, Kind, Role},
        people::{Case, Person},
        planter::Mark::{self, EveryRow, Row},
    },
    model::{Date, Field},
};

pub(super) static FAULTS: &[Fault] = &[
    ("request entered twice", 10, request_entered_twice),
    ("review under the reference of a request", 4, borrowed_reference),
    ("client registered twice", 10, |p| registered_twice(p, |_, _| Some(())).map(|again| vec![again])),
    ("client registered twice, once with day and month of birth exchanged", 4, birth_exchanged),
    ("death recorded on one of two registrations", 4, death_on_one_registration),
    ("carer known by association returned twice after a merge", 2, merged_carer),
    ("carer linked to an adult of whom nothing is sent", 6, linked_to_nobody),
    ("carer linked to their own record", 2, linked_to_self),
    ("adult linked to a carer twice", 2, linked_twice),
];

/// The centre keeps the second entry, which comes later in the file.
fn request_entered_twice(plot: &mut Plot) -> Option<Vec<Mark>> {
    if plot.case.person.died != Written::Blank {
        return None;
    }
    let index = plot.sent().find(|i| plot.case.events[*i].kind == Kind::Request)?;
    let first = &plot.case.events[index];
    let second = Event { reference: format!("{}B", first.reference), ..first.clone() };
    plot.case.events.push(second);
    Some(vec![Row(index, Field::EventReference, "K004")])
}

fn borrowed_reference(plot: &mut Plot) -> Option<Vec<Mark>> {
    let of = |kind| plot.sent().find(|i| plot.case.events[*i].kind == kind);
    let (request, review) = (of(Kind::Request)?, of(Kind::Review)?);
    let borrowed = plot.case.events[request].reference.clone();
    plot.case.events[review].reference = borrowed;
    Some(vec![Row(review, Field::EventReference, "K003")])
}

/// Registers a client a second time, under another local id and the same NHS number, with the latest of several requests;
/// the second record may differ further, unless the case does not lend itself. Marks the row that shows two ids.
fn registered_twice(plot: &mut Plot, differ: fn(&mut Person, &Plot) -> Option<()>) -> Option<Mark> {
    let requests = plot.sent().filter(|i| {
        let event = &plot.case.events[*i];
        event.kind == Kind::Request && event.role == Role::Client
    });
    let requests: Vec<usize> = requests.collect();
    if requests.len() < 2 || plot.case.person.died != Written::Blank {
        return None;
    }
    let moved = requests.into_iter().max_by_key(|i| plot.case.events[*i].start.date())?;
    let mut again = Person { caring: None, ..plot.case.person.clone() }.renumbered();
    again.case_no = Person::case_no(again.id);
    differ(&mut again, plot)?;
    plot.case.further = Some(again);
    plot.case.events[moved].of_further = true;
    Some(Row(moved, Field::LaPersonUniqueIdentifier, "K005"))
}

fn birth_exchanged(plot: &mut Plot) -> Option<Vec<Mark>> {
    let again = registered_twice(plot, |again, plot| {
        let (year, month, day) = again.born.date()?.ymd();
        // Where employment hangs on the age, another day could break a second rule.
        let other = Date::from_ymd(year, day, month).filter(|_| day != month && plot.case.person.need != "LD")?;
        again.born = Written::On(other);
        Some(())
    })?;
    let Row(row, ..) = again else { return None };
    Some(vec![again, Row(row, Field::DateOfBirth, "K008")])
}

fn death_on_one_registration(plot: &mut Plot) -> Option<Vec<Mark>> {
    let open: Vec<usize> = plot
        .sent()
        .filter(|i| plot.case.events[*i].kind == Kind::Service && plot.case.events[*i].end == Written::Blank)
        .collect();
    open.first()?;
    let again = registered_twice(plot, |again, plot| {
        again.died = Written::On(plot.calendar.period.end());
        Some(())
    })?;
    let services = open.into_iter().map(|i| Row(i, Field::EventEndDate, "D101"));
    Some([again].into_iter().chain(services).collect())
}

/// Two records were merged under one number, and the system returns both: the rows are equal in every cell.
fn merged_carer(plot: &mut Plot) -> Option<Vec<Mark>> {
    let Case { person, events, further } = &mut *plot.case;
    let known = events.first().filter(|event| event.kind == Kind::Association)?;
    let merged = person.clone().renumbered();
    events.push(Event { reference: known.kind.reference(merged.id), of_further: true, ..known.clone() });
    *further = Some(merged);
    Some(vec![Row(0, Field::EventReference, "K002")])
}

/// The links of somebody who is an unpaid carer and nothing else, to one adult.
fn one_link<'p>(plot: &'p mut Plot) -> Option<&'p mut Vec<u32>> {
    plot.sent().next()?;
    let links = &mut plot.case.person.caring.as_mut()?.cares_for;
    (links.len() == 1).then_some(links)
}

fn linked_to_nobody(plot: &mut Plot) -> Option<Vec<Mark>> {
    one_link(plot)?;
    let adult = Person {
        id: plot.case.person.id,
        forename: names::forename(plot.rng),
        surname: names::surname(plot.rng),
        ..Person::default()
    };
    let mut adult = adult.renumbered();
    adult.case_no = Person::case_no(adult.id);
    *one_link(plot)? = vec![adult.id];
    plot.case.further = Some(adult);
    Some(vec![EveryRow(Field::Adult1LinkedPersonId, "X101")])
}

fn linked_to_self(plot: &mut Plot) -> Option<Vec<Mark>> {
    let own = plot.case.person.id;
    *one_link(plot)? = vec![own];
    Some(vec![EveryRow(Field::Adult1LinkedPersonId, "X103")])
}

fn linked_twice(plot: &mut Plot) -> Option<Vec<Mark>> {
    let links = one_link(plot)?;
    links.push(links[0]);
    plot.case.person.caring.as_mut()?.adults = "2".into();
    Some(vec![EveryRow(Field::Adult2LinkedPersonId, "X104")])
}

impl Person {
    /// The same details under an internal number that no other person has.
    fn renumbered(self) -> Self {
        Self { id: DemoCouncil::MOST_PEOPLE + self.id, ..self }
    }
}
