//! Writes cases into the database, one prepared statement per table.

use rusqlite::{Connection, Statement, params};

use super::{
    codes::{LISTS, UNMAPPED},
    events::{Event, Kind},
    names,
    people::{Case, Person},
    services,
};

const TEAMS: &[&str] =
    &["Front Door", "Hospital Discharge", "Ambermere Locality", "Hollinsea Locality", "Learning Disability", "Reviews"];

/// Fills the tables that hold no people.
pub(super) fn write_reference(db: &Connection) -> rusqlite::Result<()> {
    let mut lookup = db.prepare("INSERT INTO code_lookup VALUES (?, ?, ?)")?;
    for (list, map) in LISTS {
        for row in csv::Reader::from_reader(map.as_bytes()).records().flatten() {
            lookup.execute((*list, row.get(0), row.get(2)))?;
        }
    }
    for row in UNMAPPED {
        lookup.execute(*row)?;
    }
    let mut team = db.prepare("INSERT INTO team VALUES (?, ?)")?;
    for (id, name) in (1_i64..).zip(TEAMS) {
        team.execute((id, *name))?;
    }
    let mut practice = db.prepare("INSERT INTO gp_practice VALUES (?, ?)")?;
    for nth in 0..names::PRACTICES {
        practice.execute(names::practice(nth))?;
    }
    let mut provider = db.prepare("INSERT INTO provider VALUES (?, ?, ?)")?;
    for id in 1..=services::PROVIDERS {
        let (name, cqc) = services::provider(id);
        provider.execute((id, name, cqc))?;
    }
    let mut catalogue = db.prepare("INSERT INTO service_catalogue VALUES (?, ?, ?, ?)")?;
    for service in services::CATALOGUE {
        catalogue.execute((service.code, service.name, service.type_cd, service.component_cd))?;
    }
    Ok(())
}

/// The tables that hold people, open for writing.
pub(super) struct Store<'db> {
    person: Statement<'db>,
    address: Statement<'db>,
    health: Statement<'db>,
    employment: Statement<'db>,
    financial: Statement<'db>,
    carer: Statement<'db>,
    relationship: Statement<'db>,
    contact: Statement<'db>,
    assessment: Statement<'db>,
    package: Statement<'db>,
    line: Statement<'db>,
    review: Statement<'db>,
    packages: u32,
}

impl<'db> Store<'db> {
    pub(super) fn new(db: &'db Connection) -> rusqlite::Result<Self> {
        let insert = |table: &str, columns: usize| {
            let places = vec!["?"; columns].join(", ");
            db.prepare(&format!("INSERT INTO {table} VALUES ({places})"))
        };
        Ok(Self {
            person: insert("person", 12)?,
            address: insert("address", 7)?,
            health: insert("health_profile", 5)?,
            employment: insert("employment", 4)?,
            financial: insert("financial_position", 2)?,
            carer: insert("carer_profile", 3)?,
            relationship: insert("relationship", 6)?,
            contact: insert("contact", 13)?,
            assessment: insert("assessment", 13)?,
            package: insert("care_package", 4)?,
            line: insert("package_line", 15)?,
            review: insert("review", 13)?,
            packages: 0,
        })
    }

    /// Writes a person and all that happened to them.
    pub(super) fn write(&mut self, case: &Case) -> rusqlite::Result<()> {
        // The further record comes first: a carer may be linked to it.
        for person in case.further.iter().chain([&case.person]) {
            self.write_person(person)?;
        }
        // One package in each capacity, opened with its first line.
        let mut packages = [None, None];
        for event in &case.events {
            let person = case.record_of(event);
            match event.kind {
                Kind::Request => self.write_contact(person, event)?,
                Kind::Assessment => self.write_assessment(person, event)?,
                Kind::Review => self.write_review(person, event)?,
                Kind::Association => {}
                Kind::Service => {
                    let package = &mut packages[event.role as usize];
                    let id = if let Some(id) = *package {
                        id
                    } else {
                        self.packages += 1;
                        self.package.execute((self.packages, person.id, event.role.code(), event.start.iso()))?;
                        *package.insert(self.packages)
                    };
                    self.write_line(id, event)?;
                }
            }
        }
        Ok(())
    }

