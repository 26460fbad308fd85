//! The status page, as whoever asks for it sees it: over a socket, with requests good and bad.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use cld_agent::{
    config::Settings,
    document::Document,
    ledger::{Delivery, HoldRow, IndexRow, Ledger, NewAlert, NewRun, Outcome, PackageRow, PackageState, RunEnd, Used},
    page::{NotConfigured, PageError, Server, Serving, Subject},
    sys::{clock::Clock, hash::Sha256},
};
use jiff::Timestamp;
use support::{agent, put, tree};

const NOW: &str = "2026-10-20T06:00:00Z";
const ANYWHERE: &str = "127.0.0.1:0";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An installation that has had some runs.
struct Council(tempfile::TempDir);

impl Council {
    /// Without a run as yet.
    fn new() -> Self {
        let council = Self(tempfile::tempdir().unwrap());
        put(&council.0.path().join("agent.toml"), Self::configuration("").as_bytes());
        std::fs::create_dir(council.0.path().join("data")).unwrap();
        council
    }

    fn configuration(also: &str) -> String {
        format!(
            "version = 1\n[council]\nname = 'Demo Council (fictional)'\nla_code = '999'\n{also}\n\
             [[notify.channel]]\nname = 'mail'\ntype = 'smtp'\nhost = 'relay.council.example'\nsecurity = 'none'\n\
             from = 'cld-agent@council.example'\nto = ['it@council.example']\n\
             [[notify.channel]]\nname = 'teams'\ntype = 'webhook'\nformat = 'teams'\nurl = {{ env = 'CLD_NOWHERE' }}\n\
             [[submission]]\nname = 'adult'\nmapping = 'mapping'\nallow_test_nhs_numbers = true\n\
             [[submission.plan]]\nname = 'extract'\npurpose = 'extract'\nworking_day = 3\nagain_after = 5\nat = '06:00'\n\
             [[submission.plan]]\nname = 'weekly'\npurpose = 'rehearsal'\nweekday = 'monday'\nat = '05:00'\n\
             [submission.source.case-system]\ntype = 'sqlite'\npath = 'case.db'\n"
        )
    }

    fn settings(&self, also: &str) -> Settings {
        let document = Document::new("agent.toml", Self::configuration(also));
        Settings::from_document(&document, self.0.path(), &BTreeMap::new()).unwrap()
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.0.path().join("data/ledger.db")).unwrap()
    }

    fn subject(&self) -> Subject {
        Subject::Installation(Arc::new(self.settings("")))
    }

    fn page(&self) -> Page {
        Page(Server::begin(ANYWHERE.parse().unwrap(), &[], self.subject(), Clock::Fixed(at(NOW))).unwrap())
    }

    /// A run of the plan `extract`, with its package where it came to a verdict.
    fn had(&self, began: &str, ended: &str, outcome: Outcome, exit_code: u8) {
        let mut ledger = self.ledger();
        let period = "2025-10-01_2026-09-30".parse().unwrap();
        let run = ledger
            .begin_run(NewRun {
                submission: "adult",
                plan: Some("extract"),
                period,
                slot: Some(began),
                began: at(began),
                rehearsal: false,
                tool_version: "0.1.0",
            })
            .unwrap();
        let end =
            RunEnd { ended: at(ended), outcome, exit_code: Some(exit_code), may_pass: true, message: "as it went" };
        let state = match outcome {
            Outcome::Released => PackageState::Ready,
            Outcome::Held => PackageState::Held,
            Outcome::Failed | Outcome::Stopped => return ledger.finish_run(&run, end).unwrap(),
        };
        let nothing = Sha256::of(b"");
        let hold = HoldRow { rule: "P004".to_owned(), why: "so it is".to_owned(), approvable: true };
        let folder = format!("{}/adult/{run}", if state == PackageState::Held { "held" } else { "staging" });
        let package = PackageRow {
            state,
            path: folder.as_ref(),
            manifest_sha256: nothing,
            upload_sha256: nothing,
            rows: 48_213,
            staged_at: at(ended),
            holds: if state == PackageState::Held { std::slice::from_ref(&hold) } else { &[] },
            superseded: Path::new("superseded"),
        };
        let used = Used { configuration: nothing, mapping: nothing, release: nothing };
        let index = IndexRow { sha256: nothing, rows: 48_213, people: 7_001, open_services: 3_000 };
        ledger.finish_staged(&run, end, package, used, index, []).unwrap();
    }

    /// A refused login, then a package; the mail server takes one alert and not the next.
    fn lived(self) -> Self {
        self.had("2026-10-05T05:00:00Z", "2026-10-05T05:00:07Z", Outcome::Failed, 24);
        self.had("2026-10-05T05:10:00Z", "2026-10-05T05:12:31Z", Outcome::Released, 0);
        let mut ledger = self.ledger();
        for topic in ["login", "ready"] {
            let alert = NewAlert {
                kind: "failed",
                subject: String::new(),
                topic: topic.to_owned(),
                closes: &[],
                quiet: Duration::from_secs(60),
                raised: at("2026-10-05T05:13:00Z"),
                message: "{}".to_owned(),
            };
            ledger.queue_alert(&alert).unwrap();
        }
        ledger.alert_tried(1, "teams", Delivery::Taken, at("2026-10-05T05:13:10Z")).unwrap();
        let later = Delivery::Later("relay.council.example:25 did not answer in time", at("2026-10-20T06:20:00Z"));
        ledger.alert_tried(2, "mail", later, at("2026-10-05T05:13:30Z")).unwrap();
        self
    }
}

