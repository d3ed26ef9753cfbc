//! The blocks that we know: interfaces and packets.

use super::clock::Clock;
use super::options::Options;
use crate::packet::file::{Found, Interface, Record};
use crate::packet::link::Link;

const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
const OFFSET: u16 = 14;
/// Of the statistics: how many packets the interface, and the system, did not hand over.
const INTERFACE_DROPPED: u16 = 5;
const SYSTEM_DROPPED: u16 = 7;

/// Bytes with a byte order. Every look into it is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Block<'a> {
    pub(super) const fn new(bytes: &'a [u8], big_endian: bool) -> Self {
        Self { bytes, big_endian }
    }

    pub(super) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn part(self, at: usize, length: usize) -> Option<Self> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        Some(Self::new(bytes, self.big_endian))
    }

    pub(super) fn from(self, at: usize) -> Option<Self> {
        Some(Self::new(self.bytes.get(at..)?, self.big_endian))
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    pub(super) fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    pub(super) fn u32(self, at: usize) -> Option<u32> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn u64(self, at: usize) -> Option<u64> {
        let bytes = self.array(at)?;
        Some(if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        })
    }

    /// A time: its high half comes first in both byte orders.
    fn time(self, at: usize) -> Option<u64> {
        Some(u64::from(self.u32(at)?) << 32 | u64::from(self.u32(at + 4)?))
    }
}

/// Interface Description Block.
pub(super) fn interface(body: Block<'_>, found: &mut Found) {
    let number = found.interfaces.len();
    let (Some(link), Some(snap)) = (body.u16(0), body.u32(4)) else {
        // It counts all the same: the packets name interfaces by their place.
        let unknown = Interface::new(Link::UNKNOWN, body.u16(0).is_some(), 0);
        found.interfaces.push(unknown);
        found
            .problems
            .add(|| format!("the description of interface {number} is too short: 8 bytes needed"));
        return;
    };
    let mut interface = Interface::new(Link(link), body.big_endian, snap);
    for (code, value) in body.from(8).into_iter().flat_map(Options::of) {
        match code {
            NAME => interface.name = Some(String::from_utf8_lossy(value.bytes()).into_owned()),
            RESOLUTION => {
                if let [resolution] = value.bytes() {
                    interface.clock.resolution = *resolution;
                }
            }
            OFFSET => {
                if let Some(offset) = value.u64(0) {
                    interface.clock.offset = offset.cast_signed();
                }
            }
            _ => {}
        }
    }
    found.interfaces.push(interface);
}

/// Enhanced Packet Block.
pub(super) fn packet(body: Block<'_>, at: usize, interfaces: usize, found: &mut Found) {
    let interface = body
        .u32(0)
        .map(|number| interfaces.saturating_add(number as usize));
    keep(body, at, interface, found);
}

/// Packet Block, which is obsolete: a shorter number of the interface, and a count of dropped packets.
pub(super) fn old_packet(body: Block<'_>, at: usize, interfaces: usize, found: &mut Found) {
    let interface = body.u16(0).map(|number| interfaces + usize::from(number));
    keep(body, at, interface, found);
}

/// The rest of both kinds: a time, two lengths, the bytes, options.
fn keep(body: Block<'_>, at: usize, interface: Option<usize>, found: &mut Found) {
    const HEADER: usize = 20;
    let number = found.records.len() + 1;
    let (Some(interface), Some(time), Some(captured), Some(original)) =
        (interface, body.time(4), body.u32(12), body.u32(16))
    else {
        return too_short(number, HEADER, body, found);
    };
    let Some(clock) = clock(interface, number, found) else {
        return;
    };
    let there = body.bytes().len() - HEADER;
    if captured as usize > there {
        return contradicts(number, captured, there, found);
    }
    let (time_ns, fits) = clock.nanoseconds(time);
    if !fits {
        found.problems.add(|| {
            format!("the time of packet {number} lies outside of the years 1677 to 2262; the nearest is kept")
        });
    }
    let mut record = Record::new(at + HEADER, Some(time_ns), captured, original);
    record.interface = u32::try_from(interface).unwrap_or(u32::MAX);
    let options = there.saturating_sub((captured as usize).next_multiple_of(4));
    record.options = u32::try_from(options).unwrap_or(0);
    found.records.push(record);
}

/// Simple Packet Block: of the section's first interface, without a time; how much was captured is told by the interface.
pub(super) fn simple_packet(body: Block<'_>, at: usize, interfaces: usize, found: &mut Found) {
    const HEADER: usize = 4;
    let number = found.records.len() + 1;
    let Some(original) = body.u32(0) else {
        return too_short(number, HEADER, body, found);
    };
    if clock(interfaces, number, found).is_none() {
        return;
    }
    let captured = match found.interfaces[interfaces].snap {
        0 => original,
        snap => original.min(snap),
    };
    let there = body.bytes().len() - HEADER;
    if captured as usize > there {
        return contradicts(number, captured, there, found);
    }
    let mut record = Record::new(at + HEADER, None, captured, original);
    record.interface = u32::try_from(interfaces).unwrap_or(u32::MAX);
    found.records.push(record);
}

/// Interface Statistics Block: what the capture lost is told, never silent.
pub(super) fn statistics(body: Block<'_>, interfaces: usize, found: &mut Found) {
    let Some(place) = body
        .u32(0)
        .map(|number| interfaces.saturating_add(number as usize))
    else {
        return;
    };
    let dropped = body
        .from(12)
        .into_iter()
        .flat_map(Options::of)
        .filter(|(code, _)| matches!(*code, INTERFACE_DROPPED | SYSTEM_DROPPED))
        .filter_map(|(_, value)| value.u64(0))
        .fold(0_u64, u64::saturating_add);
    if dropped > 0 {
        let name = found.interfaces.get(place).and_then(|i| i.name.clone());
        let name = name.map_or_else(|| format!("interface {place}"), |name| format!("{name:?}"));
        found.problems.add(|| {
            format!("{dropped} packets on {name} were not captured: the machine was too slow")
        });
    }
}

/// The clock of a packet's interface; a packet of an interface that is not described cannot be kept.
fn clock(interface: usize, number: usize, found: &mut Found) -> Option<Clock> {
    let clock = found.interfaces.get(interface).map(|known| known.clock);
    if clock.is_none() {
        found.problems.add(|| {
            format!("packet {number} is left out: it was seen on an interface that the file does not describe")
        });
    }
    clock
}

fn too_short(number: usize, needed: usize, body: Block<'_>, found: &mut Found) {
    let there = body.bytes().len();
    found.problems.add(|| {
        format!("packet {number} is left out: its block has {there} bytes, and its header alone {needed}")
    });
}

fn contradicts(number: usize, captured: u32, there: usize, found: &mut Found) {
    found.problems.add(|| {
        format!("packet {number} is left out: it says that it has {captured} bytes, and its block has room for {there}")
    });
}
