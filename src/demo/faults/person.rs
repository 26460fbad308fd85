//! Faults of the person: each shows on every row, some eight of them.

use super::{Fault, Plot, names};
use crate::{
    demo::{
        calendar::{Written, years_later},
        codes::any,
        events::{Kind, Role},
        planter::Mark::{self, EveryRow, Row},
    },
    model::{Date, Field},
};

pub(super) static FAULTS: &[Fault] = &[
    ("NHS number not known", 110, |p| p.person(Field::NhsNumber, "M001", |o, _| o.nhs_no.clear())),
    ("NHS number with a wrong check digit", 14, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| {
            let wrong = (o.nhs_no.as_bytes()[9] - b'0' + 1) % 10;
            o.nhs_no.pop();
            o.nhs_no.push(char::from(b'0' + wrong));
        })
    }),
    ("NHS number one digit short", 6, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| {
            o.nhs_no.pop();
        })
    }),
    ("NHS number of one digit", 4, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| "9999999999".clone_into(&mut o.nhs_no))
    }),
    ("no identifier at all", 5, no_identifier),
    ("forename not recorded", 4, |p| p.person(Field::FirstName, "M001", |o, _| o.forename.clear())),
    ("surname that starts with a hyphen", 4, |p| p.person(Field::LastName, "F103", |o, _| o.surname.insert(0, '-'))),
    ("name with a letter outside Windows-1252", 50, |p| {
        p.person(Field::FirstName, "F102", |o, rng| o.forename = names::transliterated_forename(rng))
    }),
    ("gender not recorded", 15, |p| p.person(Field::Gender, "M001", |o, _| o.gender = "")),
    ("gender code not in the value map", 12, |p| p.person(Field::Gender, "L002", |o, _| o.gender = "N")),
    ("ethnicity not recorded", 70, |p| p.ethnicity("M001", "")),
    ("ethnicity code not in the value map", 15, |p| p.ethnicity("L002", "WC")),
    ("postcode not recorded", 35, |p| p.address(Field::Postcode, "M001", |o, _| o.postcode.clear())),
    ("postcode mistyped", 35, |p| {
        p.address(Field::Postcode, "T003", |o, rng| {
            any(rng, &["YA1", "YAI 2BD", "YA12 O4D", "NFA", "1YA 2BD", "YA3 3D"]).clone_into(&mut o.postcode);
        })
    }),
    ("accommodation not recorded", 60, |p| p.address(Field::AccommodationStatus, "M001", |o, _| o.accommodation = "")),
    ("accommodation code not in the value map", 12, |p| {
        p.address(Field::AccommodationStatus, "L002", |o, _| o.accommodation = "POD")
    }),
    ("unpaid carer answered in another wording", 20, |p| {
        p.person(Field::HasUnpaidCarer, "L001", |o, rng| o.unpaid_carer = any(rng, &["Y", "Not known", "N/A"]))
    }),
    ("unpaid carer not asked", 30, |p| p.person(Field::HasUnpaidCarer, "M001", |o, _| o.unpaid_carer = "")),
    ("branch code in place of a practice code", 12, |p| {
        p.person(Field::GpPracticeCode, "T006", |o, _| o.practice = format!("{}001", o.practice).into())
    }),
    ("employment not recorded for a learning disability", 8, employment_blank),
    ("number of adults cared for in words", 3, adults_in_words),
    ("date of birth not recorded", 15, |p| p.person(Field::DateOfBirth, "M001", |o, _| o.born = Written::Blank)),
    ("date of birth on a day that does not exist", 6, |p| {
        p.person(Field::DateOfBirth, "T001", |o, _| {
            let year = o.born.date().map_or(1950, |born| born.ymd().0);
            o.born = Written::Text(format!("{year}-02-30"));
        })
    }),
    ("dummy date of birth", 10, |p| p.person(Field::DateOfBirth, "D005", |o, _| o.born = on(1900, 1, 1))),
    ("date of birth is the day the record was made", 4, born_on_registration),
    ("date of birth in the wrong century", 4, born_in_the_future),
    ("date of death before the birth", 2, died_before_birth),
    ("date of death a year too early", 4, died_a_year_early),
    ("date of death in the future", 2, died_in_the_future),
    ("service left open after a death", 14, open_after_death),
];

