//! What a checked file should come to, worked out the slow way: text in, text out.
//!
//! Nothing here knows the engine. Labels, headers and confidences are read from the release file; what applies and what is
//! mandatory is written out by hand after the centre's published matrix, in plain ifs.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// One finding: row from 1, header, rule, severity, status.
pub(crate) type Finding = (u64, String, &'static str, &'static str, &'static str);

/// Values of a field by what it asked and how they fared, in the national words.
pub(crate) type Tally = BTreeMap<(&'static str, &'static str), u64>;

pub(crate) const VALID: &str = "Passed: Valid";
pub(crate) const BLANK: &str = "Passed: Blank (Not Mandatory)";
pub(crate) const MISSING: &str = "Failed: Blank (Mandatory)";
pub(crate) const INVALID: &str = "Failed: Invalid";

/// A row, by field key.
pub(crate) type Row = BTreeMap<String, String>;

/// What the council said about the file.
pub(crate) struct Facts {
    pub(crate) la_code: &'static str,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) today: Day,
}

/// Year, month, day: compares as dates do.
pub(crate) type Day = (u32, u32, u32);

/// The release file, as far as it is data.
pub(crate) struct Release {
    pub(crate) fields: Vec<Field>,
    pairings: BTreeSet<(String, String)>,
    /// Event outcomes by the rank that DHSC gives them, lowest first.
    pub(crate) ranks: BTreeMap<String, i64>,
}

pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) header: String,
    kind: String,
    /// Labels, and whether each is not to be used.
    pub(crate) labels: BTreeMap<String, bool>,
    /// Whether what rests on the field's type may fail a record.
    certain: bool,
}

impl Release {
    pub(crate) fn read(text: &str) -> Self {
        let root: Table = text.parse().unwrap();
        let tables = |value: &Value| value.as_array().unwrap().clone();
        let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let confirmed = |value: &Value| word(value, "confidence").unwrap() == "CONFIRMED";
        let lists: BTreeMap<_, _> = tables(&root["list"])
            .iter()
            .map(|list| {
                let values = tables(&list["value"]);
                let labels: BTreeMap<_, _> = values
                    .iter()
                    .map(|value| (word(value, "text").unwrap(), value.get("not_to_be_used").is_some()))
                    .collect();
                (word(list, "name").unwrap(), (labels, values.iter().all(confirmed)))
            })
            .collect();
        let field = |field: &Value| {
            let (labels, certain) = match word(field, "list") {
                Some(list) => lists[&list].clone(),
                None => (BTreeMap::new(), field.get("format").is_none_or(confirmed)),
            };
            let text = |key| word(field, key).unwrap();
            Field { key: text("key"), header: text("header"), kind: text("type"), labels, certain }
        };
        let outcomes =
            tables(&root["list"]).into_iter().find(|list| word(list, "name").unwrap() == "Event Outcome").unwrap();
        let ranks = tables(&outcomes["value"]).into_iter();
        let ranks = ranks.filter_map(|value| Some((word(&value, "text").unwrap(), value.get("rank")?.as_integer()?)));
        let pair = |pair: &Value| (word(pair, "service_type").unwrap(), word(pair, "service_component").unwrap());
        Self {
            fields: tables(&root["field"]).iter().map(field).collect(),
            pairings: tables(&root["pairing"]).iter().map(pair).collect(),
            ranks: ranks.collect(),
        }
    }

    pub(crate) fn field(&self, key: &str) -> &Field {
        self.fields.iter().find(|field| field.key == key).unwrap()
    }

    /// Findings of the whole file, sorted, and the tally of each field by header.
    pub(crate) fn judge(&self, rows: &[Row], facts: &Facts) -> (Vec<Finding>, BTreeMap<String, Tally>) {
        let mut findings = Vec::new();
        let mut tallies = BTreeMap::<String, Tally>::new();
        for (row, number) in rows.iter().zip(1..) {
            let judged = Judged::new(self, row, facts);
            for field in &self.fields {
                let (asked, status) = (judged.asks(&field.key), judged.status(&field.key));
                *tallies.entry(field.header.clone()).or_default().entry((asked.word(), status)).or_default() += 1;
            }
            let found = judged.findings().into_iter();
            findings.extend(found.map(|(key, rule, severity)| {
                (number, self.field(key).header.clone(), rule, severity, judged.status(key))
            }));
        }
        findings.sort();
        (findings, tallies)
    }
}

