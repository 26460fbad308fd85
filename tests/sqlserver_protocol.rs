//! The TDS test server, as the driver sees it: the protocol below the source, and what the server records of it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/tds/mod.rs"]
mod tds;

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::civil::date;
use tds::{
    Encryption, Ending, Fault, Options, Server, ServerError, Table, Type, Value, everything,
    login::{Intent, encrypt},
    request::Way,
    value::{DAY, SECOND},
};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, QueryItem};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

type Connection = Client<Compat<TcpStream>>;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// How a client connects that trusts the server's authority.
fn config(server: &Server, encryption: EncryptionLevel, authority: &tempfile::NamedTempFile) -> Config {
    let mut config = Config::new();
    config.host("localhost");
    config.port(server.port());
    config.database("Council");
    config.application_name("a test");
    config.readonly(true);
    config.authentication(AuthMethod::sql_server(&server.options().user, &server.options().password));
    config.encryption(encryption);
    config.trust_cert_ca(authority.path().to_str().unwrap());
    config.command_timeout(Some(Duration::from_secs(10)));
    config
}

fn authority(server: &Server) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
    std::io::Write::write_all(&mut file.as_file(), server.options().certificate.authority.as_bytes()).unwrap();
    file
}

async fn connect(server: &Server, encryption: EncryptionLevel) -> tiberius::Result<Connection> {
    let authority = authority(server);
    let socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    Box::pin(Client::connect(config(server, encryption, &authority), socket.compat_write())).await
}

