//! The main job from a source to its files, without a ledger and a package around it.

use std::{collections::BTreeSet, error::Error, io::Write};

use cld_agent::{
    check::{Origin, Settings, TestNumbers},
    mapping::Mapping,
    model::{Date, Environment, Period},
    run::{Job, Outputs, QueryJob, Silent, build},
    shape::{Constants, Plan},
    source::{Parameters, Source},
    spec::Release,
    sys::shutdown::Shutdown,
};

/// A council's code; any will do.
const LA_CODE: &str = "503";

/// How many rows were written, and where.
pub(crate) type Done<'i, W> = (u64, Outputs<'i, W, W, W>);

/// Reads, shapes, checks and writes all rows of a source; how many there were.
pub(crate) fn run<'i, W: Write + Send>(
    release: &Release,
    mapping: &Mapping,
    source: &mut dyn Source,
    outputs: Outputs<'i, W, W, W>,
) -> Result<Done<'i, W>, Box<dyn Error>> {
    let stop = Shutdown::default();
    let period = period()?;
    let parameters = Parameters { period };
    let mut snapshot = source.open(&stop)?;
    let texts = || (0..mapping.queries.len()).map(|index| QueryJob::text_of(mapping, index));
    let columns = texts().map(|text| {
        let columns = snapshot.columns(&text, parameters)?;
        Ok(columns.into_iter().map(|column| column.name).collect())
    });
    let columns = columns.collect::<Result<Vec<Vec<_>>, Box<dyn Error>>>()?;
    let constants = Constants { la_code: LA_CODE.to_owned(), period };
    let plan = Plan::compile(mapping, &columns, release, &constants);
    let job = Job {
        release,
        queries: texts().map(|text| QueryJob { text, source: 0, parameters: Some(parameters) }).collect(),
        plan: &plan,
        settings: Settings {
            la_code: LA_CODE.to_owned(),
            period,
            as_of: Date::from_ymd(2026, 11, 23).ok_or("a day of the calendar")?,
            environment: Environment::Test,
            test_numbers: TestNumbers::Allowed,
            origin: Origin::Built,
        },
        restricted: BTreeSet::default(),
    };
    let (built, outputs) = build(&job, &mut [snapshot], outputs, &Silent, &stop)?;
    Ok((built.written.rows, outputs))
}

/// The reporting period.
pub(crate) fn period() -> Result<Period, Box<dyn Error>> {
    Ok("2025-10-01_2026-09-30".parse::<Period>().map_err(|_| "a period")?)
}
