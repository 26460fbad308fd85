//! One connection, from PRELOGIN to its end.

use std::{io, net::TcpStream, sync::Arc};

use super::{
    fault::{Fault, ServerError},
    login::{Login, Prelogin, encrypt},
    request::{Request, Way},
    server::Shared,
    table::Table,
    tls::{Encryption, Transport, Wrapping},
    token::{
        Change, Done, Layout, done, put_change, put_done, put_error, put_feature_ack, put_info, put_login_ack,
        put_return_status,
    },
    types::CodePage,
    wire::{Message, Wire, kind, protocol},
};

/// What a connection was.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// What the client said of itself; blank where it did not come so far.
    pub(crate) login: Login,
    /// What it agreed on with the server about encryption.
    pub(crate) encryption: u8,
    /// All that it asked for.
    pub(crate) requests: Vec<Request>,
    /// Where each of the server's packets ended, in bytes of the connection before encryption.
    pub(crate) boundaries: Vec<u64>,
    /// Attentions that it sent.
    pub(crate) attentions: usize,
    /// How it ended.
    pub(crate) ending: Ending,
}

impl Recorded {
    /// The statements, in order.
    pub(crate) fn statements(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.text.as_str()).collect()
    }

    /// Bytes that the server sent.
    pub(crate) fn bytes(&self) -> u64 {
        self.boundaries.last().copied().unwrap_or(0)
    }
}

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The client closed it when it had all that it asked for.
    Closed,
    /// The client closed it before it had all.
    ClosedEarly,
    /// The server ended it, as the script says.
    Scripted,
    /// Something that should not be.
    Failed(String),
}

/// Serves a client until it has gone.
pub(crate) fn serve(socket: TcpStream, shared: &Shared, fault: Fault) -> Recorded {
    let mut session = Session {
        shared,
        wire: Wire::new(Transport::Plain(socket), fault.clone()),
        fault,
        transaction: 0,
        begun: 0,
        recorded: Recorded {
            login: Login::default(),
            encryption: encrypt::UNSUPPORTED,
            requests: Vec::new(),
            boundaries: Vec::new(),
            attentions: 0,
            ending: Ending::Closed,
        },
    };
    let ending = match session.run() {
        Ok(ending) => ending,
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionAborted => Ending::Scripted,
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => {
                Ending::ClosedEarly
            }
            _ => Ending::Failed(error.to_string()),
        },
    };
    Recorded { ending, boundaries: session.wire.boundaries(), ..session.recorded }
}

struct Session<'a> {
    shared: &'a Shared,
    wire: Wire,
    fault: Fault,
    /// The open transaction; 0 for none.
    transaction: u64,
    /// Transactions begun so far.
    begun: u64,
    recorded: Recorded,
}