/// What a field asks of a row.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Mandatory,
    /// Mandatory, but nobody has confirmed it.
    Perhaps,
    Applicable,
    Nothing,
    Undetermined,
}

impl Asks {
    fn word(self) -> &'static str {
        match self {
            Self::Mandatory => "Mandatory",
            Self::Perhaps | Self::Applicable => "Applicable but not mandatory",
            Self::Nothing => "Not applicable",
            Self::Undetermined => "Undetermined",
        }
    }
}

/// True, false, or not to be known.
type Tri = Option<bool>;

fn not(a: Tri) -> Tri {
    a.map(|a| !a)
}

fn all(parts: &[Tri]) -> Tri {
    if parts.contains(&Some(false)) {
        Some(false)
    } else if parts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn any(parts: &[Tri]) -> Tri {
    not(all(&parts.iter().map(|part| not(*part)).collect::<Vec<_>>()))
}

pub(crate) struct Judged<'a> {
    pub(crate) release: &'a Release,
    row: &'a Row,
    facts: &'a Facts,
}

impl<'a> Judged<'a> {
    pub(crate) fn new(release: &'a Release, row: &'a Row, facts: &'a Facts) -> Self {
        Self { release, row, facts }
    }

    pub(crate) fn raw(&self, key: &str) -> &'a str {
        &self.row[key]
    }

    /// The text that counts: NULL is nothing, and so is what holds a control character.
    pub(crate) fn text(&self, key: &str) -> &'a str {
        let raw = self.raw(key);
        if raw == "NULL" || has_control(raw) { "" } else { raw }
    }

    /// Whether the value is one of its type; nothing is.
    pub(crate) fn fits(&self, key: &str) -> bool {
        let (field, text) = (self.release.field(key), self.text(key));
        if text.is_empty() {
            return true;
        }
        match field.kind.as_str() {
            "list" => field.labels.contains_key(text),
            "date" => day(text).is_some(),
            "nhs-number" => is_nhs_number(text),
            "postcode" => is_postcode(text),
            "decimal" => is_amount(text),
            "integer" => text.bytes().all(|b| b.is_ascii_digit()),
            "la-code" => shape(text) == "999" || shape(text) == "A9A9A",
            "gp-practice" => shape(text) == "A99999",
            "cqc-location" => {
                let digits = text.strip_prefix("1-").unwrap_or("x");
                digits.bytes().all(|b| b.is_ascii_digit()) && (6..=11).contains(&digits.len())
            }
            "text" => true,
            other => panic!("no kind {other}"),
        }
    }

    /// Whether a deciding field's text answers so; not to be known where the value fails.
    fn ask(&self, key: &str, test: impl Fn(&str) -> bool) -> Tri {
        match (self.fits(key), self.release.field(key).certain) {
            (true, _) => Some(test(self.text(key))),
            (false, true) => None,
            // What may not fail is a text like any other, and no label.
            (false, false) => Some(test("\u{1F937}")),
        }
    }

    fn is(&self, key: &str, label: &str) -> Tri {
        assert!(self.release.field(key).labels.contains_key(label), "{key} has no {label}");
        self.ask(key, |text| text == label)
    }

    fn not_by_association(&self) -> Tri {
        not(self.is("client_type", "Carer known by association"))
    }

    fn event(&self, event_type: &str) -> Tri {
        all(&[self.not_by_association(), self.is("event_type", event_type)])
    }

    fn applicable(&self, key: &str) -> Tri {
        match key {
            "autism_spectrum_disorder"
            | "visual_impairment"
            | "hearing_impairment"
            | "dementia"
            | "client_funding_status" => self.ask("client_type", |text| text.starts_with("Service User")),
            "event_type" | "event_reference" | "event_start_date" | "event_end_date" | "event_description"
            | "event_outcome" => self.not_by_association(),
            "route_of_access" => self.event("Request"),
            "assessment_type" | "eligible_needs_identified" | "method_of_assessment" => self.event("Assessment"),
            "total_hours_caring_per_week"
            | "number_of_adults_being_cared_for"
            | "adult_1_linked_person_id"
            | "adult_2_linked_person_id"
            | "adult_3_linked_person_id" => self.ask("client_type", |text| text.starts_with("Carer")),
            "service_type"
            | "service_component"
            | "delivery_mechanism"
            | "provider_cqc_location_name"
            | "provider_cqc_location_id"
            | "unit_cost"
            | "cost_frequency"
            | "planned_units_per_week" => self.event("Service"),
            "review_reason" | "review_outcomes_achieved" | "method_of_review" => self.event("Review"),
            _ => Some(true),
        }
    }

    fn mandatory(&self, key: &str) -> Tri {
        match key {
            "gp_practice_name"
            | "gp_practice_code"
            | "date_of_death"
            | "autism_spectrum_disorder"
            | "visual_impairment"
            | "hearing_impairment"
            | "dementia"
            | "event_reference"
            | "event_description"
            | "eligible_needs_identified"
            | "total_hours_caring_per_week"
            | "number_of_adults_being_cared_for"
            | "adult_1_linked_person_id"
            | "adult_2_linked_person_id"
            | "adult_3_linked_person_id"
            | "delivery_mechanism"
            | "provider_cqc_location_name"
            | "provider_cqc_location_id" => Some(false),
            "primary_support_reason" => self.ask("event_type", |text| !text.starts_with("Request")),
            "employment_status" => all(&[
                self.is("client_type", "Service User"),
                self.of_working_age(),
                self.is("primary_support_reason", "Learning Disability Support"),
            ]),
            "client_funding_status" => all(&[
                self.is("client_type", "Service User"),
                any(&[
                    all(&[self.is("event_type", "Assessment"), self.is("assessment_type", "Financial Assessment")]),
                    self.is("event_type", "Service"),
                    self.is("event_type", "Review"),
                ]),
            ]),
            "event_end_date" => any(&[
                all(&[self.not_by_association(), not(self.is("event_type", "Service"))]),
                Some(!self.text("date_of_death").is_empty()),
            ]),
            "event_outcome" => {
                all(&[self.not_by_association(), not(self.is("assessment_type", "Financial Assessment"))])
            }
            "method_of_assessment" => {
                all(&[self.event("Assessment"), not(self.is("assessment_type", "Financial Assessment"))])
            }
            "review_outcomes_achieved" => all(&[self.event("Review"), self.is("review_reason", "Planned")]),
            "unit_cost" | "cost_frequency" | "planned_units_per_week" => all(&[
                self.event("Service"),
                not(self.ask("delivery_mechanism", |text| text.contains("CASSR Commissioned Support"))),
                any(&[
                    self.ask("service_type", |text| text.starts_with("Long Term")),
                    self.ask("service_type", |text| text.starts_with("Carer Support")),
                    self.is("service_component", "Short Term Residential Care"),
                    self.is("service_component", "Short Term Nursing Care"),
                    self.is("service_component", "Carer Respite"),
                ]),
            ]),
            // Always where it applies.
            _ => self.applicable(key),
        }
    }

    fn asks(&self, key: &str) -> Asks {
        match (self.applicable(key), self.mandatory(key)) {
            (Some(false), _) => Asks::Nothing,
            (None, _) | (_, None) => Asks::Undetermined,
            (_, Some(false)) => Asks::Applicable,
            (_, Some(true)) if matches!(key, "first_name" | "last_name") => Asks::Perhaps,
            (_, Some(true)) => Asks::Mandatory,
        }
    }

    pub(crate) fn status(&self, key: &str) -> &'static str {
        match self.asks(key) {
            Asks::Mandatory if self.text(key).is_empty() => MISSING,
            _ if self.text(key).is_empty() => BLANK,
            Asks::Nothing => VALID,
            _ if self.fits(key) || !self.release.field(key).certain => VALID,
            _ => INVALID,
        }
    }

    /// Whether the person is 18 to 64 at the end of the period; nobody is who has no date of birth.
    fn of_working_age(&self) -> Tri {
        let born = self.day("date_of_birth");
        let of_age = born.is_some_and(|born| (18..=64).contains(&age(born, self.facts.end)));
        self.fits("date_of_birth").then_some(of_age)
    }

    pub(crate) fn day(&self, key: &str) -> Option<Day> {
        day(self.text(key))
    }

    /// The label in a list field, where it holds one.
    pub(crate) fn label(&self, key: &str) -> &'a str {
        if self.fits(key) { self.text(key) } else { "" }
    }

    fn findings(&self) -> Vec<(&'a str, &'static str, &'static str)> {
        let mut found = Vec::new();
        for field in &self.release.fields {
            let key = field.key.as_str();
            self.of_cell(key, field, &mut |rule, severity| found.push((key, rule, severity)));
        }
        self.of_row(&mut |key, rule, severity| found.push((key, rule, severity)));
        found
    }

    fn of_cell(&self, key: &str, field: &Field, found: &mut impl FnMut(&'static str, &'static str)) {
        let (raw, blank) = (self.raw(key), self.text(key).is_empty());
        match self.asks(key) {
            Asks::Mandatory if blank => found("M001", "ERROR"),
            Asks::Perhaps if blank => found("M001", "QUERY"),
            Asks::Nothing if !blank => found("X001", "QUERY"),
            _ if !blank && !self.fits(key) => {
                let rule = match field.kind.as_str() {
                    "list" => "L001",
                    "date" if raw.len() == 5 && raw.parse::<u32>().is_ok_and(|number| number >= 10_000) => "T011",
                    "date" => "T001",
                    "nhs-number" => "T002",
                    "postcode" => "T003",
                    "decimal" => "T004",
                    "integer" => "T005",
                    "gp-practice" => "T006",
                    "cqc-location" => "T007",
                    _ => "T008",
                };
                found(rule, if field.certain { "ERROR" } else { "QUERY" });
            }
            _ => {}
        }
        if raw == "NULL" {
            found("T009", "QUERY");
        }
        let amount_below_nought = raw.starts_with('-') && is_amount(raw);
        if raw.starts_with(['=', '+', '@', '-']) && !amount_below_nought {
            found("F103", "BLOCK");
        }
        if has_control(raw) {
            found("F104", "ERROR");
        }
        if field.labels.get(raw) == Some(&true) {
            found("L003", "QUERY");
        }
    }

    fn of_row(&self, found: &mut impl FnMut(&'static str, &'static str, &'static str)) {
        let blank = |key| self.text(key).is_empty();
        let (start, end) = (self.day("event_start_date"), self.day("event_end_date"));
        let (born, died) = (self.day("date_of_birth"), self.day("date_of_death"));
        let before = |a: Option<Day>, b: Option<Day>| a.zip(b).is_some_and(|(a, b)| a < b);
        if before(end, start) {
            found("event_end_date", "D001", "ERROR");
        }
        if before(start, born) {
            found("date_of_birth", "D002", "QUERY");
        }
        if before(died, born) {
            found("date_of_death", "D003", "QUERY");
        }
        if before(died, start) {
            found("date_of_death", "D004", "ERROR");
        }
        if blank("date_of_death") && born.is_some_and(|born| age(born, self.facts.end) >= 115) {
            found("date_of_birth", "D005", "QUERY");
        }
        for key in ["date_of_birth", "date_of_death", "event_start_date", "event_end_date"] {
            if before(Some(self.facts.today), self.day(key)) {
                found(key, "D006", "QUERY");
            }
        }
        if self.raw("la_code") != self.facts.la_code {
            found("la_code", "F002", "BLOCK");
        }
        for (key, stated) in
            [("reporting_period_start_date", self.facts.start), ("reporting_period_end_date", self.facts.end)]
        {
            if self.day(key) != Some(stated) {
                found(key, "F003", "BLOCK");
            }
        }
        if blank("nhs_number") && blank("la_person_unique_identifier") {
            found("la_person_unique_identifier", "K001", "ERROR");
        }
        self.scope(start, end, found);
        self.money(found);
        self.lives(born, died, start, end, found);
        self.outcomes(end, found);
        self.services(start, end, found);
        self.people(found);
        let number = self.text("nhs_number");
        if number.starts_with("999") && self.fits("nhs_number") {
            found("nhs_number", "T010", "QUERY");
        }
        let (service, component) = (self.label("service_type"), self.label("service_component"));
        if service == "Long Term Support: Prison" && self.label("delivery_mechanism") == "Direct Payment" {
            found("delivery_mechanism", "X002", "ERROR");
        }
        let known = self.release.pairings.iter().any(|(known, _)| known == service);
        let pair = (service.to_owned(), component.to_owned());
        if known && !component.is_empty() && !self.release.pairings.contains(&pair) {
            found("service_component", "X003", "QUERY");
        }
    }

    fn scope(
        &self,
        start: Option<Day>,
        end: Option<Day>,
        found: &mut impl FnMut(&'static str, &'static str, &'static str),
    ) {
        let outside = match self.label("event_type") {
            "" => return,
            "Service" => end.is_some_and(|end| end < self.facts.start),
            _ => end.is_some_and(|end| end < self.facts.start || end > self.facts.end),
        };
        if start.is_some_and(|start| start > self.facts.end) {
            found("event_start_date", "P002", "ERROR");
        } else if outside {
            found("event_end_date", "P001", "ERROR");
        }
    }

    fn money(&self, found: &mut impl FnMut(&'static str, &'static str, &'static str)) {
        let cost = self.text("unit_cost");
        if is_amount(cost) && cost.parse::<f64>().unwrap() < 0.0 {
            found("unit_cost", "S001", "QUERY");
        }
        let short = ["Hourly", "Daily", "Per session"].contains(&self.label("cost_frequency"));
        if short && !cost.is_empty() && self.text("planned_units_per_week").is_empty() {
            found("planned_units_per_week", "S002", "QUERY");
        }
    }
}

type Tell<'f> = dyn FnMut(&'static str, &'static str, &'static str) + 'f;

impl Judged<'_> {
    fn lives(&self, born: Option<Day>, died: Option<Day>, start: Option<Day>, end: Option<Day>, found: &mut Tell<'_>) {
        let client_type = self.label("client_type");
        if (client_type == "Service User" || client_type == "Carer")
            && born.is_some_and(|born| {
                let age = age(born, self.facts.end);
                (0..18).contains(&age)
            })
        {
            found("date_of_birth", "D007", "QUERY");
        }
        if born.is_some_and(|born| born > self.facts.end) && start.is_none() {
            found("date_of_birth", "D008", "QUERY");
        }
        let Some(died) = died else { return };
        if let (Some(start), Some(end)) = (start, end)
            && start <= died
            && died < end
        {
            found("event_end_date", "D009", "QUERY");
        }
        let before_the_start = start.is_some_and(|start| died < start);
        if died < self.facts.start && !before_the_start {
            found("date_of_death", "P005", "ERROR");
        }
    }

    fn outcomes(&self, end: Option<Day>, found: &mut Tell<'_>) {
        let (event, outcome) = (self.label("event_type"), self.label("event_outcome"));
        let no_end = self.text("event_end_date").is_empty();
        let ended_in_time = end.is_some_and(|end| end <= self.facts.end);
        let ended_later = end.is_some_and(|end| end > self.facts.end);
        if event == "Service" && !outcome.is_empty() && outcome != "Provision of service" && (no_end || ended_later) {
            found("event_outcome", "O001", "QUERY");
        }
        if event == "Service" && outcome == "Provision of service" && ended_in_time {
            found("event_outcome", "O002", "QUERY");
        }
        if event == "Review" && outcome == "Provision of service" {
            found("event_outcome", "O003", "QUERY");
        }
        if outcome == "NFA - Deceased" && self.text("date_of_death").is_empty() {
            found("date_of_death", "O004", "QUERY");
        }
        let financial = self.label("assessment_type") == "Financial Assessment" && event == "Assessment";
        if financial && !self.text("event_outcome").is_empty() {
            found("event_outcome", "X004", "QUERY");
        }
    }

    fn services(&self, start: Option<Day>, end: Option<Day>, found: &mut Tell<'_>) {
        let (service, component) = (self.label("service_type"), self.label("service_component"));
        let mechanism = self.label("delivery_mechanism");
        let no_end = self.text("event_end_date").is_empty();
        let until = if no_end { Some(self.facts.end) } else { end };
        if service == "Short Term Support: ST-Max"
            && let (Some(start), Some(until)) = (start, until)
            && days(until) - days(start) > 12 * 7
        {
            found("service_type", "S003", "QUERY");
        }
        let amount = |key| is_amount(self.text(key)).then(|| self.text(key).parse::<f64>().unwrap());
        let (cost, units) = (amount("unit_cost"), amount("planned_units_per_week"));
        let times_a_year = match self.label("cost_frequency") {
            "Hourly" | "Daily" | "Per session" => units.unwrap_or(0.0).abs() * 52.0,
            "Weekly" => 52.0,
            "Fortnightly" => 26.0,
            "4-weekly" => 13.0,
            "Monthly" => 12.0,
            "Quarterly" => 4.0,
            "Annually" => 1.0,
            _ => 0.0,
        };
        // Pools hold no amount near the bound, where the last penny would count.
        if cost.is_some_and(|cost| cost.abs() * times_a_year / 52.0 > 10_000.0) {
            found("unit_cost", "S004", "QUERY");
        }
        let long = ["Weekly", "Fortnightly", "4-weekly", "Monthly", "Quarterly", "Annually"];
        if long.contains(&self.label("cost_frequency")) && units.is_some_and(|units| units > 1.0) {
            found("planned_units_per_week", "S005", "QUERY");
        }
        for (given, lacking) in [("unit_cost", "cost_frequency"), ("cost_frequency", "unit_cost")] {
            let lacks = self.text(lacking).is_empty() && self.asks(lacking) != Asks::Mandatory;
            if self.label("event_type") == "Service" && !self.text(given).is_empty() && lacks {
                found(lacking, "S006", "QUERY");
            }
        }
        let community = self.label("event_type") == "Service" && service == "Long Term Support: Community";
        if community && self.text("delivery_mechanism").is_empty() {
            found("delivery_mechanism", "S007", "QUERY");
        }
        let care_home = ["Long Term Support: Nursing Care", "Long Term Support: Residential Care"].contains(&service);
        if care_home && ["Direct Payment", "CASSR Managed Personal Budget"].contains(&mechanism) {
            found("delivery_mechanism", "S008", "QUERY");
        }
        if component == "Direct Payment" && !["", "Direct Payment"].contains(&mechanism) {
            found("delivery_mechanism", "X009", "QUERY");
        }
    }

    fn people(&self, found: &mut Tell<'_>) {
        if self.text("postcode").starts_with("ZZ99") {
            found("postcode", "T015", "QUERY");
        }
        if ["V81997", "V81998", "V81999"].contains(&self.text("gp_practice_code")) {
            found("gp_practice_code", "T012", "QUERY");
        }
        let links = ["adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id"];
        for key in ["la_person_unique_identifier", "event_reference"].into_iter().chain(links) {
            if self.text(key) != self.text(key).trim_matches(' ') {
                found(key, "T013", "QUERY");
            }
        }
        let number = self.text("nhs_number");
        if number.chars().count() == 10 && self.text("event_reference").contains(number) {
            found("event_reference", "T014", "QUERY");
        }
        let (client_type, reason) = (self.label("client_type"), self.label("primary_support_reason"));
        let to_carer = reason == "Social Support: Support to Carer";
        if client_type == "Carer" && !self.text("event_type").is_empty() && !reason.is_empty() && !to_carer {
            found("primary_support_reason", "X005", "QUERY");
        }
        if client_type == "Service User" && to_carer {
            found("primary_support_reason", "X006", "QUERY");
        }
        let linked = links.iter().filter(|key| !self.text(key).is_empty()).count();
        let told = self.text("number_of_adults_being_cared_for").parse::<usize>();
        if self.fits("number_of_adults_being_cared_for") && told.is_ok_and(|told| told < linked) {
            found("number_of_adults_being_cared_for", "X007", "QUERY");
        }
        if client_type == "Carer known by association" && linked == 0 {
            found("adult_1_linked_person_id", "X008", "QUERY");
        }
    }
}

