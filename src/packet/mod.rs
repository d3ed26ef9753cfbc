//! Packets: bytes to headers, layers and fields, and back.
//!
//! | file | what it is |
//! | --- | --- |
//! | `first`, `headers` | with which header a packet begins; which it has, and where |
//! | `scan` | finds the headers, and what is wrong with them; nothing is allocated for a sound packet |
//! | `numbers` | names of protocols, types and codes |
//! | `fields`, `tables`, `dns_tables`, `options` | a layer and its fields; the headers' layouts as data |
//! | `layers`, `dns`, `checksum`, `summary` | what is worked out of a packet when it is asked for |
//! | `encode`, `tcp_options` | makes the bytes of a packet |
//! | `parse_error` | layer, offset, needed and had |
//! | `file`, `link`, `pcap`, `pcapng` | capture files, both ways |
//! | `split` | a message in numbered parts, and back |
//! | `fragments` | an IP packet in fragments, and back |
//!
//! Sources: RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 792 (ICMP), 4443 (ICMPv6), 826 (ARP), 1035 (DNS).

mod checksum;
mod dns;
mod dns_tables;
mod encode;
mod fields;
mod first;
mod headers;
mod layers;
mod numbers;
mod options;
mod parse_error;
mod scan;
mod summary;
mod tables;
mod tcp_options;

pub mod file;
pub mod fragments;
pub mod link;
pub mod pcap;
pub mod pcapng;
pub mod split;

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

pub use encode::{Draft, Over, Segment, mac};
pub use fields::{Field, Layer, Value};
pub use first::First;
pub use headers::{Header, Kind};
pub use parse_error::ParseError;
pub use tcp_options::{TcpOption, flags};

use crate::address::Endpoint;
use fields::number;
use headers::Headers;

/// A packet: its bytes, and where its headers are.
///
/// The bytes are a part of a buffer that many packets share (a capture read as a whole), so that a packet costs no allocation.
/// Layers, fields and checksums are worked out when they are asked for.
#[derive(Clone, Debug)]
pub struct Packet {
    buffer: Arc<[u8]>,
    start: usize,
    length: u32,
    /// How long it was on the wire; more than `length` where a capture kept only its beginning.
    wire_length: u32,
    /// Where the payload ends; what follows is padding.
    payload_end: u32,
    first: First,
    headers: Headers,
    protocol: Protocol,
    fragment: bool,
    cut: bool,
    faults: Vec<ParseError>,
}

/// What the innermost header that was found says about what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// By the number of IPv4's field Protocol and IPv6's Next Header.
    Ip(u8),
    /// By the EtherType.
    Ether(u16),
    /// Nothing said it.
    Unknown,
}

/// The packet in these bytes.
///
/// # Errors
/// What is wrong with their structure: the first fault from the outside in. A wrong checksum is none; `Packet::problems` tells it.
pub fn parse(data: &[u8], first: First) -> Result<Packet, ParseError> {
    let mut packet = parse_lax(data, first);
    if !packet.faults.is_empty() {
        return Err(packet.faults.swap_remove(0));
    }
    let broken = packet
        .headers()
        .find_map(|header| options::check(data, header.kind, header.start, header.end));
    match broken {
        Some(fault) => Err(fault),
        None => Ok(packet),
    }
}

/// The packet in these bytes, as far as it can be read. What is wrong is in `Packet::problems`.
#[must_use]
pub fn parse_lax(data: &[u8], first: First) -> Packet {
    Packet::within(&Arc::from(data), 0..data.len(), first, data.len())
}

impl Packet {
    /// The packet at this place of a buffer, as far as it can be read. A range beyond the buffer's end is shortened to it.
    #[must_use]
    pub fn within(
        buffer: &Arc<[u8]>,
        range: Range<usize>,
        first: First,
        wire_length: usize,
    ) -> Self {
        let end = range.end.min(buffer.len());
        let start = range.start.min(end);
        let data = buffer.get(start..end).unwrap_or_default();
        let found = scan::scan(data, first, wire_length);
        let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Self {
            start,
            length: short(data.len()),
            wire_length: short(wire_length.max(data.len())),
            payload_end: short(found.end),
            first,
            headers: found.headers,
            protocol: found.protocol,
            fragment: found.fragment,
            cut: found.cut,
            faults: found.faults,
            buffer: Arc::clone(buffer),
        }
    }

