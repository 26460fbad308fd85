//! The test server as a process of its own, for clients that are not written in Rust: it serves tables of all types,
//! writes what it serves into a folder, and ends when its standard input does.
//!
//! ```sh
//! cargo run --example tds_server -- FOLDER
//! ```
//!
//! In the folder: `served.json` with each table's columns and rows as text, `authority.pem` for the client to trust,
//! and `server.json` with port, user, password and database.

#![expect(clippy::unwrap_used, reason = "it serves tests, and a panic is their failure")]
#![expect(clippy::disallowed_methods, reason = "a test's own files need not survive a crash")]

#[path = "../tests/support/tds/mod.rs"]
mod tds;

use std::{fs, io::Read, path::PathBuf};

use serde_json::{Map, json};
use tds::{Options, Server, everything};

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder to write to"));
    let server = Server::start(Options::default());
    let mut served = Map::new();
    for (name, table) in everything::tables() {
        let types: Vec<_> = table.columns.iter().map(|column| column.ty).collect();
        let text = |row: &Vec<tds::Value>| row.iter().zip(&types).map(|(value, ty)| value.written(*ty)).collect();
        let rows: Vec<Vec<_>> = table.rows.iter().map(text).collect();
        let columns: Vec<_> = table.columns.iter().map(|column| [column.name.clone(), column.ty.sql()]).collect();
        served.insert(name.to_owned(), json!({ "columns": columns, "rows": rows }));
        server.serve(name, table);
    }
    let options = server.options();
    let facts = json!({
        "port": server.port(),
        "user": options.user,
        "password": options.password,
        "database": options.database,
    });
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("served.json"), serde_json::to_vec(&served).unwrap()).unwrap();
    fs::write(folder.join("authority.pem"), &options.certificate.authority).unwrap();
    fs::write(folder.join("server.json"), facts.to_string()).unwrap();
    println!("listening on port {}", server.port());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
