//! An IP packet in fragments that fit a link, and back again.
//!
//! IPv4: RFC 791 (3.2), RFC 815. IPv6: RFC 8200 (4.5), where only the sender cuts, and RFC 5722: fragments that overlap are refused.
//! They are refused for IPv4 too, as Linux does since 2018: no honest sender makes them.

mod cut;
mod gather;

pub use gather::{Gathered, Piece, Verdict};

use std::sync::Arc;

use super::{Kind, Packet};
use crate::error::{Code, Error, Result};

/// The least that a link has to carry whole: IPv4 (RFC 791) and IPv6 (RFC 8200).
pub const LEAST: (usize, usize) = (68, 1280);

/// No IP packet is longer.
const LONGEST: usize = 65_535;

/// The packet in fragments of at most `mtu` bytes, IP header included; itself alone, if it fits.
///
/// A link header stays before each fragment, and does not count. identification: what tells the receiver which fragments belong together; IPv4 packets
/// have it already, for IPv6 it is made of the packet's bytes when none is given.
///
/// # Errors
/// `DatagramTooLarge` (EMSGSIZE, as from the kernel) when Don't Fragment is set; `BadPacket` for what is no whole IP packet, or is a
/// fragment of IPv6 already; `BadArgument` for an MTU without room for data.
pub fn fragment(packet: &Packet, mtu: usize, identification: Option<u32>) -> Result<Vec<Packet>> {
    let Some((link, ip, kind)) = parts(packet) else {
        return Err(no_ip());
    };
    let fragments = if kind == Kind::Ipv4 {
        cut::ipv4(ip, mtu, identification)?
    } else {
        cut::ipv6(ip, mtu, identification)?
    };
    Ok(fragments
        .into_iter()
        .map(|fragment| whole(link, &fragment, packet))
        .collect())
}

/// The packet that these fragments make, or what is missing. They may come in any order, and twice.
#[must_use]
pub fn reassemble(fragments: &[Packet]) -> Gathered<Packet> {
    let ips: Vec<_> = fragments.iter().map(parts).collect();
    let gathered = gather::gather(ips.iter().map(|ip| ip.map(|(_, ip, _)| ip)));
    let first = gathered
        .pieces
        .iter()
        .position(|piece| piece.verdict != Verdict::Refused)
        .and_then(|at| Some((ips.get(at)?.as_ref()?.0, fragments.get(at)?)));
    gathered.map(|bytes| {
        first.map_or_else(
            || super::parse_lax(&bytes, super::First::Ip),
            |(link, like)| whole(link, &bytes, like),
        )
    })
}

/// A packet of this link header and these bytes, which begins as the other one does.
fn whole(link: &[u8], ip: &[u8], like: &Packet) -> Packet {
    let data: Arc<[u8]> = [link, ip].concat().into();
    Packet::within(&data, 0..data.len(), like.first(), data.len())
}

/// What comes before the IP packet, and the IP packet: the outermost.
fn parts(packet: &Packet) -> Option<(&[u8], &[u8], Kind)> {
    let header = packet
        .headers()
        .find(|header| matches!(header.kind, Kind::Ipv4 | Kind::Ipv6))?;
    let (link, ip) = packet.data().split_at_checked(header.start)?;
    Some((link, ip, header.kind))
}

fn no_ip() -> Error {
    broken(
        "fragment",
        "this is no IP packet, and only IP cuts packets into fragments".into(),
    )
}

fn broken(step: &'static str, cause: String) -> Error {
    Error::new(
        Code::BadPacket,
        step,
        cause,
        "a whole IPv4 or IPv6 packet, such as bytes(Packet(...))",
    )
}

/// A word of 16 bits; the caller has checked that it is there.
fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn put(bytes: &mut [u8], at: usize, word: u16) {
    bytes[at..at + 2].copy_from_slice(&word.to_be_bytes());
}

/// Writes the checksum of an IPv4 header (RFC 1071): the ones' complement of the sum of its words.
fn seal(header: &mut [u8]) {
    put(header, 10, 0);
    let mut sum: u32 = header
        .chunks_exact(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    put(header, 10, !u16::try_from(sum).unwrap_or(0));
}

#[cfg(test)]
mod tests;
