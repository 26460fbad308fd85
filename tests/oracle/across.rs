//! What rows say about one another, worked out the slow way: every row is held against every other.
//!
//! Nothing here knows the engine. Each rule is written after its page of the manual, and the counts after the published
//! method: which rows count, which end they have, which are one event, and which of these is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::plain::{Day, Facts, Judged, Release, Row, days, is_amount};

/// One finding: row from 1, header, rule, severity, status, the other row. What is said of the file has row 0.
pub(crate) type Finding = (u64, String, &'static str, &'static str, &'static str, Option<u64>);

/// The rules that look across rows.
pub(crate) const RULES: [&str; 23] = [
    "D101", "D102", "D103", "K002", "K003", "K004", "K005", "K006", "K007", "K008", "K009", "K010", "K011", "K012",
    "K013", "O101", "O102", "S101", "S102", "X101", "X102", "X103", "X104",
];

const LINKS: [&str; 3] = ["adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id"];

/// After these outcomes of reablement something is to follow.
const FOLLOWED: [&str; 8] = [
    "Progress to Reablement/ST-Max",
    "Progress to Assessment",
    "Progress to Re-assessment / Unplanned Review",
    "Progress to Support Planning / Services",
    "Progress to End of Life Care",
    "Progress to financial assessment",
    "No change in package",
    "Provision of service",
];

const SETTINGS: [&str; 4] = [
    "Long Term Support: Nursing Care",
    "Long Term Support: Residential Care",
    "Long Term Support: Community",
    "Long Term Support: Prison",
];

/// A row, and what is made of it once.
struct Seen<'a> {
    number: u64,
    judged: Judged<'a>,
    person: Option<String>,
    nhs_number: &'a str,
    local_id: &'a str,
    client: &'a str,
    event: &'a str,
    start: Option<Day>,
    /// As the centre derives it.
    end: Option<Day>,
    died: Option<Day>,
    /// Why the row does not count; nothing where it does.
    ignored: &'static str,
}

impl<'a> Seen<'a> {
    fn new(release: &'a Release, row: &'a Row, facts: &'a Facts, number: u64) -> Self {
        let judged = Judged::new(release, row, facts);
        let nhs_number = if judged.fits("nhs_number") { judged.text("nhs_number") } else { "" };
        let local_id = judged.text("la_person_unique_identifier");
        let person = match (nhs_number, local_id) {
            ("", "") => None,
            ("", id) => Some(format!("id {id}")),
            (nhs_number, _) => Some(format!("number {nhs_number}")),
        };
        let (start, died) = (judged.day("event_start_date"), judged.day("date_of_death"));
        let end = match (start, judged.day("event_end_date"), died) {
            (Some(start), Some(end), Some(died)) if start <= died && died <= end => Some(died),
            (Some(start), None, Some(died)) if died > start => Some(died),
            (_, end, _) => end,
        };
        let event = judged.label("event_type");
        let outside = match end {
            None => event != "Service",
            Some(end) => end < facts.start || (event != "Service" && end > facts.end),
        };
        let ignored = if event.is_empty() {
            "without_event"
        } else if start.is_none() {
            "no_start"
        } else if start > Some(facts.end) {
            "starts_after_period"
        } else if outside {
            "ended_outside_period"
        } else if died.is_some_and(|died| died < facts.start || Some(died) < start) {
            "died_before"
        } else if person.is_none() {
            "no_identifier"
        } else {
            ""
        };
        let client = judged.label("client_type");
        Self { number, judged, person, nhs_number, local_id, client, event, start, end, died, ignored }
    }

    fn counts(&self) -> bool {
        self.ignored.is_empty()
    }

    fn is_carer(&self) -> bool {
        self.client == "Carer" || self.client == "Carer known by association"
    }

    fn is_of(&self, other: &Self) -> bool {
        self.person.is_some() && self.person == other.person
    }

    /// Open last of all.
    fn order_of_end(&self) -> Day {
        self.end.unwrap_or((9999, 99, 99))
    }

