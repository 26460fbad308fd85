//! What it costs to read from a SQL Server: `cargo bench --bench sql_server [-- ROUNDS]`.
//!
//! The server is the TDS test server, in a process of its own; what is measured is the CPU time of the client alone, user
//! and system, over an encrypted connection. The contestants run in turn, A B A B …, and medians are given:
//!
//! - *drain*: the demo's widest query, 50 short columns, 200,000 rows, through the source's decoders into batches, against
//!   a loop over the same driver that looks at every value and keeps none;
//! - *job*: a demo council read, mapped, checked and written, from the server and from CSV files with the same rows, each
//!   less what reading alone costs;
//! - *memory*: the process's peak after a tenth of the rows, and after all of them.

#![expect(clippy::unwrap_used, reason = "the test server panics where it is set up wrongly")]
#![expect(clippy::disallowed_methods, reason = "what the contestants are set up with need not survive a crash")]

use std::{
    error::Error,
    fs,
    hint::black_box,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use cld_agent::{
    config::{
        SecretRef,
        sqlserver::{
            Addresses, Count, Encryption, Endpoint, Guard, Intent, Login, Patience, SqlServerSettings, Trust,
            WithoutSnapshot,
        },
    },
    demo::{self, Condition, DemoCouncil},
    mapping::Mapping,
    run::{Outputs, QueryJob},
    source::{BatchSink, CsvFolder, CsvFormat, Flow, Parameters, QueryText, RawBatch, Source, SqlServer},
    spec::Release,
    sys::{clock::Clock, shutdown::Shutdown},
};
use futures_util::TryStreamExt;
use main_job::{period, run};
use tds::{
    Column, Options, Server, Table,
    council::{self, Powers, Snapshots},
};
use tiberius::{AuthMethod, Client, ColumnData, CommandItem, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt;

#[path = "../tests/support/main_job.rs"]
mod main_job;
#[path = "../tests/support/tds/mod.rs"]
mod tds;

/// Rows of the wide query.
const ROWS: usize = 200_000;
/// Columns of it.
const COLUMNS: usize = 50;
/// People of the council whose rows the wide query repeats.
const FEW: u32 = 500;
/// People of the council of the whole job: some 100,000 rows.
const MANY: u32 = 10_000;
/// What the source is sent for the wide query.
const WIDE: &str = "SELECT * FROM wide";
/// A tenth of it.
const TENTH: &str = "SELECT * FROM tenth";

type Anything = Result<(), Box<dyn Error>>;

fn main() -> Anything {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["--server", folder] => serve(Path::new(folder)),
        [] => compare(5),
        [rounds] => compare(rounds.parse()?),
        _ => Err("sql_server [ROUNDS]".into()),
    }
}

/// The server: until its standard input ends.
fn serve(folder: &Path) -> Anything {
    let server = Server::start(Options::default());
    council::serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    let few = folder.join("few.db");
    make(FEW, &few)?;
    let (_, services) = tables(&few)?.into_iter().find(|(name, _)| name == "services").ok_or("services")?;
    let wide = widened(&services);
    let times = ROWS / wide.rows.len();
    server.serve(TENTH, wide.clone().times(times / 10));
    server.serve(WIDE, wide.times(times));
    for (name, table) in tables(&folder.join("many.db"))? {
        let (_, text) = council::DEMO.into_iter().find(|(query, _)| *query == name).ok_or("a query of the demo")?;
        server.serve(text, table);
    }
    fs::write(folder.join("authority.pem"), &server.options().certificate.authority)?;
    println!("{}", server.port());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn make(people: u32, path: &Path) -> Anything {
    let council = DemoCouncil { people, seed: 1, period: period()?, condition: Condition::Sound };
    demo::build(&council, path)?;
    Ok(())
}

/// What each query of the demo's mapping returns.
fn tables(database: &Path) -> Result<Vec<(String, Table)>, Box<dyn Error>> {
    let (mapping, database) = (demo_mapping()?, rusqlite::Connection::open(database)?);
    let parameters = [(":period_start", "2025-10-01"), (":period_end", "2026-09-30")];
    let copied = (0..mapping.queries.len()).map(|index| {
        let text = QueryJob::text_of(&mapping, index);
        (text.name.to_owned(), council::copy(&database, text.sql, &parameters))
    });
    Ok(copied.collect())
}

fn demo_mapping() -> Result<Mapping, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/demo");
    Ok(Mapping::load(&folder, &Release::embedded()?)?)
}

/// The same rows with fifty columns: some come twice.
fn widened(table: &Table) -> Table {
    let more = COLUMNS - table.columns.len();
    let again = |column: &Column| Column { name: format!("{}_again", column.name), ..column.clone() };
    let columns = table.columns.iter().cloned().chain(table.columns.iter().take(more).map(again)).collect();
    let rows = table.rows.iter().map(|row| row.iter().chain(row.iter().take(more)).cloned().collect()).collect();
    Table::new(columns, rows)
}

/// The server's process, and how to reach it.
struct Running {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Running {
    fn start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        make(MANY, &folder.path().join("many.db"))?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--server")
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("its output")?).read_line(&mut line)?;
        fs::write(folder.path().join("password"), Options::default().password)?;
        private(&folder.path().join("password"))?;
        Ok(Self { child, port: line.trim().parse()?, folder })
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    fn settings(&self) -> SqlServerSettings {
        let minute = std::time::Duration::from_secs(60);
        SqlServerSettings {
            host: "localhost".to_owned(),
            endpoint: Endpoint::Port(self.port),
            database: "Council".to_owned(),
            login: Login::Sql {
                user: "cld_reader".to_owned(),
                password: SecretRef::File(self.folder.path().join("password")),
            },
            encryption: Encryption::Required,
            trust: Trust::Authority(self.authority()),
            certificate_name: None,
            intent: Intent::Any,
            addresses: Addresses::InTurn,
            application_name: "bench".to_owned(),
            packet_size: 8000,
            patience: Patience {
                connect: minute,
                login: minute,
                command: minute,
                lock: minute,
                transaction: 60 * minute,
            },
            without_snapshot: WithoutSnapshot::Refuse,
            guard: Guard::Parse,
            count: Count::Server,
            freshness: None,
        }
    }

    fn source(&self) -> SqlServer {
        SqlServer::new(self.settings(), Clock::Machine)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A secret in a file that others can read is refused.
fn private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    let _ = path;
    Ok(())
}

/// Takes batches and gives them back.
#[derive(Default)]
struct Nowhere(Option<RawBatch>);

impl BatchSink for Nowhere {
    fn empty(&mut self) -> RawBatch {
        self.0.take().unwrap_or_default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        self.0 = Some(batch);
        Flow::Continue
    }
}

fn compare(rounds: usize) -> Anything {
    let server = Running::start()?;
    // The peak first: it never goes down again.
    drain(&mut server.source(), &[wide(TENTH)])?;
    let tenth = peak_kb()?;
    drain(&mut server.source(), &[wide(WIDE)])?;
    println!("peak memory: {} MB after a tenth of the rows, {} MB after all", tenth / 1000, peak_kb()? / 1000);

    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(timed(|| read_bare(&server, WIDE))?);
        ours.push(timed(|| drain(&mut server.source(), &[wide(WIDE)]))?);
    }
    println!("drain, {ROWS} rows of {COLUMNS} columns, {rounds} rounds in turn:");
    println!("  a bare loop over tiberius: {}", told(&bare));
    println!("  into batches:              {}", told(&ours));
    println!("  ratio of CPU: {:.3}", median(&ours, Figures::cpu) / median(&bare, Figures::cpu));
    jobs(&server, rounds)
}

/// The whole job from both, and the reading of both.
fn jobs(server: &Running, rounds: usize) -> Anything {
    let release = Release::embedded()?;
    let mapping = demo_mapping()?;
    let extracts = server.folder.path().join("extracts");
    extract(&server.folder.path().join("many.db"), &extracts)?;
    let nowhere = || Outputs { upload: Some(io::sink()), findings: io::sink(), left_out: io::sink(), index: None };
    let csv = || CsvFolder::new(&extracts, CsvFormat::default());
    let (mut figures, mut rows) = ([const { Vec::new() }; 4], [0; 4]);
    for _ in 0..rounds {
        figures[0]
            .push(timed(|| run(&release, &mapping, &mut server.source(), nowhere()).map(|done| rows[0] = done.0))?);
        figures[1].push(timed(|| drain(&mut server.source(), &texts(&mapping)).map(|read| rows[1] = read))?);
        figures[2].push(timed(|| run(&release, &mapping, &mut csv(), nowhere()).map(|done| rows[2] = done.0))?);
        figures[3].push(timed(|| drain(&mut csv(), &texts(&mapping)).map(|read| rows[3] = read))?);
    }
    println!("job, {} rows read and {} written, {rounds} rounds in turn:", rows[1], rows[0]);
    for (name, figures) in ["job over TDS", "reading over TDS", "job from CSV", "reading from CSV"].iter().zip(&figures)
    {
        println!("  {name:<18}{}", told(figures));
    }
    let less =
        |job: usize, reading: usize| median(&figures[job], Figures::cpu) - median(&figures[reading], Figures::cpu);
    println!("  without reading: {:.2} CPU s over TDS, {:.2} from CSV", less(0, 1), less(2, 3));
    if rows[0] != rows[2] || rows[1] != rows[3] {
        return Err("the two sources do not hold the same rows".into());
    }
    Ok(())
}

fn texts(mapping: &Mapping) -> Vec<QueryText<'_>> {
    (0..mapping.queries.len()).map(|index| QueryJob::text_of(mapping, index)).collect()
}

