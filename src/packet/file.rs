//! What a capture file holds: packets with their times, lengths and comments, and the interfaces they were seen on.
//!
//! The bytes stay where they were read, in one buffer; a [`Record`] says where a packet lies in it. So a file of a million
//! packets is one allocation for the bytes and one for the records, and nothing is taken because a length says so.

use std::borrow::Cow;
use std::ops::Range;

use super::link::Link;
use super::{pcap, pcapng};
use crate::error::{Code, Error, Place, Result};

/// The most problems that are kept in words; those beyond are counted.
const PROBLEMS: usize = 100;

/// A time that the file does not tell (a Simple Packet Block has none).
const NO_TIME: i64 = i64::MIN;

/// One packet of a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where its bytes begin in the file.
    pub(super) at: usize,
    time_ns: i64,
    /// How many of its bytes were captured.
    pub(super) captured: u32,
    /// How many it had.
    pub(super) original: u32,
    /// Which of the capture's interfaces saw it.
    pub(super) interface: u32,
    /// How many bytes of options lie behind its own, padded to four.
    pub(super) options: u32,
}

impl Record {
    pub(super) fn new(at: usize, time_ns: Option<i64>, captured: u32, original: u32) -> Self {
        Self {
            at,
            time_ns: time_ns.unwrap_or(NO_TIME),
            captured,
            original,
            interface: 0,
            options: 0,
        }
    }

    /// When it was seen, in nanoseconds since 1970 (Unix time); `None` where the file does not tell.
    #[must_use]
    pub const fn time_ns(&self) -> Option<i64> {
        match self.time_ns {
            NO_TIME => None,
            time => Some(time),
        }
    }

    /// How many bytes it had; more than were captured when the capture was told to cut (its snap length).
    #[must_use]
    pub const fn original(&self) -> u32 {
        self.original
    }

    /// Which of the capture's interfaces saw it.
    #[must_use]
    pub const fn interface(&self) -> u32 {
        self.interface
    }

    /// Where its bytes lie in the file.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        // A u32 fits into a usize on every system that netsteps runs on; the reader has checked the end.
        self.at..self.at + self.captured as usize
    }
}

/// An interface that packets were captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What its packets begin with.
    pub link: Link,
    /// Its name ("lo", "eth0"), where the file tells.
    pub name: Option<String>,
    /// The numbers of its section are written with the high byte first.
    pub(super) big_endian: bool,
    /// The most bytes that were kept of a packet; 0 is all.
    pub(super) snap: u32,
    /// How to read its times.
    pub(super) clock: pcapng::Clock,
}

impl Interface {
    pub(super) const fn new(link: Link, big_endian: bool, snap: u32) -> Self {
        Self {
            link,
            name: None,
            big_endian,
            snap,
            clock: pcapng::Clock::MICROSECONDS,
        }
    }
}

/// What was wrong with a file, in words: a bounded number of them.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    words: Vec<String>,
    more: u64,
}

impl Problems {
    /// One more. The words are made only when there is room for them.
    pub fn add(&mut self, words: impl FnOnce() -> String) {
        if self.words.len() < PROBLEMS {
            self.words.push(words());
        } else {
            self.more += 1;
        }
    }

    /// All of them; the last line counts those that were not kept.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.words.clone();
        if self.more > 0 {
            lines.push(format!("and {} more problems", self.more));
        }
        lines
    }
}

/// What a file held.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Its packets, in the file's order.
    pub records: Vec<Record>,
    /// Its interfaces, of all sections.
    pub interfaces: Vec<Interface>,
    /// What was wrong with it.
    pub problems: Problems,
}

impl Found {
    /// The packet's comments, one in a line; `data` is the file that was read.
    #[must_use]
    pub fn comment<'a>(&self, data: &'a [u8], record: &Record) -> Option<Cow<'a, str>> {
        let interface = self
            .interfaces
            .get(usize::try_from(record.interface).ok()?)?;
        pcapng::comment(data, record, interface.big_endian)
    }

    /// What the packet's bytes begin with.
    #[must_use]
    pub fn link(&self, record: &Record) -> Link {
        usize::try_from(record.interface)
            .ok()
            .and_then(|number| self.interfaces.get(number))
            .map_or(Link::UNKNOWN, |interface| interface.link)
    }
}

/// Reads a capture file, pcapng or pcap, a number of packets at a time.
#[derive(Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
    format: Format,
    found: Found,
}

#[derive(Debug)]
enum Format {
    Pcapng(pcapng::Position),
    Pcap(pcap::Position),
}

impl<'a> Reader<'a> {
    /// A reader of these bytes: a whole file.
    ///
    /// # Errors
    /// `BadPacket` for bytes that are no capture at all.
    pub fn new(data: &'a [u8]) -> Result<Self> {
        let mut found = Found::default();
        let format = if pcapng::begins(data) {
            Format::Pcapng(pcapng::Position::default())
        } else if let Some(position) = pcap::begin(data, &mut found)? {
            Format::Pcap(position)
        } else {
            return Err(no_capture(data));
        };
        Ok(Self {
            data,
            format,
            found,
        })
    }

    /// Reads on, at most so many blocks or packets; false when the end is reached.
    ///
    /// Work in pieces, so that a caller can look for Ctrl-C between them.
    pub fn advance(&mut self, most: usize) -> bool {
        match &mut self.format {
            Format::Pcapng(position) => position.advance(self.data, &mut self.found, most),
            Format::Pcap(position) => position.advance(self.data, &mut self.found, most),
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn found(self) -> Found {
        self.found
    }
}

/// Reads a whole file at once.
///
/// # Errors
/// `BadPacket` for bytes that are no capture at all.
pub fn read(data: &[u8]) -> Result<Found> {
    let mut reader = Reader::new(data)?;
    while reader.advance(usize::MAX) {}
    Ok(reader.found())
}

/// Says that the file ends inside of something.
pub(super) fn cut(what: &str, needed: u64, there: usize) -> String {
    format!("the file ends inside {what}: {needed} bytes needed, {there} there")
}

fn no_capture(data: &[u8]) -> Error {
    let begins = match data {
        [] => "it is empty".to_owned(),
        [0x1f, 0x8b, ..] => "it begins as a file compressed with gzip".to_owned(),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it begins as a file compressed with zstd".to_owned(),
        [0x04, 0x22, 0x4d, 0x18, ..] => "it begins as a file compressed with lz4".to_owned(),
        _ => format!("it begins with {:02x?}", &data[..data.len().min(4)]),
    };
    let remedy = if begins.contains("compressed") {
        "unpack it first (gunzip, zstd -d, lz4 -d)"
    } else {
        "a file that tcpdump, Wireshark or write_packets wrote (.pcapng or .pcap)"
    };
    Error::new(
        Code::BadPacket,
        "read_packets",
        format!("this is no capture file: {begins}"),
        remedy,
    )
    .in_place(Place {
        layer: "capture file".into(),
        offset: 0,
        needed: None,
        had: None,
    })
}