    /// The cells to the letter; NULL is nothing, and so is what holds a control character.
    fn cells(&self) -> Vec<&'a str> {
        self.judged.release.fields.iter().map(|field| self.judged.text(&field.key)).collect()
    }

    /// What an event is told by.
    fn key(&self) -> Vec<String> {
        let text = |key| self.judged.text(key).to_owned();
        let mut key = vec![
            text("la_code"),
            self.person.clone().unwrap(),
            self.event.to_owned(),
            text("client_type"),
            format!("{:?}", self.start),
        ];
        if self.event == "Service" {
            let texts = ["service_type", "service_component", "delivery_mechanism", "cost_frequency"];
            key.extend(texts.map(text));
            key.extend(["unit_cost", "planned_units_per_week"].map(|key| to_two_decimals(self.judged.text(key))));
        } else {
            key.push(format!("{:?}", self.end));
        }
        match self.event {
            "Request" => key.push(text("route_of_access")),
            "Assessment" => key.push(text("assessment_type")),
            _ => {}
        }
        key
    }

    /// Of the rows of an event the one for which this is greatest is kept.
    fn worth(&self) -> (Day, i64, bool, u64) {
        let ranks = &self.judged.release.ranks;
        let rank = ranks.get(self.judged.label("event_outcome")).copied().unwrap_or(999);
        let conversation = self.judged.text("event_description").to_lowercase().contains("conversation");
        (self.order_of_end(), -rank, conversation, self.number)
    }
}

/// An amount to the penny, half a penny up, written in one way; what is no amount stays as it is.
fn to_two_decimals(text: &str) -> String {
    if !is_amount(text) {
        return text.to_owned();
    }
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let digits = format!("{whole}{fraction:0<3}");
    let thousandths: u128 = digits[..whole.len() + 3].parse().unwrap();
    let pennies = (thousandths + 5) / 10;
    let sign = if text.starts_with('-') && pennies > 0 { "-" } else { "+" };
    format!("{sign}{pennies}")
}

/// The counts of the national process, by name.
pub(crate) type Counts = BTreeMap<String, u64>;

