//! The classic capture file (pcap): microseconds or nanoseconds, either byte order, one link type, no comments.
//!
//! Layout: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>.

use std::io::{self, Write};

use super::file::{Found, Interface, Record, cut};
use super::link::Link;
use crate::error::{Code, Error, Result};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// A variant with longer packet headers, which old kernels' patches wrote.
const MODIFIED: u32 = 0xa1b2_cd34;

const FILE_HEADER: usize = 24;
const PACKET_HEADER: usize = 16;

/// Where the reader stands.
#[derive(Debug)]
pub(super) struct Position {
    at: usize,
    big_endian: bool,
    nanoseconds: bool,
}

/// Reads the file's header; `None` when it is not one.
pub(super) fn begin(data: &[u8], found: &mut Found) -> Result<Option<Position>> {
    let Some(magic) = data.first_chunk::<4>() else {
        return Ok(None);
    };
    let (magic, big_endian) = match (u32::from_le_bytes(*magic), u32::from_be_bytes(*magic)) {
        (magic @ (MICROSECONDS | NANOSECONDS | MODIFIED), _) => (magic, false),
        (_, magic @ (MICROSECONDS | NANOSECONDS | MODIFIED)) => (magic, true),
        _ => return Ok(None),
    };
    if magic == MODIFIED {
        return Err(Error::new(
            Code::BadPacket,
            "read_packets",
            "this is a pcap file of a modified kind (magic a1b2cd34), with longer packet headers",
            "editcap -F pcapng old.pcap new.pcapng",
        ));
    }
    if data.len() < FILE_HEADER {
        found
            .problems
            .add(|| cut("the file's header", 24, data.len()));
        return Ok(Some(Position {
            at: data.len(),
            big_endian,
            nanoseconds: false,
        }));
    }
    let snap = number(data, 16, big_endian);
    // The upper half may tell the length of a frame check sequence.
    let link = u16::try_from(number(data, 20, big_endian) & 0xffff).unwrap_or(u16::MAX);
    found
        .interfaces
        .push(Interface::new(Link(link), big_endian, snap));
    Ok(Some(Position {
        at: FILE_HEADER,
        big_endian,
        nanoseconds: magic == NANOSECONDS,
    }))
}

/// Four bytes as a number; the caller has checked that they are there.
fn number(data: &[u8], at: usize, big_endian: bool) -> u32 {
    let bytes = [data[at], data[at + 1], data[at + 2], data[at + 3]];
    if big_endian {
        u32::from_be_bytes(bytes)
    } else {
        u32::from_le_bytes(bytes)
    }
}

impl Position {
    /// Reads on; false at the end.
    pub(super) fn advance(&mut self, data: &[u8], found: &mut Found, most: usize) -> bool {
        for _ in 0..most {
            let rest = &data[self.at..];
            if rest.is_empty() {
                return false;
            }
            let packet = found.records.len() + 1;
            if rest.len() < PACKET_HEADER {
                found.problems.add(|| {
                    cut(
                        &format!("the header of packet {packet}"),
                        PACKET_HEADER as u64,
                        rest.len(),
                    )
                });
                self.at = data.len();
                return false;
            }
            let [seconds, fraction, captured, original] =
                [0, 4, 8, 12].map(|at| number(rest, at, self.big_endian));
            let there = rest.len() - PACKET_HEADER;
            if captured as usize > there {
                found
                    .problems
                    .add(|| cut(&format!("packet {packet}"), captured.into(), there));
                self.at = data.len();
                return false;
            }
            let factor = if self.nanoseconds { 1 } else { 1000 };
            let time = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * factor;
            let at = self.at + PACKET_HEADER;
            found
                .records
                .push(Record::new(at, Some(time), captured, original));
            self.at = at + captured as usize;
        }
        true
    }
}

/// Writes a pcap file with nanoseconds, low byte first.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Writes the file's header. snap: the most bytes that will be kept of a packet; 0 is all.
    ///
    /// # Errors
    /// Those of the output.
    pub fn new(mut out: W, link: Link, snap: u32) -> io::Result<Self> {
        out.write_all(&NANOSECONDS.to_le_bytes())?;
        out.write_all(&[2, 0, 4, 0])?; // version 2.4
        out.write_all(&[0; 8])?; // reserved
        // No limit is not part of this format: the largest that other programs take.
        let snap = if snap == 0 { 262_144 } else { snap };
        out.write_all(&snap.to_le_bytes())?;
        out.write_all(&u32::from(link.0).to_le_bytes())?;
        Ok(Self { out })
    }

    /// Writes one packet. time_ns: Unix time. original: how many bytes it had, of which `data` are the first.
    ///
    /// # Errors
    /// Those of the output; `InvalidInput` for a time that the format cannot tell (before 1970, after 2106) and a packet beyond 4 GB.
    pub fn packet(&mut self, time_ns: i64, data: &[u8], original: u32) -> io::Result<()> {
        let wrong = |words| io::Error::new(io::ErrorKind::InvalidInput, words);
        let seconds = u32::try_from(time_ns.div_euclid(1_000_000_000)).map_err(|_| {
            wrong("a pcap file tells times from 1970 to 2106 only; .pcapng has no such limit")
        })?;
        let fraction = u32::try_from(time_ns.rem_euclid(1_000_000_000)).unwrap_or(0);
        let captured =
            u32::try_from(data.len()).map_err(|_| wrong("a packet has less than 4 GB"))?;
        for number in [seconds, fraction, captured, original.max(captured)] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        self.out.write_all(data)
    }

    /// Writes out what is buffered, and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
