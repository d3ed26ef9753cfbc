//! A message in numbered parts, each small enough for one datagram, and back again.
//!
//! A part is a header of 16 bytes and a piece of the message; numbers have the high byte first:
//!
//! ```text
//!  0       1       2       3       4
//!  +-------+-------+-------+-------+
//!  |  'N'  | version 1 |  chunk    |   chunk: how many bytes of the message each part but the last carries
//!  +-------+-------+-------+-------+
//!  |          message id           |   the same in every part of one message
//!  +-------+-------+-------+-------+
//!  |          part number          |   from 0 on: the part carries the bytes from number * chunk on
//!  +-------+-------+-------+-------+
//!  |       length of the message   |   in bytes
//!  +-------+-------+-------+-------+
//! ```
//!
//! The number of parts is told by chunk and length together, so that no part can contradict itself: how many bytes it has to
//! carry follows from its header alone, and one that carries more or less is refused.

mod joiner;
mod message;

pub use joiner::{Counts, Joiner, Limits, Lost, Taken, Whole};
pub use message::{Fits, Message};

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Code, Error, Result};

/// The bytes of a part's header.
pub const HEADER: usize = 16;
/// A part that fills an Ethernet frame: MTU 1500, less 20 for IPv4 and 8 for UDP.
pub const SIZE: usize = 1472;
/// The most that one UDP datagram carries over IPv4: 65,535 less 20 and 8.
pub const MOST: usize = 65_507;

const MARK: [u8; 2] = [b'N', 1];

/// A message's cuts: which bytes each part carries, and its header. The message itself is not touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitter {
    id: u32,
    chunk: u16,
    length: u32,
}

impl Splitter {
    /// The cuts of a message of `length` bytes into parts of at most `size` bytes, header included.
    ///
    /// # Errors
    /// `BadArgument` for a size that leaves no room for the message, or that no datagram can carry; `MessageTooLarge` for 4 GiB and more.
    pub fn new(length: usize, size: usize, id: u32) -> Result<Self> {
        let chunk = size
            .checked_sub(HEADER)
            .filter(|chunk| *chunk > 0 && size <= MOST)
            .and_then(|chunk| u16::try_from(chunk).ok())
            .ok_or_else(|| bad_size(size))?;
        let length = u32::try_from(length).map_err(|_| {
            Error::new(
                Code::MessageTooLarge,
                "split",
                format!(
                    "the message has {length} bytes, and a part's header tells lengths below 4 GiB"
                ),
                "several messages, or TCP, which has no messages and no limit",
            )
        })?;
        Ok(Self { id, chunk, length })
    }

    /// How many parts there are: at least one, for an empty message too.
    #[must_use]
    pub fn count(&self) -> u32 {
        count(self.length, self.chunk)
    }

    /// Which bytes of the message part `index` carries; beyond the last part none.
    #[must_use]
    pub fn range(&self, index: u32) -> Range<usize> {
        let [begin, end] = [index, index.saturating_add(1)]
            .map(|index| usize::from(self.chunk).saturating_mul(index as usize));
        let length = self.length as usize;
        begin.min(length)..end.min(length)
    }

    /// The header of part `index`.
    #[must_use]
    pub fn header(&self, index: u32) -> [u8; HEADER] {
        Header {
            id: self.id,
            chunk: self.chunk,
            index,
            length: self.length,
        }
        .bytes()
    }

    /// Each part as its header and the bytes that follow it, which lie in the message: what a gathering send takes.
    pub fn parts<'a>(&self, message: &'a [u8]) -> impl Iterator<Item = ([u8; HEADER], &'a [u8])> {
        let splitter = *self;
        (0..splitter.count()).map(move |index| {
            let piece = message.get(splitter.range(index)).unwrap_or_default();
            (splitter.header(index), piece)
        })
    }
}

/// A number for the next message of this process.
pub fn next_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn bad_size(size: usize) -> Error {
    let cause = if size > MOST {
        format!("size={size} is more than one UDP datagram carries: {MOST} bytes over IPv4")
    } else {
        format!("size={size} leaves no room: each part has a header of {HEADER} bytes")
    };
    Error::new(
        Code::BadArgument,
        "split",
        cause,
        "1472 (MTU 1500 less IPv4's 20 and UDP's 8), 1452 over IPv6, or another size from 17 to 65507",
    )
}

fn count(length: u32, chunk: u16) -> u32 {
    length.div_ceil(u32::from(chunk).max(1)).max(1)
}

/// A part's header, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    id: u32,
    chunk: u16,
    index: u32,
    length: u32,
}

impl Header {
    /// Reads a part: its header, and the bytes that it carries.
    ///
    /// # Errors
    /// In words, what makes it none.
    pub fn read(part: &[u8]) -> std::result::Result<(Self, &[u8]), String> {
        let Some((head, data)) = part.split_first_chunk::<HEADER>() else {
            return Err(format!(
                "{} bytes are no part: its header alone has {HEADER}",
                part.len()
            ));
        };
        let [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *head;
        if mark != MARK {
            return Err(match mark {
                [b'N', version] => format!("a part of version {version}, and we read version 1"),
                _ => "it does not begin as a part does".to_owned(),
            });
        }
        let number =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let header = Self {
            chunk: u16::from_be_bytes([head[2], head[3]]),
            id: number(4),
            index: number(8),
            length: number(12),
        };
        if header.chunk == 0 {
            return Err("its header says that the parts carry 0 bytes each".to_owned());
        }
        if header.index >= header.count() {
            return Err(format!(
                "its header says part {} of {}",
                u64::from(header.index) + 1,
                header.count()
            ));
        }
        let range = header.range();
        if data.len() as u64 != range.end - range.start {
            return Err(format!(
                "part {} carries {} bytes where its header says {}",
                header.index,
                data.len(),
                range.end - range.start
            ));
        }
        Ok((header, data))
    }

    /// The same in bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..2].copy_from_slice(&MARK);
        bytes[2..4].copy_from_slice(&self.chunk.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.id.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.index.to_be_bytes());
        bytes[12..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    /// The message's number.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The part's number, from 0 on.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// How many bytes each part but the last carries.
    #[must_use]
    pub const fn chunk(&self) -> u16 {
        self.chunk
    }

    /// How many bytes the message has.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// How many parts the message has.
    #[must_use]
    pub fn count(&self) -> u32 {
        count(self.length, self.chunk)
    }

    /// Which bytes of the message the part carries.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        let begin = u64::from(self.index) * u64::from(self.chunk);
        begin..(begin + u64::from(self.chunk)).min(self.length.into())
    }
}

#[cfg(test)]
mod tests;