fn is_leap(year: u32) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

/// Days counted one by one from the beginning of the calendar.
pub(crate) fn days((year, month, day): Day) -> i64 {
    let of_year = |year: u32| if is_leap(year) { 366 } else { 365 };
    let of_month = |month: u32| match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    };
    (1..year).map(of_year).sum::<i64>() + (1..month).map(of_month).sum::<i64>() + i64::from(day)
}

fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !['\t', '\r', '\n'].contains(&c))
}

/// Every capital as `A`, every digit as `9`.
fn shape(text: &str) -> String {
    let of = |c: char| match c {
        'A'..='Z' => 'A',
        '0'..='9' => '9',
        other => other,
    };
    text.chars().map(of).collect()
}

/// Reads `dd/mm/yyyy` by counting through the calendar.
fn day(text: &str) -> Option<Day> {
    if shape(text) != "99/99/9999" {
        return None;
    }
    let number = |at: std::ops::Range<usize>| text[at].parse::<u32>().unwrap();
    let (day, month, year) = (number(0..2), number(3..5), number(6..10));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    (year >= 1 && day >= 1 && day <= days).then_some((year, month, day))
}

/// Birthdays had; one of 29 February falls on 1 March of a common year. Below nought before the birth.
fn age(born: Day, on: Day) -> i64 {
    let years = i64::from(on.0) - i64::from(born.0);
    if (on.1, on.2) < (born.1, born.2) { years - 1 } else { years }
}

