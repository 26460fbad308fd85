//! Invented names, streets, places and practices. Nobody and nowhere is meant.

use fastrand::Rng;

use super::codes::any;

const FORENAMES: &[&str] = &[
    "Agnes",
    "Ahmed",
    "Aisha",
    "Alan",
    "Alice",
    "Amara",
    "Andrew",
    "Anjali",
    "Anne-Marie",
    "Arthur",
    "Ayesha",
    "Barbara",
    "Bernard",
    "Björn",
    "Brenda",
    "Brian",
    "Carys",
    "Chloë",
    "Colin",
    "Daphne",
    "David",
    "Deirdre",
    "Derek",
    "Doreen",
    "Edith",
    "Edward",
    "Eileen",
    "Elsie",
    "Emeka",
    "Farah",
    "François",
    "Frank",
    "George",
    "Gwen",
    "Hamza",
    "Harold",
    "Hyacinth",
    "Ian",
    "Inês",
    "Irene",
    "Ivy",
    "Jean",
    "Joan",
    "José",
    "Joyce",
    "Kenneth",
    "Kwame",
    "Leslie",
    "Lorna",
    "Maeve",
    "Margaret",
    "Marjorie",
    "Maureen",
    "Mohammed",
    "Nia",
    "Noël",
    "Olive",
    "Parveen",
    "Patricia",
    "Peter",
    "Priya",
    "Renée",
    "Ronald",
    "Rosa",
    "Seán",
    "Sheila",
    "Siân",
    "Siôn",
    "Stanley",
    "Sunita",
    "Sylvia",
    "Thomas",
    "Valerie",
    "Walter",
    "Winifred",
    "Yusuf",
    "Zoë",
];
const SURNAMES: &[&str] = &[
    "Adeyemi",
    "Ahmed",
    "Allen",
    "Ap Rhys",
    "Bailey",
    "Begum",
    "Bell",
    "Bennett",
    "Brown",
    "Campbell",
    "Carter",
    "Chen",
    "Clarke",
    "Cooper",
    "D'Arcy",
    "da Silva",
    "Davies",
    "De la Cruz",
    "Edwards",
    "Evans",
    "Fitzgerald",
    "Fraser",
    "García",
    "Gray",
    "Griffiths",
    "Hall",
    "Harris",
    "Hughes",
    "Hussain",
    "Jackson",
    "Jones",
    "Kaur",
    "Khan",
    "King",
    "Lloyd-Jones",
    "MacDonald",
    "Mahmood",
    "Martin",
    "McAllister",
    "Mitchell",
    "Morgan",
    "Müller",
    "Nuñez",
    "Nwosu",
    "O'Brien",
    "O’Connor",
    "O'Donoghue",
    "Okafor",
    "Ó Briain",
    "Parker",
    "Patel",
    "Pereira",
    "Phillips",
    "Price",
    "Quinn",
    "Rahman",
    "Roberts",
    "Saint-Clair",
    "Shah",
    "Simpson",
    "Singh",
    "Smith",
    "St John",
    "Taylor",
    "Thompson",
    "Turner",
    "Walker",
    "Ward",
    "Watson",
    "White",
    "Wilson",
    "Wood",
    "Wright",
    "Young",
];
/// Forenames with a letter that Windows-1252 lacks and one plain letter clearly stands for.
const TRANSLITERATED: &[&str] = &["Gŵen", "Llŷr", "Michał", "Paweł", "Stanisław"];
const STREETS: &[&str] = &[
    "Alder Close",
    "Beacon Road",
    "Canal Side",
    "Dove Lane",
    "Elm Grove",
    "Foundry Street",
    "Garth Avenue",
    "Heron Way",
    "Inkerman Terrace",
    "Jubilee Court",
    "Kiln Lane",
    "Larch Rise",
    "Mill Bank",
    "Northgate",
    "Orchard View",
];
/// The demo council's towns.
pub(super) const PLACES: &[&str] = &[
    "Ambermere",
    "Brackwater",
    "Coldharrow",
    "Dunmoor",
    "Eastwick St Giles",
    "Fennimore",
    "Great Wexcombe",
    "Hollinsea",
];
/// How many practices [`practice`] knows.
pub(super) const PRACTICES: u32 = 24;

pub(super) fn forename(rng: &mut Rng) -> String {
    any(rng, FORENAMES).to_owned()
}

pub(super) fn surname(rng: &mut Rng) -> String {
    any(rng, SURNAMES).to_owned()
}

pub(super) fn transliterated_forename(rng: &mut Rng) -> String {
    any(rng, TRANSLITERATED).to_owned()
}

pub(super) fn street_address(rng: &mut Rng) -> String {
    format!("{} {}", rng.u32(1..180), any(rng, STREETS))
}

/// A postcode of the right shape in `YA`, an area that Royal Mail has not allocated: nobody lives there.
pub(super) fn postcode(rng: &mut Rng) -> String {
    let letter = |rng: &mut Rng| any(rng, &["A", "B", "D", "E", "F", "H", "J", "N", "P", "R", "S", "T", "U", "W"]);
    let (first, second) = (letter(rng), letter(rng));
    format!("YA{} {}{first}{second}", rng.u32(1..20), rng.u32(1..10))
}

/// Code and name of a practice, counted from 0. No practice code begins with X.
pub(super) fn practice(nth: u32) -> (String, String) {
    let kind = ["Surgery", "Medical Centre", "Health Centre"][nth as usize / PLACES.len() % 3];
    (format!("X{:05}", 10_001 + nth * 7), format!("{} {kind}", PLACES[nth as usize % PLACES.len()]))
}
