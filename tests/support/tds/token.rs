//! The tokens of an answer.

use super::{
    fault::ServerError,
    table::{Column, Table},
    types::Type,
    value::Value,
};

const COL_METADATA: u8 = 0x81;
const ROW: u8 = 0xD1;
const NBC_ROW: u8 = 0xD2;
const DONE: u8 = 0xFD;
const DONE_PROC: u8 = 0xFE;
const DONE_IN_PROC: u8 = 0xFF;
const RETURN_STATUS: u8 = 0x79;
const ENV_CHANGE: u8 = 0xE3;
const LOGIN_ACK: u8 = 0xAD;
const FEATURE_ACK: u8 = 0xAE;
const INFO: u8 = 0xAB;
const ERROR: u8 = 0xAA;

/// Bits of a DONE token.
pub(crate) mod done {
    pub(crate) const FINAL: u16 = 0;
    pub(crate) const MORE: u16 = 1;
    pub(crate) const ERROR: u16 = 2;
    pub(crate) const COUNT: u16 = 0x10;
    pub(crate) const ATTENTION: u16 = 0x20;
}

/// Which of the DONE tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Of a batch's statement.
    Statement,
    /// Of a statement within a procedure.
    InProcedure,
    /// Of the procedure.
    Procedure,
}

/// Writes a DONE token.
pub(crate) fn put_done(done: Done, status: u16, rows: u64, out: &mut Vec<u8>) {
    const SELECT: u16 = 0xC1;
    out.push(match done {
        Done::Statement => DONE,
        Done::InProcedure => DONE_IN_PROC,
        Done::Procedure => DONE_PROC,
    });
    out.extend(status.to_le_bytes());
    out.extend(if status & done::COUNT == 0 { 0 } else { SELECT }.to_le_bytes());
    out.extend(rows.to_le_bytes());
}

/// What a procedure returns.
pub(crate) fn put_return_status(out: &mut Vec<u8>) {
    out.push(RETURN_STATUS);
    out.extend(0_i32.to_le_bytes());
}

/// The columns as one client sees them, for the rows that follow.
pub(crate) struct Layout(Vec<Column>);

impl Layout {
    /// A client that did not ask for UTF-8 at login gets such columns as `nvarchar`.
    pub(crate) fn of(table: &Table, utf8: Utf8) -> Self {
        let seen = |column: &Column| match utf8 {
            Utf8::Known => column.clone(),
            Utf8::Unknown => Column { ty: column.ty.without_utf8(), ..column.clone() },
        };
        Self(table.columns.iter().map(seen).collect())
    }

    /// Writes COLMETADATA.
    pub(crate) fn put_metadata(&self, out: &mut Vec<u8>) {
        use super::table::Nullable;
        out.push(COL_METADATA);
        out.extend((self.0.len() as u16).to_le_bytes());
        for column in &self.0 {
            out.extend(0_u32.to_le_bytes());
            // Nullable; whether it can be written is not known.
            let nullable = u16::from(column.nullable == Nullable::Yes);
            out.extend((nullable | 0x08).to_le_bytes());
            column.ty.put_info(column.nullable, out);
            if matches!(column.ty, Type::Text(_) | Type::NText | Type::Image) {
                out.push(1);
                put_long_text("served", out);
            }
            put_text(&column.name, out);
        }
    }

    /// Writes a row; where it has a NULL, in the form that names NULLs by bits.
    pub(crate) fn put_row(&self, row: &[Value], out: &mut Vec<u8>) {
        let compact = row.contains(&Value::Null);
        out.push(if compact { NBC_ROW } else { ROW });
        if compact {
            for eight in row.chunks(8) {
                let bits = eight.iter().enumerate();
                out.push(bits.fold(0, |bits, (bit, value)| bits | u8::from(*value == Value::Null) << bit));
            }
        }
        for (column, value) in self.0.iter().zip(row) {
            if *value != Value::Null {
                value.put(column.ty, column.nullable, out);
            }
        }
    }
}

/// Whether a client said at login that it knows UTF-8 collations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Utf8 {
    Known,
    Unknown,
}

/// Writes an error.
pub(crate) fn put_error(error: &ServerError, out: &mut Vec<u8>) {
    put_message(ERROR, error.number, error.class, &error.message, out);
}

/// Writes a message that is none.
pub(crate) fn put_info(number: i32, message: &str, out: &mut Vec<u8>) {
    put_message(INFO, number, 0, message, out);
}

fn put_message(token: u8, number: i32, class: u8, message: &str, out: &mut Vec<u8>) {
    sized(token, out, |out| {
        out.extend(number.to_le_bytes());
        out.extend([1, class]);
        put_long_text(message, out);
        put_text("testserver", out);
        put_text("", out);
        out.extend(1_i32.to_le_bytes());
    });
}

/// The login is accepted, by TDS 7.4 and SQL Server 2019.
pub(crate) fn put_login_ack(out: &mut Vec<u8>) {
    sized(LOGIN_ACK, out, |out| {
        out.extend([1, 0x74, 0, 0, 4]);
        put_text("Microsoft SQL Server", out);
        out.extend([15, 0, 0x07, 0xD0]);
    });
}

/// The features of a login that are granted, with what each says.
pub(crate) fn put_feature_ack(features: &[(u8, &[u8])], out: &mut Vec<u8>) {
    out.push(FEATURE_ACK);
    for (feature, data) in features {
        out.push(*feature);
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(*data);
    }
    out.push(0xFF);
}

/// Something about the session has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change<'a> {
    Database { new: &'a str, old: &'a str },
    PacketSize { new: usize, old: usize },
    Collation([u8; 5]),
    Begun(u64),
    Committed(u64),
    RolledBack(u64),
    Routed { host: &'a str, port: u16 },
}

/// Writes a change.
pub(crate) fn put_change(change: &Change, out: &mut Vec<u8>) {
    sized(ENV_CHANGE, out, |out| match change {
        Change::Database { new, old } => {
            out.push(1);
            put_text(new, out);
            put_text(old, out);
        }
        Change::PacketSize { new, old } => {
            out.push(4);
            put_text(&new.to_string(), out);
            put_text(&old.to_string(), out);
        }
        Change::Collation(collation) => {
            out.extend([7, 5]);
            out.extend(collation);
            out.push(0);
        }
        Change::Begun(transaction) => {
            out.extend([8, 8]);
            out.extend(transaction.to_le_bytes());
            out.push(0);
        }
        Change::Committed(transaction) => {
            out.extend([9, 0, 8]);
            out.extend(transaction.to_le_bytes());
        }
        Change::RolledBack(transaction) => {
            out.extend([10, 0, 8]);
            out.extend(transaction.to_le_bytes());
        }
        Change::Routed { host, port } => {
            out.push(20);
            let units = host.encode_utf16().count() as u16;
            out.extend((units * 2 + 5).to_le_bytes());
            out.push(0);
            out.extend(port.to_le_bytes());
            put_long_text(host, out);
            out.extend([0, 0]);
        }
    });
}

/// A token that begins with its length.
fn sized(token: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(token);
    let start = out.len();
    out.extend([0, 0]);
    body(out);
    let length = (out.len() - start - 2) as u16;
    out[start..start + 2].copy_from_slice(&length.to_le_bytes());
}

/// A text of up to 255 units.
fn put_text(text: &str, out: &mut Vec<u8>) {
    out.push(text.encode_utf16().count() as u8);
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
}

/// A text of up to 65,535 units.
fn put_long_text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.encode_utf16().count() as u16).to_le_bytes());
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
}