fn wide(sql: &str) -> QueryText<'_> {
    QueryText { index: 0, name: "wide", file: Path::new("wide.sql"), sql, outside: &[] }
}

/// What each query returns, as CSV.
fn extract(database: &Path, folder: &Path) -> Anything {
    fs::create_dir_all(folder)?;
    for (name, table) in tables(database)? {
        let mut writer = csv::Writer::from_path(folder.join(name).with_extension("csv"))?;
        writer.write_record(table.columns.iter().map(|column| &column.name))?;
        for row in &table.rows {
            let cells = row.iter().zip(&table.columns);
            writer.write_record(cells.map(|(value, column)| value.written(column.ty).unwrap_or_default()))?;
        }
        writer.flush()?;
    }
    Ok(())
}

/// Reads queries into batches that nobody wants; how many rows there were.
fn drain(source: &mut dyn Source, queries: &[QueryText<'_>]) -> Result<u64, Box<dyn Error>> {
    let parameters = Parameters { period: period()? };
    let mut snapshot = source.open(&Shutdown::default())?;
    let mut rows = 0;
    for query in queries {
        rows += snapshot.read(query, parameters, &mut Nowhere::default())?.rows;
    }
    Ok(rows)
}

/// Reads a query with the driver alone, and looks at every value.
fn read_bare(server: &Running, sql: &str) -> Result<u64, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut config = tiberius::Config::new();
        config.host("localhost");
        config.port(server.port);
        config.database("Council");
        config.authentication(AuthMethod::sql_server("cld_reader", Options::default().password));
        config.encryption(EncryptionLevel::Required);
        config.trust_cert_ca(server.authority().display().to_string());
        config.packet_size(8000);
        let socket = TcpStream::connect(config.get_addr()).await?;
        socket.set_nodelay(true)?;
        let mut client = Box::pin(Client::connect(config, socket.compat_write())).await?;
        let mut command = tiberius::Command::new("sp_executesql");
        command.bind_param("", sql);
        let mut stream = command.exec(&mut client).await?;
        let mut rows = 0;
        while let Some(item) = stream.try_next().await? {
            if let CommandItem::Row(row) = item {
                rows += 1;
                for (_, cell) in row.cells() {
                    look(cell);
                }
            }
        }
        Ok(rows)
    })
}