/// A cell of tiberius's as the server would write it.
fn written(data: &ColumnData, ty: Type) -> Option<String> {
    let day = |days: i64| date(1, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
    let ticks = |time: tiberius::time::Time| time.increments() * 10_u64.pow(7 - u32::from(time.scale()));
    let value = match data {
        ColumnData::U8(value) => Value::Integer((*value)?.into()),
        ColumnData::I16(value) => Value::Integer((*value)?.into()),
        ColumnData::I32(value) => Value::Integer((*value)?.into()),
        ColumnData::I64(value) => Value::Integer((*value)?),
        ColumnData::F32(value) => Value::Real((*value)?),
        ColumnData::F64(value) if matches!(ty, Type::Money | Type::SmallMoney) => {
            return Some(format!("{:.4}", (*value)?));
        }
        ColumnData::F64(value) => Value::Float((*value)?),
        ColumnData::Bit(value) => Value::Bit((*value)?),
        ColumnData::String(value) => Value::text(value.as_deref()?),
        ColumnData::Xml(value) => Value::text(value.as_deref()?.to_string()),
        ColumnData::Guid(value) => Value::Guid(*(*value)?.as_bytes()),
        ColumnData::Binary(value) => Value::Bytes(value.as_deref()?.to_vec()),
        ColumnData::Numeric(value) => Value::Decimal((*value)?.value()),
        ColumnData::Date(value) => Value::Date(day((*value)?.days().into())),
        ColumnData::Time(value) => Value::Time(ticks((*value)?)),
        ColumnData::DateTime(value) => {
            let value = (*value)?;
            let day = day(693_595 + i64::from(value.days()));
            Value::DateTime(day, (u64::from(value.seconds_fragments()) * 100_000).div_ceil(3))
        }
        ColumnData::SmallDateTime(value) => {
            let value = (*value)?;
            let minutes = u64::from(value.seconds_fragments());
            Value::DateTime(day(693_595 + i64::from(value.days())), minutes * 60 * SECOND)
        }
        ColumnData::DateTime2(value) => {
            let value = (*value)?;
            Value::DateTime(day(value.date().days().into()), ticks(value.time()))
        }
        ColumnData::DateTimeOffset(value) => {
            let value = (*value)?;
            let (utc, ahead) = (value.datetime2(), value.offset());
            let local = i64::from(utc.date().days()) * DAY as i64
                + ticks(utc.time()) as i64
                + i64::from(ahead) * 60 * SECOND as i64;
            let days = day(local.div_euclid(DAY as i64));
            Value::DateTimeOffset(days, local.rem_euclid(DAY as i64) as u64, ahead)
        }
    };
    value.written(ty)
}

/// All rows of a query, as the server would write them.
async fn read(connection: &mut Connection, sql: &str, types: &[Type]) -> tiberius::Result<Vec<Vec<Option<String>>>> {
    let mut stream = connection.simple_query(sql).await?;
    let mut rows = Vec::new();
    while let Some(item) = stream.try_next().await? {
        if let QueryItem::Row(row) = item {
            rows.push(row.cells().zip(types).map(|((_, data), ty)| written(data, *ty)).collect());
        }
    }
    Ok(rows)
}

fn types(table: &Table) -> Vec<Type> {
    table.columns.iter().map(|column| column.ty).collect()
}

fn written_rows(table: &Table) -> Vec<Vec<Option<String>>> {
    let types = types(table);
    table.rows.iter().map(|row| row.iter().zip(&types).map(|(value, ty)| value.written(*ty)).collect()).collect()
}

fn started(options: Options) -> Server {
    let server = Server::start(options);
    for (name, table) in everything::tables() {
        server.serve(format!("FROM {name}"), table);
    }
    server
}

#[test]
fn every_type_arrives_as_it_was_put_in_whatever_the_size_of_the_packets() {
    for packet_size in [Some(9), Some(61), Some(512), None, Some(32_767)] {
        let server = started(Options { packet_size, encryption: Encryption::Unsupported, ..Options::default() });
        runtime().block_on(async {
            let mut connection = connect(&server, EncryptionLevel::NotSupported).await.unwrap();
            let tables = everything::tables();
            // One byte a packet is slow.
            let slow = |name| match packet_size {
                Some(..10) => name == "t_long" || name == "t_many",
                Some(..512) => name == "t_many",
                _ => false,
            };
            for (name, table) in tables.into_iter().filter(|(name, _)| !slow(*name)) {
                let rows = read(&mut connection, &format!("SELECT * FROM {name}"), &types(&table)).await.unwrap();
                assert_eq!(rows, written_rows(&table), "{name} in packets of {packet_size:?}");
            }
        });
        assert_eq!(server.last().ending, Ending::Closed);
    }
}

#[test]
fn a_connection_is_encrypted_in_each_way_that_there_is() {
    for (offered, asked, agreed) in [
        (Encryption::Offered, EncryptionLevel::Required, encrypt::REQUIRED),
        (Encryption::Required, EncryptionLevel::On, encrypt::REQUIRED),
        (Encryption::Offered, EncryptionLevel::Off, encrypt::OFF),
        (Encryption::Offered, EncryptionLevel::NotSupported, encrypt::UNSUPPORTED),
        (Encryption::Strict, EncryptionLevel::Strict, encrypt::UNSUPPORTED),
    ] {
        let server = started(Options { encryption: offered, ..Options::default() });
        runtime().block_on(async {
            let mut connection = connect(&server, asked).await.unwrap();
            let table = everything::tables().pop().unwrap().1;
            let rows = read(&mut connection, "SELECT * FROM t_many", &types(&table)).await.unwrap();
            assert_eq!(rows, written_rows(&table), "{offered:?}");
        });
        let recorded = server.last();
        assert_eq!((recorded.encryption, recorded.ending), (agreed, Ending::Closed), "{offered:?}");
    }
}

#[test]
fn a_client_that_insists_on_encryption_does_not_log_in_without() {
    let server = started(Options { encryption: Encryption::Unsupported, ..Options::default() });
    runtime().block_on(connect(&server, EncryptionLevel::Required)).unwrap_err();
    assert_eq!(server.last().login.password, "");
}

#[test]
fn the_login_is_recorded() {
    let server = started(Options::default());
    runtime().block_on(connect(&server, EncryptionLevel::Required)).map(drop).unwrap();
    let login = server.last().login;
    assert_eq!((login.application.as_str(), login.database.as_str()), ("a test", "Council"));
    assert_eq!((login.user.as_str(), login.intent), ("cld_reader", Intent::ReadOnly));
    assert_eq!((login.server.as_str(), login.version), ("localhost", 0x7400_0004));
}

#[test]
fn parameters_are_recorded_with_their_declaration() {
    let server = started(Options::default());
    runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::Required).await.unwrap();
        let sql = "SELECT * FROM t_integers WHERE started <= @P1 AND name = @P2 AND number = @P3";
        let rows = connection.query(sql, &[&"2026-09-30", &"O'Brien", &-5_i64]).await.unwrap();
        assert_eq!(rows.into_first_result().await.unwrap().len(), 5);
    });
    let [request] = server.last().requests.try_into().unwrap();
    assert!(matches!(&request.way, Way::ExecuteSql(declared) if declared.contains("@P2 nvarchar")), "{request:?}");
    let values: Vec<_> = request.parameters.iter().map(|parameter| parameter.value.as_deref().unwrap()).collect();
    assert_eq!(values, ["2026-09-30", "O'Brien", "-5"]);
}

#[test]
fn a_result_is_described_without_its_rows() {
    let server = started(Options::default());
    let described = runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::Required).await.unwrap();
        let sql = "EXEC sp_describe_first_result_set @P1";
        let rows = connection.query(sql, &[&"SELECT * FROM t_exact"]).await.unwrap();
        let rows = rows.into_first_result().await.unwrap();
        let text = |row: &tiberius::Row, name| row.get::<&str, _>(name).unwrap().to_owned();
        rows.iter().map(|row| format!("{} {}", text(row, "name"), text(row, "system_type_name"))).collect::<Vec<_>>()
    });
    let expected = ["smallmoney smallmoney", "money money", "decimal decimal(18,2)", "numeric numeric(18,2)"];
    assert_eq!(described, expected);
}

