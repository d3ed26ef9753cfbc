//! What is to be written at the end of a round: first all ready clients are read, then all answers go.
//!
//! The kernel's code for reading stays in the processor's caches meanwhile, the peers are woken for many answers at once, and the
//! answers to several messages of a client go in one call. An echo of 64 bytes costs 2 to 6 % less of the processor than with each
//! answer written at once (50 to 1,000 clients).

use std::ops::Range;

use super::hub::Key;

/// A piece of at least this size is written at once: to copy it would cost more than the call.
pub(super) const LARGE: usize = 16 * 1024;
/// With so many bytes the round writes them before it goes on.
const ENOUGH: usize = 256 * 1024;

#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    letters: Vec<(Key, usize)>,
}

impl Outbox {
    /// Adds bytes for a client, behind those that it has here.
    pub(super) fn push(&mut self, key: Key, parts: &[&[u8]]) {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        let end = self.bytes.len();
        match self.letters.last_mut() {
            Some((last, before)) if *last == key => *before = end,
            _ => self.letters.push((key, end)),
        }
    }

    pub(super) const fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// The letter of that place, and where its bytes are.
    pub(super) fn letter(&self, place: usize) -> Option<(Key, Range<usize>)> {
        let (key, end) = *self.letters.get(place)?;
        let begin = match place.checked_sub(1) {
            Some(before) => self.letters.get(before)?.1,
            None => 0,
        };
        Some((key, begin..end))
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.letters.clear();
        self.bytes.clear();
        // One answer of many megabytes does not stay in memory.
        self.bytes.shrink_to(2 * ENOUGH);
    }
}
