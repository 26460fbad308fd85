//! What each field asks of a row, decided once per situation.
//!
//! The conditions of the release ask few fields, and of those few only a handful of things. Rows that answer alike are in
//! the same *situation*; what the 50 fields ask is worked out when a situation is met first, and looked up ever after.

use std::collections::HashMap;

use crate::{
    model::{Confidence, Date, Field, FieldStatus, Reading, Record},
    spec::{CodeList, Condition, Release, Test, Tri},
};

/// What a field asks of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Asks {
    Mandatory,
    /// The condition holds, but that it makes the field mandatory is not confirmed.
    ProbablyMandatory,
    Applicable,
    NotApplicable,
    Undetermined,
}

impl Asks {
    pub(super) const COUNT: usize = 5;
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::Mandatory, Self::ProbablyMandatory, Self::Applicable, Self::NotApplicable, Self::Undetermined];

    /// The national word.
    pub(super) const fn status(self) -> FieldStatus {
        match self {
            Self::Mandatory => FieldStatus::Mandatory,
            Self::ProbablyMandatory | Self::Applicable => FieldStatus::Applicable,
            Self::NotApplicable => FieldStatus::NotApplicable,
            Self::Undetermined => FieldStatus::Undetermined,
        }
    }
}

/// What all fields ask, in template order.
pub(super) type AsksOfRow = [Asks; Field::COUNT];

#[derive(Debug)]
pub(super) struct Situations {
    deciders: Vec<Decider>,
    asks: Vec<FieldAsks>,
    seen: HashMap<u64, usize>,
    known: Vec<AsksOfRow>,
    period_end: Date,
}

/// A field that conditions ask, and the answers to its tests for each class of values.
#[derive(Debug)]
struct Decider {
    field: Field,
    tests: Vec<Test>,
    /// For a list: the class of each code, after it that of a value outside the list, and that of one that fails.
    class_of_code: Vec<u8>,
    /// For each class, the answers to the tests.
    answers: Vec<Vec<Tri>>,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// By the code of the label.
    Label,
    /// By whether there is a value.
    Presence,
    /// By the age at the end of the period.
    Age,
}

#[derive(Debug)]
struct FieldAsks {
    applicable: Condition,
    mandatory: Condition,
    confidence: Confidence,
}

impl Situations {
    pub(super) fn new(release: &Release, period_end: Date) -> Self {
        let asks: Vec<_> = release
            .fields()
            .iter()
            .map(|spec| FieldAsks {
                applicable: spec.applicable.when.clone(),
                mandatory: spec.mandatory.when.clone(),
                confidence: spec.mandatory.fact.confidence,
            })
            .collect();
        let mut deciders: Vec<Decider> = Vec::new();
        for test in asks.iter().flat_map(|ask| [&ask.applicable, &ask.mandatory]).flat_map(Condition::tests) {
            let way = match test {
                Test::Age(..) => Way::Age,
                _ if release.list(test.field()).is_some() => Way::Label,
                _ => Way::Presence,
            };
            match deciders.iter_mut().find(|decider| decider.field == test.field() && decider.way == way) {
                Some(decider) if decider.tests.contains(test) => {}
                Some(decider) => decider.tests.push(test.clone()),
                None => deciders.push(Decider::new(test, way)),
            }
        }
        for decider in &mut deciders {
            decider.classify(release.list(decider.field), release.type_confidence(decider.field));
        }
        Self { deciders, asks, seen: HashMap::new(), known: Vec::new(), period_end }
    }

    /// What the fields ask of this record.
    pub(super) fn asks(&mut self, record: &Record<'_>) -> &AsksOfRow {
        let mut situation = 0_u64;
        for decider in &self.deciders {
            situation = situation * decider.answers.len() as u64 + u64::from(decider.class(record, self.period_end));
        }
        let place = match self.seen.get(&situation) {
            Some(place) => *place,
            None => self.meet(situation, record),
        };
        &self.known[place]
    }

    #[cold]
    fn meet(&mut self, situation: u64, record: &Record<'_>) -> usize {
        let answer = |test: &Test| {
            self.deciders
                .iter()
                .find_map(|decider| {
                    let at = decider.tests.iter().position(|known| known == test)?;
                    Some(decider.answers[usize::from(decider.class(record, self.period_end))][at])
                })
                .unwrap_or(Tri::Unknown)
        };
        let mut row = [Asks::NotApplicable; Field::COUNT];
        for (asks, field) in row.iter_mut().zip(&self.asks) {
            *asks = field.of_row(&answer);
        }
        self.known.push(row);
        self.seen.insert(situation, self.known.len() - 1);
        self.known.len() - 1
    }
}

