//! A clean extract of sixty people, and every fault between rows planted in it, each on a person of its own.

use crate::{
    colliding::nhs_number,
    plain::{Release, Row},
};

/// What a planted fault should come to: row from 1, header, rule, the other row.
pub(crate) type Planted = (u64, &'static str, &'static str, Option<u64>);

const REQUEST: u64 = 1;
const ASSESSMENT: u64 = 2;
const SERVICE: u64 = 3;
const REVIEW: u64 = 4;
const PEOPLE: usize = 60;

/// The extract, under work.
pub(crate) struct Extract<'a> {
    release: &'a Release,
    pub(crate) rows: Vec<Row>,
    pub(crate) planted: Vec<Planted>,
}

impl<'a> Extract<'a> {
    /// Each person asks, is assessed, is supported and is reviewed.
    pub(crate) fn clean(release: &'a Release) -> Self {
        let mut extract = Self { release, rows: Vec::new(), planted: Vec::new() };
        for person in 0..PEOPLE {
            extract.add(
                person,
                "Request 01/11/2024 02/11/2024",
                &[("event_outcome", "Progress to Assessment"), ("route_of_access", "Community / Other route")],
            );
            extract.add(
                person,
                "Assessment 05/11/2024 20/11/2024",
                &[
                    ("event_outcome", "Progress to Support Planning / Services"),
                    ("assessment_type", "Long Term Assessment"),
                ],
            );
            extract.add(
                person,
                "Service 01/12/2024 ",
                &[
                    ("event_outcome", "Provision of service"),
                    ("service_type", "Long Term Support: Community"),
                    ("service_component", "Home Support"),
                ],
            );
            extract.add(person, "Review 01/03/2025 03/03/2025", &[("event_outcome", "No change in package")]);
        }
        extract
    }

    fn add(&mut self, person: usize, event: &str, cells: &[(&str, &str)]) -> u64 {
        let mut event = event.split(' ');
        let mut next = || event.next().unwrap().to_owned();
        let always = [
            ("la_code", "503".to_owned()),
            ("reporting_period_start_date", "01/10/2024".to_owned()),
            ("reporting_period_end_date", "30/09/2025".to_owned()),
            ("nhs_number", nhs_number(person)),
            ("la_person_unique_identifier", format!("P{person}")),
            ("date_of_birth", format!("{:02}/02/1950", person % 28 + 1)),
            ("gender", "Male".to_owned()),
            ("ethnicity", "White - Irish".to_owned()),
            ("client_type", "Service User".to_owned()),
            ("primary_support_reason", "Learning Disability Support".to_owned()),
            ("accommodation_status", "Tenant".to_owned()),
            ("event_type", next()),
            ("event_start_date", next()),
            ("event_end_date", next()),
            ("event_reference", format!("E{}", self.rows.len())),
        ];
        let mut row: Row = self.release.fields.iter().map(|field| (field.key.clone(), String::new())).collect();
        row.extend(always.map(|(key, text)| (key.to_owned(), text)));
        self.rows.push(row);
        let number = self.rows.len() as u64;
        self.change(number, cells);
        number
    }

    fn change(&mut self, row: u64, cells: &[(&str, &str)]) {
        for (key, text) in cells {
            let cell = self.rows[row as usize - 1].get_mut(*key).unwrap();
            (*text).clone_into(cell);
        }
    }

    fn again(&mut self, row: u64, cells: &[(&str, &str)]) -> u64 {
        self.rows.push(self.rows[row as usize - 1].clone());
        let number = self.rows.len() as u64;
        self.change(number, cells);
        number
    }

    fn expect(&mut self, row: u64, header: &'static str, rule: &'static str, other: impl Into<Option<u64>>) {
        self.planted.push((row, header, rule, other.into()));
    }

    /// Every fault that there is between rows.
    pub(crate) fn plant(&mut self) {
        self.plant_duplicates();
        self.plant_contradictions();
        self.plant_lives();
        self.plant_links();
        self.plant_services();
        self.planted.sort_unstable();
    }

    fn plant_duplicates(&mut self) {
        let copy = self.again(of(0, SERVICE), &[]);
        self.expect(of(0, SERVICE), "Event Reference", "K002", copy);

        self.change(of(1, REVIEW), &[("event_reference", &format!("E{}", of(1, REQUEST) - 1))]);
        self.expect(of(1, REVIEW), "Event Reference", "K003", of(1, REQUEST));

        let dropped = [("event_outcome", "NFA - Support declined"), ("event_reference", "X2")];
        let dropped = self.again(of(2, REQUEST), &dropped);
        self.expect(dropped, "Event Reference", "K004", of(2, REQUEST));
    }