/// Looks at a value: what any reader does at least.
fn look(cell: &ColumnData<'_>) {
    match cell {
        ColumnData::String(Some(text)) => drop(black_box(text.as_bytes().last())),
        ColumnData::I32(Some(number)) => drop(black_box(*number)),
        ColumnData::I64(Some(number)) => drop(black_box(*number)),
        ColumnData::Numeric(Some(number)) => drop(black_box(number.value())),
        ColumnData::Date(Some(date)) => drop(black_box(date.days())),
        ColumnData::DateTime2(Some(moment)) => drop(black_box((moment.date().days(), moment.time().increments()))),
        other => drop(black_box(other)),
    }
}

/// What something cost.
struct Figures {
    cpu: f64,
    wall: f64,
}

impl Figures {
    fn cpu(&self) -> f64 {
        self.cpu
    }

    fn wall(&self) -> f64 {
        self.wall
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<Figures, Box<dyn Error>> {
    let (began, before) = (Instant::now(), cpu_seconds()?);
    work()?;
    Ok(Figures { cpu: cpu_seconds()? - before, wall: began.elapsed().as_secs_f64() })
}

/// CPU seconds of this process so far, with its threads that have ended; the server is another.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is a name in parentheses, which may hold anything.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / TICKS)
}

fn peak_kb() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn median(figures: &[Figures], of: fn(&Figures) -> f64) -> f64 {
    let mut sorted: Vec<_> = figures.iter().map(of).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn told(figures: &[Figures]) -> String {
    format!("{:.2} CPU s, {:.2} s", median(figures, Figures::cpu), median(figures, Figures::wall))
}
