//! All rows have gone by: what they say about one another is judged.

use super::{
    Across, Census, National,
    column::Column,
    found::{FoundLate, LateFinding},
    kept::{kept, last_copies},
    people::Contradiction,
    view::{Link, Linked, PersonRows, SameEvent, SeenRow, Whole},
};
use crate::{
    check::{FileFinding, Kind, Rule},
    model::{RuleId, Validity},
};

/// What rows say about one another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judged {
    /// What was found about rows, by row, field and rule.
    pub findings: Vec<LateFinding>,
    /// What was found about the file as a whole.
    pub file: Vec<FileFinding>,
    /// What the national process would do with the rows.
    pub national: National,
    /// The people that the rows are about.
    pub census: Census,
}

/// The rules that look across rows, with their places in the registry.
pub(in crate::check) type Rules = Vec<(RuleId, &'static Rule)>;

/// People whose rows are gathered at once.
const ROWS_AT_ONCE: usize = 1 << 16;

impl Across {
    /// Judges, and lets everything go that was kept.
    pub(in crate::check) fn judge(mut self, rules: &Rules) -> Judged {
        let mut findings = Column::default();
        self.same_events(rules, &mut findings);
        self.same_references(rules, &mut findings);
        let split_off = self.persons(rules, &mut findings);
        self.contradictions(rules, &mut findings);
        self.links(rules, &mut findings);
        let file = self.whole(rules);
        let census = Census::of(self.people.members(), self.period.end());
        let mut national = self.national;
        national.rows_split_off = split_off;
        drop((self.facts, self.persons, self.events, self.references, self.people, self.links));
        let mut findings: Vec<LateFinding> = findings.iter().collect();
        findings.sort_unstable();
        findings.dedup_by_key(|finding| (finding.row, finding.field, finding.rule));
        Judged { findings, file, national, census }
    }

    fn row(&self, at: u32) -> SeenRow {
        SeenRow { number: at + 1, person: self.persons.get(at), facts: self.facts.get(at) }
    }

    /// Groups of rows under the same hash.
    fn groups(&self, repeated: &[(u64, u32)], mut each: impl FnMut(&[SeenRow])) {
        let mut rows = Vec::new();
        for group in repeated.chunk_by(|one, other| one.0 == other.0) {
            rows.clear();
            rows.extend(group.iter().map(|(_, at)| self.row(*at)));
            each(&rows);
        }
    }

    fn same_events(&mut self, rules: &Rules, findings: &mut Column<LateFinding>) {
        let mut national = std::mem::take(&mut self.national);
        self.groups(&self.events.repeated(), |rows| {
            let is_event = rows[0].is_counted();
            let last_copies = last_copies(rows);
            let kept = is_event.then(|| kept(rows)).flatten();
            let mut copies: Vec<u32> = rows.iter().map(|row| row.facts.copy).collect();
            copies.sort_unstable();
            for equal in copies.chunk_by(|one, other| one == other) {
                national.duplicates.copies.add(equal.len() as u64);
            }
            if is_event {
                national.duplicates.events.add(rows.len() as u64);
                national.drop_duplicates(rows[0].event(), rows.len() as u64 - 1);
            }
            let same = SameEvent { rows, last_copies: &last_copies, kept };
            each(rules, findings, |kind, found| {
                if let Kind::SameEvent(check) = kind {
                    check(&same, found);
                }
            });
        });
        self.national = national;
    }

    fn same_references(&mut self, rules: &Rules, findings: &mut Column<LateFinding>) {
        let mut national = std::mem::take(&mut self.national);
        self.groups(&self.references.repeated(), |rows| {
            let others = rows.iter().filter(|row| !row.is_event_of(&rows[0])).count();
            national.duplicates.references.add(if others > 0 { others as u64 + 1 } else { 0 });
            each(rules, findings, |kind, found| {
                if let Kind::SameReference(check) = kind {
                    check(rows, found);
                }
            });
        });
        self.national = national;
    }

    /// Shows each person's rows to the rules, and counts people and the rows that are split off them.
    fn persons(&mut self, rules: &Rules, findings: &mut Column<LateFinding>) -> u64 {
        let people = self.people.persons.len();
        let mut split_off = 0;
        let parts = self.persons.len().div_ceil(ROWS_AT_ONCE).max(1) as u32;
        let width = people.div_ceil(parts).max(1);
        let mut places = Vec::new();
        let mut rows = Vec::new();
        for first in (0..people).step_by(width as usize) {
            places.clear();
            let of_part = (0_u32..).zip(self.persons.iter()).filter(|(_, person)| person.wrapping_sub(first) < width);
            places.extend(of_part.map(|(at, person)| u64::from(person) << 32 | u64::from(at)));
            places.sort_unstable();
            for of_person in places.chunk_by(|one, other| one >> 32 == other >> 32) {
                let person = (of_person[0] >> 32) as u32;
                rows.clear();
                rows.extend(of_person.iter().map(|place| self.row(*place as u32)));
                rows.sort_by_key(|row| row.facts.start_key());
                let rows = PersonRows { rows: &rows, person, people: &self.people, period: self.period };
                if rows.tied_row().is_some() {
                    split_off += rows.rows().len() as u64;
                }
                each(rules, findings, |kind, found| {
                    if let Kind::Person(check) = kind {
                        check(&rows, found);
                    }
                });
            }
        }
        let counts = &mut self.national.people;
        counts.distinct = u64::from(people);
        let without = (0..people).filter(|person| self.people.is_without_nhs_number(*person));
        counts.without_nhs_number = without.count() as u64;
        counts.with_nhs_number = counts.distinct - counts.without_nhs_number;
        split_off
    }

    /// The first row of each value that contradicts the first one.
    fn contradictions(&mut self, rules: &Rules, findings: &mut Column<LateFinding>) {
        let mut told: Vec<Contradiction> = self.people.contradictions.iter().collect();
        told.sort_unstable();
        told.dedup_by_key(|one| (one.attribute, one.of, one.value));
        let mut concerned: Vec<u32> = told.iter().flat_map(|one| self.people.concerned(one)).collect();
        concerned.sort_unstable();
        concerned.dedup();
        self.national.people.with_conflicts = concerned.len() as u64;
        let of_attribute = rules.iter().filter_map(|(id, rule)| match rule.kind {
            Kind::Contradiction(attribute, field) => Some((*id, rule.severity, attribute, field)),
            _ => None,
        });
        for (rule, severity, attribute, field) in of_attribute {
            let first = told.partition_point(|one| one.attribute < attribute);
            let of_rule = told[first..].iter().take_while(|one| one.attribute == attribute);
            let mut found = FoundLate { findings, rule, severity };
            for one in of_rule {
                found.at(one.row, field, Validity::Valid, self.people.first_row(attribute, one.of));
            }
        }
    }

    fn links(&self, rules: &Rules, findings: &mut Column<LateFinding>) {
        for link in self.links.iter() {
            let local = self.people.locals.find(link.to).map(|place| self.people.locals.get(place));
            let to = match local {
                None => Linked::Nobody,
                Some(local) if local.is_service_user() => Linked::ServiceUser(local.born()),
                Some(_) => Linked::NoServiceUser,
            };
            let link = Link { row: link.row(), field: link.field(), to, born: link.born() };
            each(rules, findings, |kind, found| {
                if let Kind::Link(check) = kind {
                    check(&link, found);
                }
            });
        }
    }

    fn whole(&self, rules: &Rules) -> Vec<FileFinding> {
        let mut whole = Whole::default();
        let open = |row: &super::Facts| row.is_counted() && row.end().is_none();
        for facts in self.facts.iter().filter(open) {
            whole.open_services += 1;
            whole.from_april_1 += u64::from(facts.start().is_some_and(|start| matches!(start.ymd(), (_, 4, 1))));
        }
        let rules = rules.iter().filter_map(|(_, rule)| match rule.kind {
            Kind::Whole(check) => check(&whole).map(|text| (*rule, text)),
            _ => None,
        });
        rules.map(|(rule, text)| FileFinding { rule, severity: rule.severity, field: None, text }).collect()
    }
}

/// Lets every rule look, each where it puts its own findings.
fn each(rules: &Rules, findings: &mut Column<LateFinding>, mut look: impl FnMut(Kind, &mut FoundLate<'_>)) {
    for (id, rule) in rules {
        look(rule.kind, &mut FoundLate { findings, rule: *id, severity: rule.severity });
    }
}