/// A page that is served.
struct Page(Server);

/// An answer: its status, its headers in lower case, its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Page {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.0.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// What comes back for these bytes, until the other side hangs up.
    fn says(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // Whoever is refused early may find the line closed.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    fn asks(&self, method: &str, path: &str) -> Answer {
        Answer::read(&self.says(format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()))
    }

    fn gets(&self, path: &str) -> Answer {
        self.asks("GET", path)
    }

    fn status_of(&self, request: &str) -> u16 {
        Answer::read(&self.says(request.as_bytes())).status
    }
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// What people read of a page: its text, a line for each block.
    fn text(&self) -> String {
        let body = &self.body[self.body.find("<body>").unwrap()..];
        let blocks = ["</h1>", "</h2>", "</h3>", "</p>", "</li>", "</tr>", "</dd>", "</dt>", "</caption>", "<br>"];
        let body = blocks.iter().fold(body.to_owned(), |text, block| text.replace(block, &format!("{block}\u{1}")));
        let body = body.replace("</th>", " | ").replace("</td>", " | ");
        let mut text = String::new();
        let mut inside = false;
        for letter in body.chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                '\n' if !inside => text.push(' '),
                _ if !inside => text.push(letter),
                _ => {}
            }
        }
        let lines = text.split('\u{1}').map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn the_page_says_how_things_stand() {
    let council = Council::new().lived();
    let answer = council.page().gets("/");
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "text/html; charset=utf-8"));
    insta::assert_snapshot!(answer.text());
    assert!(!answer.body.contains("<script") && !answer.body.contains("style="), "nothing that the policy forbids");
}

#[test]
fn an_installation_that_nobody_has_configured_says_so_and_what_to_do() {
    let configuration = "/etc/cld-agent/agent.toml".into();
    let faults = vec!["agent.toml:3:1: 'to<o>' is not a key that is known here".to_owned()];
    for (name, faults) in [("without_a_configuration", Vec::new()), ("with_faults", faults)] {
        let why = NotConfigured { configuration: Path::new(&configuration).to_owned(), faults };
        let subject = Subject::NotConfigured(why);
        let page = Page(Server::begin(ANYWHERE.parse().unwrap(), &[], subject, Clock::Fixed(at(NOW))).unwrap());
        let answer = page.gets("/");
        assert!(!answer.body.contains("<o>"));
        insta::assert_snapshot!(name, answer.text());
        let [health, readiness] = ["/healthz", "/readyz"].map(|path| page.gets(path));
        assert_eq!((health.status, readiness.status, readiness.body.as_str()), (200, 503, "not configured\n"));
        assert!(page.gets("/metrics").body.contains("\ncld_agent_configured 0\n"));
    }
    let _: String = configuration;
}

