//! The headers before bytes that were observed.

use std::net::SocketAddr;

use etherparse::{IpNumber, Ipv4Header, Ipv6Header, TcpHeader, UdpHeader};

use crate::ports::Transport;

/// No IP packet carries more behind its header (IPv6), or with it (IPv4).
const LONGEST: usize = 65_535;
const IPV4: usize = 20;
const IPV6: usize = 40;
const TCP: usize = 20;
const UDP: usize = 8;
/// How many more routers the packet may pass: what Linux begins with.
const HOPS: u8 = 64;

/// Bytes on their way.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) transport: Transport,
    /// TCP: how many bytes went before, this way and the other.
    pub(super) sent_before: u64,
    pub(super) read_before: u64,
    /// How many bytes there are, and the first of them.
    pub(super) size: usize,
    pub(super) payload: &'a [u8],
}

/// The most bytes that one packet carries.
pub(super) const fn room(from: SocketAddr, transport: Transport) -> usize {
    let ip = if from.is_ipv4() { IPV4 } else { 0 };
    let header = match transport {
        Transport::Tcp => TCP,
        Transport::Udp => UDP,
    };
    LONGEST - ip - header
}

/// Writes the headers and the payload, and gives the length that the whole packet would have.
///
/// A checksum is right where all bytes are there, and 0 (not told) where they are not.
pub(super) fn packet(out: &mut Vec<u8>, segment: Segment<'_>) -> u32 {
    let transport = transport(&segment);
    let length = transport.len() + segment.size;
    let number = match segment.transport {
        Transport::Tcp => IpNumber::TCP,
        Transport::Udp => IpNumber::UDP,
    };
    let told = u16::try_from(length).unwrap_or(u16::MAX);
    let header = match (segment.from, segment.to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            let (from, to) = (from.ip().octets(), to.ip().octets());
            let mut header = Ipv4Header {
                total_len: told.saturating_add(20),
                time_to_live: HOPS,
                protocol: number,
                source: from,
                destination: to,
                ..Ipv4Header::default()
            };
            header.header_checksum = header.calc_header_checksum();
            out.extend_from_slice(&header.to_bytes());
            IPV4
        }
        (from, to) => {
            let header = Ipv6Header {
                payload_length: told,
                next_header: number,
                hop_limit: HOPS,
                source: v6(from),
                destination: v6(to),
                ..Ipv6Header::default()
            };
            out.extend_from_slice(&header.to_bytes());
            IPV6
        }
    };
    out.extend_from_slice(&transport);
    out.extend_from_slice(segment.payload);
    u32::try_from(header + length).unwrap_or(u32::MAX)
}

fn v6(address: SocketAddr) -> [u8; 16] {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_ipv6_mapped().octets(),
        SocketAddr::V6(v6) => v6.ip().octets(),
    }
}

fn transport(segment: &Segment<'_>) -> Vec<u8> {
    let whole = segment.payload.len() == segment.size;
    let (from, to, payload) = (segment.from, segment.to, segment.payload);
    match segment.transport {
        Transport::Tcp => {
            let mut header = TcpHeader::new(
                from.port(),
                to.port(),
                sequence(segment.sent_before),
                u16::MAX,
            );
            header.ack = true;
            header.psh = true;
            header.acknowledgment_number = sequence(segment.read_before);
            if whole {
                let sum = match (from, to) {
                    (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                        header.calc_checksum_ipv4_raw(from.ip().octets(), to.ip().octets(), payload)
                    }
                    _ => header.calc_checksum_ipv6_raw(v6(from), v6(to), payload),
                };
                header.checksum = sum.unwrap_or(0);
            }
            header.to_bytes().to_vec()
        }
        Transport::Udp => {
            let mut header = UdpHeader {
                source_port: from.port(),
                destination_port: to.port(),
                length: u16::try_from(UDP + segment.size).unwrap_or(u16::MAX),
                checksum: 0,
            };
            if whole {
                let sum = match (from, to) {
                    (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                        header.calc_checksum_ipv4_raw(from.ip().octets(), to.ip().octets(), payload)
                    }
                    _ => header.calc_checksum_ipv6_raw(v6(from), v6(to), payload),
                };
                header.checksum = sum.unwrap_or(0);
            }
            header.to_bytes().to_vec()
        }
    }
}

/// A place in the stream as a sequence number: the first byte is number 1, and the numbers begin again after 4 GiB.
fn sequence(before: u64) -> u32 {
    u32::try_from((before + 1) & 0xffff_ffff).unwrap_or(0)
}
