//! What the bytes of a server come to, without a server: for the fuzz target, and for the test of its seed.

use std::{
    io::Cursor,
    path::Path,
    time::{Duration, Instant},
};

use tiberius::{AuthMethod, EncryptionLevel};
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::{
    connect::Client,
    describe, guard,
    query::{Bounds, Reading, read},
};
use crate::{
    config::sqlserver::Guard,
    source::{BatchSink, Flow, Parameters, QueryText, RawBatch, RowsRead, SourceError},
    sys::shutdown::Shutdown,
};

/// PRELOGIN: no encryption.
const GREETING: &[u8] = &[1, 0, 6, 0, 1, 0xFF, 2];
/// LOGINACK of TDS 7.4, and DONE.
const ADMITTED: &[u8] = &[0xAD, 10, 0, 1, 0x74, 0, 0, 4, 0, 15, 0, 0, 0, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Reads two answers as a server's tokens: what describes a query, and its rows.
#[doc(hidden)]
pub fn read_answers(description: &[u8], rows: &[u8]) -> Result<RowsRead, SourceError> {
    let file = Path::new("query.sql");
    let query = QueryText { index: 0, name: "query", file, sql: "SELECT 1 AS one", outside: &[] };
    let lost = |_| SourceError::Lost { file: file.to_owned(), rows: 0, reason: "no greeting".to_owned() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|_| SourceError::Stopped { file: file.to_owned() })?;
    let mut bytes = Vec::new();
    for answer in [GREETING, ADMITTED, description, rows] {
        put_message(answer, &mut bytes);
    }
    let stream = tokio::io::join(Cursor::new(bytes), tokio::io::sink());
    let mut config = tiberius::Config::new();
    config.authentication(AuthMethod::sql_server("", ""));
    config.encryption(EncryptionLevel::NotSupported);
    config.lossy_utf16_decoding(true);
    let longest = Duration::from_secs(60);
    let deadline = Instant::now() + longest;
    let bounds = Bounds { stop: Shutdown::default(), deadline, longest, silence: longest };
    let checked = guard::Checked { text: query.sql.to_owned(), dirty: None, counting: None };
    let day = crate::model::Date::from_days(0);
    runtime.block_on(async {
        let mut client: Client<_> = Box::pin(tiberius::Client::connect(config, stream.compat())).await.map_err(lost)?;
        let description = describe::describe(&mut client, file, query.sql, &bounds).await?;
        let reading = Reading {
            query: &query,
            checked: &checked,
            description: &description,
            parameters: Parameters { period: crate::model::Period::last_closed_rolling_year(day) },
            guard: Guard::Parse,
        };
        read(&mut client, &reading, &mut Nowhere(None), &bounds).await
    })
}

/// One message, in packets of whatever size.
fn put_message(payload: &[u8], out: &mut Vec<u8>) {
    const MOST: usize = 4_000;
    const HEADER: usize = 8;
    let mut packets = payload.chunks(MOST).peekable();
    while let Some(packet) = packets.next() {
        let [high, low] = ((packet.len() + HEADER) as u16).to_be_bytes();
        let last = u8::from(packets.peek().is_none());
        out.extend_from_slice(&[4, last, high, low, 0, 51, 1, 0]);
        out.extend_from_slice(packet);
    }
}

/// Takes batches and gives them back.
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