/// Modulus 11: the sum of the digits, weighted 10 down to 1, is divisible by 11.
fn is_nhs_number(text: &str) -> bool {
    if shape(text) != "9999999999" {
        return false;
    }
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
    let sum: u32 = (0..10).map(|place| digits[place] * (10 - place as u32)).sum();
    let same = digits.iter().all(|digit| *digit == digits[0]);
    sum.is_multiple_of(11) && !same
}

pub(crate) fn is_amount(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut parts = digits.split('.');
    let (whole, fraction, more) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
    let digits_only = format!("{whole}{fraction}").bytes().all(|b| b.is_ascii_digit());
    more.is_none() && digits_only && whole.len() + fraction.len() > 0 && whole.trim_start_matches('0').len() <= 16
}

fn is_postcode(text: &str) -> bool {
    let together = text.replacen(' ', "", 1);
    if !together.is_ascii() || together.len() < 5 || text.len() - together.len() > 1 {
        return false;
    }
    let (outward, inward) = together.split_at(together.len() - 3);
    if text.contains(' ') && text != format!("{outward} {inward}") {
        return false;
    }
    if shape(inward) != "9AA" {
        return false;
    }
    if outward == "ZZ99" {
        return true;
    }
    let letters: Vec<char> = outward.chars().collect();
    let good_letters = !inward.contains(['C', 'I', 'K', 'M', 'O', 'V'])
        && !['Q', 'V', 'X'].contains(&letters[0])
        && !['I', 'J', 'Z'].contains(&letters[1]);
    good_letters
        && match shape(outward).as_str() {
            "A9" | "A99" | "AA9" | "AA99" => true,
            "A9A" => "ABCDEFGHJKPSTUW".contains(letters[2]),
            "AA9A" => "ABEHMNPRVWXY".contains(letters[3]),
            _ => false,
        }
}
