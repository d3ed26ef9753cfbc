//! Bytes that a read took from the kernel and did not give to anybody: the next read begins with them.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;

use super::{Socket, locked};
use crate::state::State;

/// The bytes from `from` on are still to be read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    from: usize,
}

impl Kept {
    fn left(&self) -> &[u8] {
        &self.bytes[self.from..]
    }

    /// Takes so many of them away. The memory is given back with the last.
    fn skip(&mut self, count: usize) {
        self.from += count;
        if self.from == self.bytes.len() {
            *self = Self::default();
        }
    }
}

impl Socket {
    /// Whether there are such bytes. Without any this is one load.
    pub(super) fn keeps(&self) -> bool {
        self.has_kept.load(Ordering::Acquire) && self.state() != State::Closed
    }

    /// The next of them. No call is made.
    pub(super) fn give_kept(&self, buffer: &mut [MaybeUninit<u8>]) -> Option<usize> {
        let mut kept = locked(&self.kept);
        let left = kept.left();
        if left.is_empty() {
            return None;
        }
        let size = left.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(&left[..size]) {
            to.write(*from);
        }
        kept.skip(size);
        self.has_kept
            .store(!kept.left().is_empty(), Ordering::Release);
        Some(size)
    }

    /// The same, left where they are.
    pub(super) fn look_at_kept(&self, most: usize) -> Vec<u8> {
        let kept = locked(&self.kept);
        kept.left().iter().take(most).copied().collect()
    }

    /// Keeps bytes; what another read left there comes after them.
    pub(super) fn keep(&self, mut bytes: Vec<u8>) {
        if !bytes.is_empty() {
            let mut kept = locked(&self.kept);
            bytes.extend_from_slice(kept.left());
            *kept = Kept { bytes, from: 0 };
            self.has_kept.store(true, Ordering::Release);
        }
    }
}
