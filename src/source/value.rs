//! Values of a database that can't become the text of a cell.

/// Why a value can't become text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadValue {
    /// Bytes rather than text.
    #[error("it is a BLOB; CAST it to TEXT in the query, or leave it out")]
    Blob,
    /// Text in an unknown encoding.
    #[error("its text is not UTF-8; correct it where it was loaded into the database")]
    NotUtf8,
    /// A character that no file may hold.
    #[error("its text holds the character NUL; correct it in the case system, or write REPLACE in the query")]
    Nul,
    /// Half a character.
    #[error("its text holds half a character (a lone surrogate, or U+FFFD); correct it in the case system")]
    Surrogate,
    /// An amount that the driver can't hold.
    #[error("its amount is beyond 100,000,000,000; write CAST(… AS decimal(19,4)) in the query")]
    Money,
    /// A number, date or time that does not exist.
    #[error("it is beyond what its type may hold; run it again, and have the server looked at")]
    OutOfRange,
    /// Not of the type that was announced.
    #[error("it is of another type than its column; run it again, and have the server looked at")]
    OtherType,
    /// A text that would fill the memory.
    #[error("with it the row is longer than 16 MB; shorten it in the query")]
    TooLong,
}