    fn plant_contradictions(&mut self) {
        let number = nhs_number(104);
        for (person, key, text, header, rule) in [
            (3, "la_person_unique_identifier", "P3b", "LA Person Unique Identifier", "K005"),
            (4, "nhs_number", number.as_str(), "NHS Number", "K006"),
            (5, "nhs_number", "", "NHS Number", "K007"),
            (6, "date_of_birth", "01/03/1950", "Date of Birth", "K008"),
            (7, "gender", "Female", "Gender", "K009"),
            (8, "ethnicity", "White - Roma", "Ethnicity", "K010"),
        ] {
            self.change(of(person, REVIEW), &[(key, text)]);
            self.expect(of(person, REVIEW), header, rule, of(person, REQUEST));
        }
        for kind in [REQUEST, ASSESSMENT, SERVICE, REVIEW] {
            let died = if kind == REVIEW { "02/09/2025" } else { "01/09/2025" };
            self.change(of(9, kind), &[("date_of_death", died)]);
        }
        self.expect(of(9, REVIEW), "Date of Death", "K011", of(9, REQUEST));

        for (person, key, text, header, rule) in [
            (10, "accommodation_status", "Registered care home", "Accommodation Status", "K012"),
            (11, "primary_support_reason", "Mental Health Support", "Primary Support Reason", "K013"),
        ] {
            let cells = [(key, text), ("service_component", "Day Support"), ("event_reference", rule)];
            let other = self.again(of(person, SERVICE), &cells);
            self.expect(other, header, rule, of(person, SERVICE));
        }
    }

    fn plant_lives(&mut self) {
        self.change(of(12, REVIEW), &[("date_of_death", "01/09/2025")]);
        self.expect(of(12, SERVICE), "Event End Date", "D101", of(12, REVIEW));

        self.change(of(13, REQUEST), &[("date_of_death", "02/11/2024")]);
        for kind in [ASSESSMENT, SERVICE, REVIEW] {
            self.expect(of(13, kind), "Event Start Date", "D102", of(13, REQUEST));
        }
    }

    fn plant_links(&mut self) {
        let born = self.rows[of(14, REQUEST) as usize - 1]["date_of_birth"].clone();
        let twin = self.carer(60, &[("adult_1_linked_person_id", "P14"), ("date_of_birth", &born)]);
        self.expect(twin, "Date of Birth", "D103", of(14, REQUEST));
        let nowhere = self.carer(61, &[("adult_1_linked_person_id", "nobody")]);
        self.expect(nowhere, "Adult 1 Linked Person_ID", "X101", None);
        let to_carer = self.carer(62, &[("adult_3_linked_person_id", "P61")]);
        self.expect(to_carer, "Adult 3 Linked Person_ID", "X102", None);
        let to_self = self.carer(63, &[("adult_1_linked_person_id", "P63")]);
        self.expect(to_self, "Adult 1 Linked Person_ID", "X103", None);
        let twice = self.carer(64, &[("adult_1_linked_person_id", "P15"), ("adult_2_linked_person_id", "P15")]);
        self.expect(twice, "Adult 2 Linked Person_ID", "X104", None);
    }

    fn carer(&mut self, person: usize, cells: &[(&str, &str)]) -> u64 {
        let row = self.add(person, "Assessment 05/11/2024 20/11/2024", &[("client_type", "Carer")]);
        self.change(row, cells);
        row
    }

    fn plant_services(&mut self) {
        let cells = [
            ("service_type", "Long Term Support: Nursing Care"),
            ("event_start_date", "01/01/2025"),
            ("event_reference", "X16"),
        ];
        let second = self.again(of(16, SERVICE), &cells);
        self.expect(second, "Service Type", "S101", of(16, SERVICE));

        // The 29th day after the request's end, one late.
        self.change(of(17, ASSESSMENT), &[("event_start_date", "01/12/2024"), ("event_end_date", "05/12/2024")]);
        self.expect(of(17, REQUEST), "Event Outcome", "O101", None);

        // The review starts on the 8th day after the service's end, one late.
        let cells = [
            ("service_type", "Short Term Support: ST-Max"),
            ("event_end_date", "21/02/2025"),
            ("event_outcome", "Progress to Support Planning / Services"),
        ];
        self.change(of(18, SERVICE), &cells);
        self.expect(of(18, SERVICE), "Event Outcome", "O102", None);

        for person in 40..50 {
            self.change(of(person, SERVICE), &[("event_start_date", "01/04/2025")]);
        }
        self.expect(0, "", "S102", None);
    }
}

/// The row of a person's event.
fn of(person: u64, kind: u64) -> u64 {
    4 * person + kind
}
