//! Writing pcapng: nanoseconds, low byte first, one section.

use std::io::{self, Write};

use super::{INTERFACE, ORDER, PACKET, SECTION};
use crate::packet::link::Link;

const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
/// Ten to the minus ninth of a second.
const NANOSECONDS: u8 = 9;

/// What is written beside a packet's bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The number that `interface` gave.
    pub interface: u32,
    /// When it was seen, in nanoseconds since 1970.
    pub time_ns: i64,
    /// How many bytes it had; the bytes that are written are its first.
    pub original: u32,
    /// A comment that Wireshark shows.
    pub comment: Option<&'a str>,
}

/// Writes a pcapng file.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    interfaces: u32,
    /// Reused from block to block.
    block: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Begins a file. application: the name of the program that writes it. comment: on the file as a whole.
    ///
    /// # Errors
    /// Those of the output.
    pub fn new(out: W, application: &str, comment: Option<&str>) -> io::Result<Self> {
        let mut writer = Self {
            out,
            interfaces: 0,
            block: Vec::new(),
        };
        writer.block.extend(ORDER.to_le_bytes());
        writer.block.extend([1, 0, 0, 0]); // version 1.0
        writer.block.extend(u64::MAX.to_le_bytes()); // the section's length is not told
        if let Some(comment) = comment {
            writer.option(COMMENT, comment.as_bytes());
        }
        writer.option(APPLICATION, application.as_bytes());
        writer.end_of_options();
        writer.write(SECTION)?;
        Ok(writer)
    }

    /// Describes an interface, and gives its number for `About`. snap: the most bytes kept of a packet; 0 is all.
    ///
    /// # Errors
    /// Those of the output.
    pub fn interface(&mut self, link: Link, name: Option<&str>, snap: u32) -> io::Result<u32> {
        self.block.extend(link.0.to_le_bytes());
        self.block.extend([0; 2]);
        self.block.extend(snap.to_le_bytes());
        if let Some(name) = name {
            self.option(NAME, name.as_bytes());
        }
        self.option(RESOLUTION, &[NANOSECONDS]);
        self.end_of_options();
        self.write(INTERFACE)?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes one packet.
    ///
    /// # Errors
    /// Those of the output; `InvalidInput` for a time before 1970 and a packet beyond 4 GB.
    pub fn packet(&mut self, data: &[u8], about: About<'_>) -> io::Result<()> {
        let wrong = |words| io::Error::new(io::ErrorKind::InvalidInput, words);
        let time = u64::try_from(about.time_ns)
            .map_err(|_| wrong("a capture file tells times from 1970 on"))?;
        let captured =
            u32::try_from(data.len()).map_err(|_| wrong("a packet has less than 4 GB"))?;
        self.block.extend(about.interface.to_le_bytes());
        // The high half first, in both byte orders.
        self.block.extend(time.rotate_left(32).to_le_bytes());
        self.block.extend(captured.to_le_bytes());
        self.block
            .extend(about.original.max(captured).to_le_bytes());
        self.block.extend(data);
        self.pad();
        if let Some(comment) = about.comment {
            self.option(COMMENT, comment.as_bytes());
            self.end_of_options();
        }
        self.write(PACKET)
    }

    /// Writes out what is buffered, and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// Adds an option; a text of more than 65,535 bytes is cut at a whole character.
    fn option(&mut self, code: u16, value: &[u8]) {
        let most = usize::from(u16::MAX);
        let mut length = value.len();
        if length > most {
            length = most - 3;
            while length > 0 && value[length] & 0xc0 == 0x80 {
                length -= 1;
            }
        }
        let tail: &[u8] = if value.len() > most { b"..." } else { b"" };
        let told = u16::try_from(length + tail.len()).unwrap_or(u16::MAX);
        self.block.extend(code.to_le_bytes());
        self.block.extend(told.to_le_bytes());
        self.block.extend(&value[..length]);
        self.block.extend(tail);
        self.pad();
    }

    fn end_of_options(&mut self) {
        self.block.extend([0; 4]);
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    /// Writes the block with its frame.
    fn write(&mut self, kind: u32) -> io::Result<()> {
        let length = u32::try_from(self.block.len() + super::FRAME).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "a block has less than 4 GB")
        })?;
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.block)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.block.clear();
        Ok(())
    }
}
