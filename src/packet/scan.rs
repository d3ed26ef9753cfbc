//! Finds the headers of a packet.

use super::headers::Headers;
use super::{First, ParseError, Protocol};

/// What was found.
pub(super) struct Found {
    pub(super) headers: Headers,
    /// Where the payload ends.
    pub(super) end: usize,
    pub(super) protocol: Protocol,
    pub(super) faults: Vec<ParseError>,
}

pub(super) fn scan(data: &[u8], first: First, wire_length: usize) -> Found {
    let _ = (first, wire_length);
    Found {
        headers: Headers::new(),
        end: data.len(),
        protocol: Protocol::Unknown,
        faults: Vec::new(),
    }
}
