//! The pipeline, its source a script and its files failing at will.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{self, Write},
};

use super::*;
use crate::{
    check::{Origin, TestNumbers},
    mapping::{ByName, Empty, Expression, From, Query, Treatment},
    model::{Date, Environment},
    run::Silent,
    source::{Column, Filler, SnapshotFacts},
    sys::fs::is_disk_full,
};

/// Columns of every query: the row's name, the person's id, event type, start and end, and the mapping's reason.
const COLUMNS: [&str; 6] = ["ref", "person", "type", "start", "end", "reason"];

type Row = [String; 6];

fn row(name: usize, person: &str, event: &str, end: &str, reason: &str) -> Row {
    [format!("N{name}"), person.into(), event.into(), "01/11/2024".into(), end.into(), reason.into()]
}

/// A completed request.
fn plain(name: usize) -> Row {
    row(name, "P1", "Request", "02/12/2024", "")
}

/// Gives each query its rows; asks for a stop after so many of them.
struct Script {
    queries: VecDeque<Vec<Row>>,
    stop: Shutdown,
    stop_after: Option<u64>,
}

impl Snapshot for Script {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts { fingerprint: String::new(), isolation: "a script", notes: Vec::new() }
    }

    fn columns(&mut self, _: &QueryText, _: Parameters) -> Result<Vec<Column>, SourceError> {
        Ok(COLUMNS.map(Column::named).to_vec())
    }

    fn read(&mut self, query: &QueryText, _: Parameters, sink: &mut dyn BatchSink) -> Result<RowsRead, SourceError> {
        let mut filler = Filler::new(query, COLUMNS.len(), sink, &self.stop);
        for row in self.queries.pop_front().unwrap() {
            for cell in &row {
                filler.batch().push_cell(cell.as_bytes());
            }
            filler.end_row()?;
            if self.stop_after == Some(filler.rows()) {
                self.stop.request();
            }
        }
        filler.finish(None)
    }
}

/// A file on a disk with so much room.
struct Disk {
    room: usize,
    bytes: Vec<u8>,
}

