//! Joining fragments: which bytes came, which are missing, what is refused.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{LONGEST, put, seal, word};
use crate::packet::file::Problems;

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is part of the packet.
    Taken,
    /// It had come before, with the same bytes.
    Duplicate,
    /// It cannot be part of the packet; a problem says why.
    Refused,
}

/// A fragment, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which bytes of the data (behind the IP header) it carries.
    pub bytes: Range<usize>,
    /// How long its headers are.
    pub header: usize,
    /// Whether more follow it.
    pub more: bool,
    /// What became of it.
    pub verdict: Verdict,
}

/// What fragments made.
#[derive(Clone, Debug)]
pub struct Gathered<P> {
    /// The packet, when it is whole.
    pub packet: Option<P>,
    /// Each fragment, as it came.
    pub pieces: Vec<Piece>,
    /// How many bytes of data the packet has, when its last fragment came.
    pub length: Option<usize>,
    /// Which bytes of the data are missing, as far as it is known.
    pub missing: Vec<Range<usize>>,
    /// How many fragments came a second time.
    pub duplicates: usize,
    /// What was wrong, in words.
    pub problems: Problems,
}

impl<P> Gathered<P> {
    pub(super) fn map<Q>(self, make: impl FnOnce(P) -> Q) -> Gathered<Q> {
        Gathered {
            packet: self.packet.map(make),
            pieces: self.pieces,
            length: self.length,
            missing: self.missing,
            duplicates: self.duplicates,
            problems: self.problems,
        }
    }
}

/// A fragment as its headers tell it.
struct Fragment<'a> {
    /// Source, destination, protocol (IPv4 alone) and identification: those of one packet have the same.
    key: Vec<u8>,
    offset: usize,
    more: bool,
    /// What is kept of the headers: for IPv6 those before the fragment header.
    headers: &'a [u8],
    /// How long all headers are.
    header: usize,
    /// IPv6: where the byte is that names the fragment header, and what that names.
    next: Option<(usize, u8)>,
    data: &'a [u8],
}

impl Fragment<'_> {
    fn is_whole(&self) -> bool {
        self.offset == 0 && !self.more
    }

    fn end(&self) -> usize {
        self.offset + self.data.len()
    }
}

#[derive(Default)]
struct State<'a> {
    /// What is kept, by offset: the number of the fragment with it.
    kept: BTreeMap<usize, (usize, Fragment<'a>)>,
    key: Option<Vec<u8>>,
    length: Option<usize>,
    overlap: bool,
    duplicates: usize,
    problems: Problems,
}

/// Takes IP packets in the order of arrival; `None` is a packet that is not IP.
pub(super) fn gather<'a>(packets: impl Iterator<Item = Option<&'a [u8]>>) -> Gathered<Vec<u8>> {
    let mut state = State::default();
    let mut pieces = Vec::new();
    for (at, ip) in packets.enumerate() {
        let number = at + 1;
        let read = ip.map_or_else(|| Err("is no IP packet".to_owned()), read);
        pieces.push(match read {
            Ok(fragment) => state.take(number, fragment),
            Err(words) => {
                state.problems.add(|| format!("packet {number} {words}"));
                Piece {
                    bytes: 0..0,
                    header: 0,
                    more: false,
                    verdict: Verdict::Refused,
                }
            }
        });
    }
    state.end(pieces)
}

impl<'a> State<'a> {
    fn take(&mut self, number: usize, fragment: Fragment<'a>) -> Piece {
        let mut piece = Piece {
            bytes: fragment.offset..fragment.end(),
            header: fragment.header,
            more: fragment.more,
            verdict: Verdict::Refused,
        };
        match self.judge(&fragment) {
            Ok(Verdict::Taken) => {
                piece.verdict = Verdict::Taken;
                self.key.get_or_insert_with(|| fragment.key.clone());
                if !fragment.more {
                    self.length = Some(fragment.end());
                }
                self.kept.insert(fragment.offset, (number, fragment));
            }
            Ok(verdict) => {
                piece.verdict = verdict;
                self.duplicates += 1;
            }
            Err(words) => self.problems.add(|| format!("packet {number} {words}")),
        }
        piece
    }

    fn judge(&mut self, fragment: &Fragment<'_>) -> Result<Verdict, String> {
        let (start, end) = (fragment.offset, fragment.end());
        if self.key.as_ref().is_some_and(|key| *key != fragment.key) {
            return Err(
                "belongs to another packet: other addresses, protocol or identification".into(),
            );
        }
        if fragment.data.is_empty() && !fragment.is_whole() {
            return Err("is a fragment without data".into());
        }
        if fragment.more && !fragment.data.len().is_multiple_of(8) {
            return Err(format!(
                "carries {} bytes, and only the last fragment may carry other than a multiple of 8",
                fragment.data.len()
            ));
        }
        if fragment.headers.len() + end > LONGEST + if fragment.next.is_some() { 40 } else { 0 } {
            return Err(format!(
                "ends at byte {end}, beyond the longest IP packet of {LONGEST} (a \"ping of death\")"
            ));
        }
        if let Some(length) = self.length
            && (end > length
                || (fragment.more && end == length)
                || (!fragment.more && end != length))
        {
            return Err(format!(
                "carries {}{}, and the last fragment said that the data end at {length}",
                span(start, end),
                if fragment.more { "" } else { " as the last" }
            ));
        }
        // Whatever overlaps begins before our end; of those the last one reaches furthest, as they do not overlap each other.
        let before = self.kept.range(..end.max(start + 1)).next_back();
        if let Some((&other, (first, kept))) = before
            && (kept.end() > start || other == start)
        {
            if (other, kept.end(), kept.more) == (start, end, fragment.more)
                && kept.data == fragment.data
            {
                return Ok(Verdict::Duplicate);
            }
            self.overlap = true;
            return Err(format!(
                "overlaps packet {first}: {} over {} (a \"teardrop\"); the whole is refused (RFC 5722)",
                span(start, end),
                span(other, kept.end())
            ));
        }
        if !fragment.more
            && let Some((_, (first, kept))) = self.kept.last_key_value()
            && kept.end() > end
        {
            return Err(format!(
                "says that the data end at {end}, and packet {first} reached byte {}",
                kept.end()
            ));
        }
        Ok(Verdict::Taken)
    }

