//! The newer capture file (pcapng): sections, interfaces, packets with comments, any resolution of time.
//!
//! Layout: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>. A file is a row of blocks; each says its type and its
//! length, and the length again at its end. A section header tells the byte order of what follows. Block types that we do not
//! know are passed over, as the format wants it.

mod blocks;
mod clock;
mod options;
mod write;

pub(super) use clock::Clock;
pub(super) use options::comment;
pub use write::{About, Writer};

use super::file::{Found, cut};
use blocks::Block;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;

/// What a section header holds to tell the byte order.
const ORDER: u32 = 0x1a2b_3c4d;

/// A block's type, and its length twice.
const FRAME: usize = 12;

/// Whether a file that begins so is pcapng.
pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(&SECTION.to_le_bytes())
}

/// Where the reader stands.
#[derive(Debug, Default)]
pub(super) struct Position {
    at: usize,
    blocks: u64,
    big_endian: bool,
    /// The first interface of the section, in the list of all.
    interfaces: usize,
}

impl Position {
    /// Reads on; false at the end, or where nothing can be read any more.
    pub(super) fn advance(&mut self, data: &[u8], found: &mut Found, most: usize) -> bool {
        for _ in 0..most {
            let Some(next) = self.block(data, found) else {
                self.at = data.len();
                return false;
            };
            self.at = next;
        }
        true
    }

    /// Reads one block, and says where the next one begins; `None` at the end.
    fn block(&mut self, data: &[u8], found: &mut Found) -> Option<usize> {
        let rest = data.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.blocks += 1;
        let number = self.blocks;
        if rest.len() < FRAME {
            let what = format!("the frame of block {number}");
            found.problems.add(|| cut(&what, FRAME as u64, rest.len()));
            return None;
        }
        if rest.starts_with(&SECTION.to_le_bytes()) {
            self.begin_section(rest, found)?;
        }
        let frame = Block::new(rest, self.big_endian);
        let (kind, claimed) = (frame.u32(0)?, frame.u32(4)?);
        let length = claimed as usize;
        if length < FRAME || !length.is_multiple_of(4) {
            let at = self.at;
            found.problems.add(|| {
                format!(
                    "block {number} (byte {at}) has length {claimed}: a block has 12 or more bytes, a multiple of 4; nothing behind it can be read"
                )
            });
            return None;
        }
        if length > rest.len() {
            found
                .problems
                .add(|| ends_inside(kind, number, frame, found.records.len()));
            return None;
        }
        let block = Block::new(&rest[..length], self.big_endian);
        if block.u32(length - 4)? != claimed {
            found.problems.add(|| {
                format!("block {number} tells two lengths, {claimed} before and another behind its bytes")
            });
        }
        let body = Block::new(&rest[8..length - 4], self.big_endian);
        match kind {
            INTERFACE => blocks::interface(body, found),
            PACKET => blocks::packet(body, self.at + 8, self.interfaces, found),
            OLD_PACKET => blocks::old_packet(body, self.at + 8, self.interfaces, found),
            SIMPLE_PACKET => blocks::simple_packet(body, self.at + 8, self.interfaces, found),
            STATISTICS => blocks::statistics(body, self.interfaces, found),
            // A section header is read already; any other block is not for us.
            _ => {}
        }
        Some(self.at + length)
    }

    /// Learns the byte order of a section; `None` when it cannot be read.
    fn begin_section(&mut self, rest: &[u8], found: &mut Found) -> Option<()> {
        let number = self.blocks;
        let low = Block::new(rest, false);
        let high = Block::new(rest, true);
        self.big_endian = match (low.u32(8)?, high.u32(8)?) {
            (ORDER, _) => false,
            (_, ORDER) => true,
            (other, _) => {
                found.problems.add(|| {
                    format!("block {number} begins a section, but tells no byte order (1a2b3c4d is expected, {other:08x} is there)")
                });
                return None;
            }
        };
        self.interfaces = found.interfaces.len();
        let section = Block::new(rest, self.big_endian);
        // A header that is cut says so by its length.
        let version = section.u16(12).zip(section.u16(14));
        if let Some((major, minor)) = version.filter(|(major, _)| *major != 1) {
            found.problems.add(|| {
                format!("block {number} begins a section of version {major}.{minor}; we read 1.x")
            });
            return None;
        }
        Some(())
    }
}

/// Words for a file that ends inside a block; a packet says how many of its own bytes are there.
fn ends_inside(kind: u32, number: u64, frame: Block<'_>, packets: usize) -> String {
    let header = match kind {
        PACKET | OLD_PACKET => Some((28, frame.u32(20))),
        SIMPLE_PACKET => Some((12, frame.u32(8))),
        _ => None,
    };
    let claimed = frame.u32(4).unwrap_or(0);
    let there = frame.bytes().len();
    match header {
        // The claimed length of the bytes may be nonsense too: then the block's is told.
        Some((head, Some(captured))) if there >= head && captured < claimed => {
            if captured as usize > there - head {
                cut(
                    &format!("packet {}", packets + 1),
                    captured.into(),
                    there - head,
                )
            } else {
                cut(
                    &format!("the block of packet {}", packets + 1),
                    claimed.into(),
                    there,
                )
            }
        }
        Some(_) => cut(
            &format!("the header of packet {}", packets + 1),
            claimed.into(),
            there,
        ),
        None => cut(&format!("block {number}"), claimed.into(), there),
    }
}

#[cfg(test)]
mod tests;