/// Whether a client may stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Admitted {
    Yes,
    No,
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<Ending> {
        let options = &self.shared.options;
        if options.encryption == Encryption::Strict {
            let config = &self.shared.tls;
            self.wire.change(|transport| transport.encrypt(config, Wrapping::None))?;
        }
        let Some(message) = self.expect(kind::PRELOGIN)? else { return Ok(Ending::ClosedEarly) };
        let prelogin = Prelogin::parse(&message.body)?;
        let agreed = prelogin.agreed(options.encryption);
        self.recorded.encryption = agreed;
        prelogin.put_answer(agreed, self.wire.message());
        self.wire.finish(kind::ANSWER)?;
        if agreed != encrypt::UNSUPPORTED {
            let config = &self.shared.tls;
            self.wire.change(|transport| transport.encrypt(config, Wrapping::Packets))?;
        }
        let Some(message) = self.expect(kind::LOGIN)? else { return Ok(Ending::ClosedEarly) };
        if agreed == encrypt::OFF {
            self.wire.change(Transport::decrypt)?;
        }
        self.recorded.login = Login::parse(&message.body)?;
        if self.login()? == Admitted::No {
            return Ok(Ending::Scripted);
        }
        while let Some(message) = self.wire.read()? {
            self.answer(&message)?;
        }
        Ok(Ending::Closed)
    }

    fn expect(&mut self, kind: u8) -> io::Result<Option<Message>> {
        match self.wire.read()? {
            Some(message) if message.kind != kind => {
                Err(protocol(&format!("a packet of type {:#04x} instead of {kind:#04x}", message.kind)))
            }
            other => Ok(other),
        }
    }

    fn login(&mut self) -> io::Result<Admitted> {
        const TDS_7_3_B: u32 = 0x730B_0003;
        let options = &self.shared.options;
        let login = &self.recorded.login;
        if login.version < TDS_7_3_B {
            return Err(protocol("a client older than TDS 7.3 B, which would not know a row with NULLs by bits"));
        }
        let known = login.token.is_some() || (login.user == options.user && login.password == options.password);
        let refusal = match &self.fault {
            Fault::Refused(error) => Some(error.clone()),
            _ if !known => Some(ServerError::login_failed(&login.user)),
            _ if !["", options.database.as_str(), "master"].contains(&login.database.as_str()) => {
                Some(ServerError::cannot_open(&login.database))
            }
            _ => None,
        };
        let packet_size = match login.packet_size {
            0 => 4096,
            asked => asked.clamp(512, 32_767),
        };
        let granted = login.granted();
        let out = self.wire.message();
        if let Some(error) = refusal {
            put_error(&error, out);
            put_done(Done::Statement, done::ERROR, 0, out);
            self.wire.finish(kind::ANSWER)?;
            return Ok(Admitted::No);
        }
        put_change(&Change::Database { new: &options.database, old: "master" }, out);
        put_info(5701, "Changed database context.", out);
        put_change(&Change::Collation(CodePage::Windows1252.collation()), out);
        put_login_ack(out);
        put_change(&Change::PacketSize { new: packet_size, old: 4096 }, out);
        if !granted.is_empty() {
            put_feature_ack(&granted, out);
        }
        if let Fault::Routed { host, port } = &self.fault {
            put_change(&Change::Routed { host, port: *port }, out);
        }
        put_done(Done::Statement, done::FINAL, 0, out);
        self.wire.finish(kind::ANSWER)?;
        self.wire.packet_size(options.packet_size.unwrap_or(packet_size));
        Ok(Admitted::Yes)
    }

    fn answer(&mut self, message: &Message) -> io::Result<()> {
        match message.kind {
            kind::BATCH | kind::RPC => {
                let request = Request::parse(message)?;
                self.recorded.requests.push(request.clone());
                self.answer_request(&request)
            }
            kind::ATTENTION => {
                self.recorded.attentions += 1;
                put_done(Done::Statement, done::ATTENTION, 0, self.wire.message());
                self.wire.finish(kind::ANSWER)
            }
            kind::TRANSACTION => self.answer_transaction(&message.body),
            other => Err(protocol(&format!("a packet of type {other:#04x}"))),
        }
    }

    fn answer_request(&mut self, request: &Request) -> io::Result<()> {
        let text = request.all_text();
        let procedure = request.way != Way::Batch;
        if let Fault::Failing { text: part, error } = &self.fault
            && text.contains(part)
        {
            let error = error.clone();
            return self.fail(&error, procedure);
        }
        if request.transaction != self.transaction {
            return Err(protocol("a request in a transaction that is not the open one"));
        }
        let describes = |text: &str| text.contains("sp_describe_first_result_set");
        let described = describes(&request.text) || matches!(&request.way, Way::Procedure(name) if describes(name));
        match self.shared.table(&text) {
            Some(table) if described && table.undescribed.is_some() => {
                table.undescribed.iter().try_for_each(|error| self.fail(error, procedure))
            }
            Some(table) if described => self.send_table(&Arc::new(table.description()), procedure),
            Some(table) if text.to_uppercase().contains("SET FMTONLY ON") => {
                self.send_table(&Arc::new(Table::new(table.columns.clone(), Vec::new())), procedure)
            }
            Some(table) => self.send_table(&table, procedure),
            None if is_of_the_session(&text) => self.acknowledge(&text, procedure),
            None => self.fail(&ServerError::unknown_object(), procedure),
        }
    }

    fn send_table(&mut self, table: &Table, procedure: bool) -> io::Result<()> {
        let layout = Layout::of(table, self.recorded.login.utf8);
        layout.put_metadata(self.wire.message());
        let told = table.rows.len() * table.times;
        for (place, row) in table.rows.iter().cycle().take(told).enumerate() {
            match &self.fault {
                Fault::MidStream { rows, error } if *rows == place => {
                    let error = error.clone();
                    return self.fail(&error, procedure);
                }
                _ => layout.put_row(row, self.wire.message()),
            }
            self.wire.send_full()?;
        }
        let rows = match self.fault {
            Fault::Miscounted(by) => (told as u64).wrapping_add_signed(by),
            _ => told as u64,
        };
        self.finish(done::COUNT, rows, procedure)
    }

    /// Ends an answer.
    fn finish(&mut self, status: u16, rows: u64, procedure: bool) -> io::Result<()> {
        let out = self.wire.message();
        if procedure {
            put_done(Done::InProcedure, status | done::MORE, rows, out);
            put_return_status(out);
            put_done(Done::Procedure, status & done::ERROR, 0, out);
        } else {
            put_done(Done::Statement, status, rows, out);
        }
        self.wire.finish(kind::ANSWER)
    }

    /// Ends an answer with an error, and with it the transaction, as `XACT_ABORT` and a deadlock do.
    fn fail(&mut self, error: &ServerError, procedure: bool) -> io::Result<()> {
        put_error(error, self.wire.message());
        if self.transaction != 0 {
            let ended = std::mem::take(&mut self.transaction);
            put_change(&Change::RolledBack(ended), self.wire.message());
        }
        self.finish(done::ERROR, 0, procedure)
    }

    fn acknowledge(&mut self, text: &str, procedure: bool) -> io::Result<()> {
        let text = text.to_uppercase();
        if text.contains("BEGIN TRAN") {
            self.begin();
        } else if text.contains("COMMIT") || text.contains("ROLLBACK") {
            self.end(text.contains("COMMIT"));
        }
        self.finish(done::FINAL, 0, procedure)
    }

    fn begin(&mut self) {
        self.begun += 1;
        // A number that no client would hold by chance.
        self.transaction = 0xC1D0_0000 + self.begun;
        put_change(&Change::Begun(self.transaction), self.wire.message());
    }

    fn end(&mut self, commit: bool) {
        let ended = std::mem::take(&mut self.transaction);
        if ended != 0 {
            let change = if commit { Change::Committed(ended) } else { Change::RolledBack(ended) };
            put_change(&change, self.wire.message());
        }
    }

    /// A transaction manager's request.
    fn answer_transaction(&mut self, body: &[u8]) -> io::Result<()> {
        const BEGIN: u8 = 5;
        const COMMIT: u8 = 7;
        const ROLLBACK: u8 = 8;
        let headers = body.first().copied().map_or(0, usize::from);
        match body.get(headers) {
            Some(&BEGIN) => self.begin(),
            Some(&COMMIT) => self.end(true),
            Some(&ROLLBACK) => self.end(false),
            _ => return Err(protocol("a transaction manager's request that nobody needs")),
        }
        self.finish(done::FINAL, 0, false)
    }
}

/// Whether every statement of a batch is one about the session.
fn is_of_the_session(text: &str) -> bool {
    let known = ["SET ", "BEGIN TRAN", "COMMIT", "ROLLBACK", "USE ", "IF @@TRANCOUNT"];
    let statements = text.split([';', '\n']).map(|statement| statement.trim().to_uppercase());
    statements
        .filter(|statement| !statement.is_empty())
        .all(|statement| known.iter().any(|known| statement.starts_with(known)))
}