    fn end(mut self, pieces: Vec<Piece>) -> Gathered<Vec<u8>> {
        let missing = self.missing();
        if pieces.is_empty() {
            self.problems.add(|| "there is no fragment".to_owned());
        } else if self.length.is_none() && !self.kept.is_empty() {
            self.problems.add(|| {
                "the last fragment did not come: nobody knows how long the packet is".to_owned()
            });
        }
        let whole = self.length.is_some() && missing.is_empty() && !self.overlap;
        let packet = if whole { self.build() } else { None };
        Gathered {
            packet,
            pieces,
            length: self.length,
            missing,
            duplicates: self.duplicates,
            problems: self.problems,
        }
    }

    fn missing(&self) -> Vec<Range<usize>> {
        let mut holes = Vec::new();
        let mut next = 0;
        for (&start, (_, fragment)) in &self.kept {
            if next < start {
                holes.push(next..start);
            }
            next = fragment.end();
        }
        holes.extend(self.length.filter(|end| next < *end).map(|end| next..end));
        holes
    }

    fn build(&mut self) -> Option<Vec<u8>> {
        let (_, first) = self.kept.get(&0)?;
        let mut packet = first.headers.to_vec();
        for (_, fragment) in self.kept.values() {
            packet.extend_from_slice(fragment.data);
        }
        let counted = match first.next {
            None => packet.len(),
            Some(_) => packet.len() - 40,
        };
        let Ok(length) = u16::try_from(counted) else {
            self.problems.add(|| {
                format!("the whole would have {counted} bytes, more than the longest IP packet of {LONGEST}")
            });
            return None;
        };
        if let Some((place, next)) = first.next {
            packet[place] = next;
            put(&mut packet, 4, length);
        } else {
            let header = first.headers.len();
            put(&mut packet, 2, length);
            put(&mut packet, 6, word(first.headers, 6) & 0xc000);
            seal(&mut packet[..header]);
        }
        Some(packet)
    }
}

fn read(ip: &[u8]) -> Result<Fragment<'_>, String> {
    match ip.first().map(|byte| byte >> 4) {
        Some(4) => ipv4(ip),
        Some(6) => ipv6(ip),
        _ => Err("is no IP packet".to_owned()),
    }
}

/// Bytes in words, the first and the last of them.
fn span(start: usize, end: usize) -> String {
    if start < end {
        format!("bytes {start} to {}", end - 1)
    } else {
        "no bytes".to_owned()
    }
}

fn cut() -> String {
    "ends inside of itself".to_owned()
}

fn ipv4(ip: &[u8]) -> Result<Fragment<'_>, String> {
    if ip.len() < 20 {
        return Err(cut());
    }
    let (header, total) = (usize::from(ip[0] & 15) * 4, usize::from(word(ip, 2)));
    if header < 20 || total < header || total > ip.len() {
        return Err(cut());
    }
    let flags = word(ip, 6);
    Ok(Fragment {
        key: [&ip[12..20], &ip[9..10], &ip[4..6]].concat(),
        offset: usize::from(flags & 0x1fff) * 8,
        more: flags & 0x2000 != 0,
        headers: &ip[..header],
        header,
        next: None,
        data: &ip[header..total],
    })
}

fn ipv6(ip: &[u8]) -> Result<Fragment<'_>, String> {
    if ip.len() < 40 {
        return Err(cut());
    }
    let packet = ip.get(..40 + usize::from(word(ip, 4))).ok_or_else(cut)?;
    let (mut at, mut names) = (40, 6);
    loop {
        match packet[names] {
            44 => break,
            // Those that may stand before it.
            0 | 43 | 60 => {
                let length = packet.get(at + 1).ok_or_else(cut)?;
                names = at;
                at += (usize::from(*length) + 1) * 8;
                if at > packet.len() {
                    return Err(cut());
                }
            }
            _ => {
                // A packet that was never cut: it has nothing to be told apart by.
                return Ok(Fragment {
                    key: packet[8..40].to_vec(),
                    offset: 0,
                    more: false,
                    headers: &packet[..40],
                    header: 40,
                    next: Some((6, packet[6])),
                    data: &packet[40..],
                });
            }
        }
    }
    let (headers, rest) = packet.split_at(at);
    let (fragment, data) = rest.split_at_checked(8).ok_or_else(cut)?;
    let place = word(fragment, 2);
    Ok(Fragment {
        key: [&packet[8..40], &fragment[4..8]].concat(),
        offset: usize::from(place & 0xfff8),
        more: place & 1 != 0,
        headers,
        header: at + 8,
        next: Some((names, fragment[0])),
        data,
    })
}