fn on(year: i32, month: u32, day: u32) -> Written {
    Date::from_ymd(year, month, day).map_or(Written::Blank, Written::On)
}

/// A carer whom nobody could name: clients are linked to, and keep their numbers.
fn no_identifier(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.sent().next()?;
    if plot.case.events.iter().any(|event| event.role == Role::Client) {
        return None;
    }
    plot.case.person.nhs_no.clear();
    plot.case.person.case_no.clear();
    Some(vec![
        EveryRow(Field::NhsNumber, "M001"),
        EveryRow(Field::LaPersonUniqueIdentifier, "M001"),
        EveryRow(Field::LaPersonUniqueIdentifier, "K001"),
    ])
}

fn employment_blank(plot: &mut Plot) -> Option<Vec<Mark>> {
    let person = &mut plot.case.person;
    let of_working_age =
        person.born.date().is_some_and(|born| (18..65).contains(&born.age_on(plot.calendar.period.end())));
    if person.need != "LD" || !of_working_age || person.caring.is_some() {
        return None;
    }
    person.employment = "";
    Some(vec![EveryRow(Field::EmploymentStatus, "M001")])
}

fn adults_in_words(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.sent().next()?;
    if plot.case.events.iter().any(|event| event.role == Role::Client) {
        return None;
    }
    plot.case.person.caring.as_mut()?.adults = "one or two".into();
    Some(vec![EveryRow(Field::NumberOfAdultsBeingCaredFor, "T005")])
}

fn born_on_registration(plot: &mut Plot) -> Option<Vec<Mark>> {
    let registered = plot.calendar.period.end();
    let mut marks = plot.where_start(Field::DateOfBirth, "D002", |start| start < registered);
    if marks.is_empty() || plot.case.person.died != Written::Blank || plot.case.person.need == "LD" {
        return None;
    }
    plot.case.person.born = Written::On(registered);
    marks.extend(plot.sent().map(|i| Row(i, Field::DateOfBirth, "D007")));
    Some(marks)
}

fn born_in_the_future(plot: &mut Plot) -> Option<Vec<Mark>> {
    let born = years_later(plot.case.person.born.date()?, 100);
    let mut marks = plot.where_start(Field::DateOfBirth, "D002", |_| true);
    let is_future = born > years_later(plot.calendar.period.end(), 2);
    if marks.is_empty() || plot.case.person.died != Written::Blank || !is_future {
        return None;
    }
    plot.case.person.born = Written::On(born);
    marks.push(EveryRow(Field::DateOfBirth, "D006"));
    Some(marks)
}

fn died_before_birth(plot: &mut Plot) -> Option<Vec<Mark>> {
    let died = years_later(plot.died()?, -100);
    if plot.case.person.born.date()? <= died {
        return None;
    }
    plot.case.person.died = Written::On(died);
    Some(vec![EveryRow(Field::DateOfDeath, "D003"), EveryRow(Field::DateOfDeath, "D004")])
}

fn died_a_year_early(plot: &mut Plot) -> Option<Vec<Mark>> {
    let died = years_later(plot.died()?, -1);
    let mut marks = plot.where_start(Field::DateOfDeath, "D004", |start| start > died);
    if marks.is_empty() {
        return None;
    }
    if died < plot.calendar.period.start() {
        marks.extend(plot.where_start(Field::DateOfDeath, "P005", |start| start <= died));
    }
    marks.extend(plot.going_on_after(died));
    plot.case.person.died = Written::On(died);
    Some(marks)
}

fn died_in_the_future(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.case.person.died = Written::On(years_later(plot.died()?, 36));
    Some(vec![EveryRow(Field::DateOfDeath, "D006")])
}

fn open_after_death(plot: &mut Plot) -> Option<Vec<Mark>> {
    let mut marks: Vec<Mark> = plot
        .sent()
        .filter(|i| plot.case.events[*i].kind == Kind::Service && plot.case.events[*i].end == Written::Blank)
        .map(|i| Row(i, Field::EventEndDate, "M001"))
        .collect();
    if marks.is_empty() || plot.case.person.died != Written::Blank {
        return None;
    }
    let died = plot.calendar.period.end();
    plot.case.person.died = Written::On(died);
    marks.extend(plot.going_on_after(died));
    Some(marks)
}