#[test]
fn a_transaction_spans_requests_and_no_request_outside_it_is_answered() {
    let server = started(Options::default());
    runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::Required).await.unwrap();
        let integers = everything::tables().remove(0).1;
        for sql in [
            "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION",
            "SELECT * FROM t_integers",
            "COMMIT TRANSACTION",
            "SELECT * FROM t_integers",
        ] {
            read(&mut connection, sql, &types(&integers)).await.unwrap();
        }
    });
    let transactions: Vec<_> = server.last().requests.iter().map(|request| request.transaction != 0).collect();
    assert_eq!(transactions, [false, true, true, false]);
}

#[test]
fn what_the_server_was_not_told_about_it_refuses() {
    let server = started(Options::default());
    let error = runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::Required).await.unwrap();
        read(&mut connection, "DELETE FROM person", &[]).await.unwrap_err()
    });
    assert_eq!(error.code(), Some(208));
}

/// What becomes of reading a long table with this fault.
fn with(fault: Fault) -> (tiberius::Result<usize>, Server) {
    let server = started(Options { encryption: Encryption::Unsupported, ..Options::default() });
    server.fail([fault]);
    let read = runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::NotSupported).await?;
        let types = types(&everything::tables().pop().unwrap().1);
        let reading = read(&mut connection, "SELECT * FROM t_many", &types);
        let rows = tokio::time::timeout(Duration::from_millis(300), reading).await;
        rows.unwrap_or_else(|_| Err(tiberius::error::Error::Protocol("nothing came".into()))).map(|rows| rows.len())
    });
    (read, server)
}

#[test]
fn a_connection_breaks_where_the_script_says() {
    let (whole, server) = with(Fault::None);
    assert_eq!(whole.unwrap(), 5_001);
    let half = server.last().bytes() / 2;
    for fault in [Fault::Cut(half), Fault::Reset(half), Fault::Stall(half)] {
        let (read, server) = with(fault.clone());
        let error = read.unwrap_err().to_string();
        let recorded = server.last();
        let expected = match fault {
            Fault::Reset(_) => "reset",
            Fault::Stall(_) => "nothing came",
            _ => "",
        };
        assert!(error.contains(expected), "{fault:?}: {error}");
        assert_eq!(recorded.ending, Ending::Scripted);
        assert!(recorded.bytes() <= half && recorded.bytes() + 4096 > half);
    }
}

#[test]
fn a_server_says_what_the_script_says() {
    for (fault, number) in [
        (Fault::Refused(ServerError::login_failed("somebody")), 18456),
        (Fault::Refused(ServerError::cannot_open("Council")), 4060),
        (Fault::Failing { text: "t_many", error: ServerError::lock_timeout() }, 1222),
        (Fault::Failing { text: "t_many", error: ServerError::no_snapshot("Council") }, 3952),
        (Fault::MidStream { rows: 3_000, error: ServerError::deadlock() }, 1205),
        (Fault::MidStream { rows: 0, error: ServerError::conversion("a name") }, 245),
    ] {
        let (read, _server) = with(fault.clone());
        assert_eq!(read.unwrap_err().code(), Some(number), "{fault:?}");
    }
}

#[test]
fn a_wrong_password_and_a_wrong_database_are_refused() {
    let server = started(Options { user: "another".to_owned(), ..Options::default() });
    let authority = authority(&server);
    for (user, database, number) in [("cld_reader", "Council", 18456), ("another", "Elsewhere", 4060)] {
        let mut config = config(&server, EncryptionLevel::Required, &authority);
        config.authentication(AuthMethod::sql_server(user, &server.options().password));
        config.database(database);
        let connecting = async {
            let socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
            Box::pin(Client::connect(config, socket.compat_write())).await.unwrap_err()
        };
        assert_eq!(runtime().block_on(connecting).code(), Some(number));
    }
}

#[test]
fn another_server_is_named_at_login() {
    let (read, _server) = with(Fault::Routed { host: "replica.example".to_owned(), port: 1444 });
    let error = read.unwrap_err();
    assert!(
        matches!(&error, tiberius::error::Error::Routing { host, port: 1444 } if host == "replica.example"),
        "{error}"
    );
}

#[test]
fn an_attention_is_acknowledged_in_a_message_of_its_own() {
    let server = started(Options::default());
    runtime().block_on(async {
        let mut connection = connect(&server, EncryptionLevel::Required).await.unwrap();
        drop(connection.simple_query("SELECT * FROM t_many").await.unwrap());
        // Which is where tiberius does not look for it: why the source closes a connection instead of cancelling.
        connection.cancel_query().await.unwrap_err();
    });
    let recorded = server.last();
    assert_eq!((recorded.attentions, recorded.ending), (1, Ending::Closed));
}