#[test]
fn a_ledger_that_cannot_be_read_is_said_and_none_is_made() {
    let council = Council::new();
    let page = council.page();
    let before = tree(council.0.path());
    let (shown, ready) = (page.gets("/"), page.gets("/readyz"));
    assert!(
        shown.text().contains("How things stand is not known\nThe agent failed to open the ledger"),
        "{}",
        shown.text()
    );
    assert!(ready.status == 503 && ready.body.starts_with("failed to open the ledger"), "{ready:?}");
    assert_eq!(page.gets("/healthz").status, 200, "to start it again would not help");
    assert_eq!(tree(council.0.path()), before);
    // As soon as it is there it is read.
    drop(council.ledger());
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!((page.gets("/readyz").status, page.gets("/").status), (200, 200));
}

#[test]
fn every_answer_forbids_what_a_page_elsewhere_could_do() {
    let council = Council::new().lived();
    let page = council.page();
    for (path, status, kind) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/?from=evil", 200, "text/html; charset=utf-8"),
        ("/style.css", 200, "text/css; charset=utf-8"),
        ("/icon.svg", 200, "image/svg+xml"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/readyz", 200, "text/plain; charset=utf-8"),
        ("/metrics", 200, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("/favicon.ico", 404, "text/plain; charset=utf-8"),
        ("/../etc/passwd", 404, "text/plain; charset=utf-8"),
        ("/healthz/", 404, "text/plain; charset=utf-8"),
    ] {
        let answer = page.gets(path);
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (status, kind), "{path}");
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers.get(name).map(String::as_str), Some(value), "{path}: {name}");
        }
        let head = page.asks("HEAD", path);
        assert_eq!((head.status, head.body.as_str()), (status, ""), "{path}");
    }
}

#[test]
fn nothing_can_be_changed() {
    let council = Council::new().lived();
    let page = council.page();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/", "/metrics", "/nowhere"] {
            let answer = page.asks(method, path);
            assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, "GET, HEAD"), "{method} {path}");
        }
    }
}

#[test]
fn a_page_elsewhere_cannot_ask_under_a_name_of_its_own() {
    let council = Council::new();
    let listen = ANYWHERE.parse().unwrap();
    let hosts = ["cld.council.example".to_owned()];
    let page = Page(Server::begin(listen, &hosts, council.subject(), Clock::Fixed(at(NOW))).unwrap());
    let address = page.0.address();
    for (host, status) in [
        (format!("host: {address}\r\n"), 200),
        ("host: localhost\r\n".to_owned(), 200),
        ("Host: CLD.Council.Example:443\r\n".to_owned(), 200),
        ("host: evil.example\r\n".to_owned(), 421),
        (format!("host: evil.example:{}\r\n", address.port()), 421),
        ("host: 10.0.0.1\r\n".to_owned(), 421),
        ("host: \r\n".to_owned(), 421),
        (String::new(), 400),
        ("host: localhost\r\nhost: evil.example\r\n".to_owned(), 400),
    ] {
        assert_eq!(page.status_of(&format!("GET /healthz HTTP/1.1\r\n{host}\r\n")), status, "{host:?}");
    }
    let absolute = "GET http://evil.example/healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(page.status_of(absolute), 421);
    // The host is looked at before anything else is told.
    assert_eq!(page.status_of("POST /nowhere HTTP/1.1\r\nhost: evil.example\r\n\r\n"), 421);
}