impl Disk {
    fn with(room: usize) -> Self {
        Self { room, bytes: Vec::new() }
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Case {
    queries: Vec<Vec<Row>>,
    restricted: BTreeSet<String>,
    stop_after: Option<u64>,
    /// Room for the upload file, the findings and the rows left out.
    rooms: [usize; 3],
}

const ROOMY: [usize; 3] = [usize::MAX; 3];

impl Case {
    fn of(queries: Vec<Vec<Row>>) -> Self {
        Self { queries, restricted: BTreeSet::new(), stop_after: None, rooms: ROOMY }
    }

    fn build(self) -> Result<(Built, Outputs<'static, Disk, Disk, Disk>), BuildError> {
        let release = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
        let period = "2024-10-01_2025-09-30".parse().unwrap();
        let column = |name: &str| Expression { from: From::Column(name.to_owned()), treatment: Treatment::AsItIs };
        let query = |name: &str| Query {
            name: name.to_owned(),
            file: name.into(),
            sql: String::new(),
            outside: Vec::new(),
            source: "script".to_owned(),
            key: "ref".to_owned(),
            leave_out: Some(column("reason")),
            worklist: None,
            fields: vec![
                (Field::LaPersonUniqueIdentifier, column("person")),
                (Field::EventType, column("type")),
                (Field::EventReference, column("ref")),
                (Field::EventStartDate, column("start")),
                (Field::EventEndDate, column("end")),
            ],
            by_name: ByName::No,
            empty: Empty::Allowed,
        };
        let names = ["first", "second", "third"];
        let queries: Vec<_> = self.queries.iter().zip(names).map(|(_, name)| query(name)).collect();
        let mapping =
            Mapping { name: "test".to_owned(), folder: ".".into(), maps: Vec::new(), queries, files: Vec::new() };
        let columns = vec![COLUMNS.map(str::to_owned).to_vec(); self.queries.len()];
        let constants = crate::shape::Constants { la_code: "503".to_owned(), period };
        let plan = Plan::compile(&mapping, &columns, &release, &constants);
        let jobs = (0..self.queries.len()).map(|index| QueryJob {
            text: QueryJob::text_of(&mapping, index),
            source: 0,
            parameters: Some(Parameters { period }),
        });
        let job = Job {
            release: &release,
            queries: jobs.collect(),
            plan: &plan,
            settings: Settings {
                la_code: "503".to_owned(),
                period,
                as_of: Date::parse_iso(b"2025-10-20").unwrap(),
                environment: Environment::Test,
                test_numbers: TestNumbers::Strange,
                origin: Origin::Built,
            },
            restricted: self.restricted,
        };
        let stop = Shutdown::default();
        let script = Script { queries: self.queries.into(), stop: stop.clone(), stop_after: self.stop_after };
        let [upload, findings, left_out] = self.rooms.map(Disk::with);
        let outputs = Outputs { upload: Some(upload), findings, left_out, index: None };
        build(&job, &mut [Box::new(script)], outputs, &Silent, &stop)
    }
}

fn lines(disk: &Disk) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(disk.bytes.as_slice()).records().map(Result::unwrap).collect()
}

#[test]
fn a_disk_that_is_full_ends_the_build_wherever_it_fills_up() {
    let rows = || (0..RawBatch::FULL_ROWS * 12).map(plain).collect();
    for file in 0..3 {
        for room in [0, 40, 20_000] {
            let mut case = Case::of(vec![rows()]);
            case.rooms[file] = room;
            // Rows left out are few: give that file something to fail on.
            case.restricted.extend((file == 2).then(|| "P1".to_owned()));
            match case.build() {
                Err(BuildError::Write(error)) => assert!(is_disk_full(&error), "{error}"),
                other => panic!("file {file}, room for {room}: {:?}", other.map(|(built, _)| built)),
            }
        }
    }
}

#[test]
fn a_build_that_is_asked_to_stop_stops() {
    for stop_after in [1, 5_000] {
        let rows = (0..RawBatch::FULL_ROWS * 12).map(plain).collect();
        let case = Case { stop_after: Some(stop_after), ..Case::of(vec![rows]) };
        assert!(matches!(case.build(), Err(BuildError::Stopped)));
    }
}

#[test]
fn findings_name_the_row_of_the_upload_file_across_batches_and_queries() {
    let many = RawBatch::FULL_ROWS + 500;
    // Of every ten rows one is left out, and one has a start that is no date.
    let rows = |first: usize| -> Vec<Row> {
        let faulty = |name: usize| match name % 10 {
            3 => row(name, "P1", "Request", "", ""),
            7 => row(name, "P1", "Request", "none", ""),
            _ => plain(name),
        };
        (first..first + many).map(faulty).collect()
    };
    let (built, outputs) = Case::of(vec![rows(0), rows(many), rows(2 * many)]).build().unwrap();
    let upload: BTreeMap<_, _> =
        lines(outputs.upload.as_ref().unwrap()).into_iter().map(|line| line[25].to_owned()).zip(1..).collect();
    let of_dates: Vec<_> = lines(&outputs.findings).into_iter().filter(|line| &line[2] == "T001").collect();
    assert_eq!(of_dates.len(), 3 * many / 10);
    for line in of_dates {
        assert_eq!(line[0].parse::<i32>().unwrap(), upload[&line[9]], "{}", &line[9]);
        let number: usize = line[9][1..].parse().unwrap();
        assert_eq!(&line[8], ["first", "second", "third"][number / many]);
    }
    for tally in &built.queries {
        let left_out: u64 = tally.left_out.values().sum();
        assert_eq!((tally.rows_in, tally.rows_out + left_out), (many as u64, many as u64));
    }
    assert_eq!((built.written.rows, built.counts.records), (upload.len() as u64, upload.len() as u64));
}

#[test]
fn rows_left_out_are_named_with_their_reason_and_leave_no_finding() {
    let rows = vec![
        row(1, "P1", "Request", "", ""),
        row(2, "P2", "Review", "", ""),
        row(3, "P9", "Request", "none", ""),
        row(4, "P1", "Request", "none", "cancelled"),
        row(5, "Ünsal ŷ", "Service", "", ""),
        row(6, "P1", "Service", "", ""),
    ];
    let restricted = ["P9", "Ünsal ŷ"].map(str::to_owned).into();
    let (built, outputs) = Case { restricted, ..Case::of(vec![rows]) }.build().unwrap();
    let left_out: Vec<_> = lines(&outputs.left_out).iter().map(|line| format!("{} {}", &line[1], &line[2])).collect();
    assert_eq!(
        left_out,
        ["N1 open request", "N2 open review", "N3 restricted record", "N4 cancelled", "N5 restricted record"]
    );
    assert_eq!(built.queries[0].left_out[RESTRICTED], 2);
    assert!(lines(&outputs.findings).iter().all(|line| &line[9] == "N6" && &line[0] == "1"));
}

#[test]
fn a_wrong_column_of_reasons_does_not_fill_the_account() {
    let rows = (0..200).map(|name| row(name, "P1", "Request", "02/12/2024", &format!("reason {name}"))).collect();
    let (built, _) = Case::of(vec![rows]).build().unwrap();
    let left_out = &built.queries[0].left_out;
    assert_eq!(left_out.len(), MOST_REASONS + 1);
    assert_eq!(left_out[OTHER_REASONS], 200 - MOST_REASONS as u64);
}