    /// All its bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.buffer
            .get(self.start..self.start + self.length as usize)
            .unwrap_or_default()
    }

    /// With which header it begins.
    #[must_use]
    pub const fn first(&self) -> First {
        self.first
    }

    /// How long it was on the wire, in bytes: more than `data` has where a capture kept only the beginning.
    #[must_use]
    pub const fn wire_length(&self) -> usize {
        self.wire_length as usize
    }

    /// Its headers, from the outside in, one behind the other.
    #[must_use]
    pub fn headers(&self) -> impl DoubleEndedIterator<Item = Header> + '_ {
        self.headers.iter()
    }

    /// The bytes of a header.
    #[must_use]
    pub fn header_bytes(&self, header: Header) -> &[u8] {
        self.data()
            .get(header.start..header.end)
            .unwrap_or_default()
    }

    /// The last header of this kind.
    #[must_use]
    pub fn header(&self, kind: Kind) -> Option<Header> {
        self.headers.iter().rev().find(|header| header.kind == kind)
    }

    /// Where the payload is: behind the last header, without padding.
    #[must_use]
    pub fn payload_range(&self) -> Range<usize> {
        let start = self.headers.end();
        start..(self.payload_end as usize).max(start)
    }

    /// What the innermost header carries: a UDP datagram's data, a TCP segment's, what follows an IP header of an unknown protocol.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.data().get(self.payload_range()).unwrap_or_default()
    }

    /// What is wrong with its structure, from the outside in.
    #[must_use]
    pub fn faults(&self) -> &[ParseError] {
        &self.faults
    }

    /// Whether it is a fragment: a part of what its headers speak about.
    #[must_use]
    pub const fn is_fragment(&self) -> bool {
        self.fragment
    }

    /// Whether some of what its lengths tell is not there.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The innermost IP header.
    #[must_use]
    pub fn network(&self) -> Option<Header> {
        self.headers
            .iter()
            .rev()
            .find(|header| matches!(header.kind, Kind::Ipv4 | Kind::Ipv6))
    }

    fn is_version6(&self) -> bool {
        self.network()
            .is_some_and(|header| header.kind == Kind::Ipv6)
    }

    /// Of a fragment: where it belongs in the whole payload, in bytes, and whether more follow.
    #[must_use]
    pub fn fragment_place(&self) -> Option<(usize, bool)> {
        let place = |offset: u64, more| Some((usize::try_from(offset).ok()? * 8, more));
        let data = self.data();
        if let Some(header) = self.header(Kind::Fragment) {
            let bit = (header.start + 2) * 8;
            return place(number(data, bit, 13), number(data, bit + 15, 1) == 1);
        }
        let header = self.header(Kind::Ipv4)?;
        let bit = (header.start + 6) * 8;
        place(number(data, bit + 3, 13), number(data, bit + 2, 1) == 1)
    }

    /// The ports, the sender's first, where there are ports.
    fn ports(&self) -> Option<(u16, u16)> {
        let header = self.headers.iter().next_back()?;
        if !matches!(header.kind, Kind::Tcp | Kind::Udp) {
            return None;
        }
        let bytes = self.header_bytes(header).first_chunk::<4>()?;
        Some((
            u16::from_be_bytes([bytes[0], bytes[1]]),
            u16::from_be_bytes([bytes[2], bytes[3]]),
        ))
    }

    /// The addresses, the sender's first.
    fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        let header = self
            .headers
            .iter()
            .rev()
            .find(|header| matches!(header.kind, Kind::Ipv4 | Kind::Ipv6 | Kind::Arp))?;
        let bytes = self.header_bytes(header);
        let v4 = |at: usize| Some(IpAddr::from(*bytes.get(at..)?.first_chunk::<4>()?));
        let v6 = |at: usize| Some(IpAddr::from(*bytes.get(at..)?.first_chunk::<16>()?));
        match header.kind {
            Kind::Ipv4 => Some((v4(12)?, v4(16)?)),
            Kind::Ipv6 => Some((v6(8)?, v6(24)?)),
            // Only where the protocol is IPv4: addresses of four bytes behind those of the cards.
            _ if bytes.get(2..4) == Some(&[8, 0]) && bytes.get(5) == Some(&4) => {
                let hardware = usize::from(*bytes.get(4)?);
                Some((v4(8 + hardware)?, v4(12 + 2 * hardware)?))
            }
            _ => None,
        }
    }

    /// Who sent it: the IP address (ARP: that of who asks or answers), and the port; 0 where there is none.
    #[must_use]
    pub fn source(&self) -> Option<Endpoint> {
        let port = self.ports().map_or(0, |ports| ports.0);
        self.addresses()
            .map(|(source, _)| Endpoint::new(source, port))
    }

    /// Who it is for: the IP address (ARP: the one that is looked for), and the port; 0 where there is none.
    #[must_use]
    pub fn destination(&self) -> Option<Endpoint> {
        let port = self.ports().map_or(0, |ports| ports.1);
        self.addresses()
            .map(|(_, destination)| Endpoint::new(destination, port))
    }

    /// The innermost protocol that its headers name: "tcp", "udp", "icmp", "icmpv6", "arp", …
    #[must_use]
    pub fn protocol(&self) -> String {
        summary::protocol(self)
    }

    /// Time to Live, or Hop Limit.
    #[must_use]
    pub fn ttl(&self) -> Option<u8> {
        let header = self.network()?;
        let at = if header.kind == Kind::Ipv4 { 8 } else { 7 };
        self.header_bytes(header).get(at).copied()
    }

    /// The flags of TCP that are set.
    #[must_use]
    pub fn tcp_flags(&self) -> Vec<&'static str> {
        let bits = self
            .tcp_number(13, 8)
            .and_then(|bits| u8::try_from(bits).ok());
        summary::flags(bits.unwrap_or(0))
    }

    /// A number of the TCP header: `bits` (32 at most) from its byte `at` on.
    #[must_use]
    pub fn tcp_number(&self, at: usize, bits: usize) -> Option<u32> {
        let header = self.header(Kind::Tcp)?;
        let start = header.start + at;
        if start + bits / 8 > header.end {
            return None;
        }
        u32::try_from(number(self.data(), start * 8, bits.min(32))).ok()
    }

    /// Its layers, with every field. Worked out at each call.
    #[must_use]
    pub fn layers(&self) -> Vec<Layer> {
        layers::of(self)
    }

    /// What is wrong with it, in words: its structure, its options, and checksums. Worked out at each call.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        layers::problems(self)
    }

    /// The packet in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        summary::summary(self)
    }
}

impl PartialEq for Packet {
    /// The same bytes, beginning with the same header.
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first && self.data() == other.data()
    }
}

impl Eq for Packet {}