    fn write_person(&mut self, person: &Person) -> rusqlite::Result<()> {
        self.person.execute(params![
            person.id,
            filled(&person.case_no),
            filled(&person.nhs_no),
            filled(&person.forename),
            person.surname,
            filled(person.gender),
            filled(person.ethnicity),
            person.born.iso(),
            person.died.iso(),
            person.practice,
            filled(person.need),
            filled(person.unpaid_carer),
        ])?;
        for address in &person.addresses {
            self.address.execute(params![
                None::<i64>,
                person.id,
                address.line_1,
                filled(&address.postcode),
                filled(address.accommodation),
                address.from.iso(),
                address.to.iso(),
            ])?;
        }
        if let Some(health) = &person.health {
            self.health.execute((person.id, health.asd, health.vision, health.hearing, health.dementia))?;
        }
        if !person.employment.is_empty() {
            let since = person.addresses.first().map(|address| address.from.iso());
            self.employment.execute((None::<i64>, person.id, person.employment, since))?;
        }
        if !person.funding.is_empty() {
            self.financial.execute((person.id, person.funding))?;
        }
        if let Some(caring) = &person.caring {
            self.carer.execute((person.id, caring.hours, &caring.adults))?;
            let since = person.addresses.first().map(|address| address.from.iso());
            for adult in &caring.cares_for {
                self.relationship.execute(params![None::<i64>, person.id, "CARER", adult, since, None::<&str>])?;
            }
        }
        Ok(())
    }

    fn write_contact(&mut self, person: &Person, event: &Event) -> rusqlite::Result<()> {
        self.contact.execute(params![
            None::<i64>,
            event.reference,
            person.id,
            event.role.code(),
            event.form,
            event.start.iso_time(),
            event.end.iso_time(),
            filled(event.route),
            filled(&event.description),
            filled(event.hours),
            filled(event.outcome),
            event.status,
            team(person),
        ])?;
        Ok(())
    }

    fn write_assessment(&mut self, person: &Person, event: &Event) -> rusqlite::Result<()> {
        self.assessment.execute(params![
            None::<i64>,
            event.reference,
            person.id,
            event.role.code(),
            event.form,
            event.start.iso_time(),
            event.end.iso_time(),
            filled(event.method),
            filled(event.eligible),
            filled(event.outcome),
            filled(&event.description),
            event.status,
            team(person),
        ])?;
        Ok(())
    }

    fn write_line(&mut self, package: u32, event: &Event) -> rusqlite::Result<()> {
        let line = &event.line;
        self.line.execute(params![
            None::<i64>,
            event.reference,
            package,
            line.service.map(|service| service.code),
            line.provider,
            event.start.iso_time(),
            event.end.iso_time(),
            filled(event.outcome),
            filled(line.delivery),
            filled(line.funding),
            filled(&event.description),
            filled(&line.unit_cost),
            filled(line.cost_unit),
            filled(&line.units_per_week),
            event.status,
        ])?;
        Ok(())
    }

    fn write_review(&mut self, person: &Person, event: &Event) -> rusqlite::Result<()> {
        self.review.execute(params![
            None::<i64>,
            event.reference,
            person.id,
            event.role.code(),
            filled(event.reason),
            event.start.slashed(),
            event.end.slashed(),
            filled(event.method),
            filled(event.outcomes_met),
            filled(event.outcome),
            filled(&event.description),
            event.status,
            team(person),
        ])?;
        Ok(())
    }
}

/// The text, or NULL where there is none.
fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn team(person: &Person) -> u32 {
    person.id % TEAMS.len() as u32 + 1
}
