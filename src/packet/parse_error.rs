//! What is wrong with a packet's bytes, and where.

use std::fmt;

use crate::error::{Code, Error, Place};

/// Bytes that are no packet: which layer, where it begins, what it needed and what it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The layer: "IPv4", "TCP".
    pub layer: &'static str,
    /// Where in the data the part that is wrong begins, in bytes.
    pub offset: usize,
    /// How many bytes it needs from there on; none where not the length is wrong, but a value.
    pub needed: Option<usize>,
    /// How many it has.
    pub had: Option<usize>,
    /// The same in words.
    pub cause: String,
}

impl ParseError {
    /// Of a part that needs more bytes than there are. `part`: "the IPv4 header".
    #[must_use]
    pub fn short(
        layer: &'static str,
        part: &str,
        offset: usize,
        needed: usize,
        had: usize,
    ) -> Self {
        Self {
            layer,
            offset,
            needed: Some(needed),
            had: Some(had),
            cause: format!(
                "{part} at byte {offset} needs {needed} byte{}, and there {} {had}",
                if needed == 1 { "" } else { "s" },
                if had == 1 { "is" } else { "are" },
            ),
        }
    }

    /// Of a value that cannot be meant.
    #[must_use]
    pub fn value(layer: &'static str, offset: usize, cause: String) -> Self {
        Self {
            layer,
            offset,
            needed: None,
            had: None,
            cause,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for ParseError {}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::new(
            Code::BadPacket,
            "parse",
            error.cause,
            "lax=True, which keeps what can be read, and first=, which says with which header the bytes begin",
        )
        .in_place(Place {
            layer: error.layer.into(),
            offset: error.offset as u64,
            needed: error.needed.map(|needed| needed as u64),
            had: error.had.map(|had| had as u64),
        })
    }
}
