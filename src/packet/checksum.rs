//! Checksums, verified: RFC 1071, with the pseudo-header of RFC 9293 3.1, RFC 768 and RFC 8200 8.1.

use etherparse::checksum::Sum16BitWords;

use super::fields::{byte, number};
use super::numbers::ip;
use super::{Header, Kind, Packet};

/// What a checksum says.
pub(super) enum Verdict {
    /// It is right.
    Right,
    /// It is not, or nobody can say; the reason.
    Unknown(String),
    /// It is wrong; what it is, and what it should be.
    Wrong(String),
}

/// Looks at the checksum of a header. None for a header without one.
pub(super) fn verify(packet: &Packet, header: Header) -> Option<Verdict> {
    let at = match header.kind {
        Kind::Ipv4 => 10,
        Kind::Tcp => 16,
        Kind::Udp => 6,
        Kind::Icmp | Kind::Icmpv6 => 2,
        _ => return None,
    };
    let data = packet.data();
    if header.start + at + 2 > header.end {
        return None;
    }
    let place = header.start + at;
    let is = u16::try_from(number(data, place * 8, 16)).unwrap_or(0);
    if header.kind == Kind::Ipv4 {
        if header.end - header.start != usize::from(byte(data, header.start) & 15) * 4 {
            return Some(Verdict::Unknown("not verified: the header is cut".into()));
        }
        let should = finished(&without(
            data,
            header.start,
            place,
            header.end,
            Sum16BitWords::new(),
        ));
        return Some(judge(
            is,
            should,
            is == 0,
            "left for the network card to fill in (checksum offload)",
        ));
    }
    if header.kind == Kind::Udp && is == 0 && !packet.is_version6() {
        return Some(Verdict::Unknown(
            "0: its sender made none, which IPv4 allows".into(),
        ));
    }
    if packet.is_fragment() {
        return Some(Verdict::Unknown(
            "not verified: it is over the whole packet, and this is a fragment".into(),
        ));
    }
    if packet.is_cut() {
        return Some(Verdict::Unknown(
            "not verified: it is over the whole packet, and not all of it is here".into(),
        ));
    }
    let end = packet.payload_range().end;
    let length = end - header.start;
    let (pseudo, short) = match header.kind {
        Kind::Icmp => (Sum16BitWords::new(), None),
        kind => match pseudo_header(packet, kind, length) {
            Ok(sums) => sums,
            Err(why) => return Some(Verdict::Unknown(why.into())),
        },
    };
    let mut should = finished(&without(data, header.start, place, end, pseudo.clone()));
    if header.kind == Kind::Udp && should == 0 {
        should = 0xffff; // RFC 768: 0 would say that there is none
    }
    // Linux leaves the pseudo-header's sum, without the last complement; for a packet to be cut up the length is not in it.
    let partial = header.kind != Kind::Icmp
        && (is == !finished(&pseudo) || short.is_some_and(|short| is == !finished(&short)));
    Some(judge(
        is,
        should,
        partial,
        "the sum of the addresses alone, which the kernel leaves for the network card to finish (checksum offload): \
         it was captured before that, and is no fault on the wire",
    ))
}

fn judge(is: u16, should: u16, offloaded: bool, explanation: &str) -> Verdict {
    if is == should {
        return Verdict::Right;
    }
    let mut words = format!("is {is:#06x}, should be {should:#06x}");
    if offloaded {
        words = format!("{words}: {explanation}");
    }
    Verdict::Wrong(words)
}

fn finished(sum: &Sum16BitWords) -> u16 {
    sum.ones_complement().to_be()
}

/// The sum of bytes `start` to `end` without the checksum at `place`. Both parts begin at an even byte of the header.
fn without(
    data: &[u8],
    start: usize,
    place: usize,
    end: usize,
    sum: Sum16BitWords,
) -> Sum16BitWords {
    sum.add_slice(data.get(start..place).unwrap_or_default())
        .add_slice(data.get(place + 2..end).unwrap_or_default())
}

/// The pseudo-header's sum, and the same without the length; or why it cannot be known.
fn pseudo_header(
    packet: &Packet,
    kind: Kind,
    length: usize,
) -> Result<(Sum16BitWords, Option<Sum16BitWords>), &'static str> {
    let network = packet
        .network()
        .ok_or("not verified: there is no IP header")?;
    let data = packet.data();
    let (routed, addresses) = if network.kind == Kind::Ipv4 {
        let (from, to) = (network.start + 12, network.start + 20);
        (source_routed(data, network), data.get(from..to))
    } else {
        let left = packet
            .header(Kind::Routing)
            .map_or(0, |routing| byte(data, routing.start + 3));
        (left > 0, data.get(network.start + 8..network.start + 40))
    };
    if routed {
        return Err("not verified: the last address of its route counts, not this one");
    }
    let addresses = addresses.ok_or("not verified: the IP header is cut")?;
    let protocol = match kind {
        Kind::Tcp => ip::TCP,
        Kind::Udp => ip::UDP,
        _ => ip::ICMPV6,
    };
    let base = Sum16BitWords::new()
        .add_slice(addresses)
        .add_2bytes([0, protocol]);
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut whole = base.clone();
    Ok((whole.add_4bytes(length), Some(base)))
}

/// A source route (RFC 791) that is not yet at its end.
fn source_routed(data: &[u8], header: Header) -> bool {
    let mut at = header.start + 20;
    while at < header.end {
        let length = match byte(data, at) {
            0 => return false,
            1 => 1,
            131 | 137 => return byte(data, at + 2) <= byte(data, at + 1),
            _ => usize::from(byte(data, at + 1)).max(2),
        };
        at += length;
    }
    false
}
