//! A TDS 7.4 server for tests: what SQL Server says on the wire, and nothing behind it.
//!
//! It **executes no T-SQL**. A statement is looked at for a text that a [`Table`] was served under, and the table is the
//! answer; statements about the session (`SET`, `BEGIN TRANSACTION`) are acknowledged; whatever else is asked is an
//! error, number 208. So it shows that the program speaks the protocol, reads every type and survives every way in
//! which a line may break. That a query is right T-SQL it cannot show.
//!
//! A connection goes through the modules in this order: [`tls`] wraps the handshake in PRELOGIN packets, [`login`] reads
//! LOGIN7, [`request`] reads batches and procedure calls, [`session`] answers them, [`token`] writes the answers from
//! [`table`], [`types`] and [`value`], and [`wire`] cuts them into packets. A [`Fault`] says how a connection shall
//! fail; each counts in bytes of the whole connection before encryption, so that the same client meets it at the same
//! place every time. Threads are joined when the [`Server`] is dropped.
//!
//! That it is right is not for the program under test to say: `FreeTDS`, `python-tds` and `pymssql` read the same tables in CI
//! (`tests/foreign`).

#![allow(dead_code, unused_imports, reason = "every test binary uses its own part of this")]

pub(crate) mod council;
pub(crate) mod everything;
pub(crate) mod fault;
pub(crate) mod login;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod table;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod types;
pub(crate) mod value;
pub(crate) mod wire;

pub(crate) use self::{
    fault::{Fault, ServerError},
    server::{Options, Server},
    session::{Ending, Recorded},
    table::{Column, Table},
    tls::{Certificate, Encryption},
    types::{CodePage, Length, Type},
    value::Value,
};