impl FieldAsks {
    /// Applicability wins over what is mandatory.
    fn of_row(&self, answer: &impl Fn(&Test) -> Tri) -> Asks {
        match self.applicable.evaluate(answer) {
            Tri::False => Asks::NotApplicable,
            Tri::Unknown => Asks::Undetermined,
            Tri::True => match self.mandatory.evaluate(answer) {
                Tri::False => Asks::Applicable,
                Tri::Unknown => Asks::Undetermined,
                Tri::True if self.confidence == Confidence::Confirmed => Asks::Mandatory,
                Tri::True => Asks::ProbablyMandatory,
            },
        }
    }
}

impl Decider {
    fn new(test: &Test, way: Way) -> Self {
        let (class_of_code, answers) = (Vec::new(), Vec::new());
        Self { field: test.field(), tests: vec![test.clone()], class_of_code, answers, way }
    }

    fn classify(&mut self, list: Option<&CodeList>, confidence: Confidence) {
        let of_text = |text: &str| self.tests.iter().map(|test| Tri::from(test.of_text(text))).collect::<Vec<_>>();
        let unknown = vec![Tri::Unknown; self.tests.len()];
        let rows: Vec<Vec<Tri>> = match (self.way, list) {
            (Way::Label, Some(list)) => {
                let labels = std::iter::once("").chain(list.values.iter().map(|value| value.text.as_str()));
                // A value outside a list that is not confirmed cannot fail; it is simply none of the labels.
                let unlisted = if confidence == Confidence::Confirmed { unknown.clone() } else { of_text("\u{FFFF}") };
                labels.map(of_text).chain([unlisted, unknown]).collect()
            }
            (Way::Age, _) => {
                // Classes 0..=150 are ages; then no date of birth, and one that cannot be read.
                let ages = (0..=OLDEST).map(|age| {
                    let within = |test: &Test| matches!(test, Test::Age(from, to) if (*from..=*to).contains(&age));
                    self.tests.iter().map(|test| Tri::from(within(test))).collect()
                });
                ages.chain([of_text("no date of birth"), unknown]).collect()
            }
            _ => vec![of_text(""), of_text("\u{FFFF}")],
        };
        for row in rows {
            let class = self.answers.iter().position(|known| *known == row).unwrap_or_else(|| {
                self.answers.push(row);
                self.answers.len() - 1
            });
            self.class_of_code.push(class as u8);
        }
    }

    #[inline]
    fn class(&self, record: &Record<'_>, period_end: Date) -> u8 {
        let cell = record.cell(self.field);
        let classes = &self.class_of_code;
        let place = match (self.way, cell.reading()) {
            (Way::Presence | Way::Label, Reading::Blank) => 0,
            (Way::Presence, _) => 1,
            (Way::Label, Reading::Valid) => (cell.value() as usize).min(classes.len() - 3),
            (Way::Label, Reading::Unlisted) | (Way::Age, Reading::Blank) => classes.len() - 2,
            (Way::Age, Reading::Valid) => {
                let age = Date::from_days(cell.value()).age_on(period_end);
                if age < 0 { classes.len() - 2 } else { age.min(OLDEST) as usize }
            }
            (Way::Label | Way::Age, _) => classes.len() - 1,
        };
        classes[place]
    }
}

