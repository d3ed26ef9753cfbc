//! What came, in memory that is used again.

use super::SLOTS;
use crate::address::Endpoint;
use crate::sys::batch::Slot;

/// A datagram that came, where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// Its bytes.
    pub data: &'a [u8],
    /// Who sent it.
    pub sender: Endpoint,
    /// Its true length, where it was cut.
    pub truncated_from: Option<usize>,
}

/// What one call gave in one piece: datagrams of one size (the last may be shorter) from one sender.
#[derive(Debug)]
pub(super) struct Chunk {
    slot: Slot,
    sender: Endpoint,
    piece: usize,
    /// Where the next datagram begins.
    at: usize,
    /// How many there are from there on.
    left: usize,
}

impl Chunk {
    /// What is in a slot. sender: where the system told none.
    pub(super) fn of(slot: Slot, nobody: Endpoint) -> Self {
        let length = slot.bytes.len();
        let piece = slot.piece.filter(|piece| *piece < length);
        Self {
            sender: slot.sender.map_or(nobody, Endpoint::from),
            piece: piece.unwrap_or(length),
            left: piece.map_or(1, |piece| length.div_ceil(piece)),
            at: 0,
            slot,
        }
    }

    /// The memory, to be filled again.
    pub(super) fn into_slot(self) -> Slot {
        self.slot
    }

    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// The bytes of all of it.
    pub(super) const fn size(&self) -> usize {
        self.slot.bytes.len()
    }

    pub(super) const fn sender(&self) -> Endpoint {
        self.sender
    }

    /// The datagrams that are still to be given.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Received<'_>> + Clone {
        (0..self.left).map(|index| self.datagram(index))
    }

    fn datagram(&self, index: usize) -> Received<'_> {
        let begin = self.at + index * self.piece;
        let length = self.slot.bytes.len();
        let end = (begin + self.piece).min(length);
        let whole = self.slot.length - begin.min(self.slot.length);
        Received {
            data: self.slot.bytes.get(begin..end).unwrap_or_default(),
            sender: self.sender,
            truncated_from: (end == length && self.slot.length > length).then_some(whole),
        }
    }

    /// Gives the next one; false when it was the last.
    pub(super) fn give<T>(&mut self, to: impl FnOnce(Received<'_>) -> T) -> (T, bool) {
        let told = to(self.datagram(0));
        self.at += self.piece;
        self.left -= 1;
        (told, self.left > 0)
    }

    /// Parts with the first `count` datagrams, fewer than there are. Of the two, the smaller one is copied.
    pub(super) fn split(&mut self, count: usize, mut spare: Slot) -> Self {
        let middle = self.at + count * self.piece;
        let (first, rest) = (middle - self.at, self.slot.bytes.len() - middle);
        spare.bytes.clear();
        let copied = if first <= rest {
            spare
                .bytes
                .extend_from_slice(&self.slot.bytes[self.at..middle]);
            spare.length = first;
            Self {
                slot: spare,
                at: 0,
                left: count,
                ..*self
            }
        } else {
            spare.bytes.extend_from_slice(&self.slot.bytes[middle..]);
            spare.length = self.slot.length - middle;
            let rest = Self {
                slot: spare,
                at: 0,
                left: self.left - count,
                ..*self
            };
            self.slot.bytes.truncate(middle);
            self.slot.length = middle;
            let first = std::mem::replace(self, rest);
            return Self {
                left: count,
                ..first
            };
        };
        self.at = middle;
        self.left -= count;
        copied
    }
}

/// Datagrams that came together. Used again, it takes no new memory: 64 KiB for each slot, touched only as far as they were filled.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) chunks: Vec<Chunk>,
    pub(super) spare: Vec<Slot>,
    /// How many datagrams a slot held the last time.
    pub(super) per_slot: usize,
}

impl Batch {
    /// Room without memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many datagrams there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Chunk::left).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The datagrams, in the order of their coming.
    pub fn iter(&self) -> impl Iterator<Item = Received<'_>> {
        self.chunks.iter().flat_map(Chunk::datagrams)
    }

    /// Forgets the datagrams, and keeps their memory.
    pub fn clear(&mut self) {
        self.spare
            .extend(self.chunks.drain(..).map(Chunk::into_slot));
        self.spare.truncate(SLOTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(bytes: &[u8], piece: Option<usize>) -> Chunk {
        let nobody = "127.0.0.1:9".parse().expect("an endpoint");
        let slot = Slot {
            bytes: bytes.to_vec(),
            length: bytes.len(),
            piece,
            sender: None,
        };
        Chunk::of(slot, nobody)
    }

    fn given(chunk: &Chunk) -> Vec<Vec<u8>> {
        chunk.datagrams().map(|one| one.data.to_vec()).collect()
    }

    #[test]
    fn a_chunk_is_its_datagrams_and_the_last_may_be_shorter() {
        assert_eq!(given(&chunk(b"", None)), [b""]);
        assert_eq!(given(&chunk(b"abc", None)), [b"abc"]);
        assert_eq!(given(&chunk(b"abc", Some(3))), [b"abc"]);
        assert_eq!(given(&chunk(b"aabbc", Some(2))), [&b"aa"[..], b"bb", b"c"]);
        let mut one = chunk(b"aabbc", Some(2));
        assert_eq!(one.give(|it| it.data.to_vec()), (b"aa".to_vec(), true));
        assert_eq!(given(&one), [&b"bb"[..], b"c"]);
    }

    #[test]
    fn a_chunk_in_two_has_the_same_datagrams() {
        let bytes: Vec<u8> = (0..100).collect();
        for piece in [1, 7, 33, 99] {
            let whole = given(&chunk(&bytes, Some(piece)));
            for count in 1..whole.len() {
                for before in 0..count.min(3) {
                    let mut rest = chunk(&bytes, Some(piece));
                    for _ in 0..before {
                        rest.give(|_| ());
                    }
                    let first = rest.split(count - before, Slot::default());
                    assert_eq!([given(&first), given(&rest)].concat(), whole[before..]);
                    assert!(
                        [&first, &rest].iter().all(|half| {
                            half.datagrams().all(|one| one.truncated_from.is_none())
                        })
                    );
                }
            }
        }
    }
}
