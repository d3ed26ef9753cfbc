//! One message that is being joined from its parts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Header;

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fits {
    /// It was missing, and is kept.
    New,
    /// It was there already.
    Duplicate,
    /// It says something else than the parts before it; they stand.
    Contradicts(String),
}

/// A message whose parts arrive in any order.
///
/// It holds what came and nothing more: the beginning as far as it is whole, and the parts that lie ahead of it. A length that a
/// header claims takes no memory.
#[derive(Debug)]
pub struct Message {
    first: Header,
    /// The message from its first byte on, up to the first hole.
    front: Vec<u8>,
    /// The part that would be next there.
    next: u32,
    ahead: BTreeMap<u32, Box<[u8]>>,
    memory_ahead: usize,
    duplicates: u64,
    reordered: u64,
}

/// What a part that lies ahead costs beside its bytes, about.
const COST: usize = 64;

impl Message {
    /// The message that this part belongs to; the part itself has still to be taken.
    #[must_use]
    pub const fn of(part: Header) -> Self {
        Self {
            first: part,
            front: Vec::new(),
            next: 0,
            ahead: BTreeMap::new(),
            memory_ahead: 0,
            duplicates: 0,
            reordered: 0,
        }
    }

    /// Takes a part. data: as many bytes as its header says (`Header::read` has looked).
    pub fn take(&mut self, part: Header, data: &[u8]) -> Fits {
        let own = self.first;
        if (part.length, part.chunk) != (own.length, own.chunk) {
            return Fits::Contradicts(format!(
                "part {} says {} bytes in parts of {}, the first part of this message said {} in parts of {}",
                part.index, part.length, part.chunk, own.length, own.chunk
            ));
        }
        if let Some(same) = self.part(part).map(|there| there == data) {
            self.duplicates += 1;
            return if same {
                Fits::Duplicate
            } else {
                let index = part.index;
                Fits::Contradicts(format!("part {index} came again with other bytes"))
            };
        }
        if self
            .ahead
            .last_key_value()
            .is_some_and(|(last, _)| *last > part.index)
        {
            self.reordered += 1;
        }
        if part.index != self.next {
            self.ahead.insert(part.index, data.into());
            self.memory_ahead += data.len() + COST;
            return Fits::New;
        }
        self.append(data);
        while let Some(data) = self.ahead.remove(&self.next) {
            self.memory_ahead -= data.len() + COST;
            self.append(&data);
        }
        Fits::New
    }

    fn append(&mut self, data: &[u8]) {
        self.front.extend_from_slice(data);
        self.next = self.next.saturating_add(1);
    }

    fn part(&self, part: Header) -> Option<&[u8]> {
        if part.index < self.next {
            let range = part.range();
            let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).ok());
            return self.front.get(start?..end?);
        }
        self.ahead.get(&part.index).map(AsRef::as_ref)
    }

    /// Whether every part is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.next == self.first.count()
    }

    /// The message's number.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.first.id
    }

    /// How many bytes it should have.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.first.length
    }

    /// How many parts it should have.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.first.count()
    }

    /// How many bytes each part but the last carries.
    #[must_use]
    pub const fn chunk(&self) -> u16 {
        self.first.chunk
    }

    /// How many parts came a second time.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many parts came after a later one.
    #[must_use]
    pub const fn reordered(&self) -> u64 {
        self.reordered
    }

    /// The message from its first byte on, as far as no part is missing.
    #[must_use]
    pub fn front(&self) -> &[u8] {
        &self.front
    }

    /// How many different parts came.
    #[must_use]
    pub fn came(&self) -> u32 {
        self.next + u32::try_from(self.ahead.len()).unwrap_or(u32::MAX)
    }

    /// Which parts are missing: ranges of part numbers, at most one more than parts came.
    #[must_use]
    pub fn missing(&self) -> Vec<Range<u32>> {
        let mut holes = Vec::new();
        let mut next = self.next;
        for &index in self.ahead.keys().chain([&self.count()]) {
            if next < index {
                holes.push(next..index);
            }
            next = index.saturating_add(1);
        }
        holes
    }

    /// Which bytes of the message these parts carry.
    #[must_use]
    pub fn bytes_of(&self, parts: &Range<u32>) -> Range<u64> {
        let [start, end] = [parts.start, parts.end]
            .map(|part| (u64::from(part) * u64::from(self.chunk())).min(self.length().into()));
        start..end
    }

    /// How much memory it holds, about.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.front.capacity() + self.memory_ahead + 4 * COST
    }

    /// The message, if it is whole; itself again, if not.
    ///
    /// # Errors
    /// Itself, when parts are missing.
    pub fn whole(self) -> Result<Vec<u8>, Self> {
        if self.is_whole() {
            Ok(self.front)
        } else {
            Err(self)
        }
    }
}
