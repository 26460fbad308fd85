//! How fast rows become an upload file.
//!
//! `cargo bench` measures a small demo council, from SQLite to files in memory. The program of the same name does the
//! large job once, as a process of its own whose CPU time and memory `benches/compare/compare.py` can measure:
//!
//! - `--once INPUT OUT` reads `INPUT/extract/*.csv` by `INPUT/mapping`, and writes `upload.csv`, `findings.csv` and
//!   `left-out.csv` into OUT;
//! - `--indexed INPUT OUT` does the same, and makes the index by which the next run is compared with this one;
//! - `--yardstick INPUT OUT` reads the same rows and writes that upload file with the csv crate, and does nothing else:
//!   what reading and writing those bytes costs by itself;
//! - `--compress OUT` and `--hash OUT` make the compressed copy of `OUT/upload.csv`, and hash it once: what a run does on
//!   top, partly at the same time on another core;
//! - `--workbook OUT` makes `findings.xlsx` of the first 100,000 findings of `OUT/findings.csv`.

use std::{error::Error, io, path::Path, time::Duration};

use cld_agent::{
    compare::{Indexer, Pseudonyms},
    demo::{self, Condition, DemoCouncil},
    mapping::Mapping,
    run::Outputs,
    source::{CsvFolder, CsvFormat, Sqlite},
    spec::Release,
    stage::Gzip,
    sys::{
        fs::{NewFile, WorkFolder},
        hash::Sha256,
    },
    write::{Advice, Split, WorklistOrder, write_worklist},
};
use criterion::{Criterion, Throughput, criterion_group};
use main_job::{period, run};

#[path = "../tests/support/main_job.rs"]
mod main_job;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(10));
    targets = demo_council
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--bench").collect();
    match *arguments {
        ["--once", input, out] => once(Path::new(input), Path::new(out), Index::None),
        ["--indexed", input, out] => once(Path::new(input), Path::new(out), Index::Made),
        ["--yardstick", input, out] => yardstick(Path::new(input), Path::new(out)),
        ["--compress", out] => compress(Path::new(out)),
        ["--hash", out] => hash(Path::new(out)),
        ["--workbook", out] => workbook(Path::new(out)),
        _ => {
            benches();
            Criterion::default().configure_from_args().final_summary();
            Ok(())
        }
    }
}

/// Whether rows are remembered for the next run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    Made,
    None,
}

/// The large job, once.
fn once(input: &Path, out: &Path, index: Index) -> Result<(), Box<dyn Error>> {
    let release = Release::embedded()?;
    let mapping = Mapping::load(&input.join("mapping"), &release)?;
    let mut source = CsvFolder::new(input.join("extract"), CsvFormat::default());
    let work = WorkFolder::new(out)?;
    let indexer =
        || Indexer::new(&release, period()?, &Pseudonyms::of_bytes(&[7; 32]), &work).map_err(Box::<dyn Error>::from);
    let mut indexer = (index == Index::Made).then(indexer).transpose()?;
    let outputs = Outputs {
        upload: Some(work.create("upload.csv")?),
        findings: work.create("findings.csv")?,
        left_out: work.create("left-out.csv")?,
        index: indexer.as_mut(),
    };
    let (rows, outputs) = run(&release, &mapping, &mut source, outputs)?;
    outputs.upload.map(NewFile::finish).transpose()?;
    outputs.findings.finish()?;
    outputs.left_out.finish()?;
    indexer.map(|indexer| indexer.finish(&work, "index.cldx")).transpose()?;
    for name in ["upload.csv", "findings.csv", "left-out.csv"] {
        std::fs::rename(work.file(name), out.join(name))?;
    }
    println!("{rows} rows");
    Ok(())
}

/// What reading and writing costs without any work between.
fn yardstick(input: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let work = WorkFolder::new(out)?;
    let mut extract = csv::Reader::from_path(input.join("extract/events.csv"))?;
    let mut record = csv::ByteRecord::new();
    let mut read = 0_u64;
    while extract.read_byte_record(&mut record)? {
        read += 1;
    }
    // The upload file is written from records that are at hand, some thousand times over.
    let mut upload = csv::ReaderBuilder::new().has_headers(false).from_path(out.join("upload.csv"))?;
    let sample = upload.byte_records().skip(1).take(1000).collect::<Result<Vec<_>, _>>()?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(work.create("yard")?);
    for record in sample.iter().cycle().take(read as usize) {
        writer.write_byte_record(record)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)?.finish()?;
    println!("{read} rows");
    Ok(())
}

/// What the compressed copy of an upload file costs by itself.
fn compress(out: &Path) -> Result<(), Box<dyn Error>> {
    let work = WorkFolder::new(out)?;
    let mut compressed = Gzip::new(&work, "upload.csv")?;
    io::copy(&mut std::fs::File::open(out.join("upload.csv"))?, &mut compressed)?;
    println!("{} bytes", compressed.finish()?);
    Ok(())
}

/// What one hash of an upload file costs by itself.
fn hash(out: &Path) -> Result<(), Box<dyn Error>> {
    let (sha256, bytes) = Sha256::of_file(&out.join("upload.csv"))?;
    println!("{sha256} of {bytes} bytes");
    Ok(())
}

/// What the worklist costs by itself.
fn workbook(out: &Path) -> Result<(), Box<dyn Error>> {
    let work = WorkFolder::new(out)?;
    let (findings, advice) = (out.join("findings.csv"), Advice::default());
    let order =
        WorklistOrder { findings: &findings, head: &[], most: 100_000, split: Split::Together, advice: &advice };
    let (listed, file) = write_worklist(order, work.create("findings.xlsx")?)?;
    println!("{} findings listed, {} left off, {} bytes", listed.listed, listed.left_off, file.finish()?);
    Ok(())
}

/// Some 20,000 rows of a demo council, from its database to nowhere.
fn demo_council(criterion: &mut Criterion) {
    if let Err(error) = try_demo_council(criterion) {
        eprintln!("main_job: {error}");
    }
}

fn try_demo_council(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("council.db");
    let council = DemoCouncil { people: 2_500, seed: 1, period: period()?, condition: Condition::Sound };
    let made = demo::build(&council, &path)?;
    let release = Release::embedded()?;
    let mapping = Mapping::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/demo"), &release)?;
    let nowhere = || Outputs { upload: Some(io::sink()), findings: io::sink(), left_out: io::sink(), index: None };
    let mut group = criterion.benchmark_group("main job");
    group.throughput(Throughput::Elements(made.sent.values().sum()));
    group.bench_function("demo council", |bencher| {
        bencher.iter(|| run(&release, &mapping, &mut Sqlite::new(&path), nowhere()).map(|(rows, _)| rows).ok());
    });
    group.finish();
    Ok(())
}