/// A whole file.
pub(crate) struct Rows<'a> {
    rows: Vec<Seen<'a>>,
    facts: &'a Facts,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(release: &'a Release, rows: &'a [Row], facts: &'a Facts) -> Self {
        let rows = rows.iter().zip(1..).map(|(row, number)| Seen::new(release, row, facts, number)).collect();
        Self { rows, facts }
    }

    /// All that the rules that look across rows find, sorted, and the counts.
    pub(crate) fn judge(&self) -> (Vec<Finding>, Counts) {
        let mut found = self.duplicates();
        found.extend(self.references());
        found.extend(self.identifiers());
        found.extend(self.attributes());
        found.extend(self.latest());
        found.extend(self.deaths());
        found.extend(self.links());
        found.extend(self.settings());
        found.extend(self.starts_in_april());
        found.extend(self.requests());
        found.extend(self.reablement());
        found.sort();
        let counts = self.counts(&found);
        (found, counts)
    }

    fn tell(row: &Seen<'_>, key: &str, rule: &'static str, severity: &'static str, other: Option<u64>) -> Finding {
        let header = row.judged.release.field(key).header.clone();
        (row.number, header, rule, severity, row.judged.status(key), other)
    }

    fn counted(&self) -> impl Iterator<Item = &Seen<'a>> {
        self.rows.iter().filter(|row| row.counts())
    }

    /// The rows of each person, each person once.
    fn people(&self) -> Vec<Vec<&Seen<'a>>> {
        let people: BTreeSet<&String> = self.rows.iter().filter_map(|row| row.person.as_ref()).collect();
        let of = |person| self.rows.iter().filter(|row| row.person.as_ref() == Some(person)).collect();
        people.into_iter().map(of).collect()
    }

    fn last_copy(&self, row: &Seen<'_>) -> u64 {
        self.rows.iter().rev().find(|other| other.cells() == row.cells()).unwrap().number
    }

    fn duplicates(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in &self.rows {
            let last = self.last_copy(row);
            if last != row.number {
                let severity = if row.counts() { "ERROR" } else { "QUERY" };
                found.push(Self::tell(row, "event_reference", "K002", severity, Some(last)));
            } else if row.counts() {
                let same = self.counted().filter(|other| other.key() == row.key());
                let kept = same.max_by_key(|other| other.worth()).unwrap().number;
                if kept != row.number {
                    found.push(Self::tell(row, "event_reference", "K004", "ERROR", Some(kept)));
                }
            }
        }
        found
    }

    fn references(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in &self.rows {
            let reference = row.judged.text("event_reference");
            let first = self.rows.iter().find(|other| other.judged.text("event_reference") == reference).unwrap();
            let event = |row: &Seen<'_>| (row.person.clone(), row.event.to_owned(), row.start);
            if !reference.is_empty() && event(first) != event(row) {
                found.push(Self::tell(row, "event_reference", "K003", "QUERY", Some(first.number)));
            }
        }
        found
    }

    fn identifiers(&self) -> Vec<Finding> {
        let numbers: BTreeSet<_> = self.rows.iter().map(|row| row.nhs_number).filter(|text| !text.is_empty()).collect();
        let ids: BTreeSet<_> = self.rows.iter().map(|row| row.local_id).filter(|text| !text.is_empty()).collect();
        let mut found = Vec::new();
        for number in numbers {
            let rows = self.rows.iter().filter(|row| row.nhs_number == number).collect::<Vec<_>>();
            found.extend(contradictions(&rows, |row| Some(row.local_id), "la_person_unique_identifier", "K005"));
        }
        for id in ids {
            let rows = self.rows.iter().filter(|row| row.local_id == id).collect::<Vec<_>>();
            found.extend(contradictions(&rows, |row| Some(row.nhs_number), "nhs_number", "K006"));
            if let Some(known) = rows.iter().find(|row| !row.nhs_number.is_empty()) {
                let without = rows.iter().filter(|row| row.nhs_number.is_empty());
                found.extend(without.map(|row| Self::tell(row, "nhs_number", "K007", "ERROR", Some(known.number))));
            }
        }
        found
    }

    fn attributes(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for rows in self.people() {
            for (key, rule) in [("date_of_birth", "K008"), ("date_of_death", "K011")] {
                let value = |row: &Seen<'a>| row.judged.day(key).map(|_| row.judged.text(key));
                found.extend(contradictions(&rows, value, key, rule));
            }
            for (key, rule) in [("gender", "K009"), ("ethnicity", "K010")] {
                found.extend(contradictions(&rows, |row| known(row, key), key, rule));
            }
        }
        found
    }

    fn latest(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for rows in self.people() {
            for (key, rule) in [("accommodation_status", "K012"), ("primary_support_reason", "K013")] {
                let giving: Vec<_> = rows.iter().filter(|row| row.counts() && known(row, key).is_some()).collect();
                let last = giving.iter().map(|row| (row.order_of_end(), row.start)).max();
                let latest = giving.into_iter().filter(|row| Some((row.order_of_end(), row.start)) == last);
                let latest: Vec<_> = latest.copied().collect();
                found.extend(contradictions(&latest, |row| known(row, key), key, rule));
            }
        }
        found
    }

    fn deaths(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in self.rows.iter().filter(|row| row.died.is_none()) {
            let told: Vec<_> = self.rows.iter().filter(|other| other.is_of(row) && other.died.is_some()).collect();
            let Some(latest) = told.iter().filter_map(|other| other.died).max() else { continue };
            let first = told.iter().find(|other| other.died == Some(latest)).map(|other| other.number);
            let open = row.event == "Service" && row.judged.text("event_end_date").is_empty();
            if row.start > Some(latest) {
                found.push(Self::tell(row, "event_start_date", "D102", "QUERY", first));
            } else if open {
                found.push(Self::tell(row, "event_end_date", "D101", "QUERY", first));
            }
        }
        found
    }

    fn links(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in &self.rows {
            let mut twin = None;
            for (place, key) in LINKS.iter().enumerate() {
                let link = row.judged.text(key);
                if link.is_empty() {
                    continue;
                }
                let own = link == row.local_id;
                let again = LINKS[..place].iter().any(|earlier| row.judged.text(earlier) == link);
                if own {
                    found.push(Self::tell(row, key, "X103", "QUERY", None));
                }
                if again {
                    found.push(Self::tell(row, key, "X104", "QUERY", None));
                }
                if own || again || !row.is_carer() {
                    continue;
                }
                let linked: Vec<_> = self.rows.iter().filter(|other| other.local_id == link).collect();
                let users: Vec<_> = linked.iter().filter(|other| other.client == "Service User").collect();
                if linked.is_empty() {
                    found.push(Self::tell(row, key, "X101", "QUERY", None));
                } else if users.is_empty() {
                    found.push(Self::tell(row, key, "X102", "QUERY", None));
                }
                let born = |row: &Seen<'_>| row.judged.day("date_of_birth");
                let dated = users.iter().find(|user| born(user).is_some());
                if let Some(user) = dated
                    && born(user) == born(row)
                {
                    twin = twin.into_iter().chain([user.number]).min();
                }
            }
            if twin.is_some() {
                found.push(Self::tell(row, "date_of_birth", "D103", "QUERY", twin));
            }
        }
        found
    }

    fn settings(&self) -> Vec<Finding> {
        let setting = |row: &Seen<'a>| row.judged.label("service_type");
        let all = || {
            let services = self.counted().filter(|row| row.event == "Service" && row.client == "Service User");
            services.filter(|row| SETTINGS.contains(&setting(row)))
        };
        let day = |end: Option<Day>| end.map_or(i64::MAX, days);
        let mut found = Vec::new();
        for row in all() {
            let at_once = |other: &Seen<'_>| {
                let (first, last) = (days(row.start.max(other.start).unwrap()), day(row.end).min(day(other.end)));
                last > first
            };
            let before =
                all().filter(|other| other.is_of(row) && (other.start, other.number) < (row.start, row.number));
            let clashing = before.filter(|other| setting(other) != setting(row) && at_once(other));
            // Greatest is best: the latest end, the earliest start, the first of the file.
            let named = clashing.max_by(|a, b| {
                let (end, start) = (a.order_of_end().cmp(&b.order_of_end()), b.start.cmp(&a.start));
                end.then(start).then(b.number.cmp(&a.number))
            });
            if let Some(named) = named {
                found.push(Self::tell(row, "service_type", "S101", "QUERY", Some(named.number)));
            }
        }
        found
    }

    fn starts_in_april(&self) -> Option<Finding> {
        let open: Vec<_> = self.counted().filter(|row| row.event == "Service" && row.end.is_none()).collect();
        let in_april =
            open.iter().filter(|row| row.start.is_some_and(|(_, month, day)| (month, day) == (4, 1))).count();
        let many = open.len() >= 20 && in_april * 10 >= open.len();
        many.then(|| (0, String::new(), "S102", "QUERY", "", None))
    }

    fn requests(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in self.counted().filter(|row| row.event == "Request") {
            let (start, end) = (row.start.unwrap(), days(row.end.unwrap()));
            let answers = |other: &Seen<'_>| {
                let in_time = |day: Day| day >= start && days(day) <= end + 28;
                other.is_of(row) && other.event == "Assessment" && other.start.is_some_and(in_time)
            };
            if row.judged.label("event_outcome") == "Progress to Assessment"
                && days(self.facts.end) - end >= 90
                && !self.rows.iter().any(answers)
            {
                found.push(Self::tell(row, "event_outcome", "O101", "QUERY", None));
            }
        }
        found
    }

    fn reablement(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in self.counted().filter(|row| row.event == "Service" && row.client == "Service User") {
            let Some(end) = row.end else { continue };
            let of_type = row.judged.label("service_type") == "Short Term Support: ST-Max";
            let asked = of_type && FOLLOWED.contains(&row.judged.label("event_outcome"));
            let mine = || self.rows.iter().filter(|other| other.is_of(row));
            let died = mine().filter_map(|other| other.died).max();
            let follows = |other: &Seen<'_>| {
                let starts_in_time =
                    other.start > row.start && other.start.is_some_and(|day| days(day) <= days(end) + 7);
                let goes_on = other.event == "Service"
                    && other.start.is_some_and(|day| Some(day) <= row.start)
                    && other.end.is_none_or(|other| other > end);
                other.number != row.number && (starts_in_time || goes_on)
            };
            if asked
                && days(self.facts.end) - days(end) >= 7
                && died.is_none_or(|died| days(died) > days(end) + 7)
                && !mine().any(follows)
            {
                found.push(Self::tell(row, "event_outcome", "O102", "QUERY", None));
            }
        }
        found
    }

    fn counts(&self, found: &[Finding]) -> Counts {
        let mut counts = Counts::new();
        let mut count = |name: &str, many: usize| {
            if many > 0 {
                *counts.entry(name.to_owned()).or_default() += many as u64;
            }
        };
        let of_rule = |rule| found.iter().filter(move |finding| finding.2 == rule);
        count("rows", self.rows.len());
        for row in &self.rows {
            match row.ignored {
                "" => count(&format!("{} rows", row.event), 1),
                why => count(why, 1),
            }
        }
        let mut events = BTreeMap::<_, Vec<_>>::new();
        let mut copies = BTreeMap::<_, usize>::new();
        for row in &self.rows {
            *copies.entry(row.cells()).or_default() += 1;
            if row.counts() {
                events.entry(row.key()).or_default().push(row);
            }
        }
        for rows in events.values() {
            count(&format!("{} unique", rows[0].event), 1);
            count("duplicate", rows.len() - 1);
            count("events groups", usize::from(rows.len() > 1));
            count("events extra_rows", rows.len() - 1);
        }
        for many in copies.values() {
            count("copies groups", usize::from(*many > 1));
            count("copies extra_rows", many - 1);
        }
        let references: BTreeSet<_> = of_rule("K003").map(|finding| finding.5).collect();
        count("references groups", references.len());
        count("references extra_rows", of_rule("K003").count());
        count("rows_split_off", of_rule("K007").count());
        let people = self.people();
        count("people", people.len());
        count("people with_nhs_number", people.iter().filter(|rows| !rows[0].nhs_number.is_empty()).count());
        count("people without_nhs_number", people.iter().filter(|rows| rows[0].nhs_number.is_empty()).count());
        let in_conflict = |rows: &Vec<&Seen<'_>>| {
            rows.iter().any(|row| {
                let rules = ["K005", "K006", "K008", "K009", "K010", "K011"];
                found.iter().any(|finding| {
                    let named = finding.0 == row.number || finding.5 == Some(row.number);
                    named && rules.contains(&finding.2)
                })
            })
        };
        count("people with_conflicts", people.iter().filter(|rows| in_conflict(rows)).count());
        counts
    }
}

/// The label, unless it says that nothing is known.
fn known<'a>(row: &Seen<'a>, key: &str) -> Option<&'a str> {
    const NOTHING_KNOWN: [&str; 5] =
        ["", "Unknown", "No data - Refused", "No data - Undeclared or Not known", "Social Support: Support to Carer"];
    Some(row.judged.label(key)).filter(|label| !NOTHING_KNOWN.contains(label))
}

/// One finding for each value beyond the first, on the first row that gives it. The rows stand in the order of the file.
fn contradictions<'a>(
    rows: &[&Seen<'a>],
    value: impl Fn(&Seen<'a>) -> Option<&'a str>,
    key: &str,
    rule: &'static str,
) -> Vec<Finding> {
    let value = |row: &Seen<'a>| value(row).filter(|value| !value.is_empty());
    let mut first_rows = BTreeMap::new();
    for row in rows {
        if let Some(value) = value(row) {
            first_rows.entry(value).or_insert(*row);
        }
    }
    let first = first_rows.values().map(|row| row.number).min();
    let further = first_rows.into_values().filter(|row| Some(row.number) != first);
    further.map(|row| Rows::tell(row, key, rule, "QUERY", first)).collect()
}