#[test]
fn whatever_is_sent_the_page_goes_on() {
    let council = Council::new();
    let page = council.page();
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(1_000));
    let header = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    for request in [
        &b""[..],
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: local\0host\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
        header.as_bytes(),
    ] {
        let mut stream = page.connect();
        let _ = stream.write_all(request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.len() < 4_000 || request.starts_with(b"GET / HTTP/1.1"), "{}", answer.len());
        assert_eq!(
            page.gets("/healthz").status,
            200,
            "{:?}",
            String::from_utf8_lossy(&request[..request.len().min(60)])
        );
    }
    for request in [long, many, header] {
        let answer = page.says(request.as_bytes());
        let refused = answer.is_empty() || (400..500).contains(&Answer::read(&answer).status);
        assert!(refused, "{}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn clients_that_take_their_time_are_cut_off_and_keep_nobody_else_waiting_for_long() {
    let council = Council::new();
    let page = council.page();
    let mut slow: Vec<_> = (0..40).map(|_| page.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localho").unwrap();
    }
    let began = Instant::now();
    assert_eq!(page.gets("/healthz").status, 200);
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    for mut stream in slow {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answered_well = answer.starts_with(b"HTTP/1.1 200");
        assert!(!answered_well, "nobody had asked for anything yet");
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

#[test]
fn the_page_ends_with_whoever_serves_it_whoever_is_still_connected() {
    let council = Council::new();
    let page = council.page();
    let address = page.0.address();
    let mut stream = page.connect();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let began = Instant::now();
    drop(page);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(TcpStream::connect(address).is_err());
}

/// A port that nobody has.
fn free_port() -> u16 {
    TcpListener::bind(ANYWHERE).unwrap().local_addr().unwrap().port()
}

fn is_served(port: u16) -> bool {
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok()
}

#[test]
fn a_port_that_is_taken_is_told_and_tried_again_and_the_settings_move_the_page() {
    let council = Council::new();
    let mut ledger = council.ledger();
    let taken = TcpListener::bind(ANYWHERE).unwrap();
    let port = taken.local_addr().unwrap().port();
    let on = |port: u16| council.settings(&format!("[status_page]\nlisten = '127.0.0.1:{port}'"));
    let moment = (Clock::Fixed(at(NOW)), at(NOW));
    let error = Server::begin(taken.local_addr().unwrap(), &[], council.subject(), moment.0).unwrap_err();
    assert!(matches!(error, PageError::Taken(_)), "{error}");

    let mut serving = Serving::default();
    serving.round(&council.settings(""), &mut ledger, moment).unwrap();
    assert_eq!(ledger.alerts_waiting().unwrap(), [], "off until it is configured");
    for _ in 0..3 {
        serving.round(&on(port), &mut ledger, moment).unwrap();
    }
    let alerts = ledger.alerts_waiting().unwrap();
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!(alert.kind, "page-not-served");
    assert!(alert.message.contains("another program has this port"), "{}", alert.message);

    drop(taken);
    serving.round(&on(port), &mut ledger, moment).unwrap();
    assert!(is_served(port));
    let other = free_port();
    serving.round(&on(other), &mut ledger, moment).unwrap();
    assert!(is_served(other) && !is_served(port));
    serving.round(&council.settings(""), &mut ledger, moment).unwrap();
    assert!(!is_served(other));
    assert_eq!(ledger.alerts_waiting().unwrap().len(), 1);
}

/// A number with its labels.
type Sample = (BTreeMap<String, String>, i64);

/// A reader of the text format that shares nothing with its writer: names with their samples.
fn parsed(text: &str) -> BTreeMap<String, Vec<Sample>> {
    let is_name = |name: &str| {
        name.bytes()
            .enumerate()
            .all(|(nth, byte)| byte.is_ascii_alphabetic() || byte == b'_' || nth > 0 && byte.is_ascii_digit())
            && !name.is_empty()
    };
    let (body, end) = text.split_at(text.len() - "# EOF\n".len());
    assert_eq!(end, "# EOF\n");
    let mut metrics: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            let mut words = described.splitn(3, ' ');
            let (what, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            assert!(is_name(name), "{line}");
            match what {
                "HELP" => {
                    assert!(!metrics.contains_key(name) && rest.ends_with('.'), "{line}");
                    metrics.insert(name.to_owned(), Vec::new());
                    current = None;
                }
                "TYPE" => {
                    assert!(metrics.contains_key(name) && ["gauge", "info"].contains(&rest), "{line}");
                    current = Some((name.to_owned(), rest.to_owned()));
                }
                other => panic!("{other} in {line}"),
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = sample.split_once('{').map_or((sample, None), |(name, labels)| (name, Some(labels)));
        let (of, kind) = current.as_ref().unwrap();
        let expected = if kind == "info" { format!("{of}_info") } else { of.clone() };
        assert_eq!(name, expected, "samples stand below their description: {line}");
        let mut read = BTreeMap::new();
        let mut rest = labels.map_or("", |labels| labels.strip_suffix('}').unwrap());
        while !rest.is_empty() {
            let (label, quoted) = rest.split_once("=\"").unwrap();
            let (value, after) = quoted.split_once('"').unwrap();
            assert!(is_name(label) && !value.contains(['\\', '\n']), "{line}");
            assert!(read.insert(label.to_owned(), value.to_owned()).is_none(), "{line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        metrics.get_mut(of).unwrap().push((read, value.parse().unwrap()));
    }
    metrics
}

#[test]
fn the_numbers_can_be_read_by_anybody_and_each_is_documented() {
    let council = Council::new().lived();
    let metrics = parsed(&council.page().gets("/metrics").body);
    let value = |name: &str, labels: &[(&str, &str)]| {
        let wanted: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let found = metrics[name].iter().find(|(labels, _)| *labels == wanted);
        found.unwrap_or_else(|| panic!("{name} {labels:?}: {:?}", metrics[name])).1
    };
    assert_eq!(value("cld_agent_build", &[("version", env!("CARGO_PKG_VERSION"))]), 1);
    assert_eq!((value("cld_agent_configured", &[]), value("cld_agent_ready", &[])), (1, 1));
    assert_eq!(value("cld_agent_alerts", &[("state", "waiting")]), 1);
    assert_eq!(value("cld_agent_channel_well", &[("channel", "mail")]), 0);
    assert_eq!(value("cld_agent_channel_well", &[("channel", "teams")]), 1);
    assert_eq!(value("cld_agent_source_well", &[("submission", "adult")]), 1);
    assert_eq!(value("cld_agent_packages", &[("submission", "adult"), ("state", "ready")]), 1);
    let plan = [("submission", "adult"), ("plan", "extract")];
    assert_eq!(value("cld_agent_last_run_timestamp_seconds", &plan), at("2026-10-05T05:12:31Z").as_second());
    let state = |state| value("cld_agent_last_run", &[plan[0], plan[1], ("state", state)]);
    assert_eq!(["released", "held", "failed", "stopped", "running"].map(state), [1, 0, 0, 0, 0]);
    assert!(
        value("cld_agent_next_run_timestamp_seconds", &[("submission", "adult"), ("plan", "weekly")]) > 1_700_000_000
    );
    assert!(value("cld_agent_window_working_days_left", &[("submission", "adult")]) > 0);
    assert!(value("cld_agent_attention", &[]) >= 2);

    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/status-page.md")).unwrap();
    let documented: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `cld_agent_")?.split(['`', '{']).next())
        .map(|name| format!("cld_agent_{name}").trim_end_matches("_info").to_owned())
        .collect();
    assert_eq!(metrics.keys().cloned().collect::<BTreeSet<_>>(), documented);
}

#[test]
fn monitoring_is_told_by_an_exit_code_when_no_run_came_to_a_verdict_for_too_long() {
    let council = Council::new().lived();
    let told = |age: &str| {
        let mut command = agent();
        let command = command.current_dir(council.0.path()).args(["status", "--as-of", NOW, "--max-age", age]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    // The run of the 5th is 15 days old; of the plan `weekly` there is none.
    let (code, text) = told("14d");
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("adult, extract: its last run with a verdict ended at 2026-10-05T05:12:31Z"), "{text}");
    assert!(text.contains("adult, weekly: it has had no run with a verdict"), "{text}");
    let (code, text) = told("16d");
    assert_eq!(code, Some(5), "{text}");
    assert!(!text.contains("adult, extract: its last run"), "{text}");
    assert!(text.contains("source    well at 2026-10-05T05:12:31Z"), "{text}");
    assert!(text.contains("mail      mail server, ill at 2026-10-05T05:13:30Z: relay.council.example:25"), "{text}");
}