/// Older than anybody: ages beyond count as this one.
const OLDEST: i32 = 150;

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{of_record, release, settings},
        *,
    };

    /// What one field asks of a record that holds these texts.
    fn asks(texts: &[(Field, &str)], field: Field) -> Asks {
        let release = release();
        let mut situations = Situations::new(&release, settings().period.end());
        of_record(&release, texts, |record| situations.asks(record)[field.index()])
    }

    /// Texts of a record, a field, and what it asks.
    type Case<'c> = (&'c [(Field, &'c str)], Field, Asks);

    fn each_asks(cases: &[Case<'_>]) {
        for (texts, field, expected) in cases {
            assert_eq!(asks(texts, *field), *expected, "{field} where {texts:?}");
        }
    }

    const CLIENT: (Field, &str) = (Field::ClientType, "Service User");
    const ASSOCIATION: (Field, &str) = (Field::ClientType, "Carer known by association");
    const SERVICE: (Field, &str) = (Field::EventType, "Service");
    const LONG_TERM: (Field, &str) = (Field::ServiceType, "Long Term Support: Community");
    const LEARNING: (Field, &str) = (Field::PrimarySupportReason, "Learning Disability Support");

    #[test]
    fn a_deciding_field_that_is_itself_invalid_leaves_the_rest_undetermined() {
        each_asks(&[
            (&[CLIENT, (Field::EventType, "Sevrice")], Field::ServiceType, Asks::Undetermined),
            (&[(Field::ClientType, "Client"), SERVICE], Field::ServiceType, Asks::Undetermined),
            (&[CLIENT, SERVICE, LONG_TERM, (Field::DeliveryMechanism, "DP")], Field::UnitCost, Asks::Undetermined),
            (&[CLIENT, (Field::DateOfBirth, "1960"), LEARNING], Field::EmploymentStatus, Asks::Undetermined),
        ]);
    }

    #[test]
    fn what_is_certain_without_the_invalid_field_stays_certain() {
        each_asks(&[
            (&[ASSOCIATION, (Field::EventType, "Sevrice")], Field::ServiceType, Asks::NotApplicable),
            (&[(Field::ClientType, "Client"), (Field::EventType, "Review")], Field::ServiceType, Asks::NotApplicable),
            (
                &[CLIENT, (Field::EventType, "x"), (Field::DateOfDeath, "01/01/2025")],
                Field::EventEndDate,
                Asks::Mandatory,
            ),
            (&[CLIENT, (Field::DateOfBirth, "1960")], Field::EmploymentStatus, Asks::Applicable),
            (&[(Field::ClientType, "Client")], Field::Gender, Asks::Mandatory),
        ]);
    }

    #[test]
    fn what_does_not_apply_is_not_mandatory_either() {
        each_asks(&[
            (&[ASSOCIATION, (Field::DateOfDeath, "01/01/2025")], Field::EventEndDate, Asks::NotApplicable),
            (&[ASSOCIATION], Field::EventOutcome, Asks::NotApplicable),
            (&[ASSOCIATION], Field::PrimarySupportReason, Asks::Mandatory),
        ]);
    }

    #[test]
    fn a_blank_contains_nothing_so_that_costs_are_mandatory_without_a_delivery_mechanism() {
        each_asks(&[
            (&[CLIENT, SERVICE, LONG_TERM], Field::UnitCost, Asks::Mandatory),
            (
                &[CLIENT, SERVICE, LONG_TERM, (Field::DeliveryMechanism, "CASSR Commissioned Support")],
                Field::UnitCost,
                Asks::Applicable,
            ),
            (&[CLIENT, SERVICE, (Field::ServiceType, "Short Term Support: ST-Max")], Field::UnitCost, Asks::Applicable),
            // A component outside a list that is not confirmed cannot fail: it is simply none of those that cost.
            (&[CLIENT, SERVICE, (Field::ServiceComponent, "Respite")], Field::UnitCost, Asks::Applicable),
        ]);
    }

    #[test]
    fn age_is_taken_on_the_last_day_of_the_period() {
        let born = |date| asks(&[CLIENT, LEARNING, (Field::DateOfBirth, date)], Field::EmploymentStatus);
        for (date, expected) in [
            ("30/09/2007", Asks::Mandatory),
            ("01/10/2007", Asks::Applicable),
            ("01/10/1960", Asks::Mandatory),
            ("30/09/1960", Asks::Applicable),
            ("01/01/1750", Asks::Applicable),
            ("01/01/2026", Asks::Applicable),
            ("", Asks::Applicable),
        ] {
            assert_eq!(born(date), expected, "{date}");
        }
    }

    #[test]
    fn names_are_mandatory_only_probably_and_count_as_applicable() {
        assert_eq!(asks(&[], Field::FirstName), Asks::ProbablyMandatory);
        assert_eq!(Asks::ProbablyMandatory.status(), FieldStatus::Applicable);
    }

    #[test]
    fn a_situation_met_again_is_looked_up_and_another_is_not_taken_for_it() {
        let release = release();
        let mut situations = Situations::new(&release, settings().period.end());
        let mut of = |event| {
            of_record(&release, &[CLIENT, (Field::EventType, event)], |record| {
                situations.asks(record)[Field::RouteOfAccess.index()]
            })
        };
        let met: Vec<_> = ["Request", "Service", "Request", "Review", "Request"].into_iter().map(&mut of).collect();
        let (asked, not) = (Asks::Mandatory, Asks::NotApplicable);
        assert_eq!(met, [asked, not, asked, not, asked]);
        assert_eq!(situations.known.len(), 3);
    }
}
