//! Cutting an IP packet into fragments.

use super::{LEAST, LONGEST, broken, put, seal, word};
use crate::error::{Code, Error, Result};

const STEP: &str = "fragment";
/// Don't Fragment, and More Fragments, in the word of IPv4's flags and offset.
const DONT: u16 = 0x4000;
const MORE: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;
/// An option of IPv4 that goes into every fragment has this bit in its type.
const COPIED: u8 = 0x80;

/// Extension headers of IPv6, by number.
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;

pub(super) fn ipv4(ip: &[u8], mtu: usize, identification: Option<u32>) -> Result<Vec<Vec<u8>>> {
    let (header, data) = ipv4_parts(ip)?;
    if header.len() + data.len() <= mtu {
        return Ok(vec![[header, data].concat()]);
    }
    let flags = word(header, 6);
    if flags & DONT != 0 {
        return Err(Error::new(
            Code::DatagramTooLarge,
            STEP,
            format!(
                "the packet has {} bytes, the link takes {mtu}, and its flag Don't Fragment is set: a router drops it and says so by ICMP (3, 4)",
                header.len() + data.len()
            ),
            "a smaller packet, or one without the flag",
        ));
    }
    let identification = identification
        .map(|number| {
            u16::try_from(number).map_err(|_| {
                Error::new(
                    Code::BadArgument,
                    STEP,
                    format!("identification={number} does not fit into IPv4's 16 bits"),
                    "a number from 0 to 65535",
                )
            })
        })
        .transpose()?;
    let later = with_copied_options(header);
    let mut fragments = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let mut fragment = if at == 0 {
            header.to_vec()
        } else {
            later.clone()
        };
        let (piece, is_last) = piece(data, at, mtu, fragment.len(), LEAST.0)?;
        let more = if is_last { flags & MORE } else { MORE };
        let units = usize::from(flags & OFFSET) + at / 8;
        let offset = u16::try_from(units)
            .ok()
            .filter(|units| *units <= OFFSET)
            .ok_or_else(|| {
                broken(
                    STEP,
                    "the fragment ends beyond the longest IP packet".into(),
                )
            })?;
        let length = u16::try_from(fragment.len() + piece.len()).unwrap_or(u16::MAX);
        put(&mut fragment, 2, length);
        if let Some(identification) = identification {
            put(&mut fragment, 4, identification);
        }
        put(&mut fragment, 6, more | offset);
        seal(&mut fragment);
        fragment.extend_from_slice(piece);
        fragments.push(fragment);
        at += piece.len();
    }
    Ok(fragments)
}

/// The bytes of the next fragment, and whether they are the last: as many as fit, a multiple of eight unless they are the last.
fn piece(data: &[u8], at: usize, mtu: usize, header: usize, least: usize) -> Result<(&[u8], bool)> {
    let room = mtu.saturating_sub(header);
    let rest = &data[at..];
    if rest.len() <= room {
        return Ok((rest, true));
    }
    let room = room / 8 * 8;
    if room == 0 {
        return Err(Error::new(
            Code::BadArgument,
            STEP,
            format!("mtu={mtu} leaves no room for data behind {header} bytes of headers"),
            format!("1500 (Ethernet), or another MTU of at least {least}, which every link has"),
        ));
    }
    Ok((&rest[..room], false))
}

/// The header and the data of an IPv4 packet, without padding behind it.
fn ipv4_parts(ip: &[u8]) -> Result<(&[u8], &[u8])> {
    let wrong = || broken(STEP, "the bytes end inside of the IPv4 packet".into());
    if ip.len() < 20 {
        return Err(wrong());
    }
    let header = usize::from(ip[0] & 15) * 4;
    let total = usize::from(word(ip, 2));
    if header < 20 || total < header {
        return Err(broken(
            STEP,
            format!("the IPv4 header tells a length of {header} bytes, the packet one of {total}"),
        ));
    }
    let packet = ip.get(..total).ok_or_else(wrong)?;
    Ok(packet.split_at(header))
}

/// The header with those options only that every fragment has to carry (RFC 791, 3.1).
fn with_copied_options(header: &[u8]) -> Vec<u8> {
    let (fixed, mut options) = header.split_at(20);
    let mut kept = fixed.to_vec();
    while let [kind, rest @ ..] = options {
        let length = match kind {
            0 => break,
            1 => 1,
            _ => usize::from(rest.first().copied().unwrap_or(0)),
        };
        // An option that tells a length it does not have ends the list.
        let Some((option, behind)) = options.split_at_checked(length).filter(|_| length > 0) else {
            break;
        };
        if kind & COPIED != 0 {
            kept.extend_from_slice(option);
        }
        options = behind;
    }
    kept.resize(kept.len().next_multiple_of(4), 0);
    let words = u8::try_from(kept.len() / 4).unwrap_or(5);
    kept[0] = kept[0] & 0xf0 | words;
    kept
}

pub(super) fn ipv6(ip: &[u8], mtu: usize, identification: Option<u32>) -> Result<Vec<Vec<u8>>> {
    let wrong = || broken(STEP, "the bytes end inside of the IPv6 packet".into());
    if ip.len() < 40 {
        return Err(wrong());
    }
    let total = 40 + usize::from(word(ip, 4));
    let packet = ip.get(..total).ok_or_else(wrong)?;
    if total <= mtu {
        return Ok(vec![packet.to_vec()]);
    }
    let identification = identification.unwrap_or_else(|| digest(packet));
    let (ends, names) = every_fragment_has(packet)?;
    let (headers, data) = packet.split_at(ends);
    let next = headers[names];
    let mut fragments = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let (piece, is_last) = piece(data, at, mtu, headers.len() + 8, LEAST.1)?;
        let mut fragment = headers.to_vec();
        fragment[names] = FRAGMENT;
        let offset = u16::try_from(at)
            .map_err(|_| broken(STEP, "the packet is longer than 65,535 bytes".into()))?;
        fragment.extend([next, 0]);
        fragment.extend((offset | u16::from(!is_last)).to_be_bytes());
        fragment.extend(identification.to_be_bytes());
        fragment.extend_from_slice(piece);
        let length = u16::try_from(fragment.len() - 40)
            .map_err(|_| broken(STEP, format!("a fragment of more than {LONGEST} bytes")))?;
        put(&mut fragment, 4, length);
        fragments.push(fragment);
        at += piece.len();
    }
    Ok(fragments)
}

/// Where the headers end that every fragment has (those that routers read), and the byte that names the one behind them.
fn every_fragment_has(packet: &[u8]) -> Result<(usize, usize)> {
    let (mut ends, mut names) = (40, 6);
    let (mut at, mut next_at) = (40, 6);
    loop {
        let next = packet[next_at];
        match next {
            FRAGMENT => {
                return Err(broken(
                    STEP,
                    "it is a fragment of IPv6 already, and only the sender cuts those".into(),
                ));
            }
            HOP_BY_HOP | ROUTING | DESTINATION => {}
            _ => return Ok((ends, names)),
        }
        let length = packet
            .get(at + 1)
            .map(|words| (usize::from(*words) + 1) * 8);
        let end = length.map_or(usize::MAX, |length| at + length);
        if end > packet.len() {
            return Err(broken(STEP, "it ends inside of an extension header".into()));
        }
        next_at = at;
        at = end;
        if next != DESTINATION {
            (ends, names) = (at, next_at);
        }
    }
}

/// A number that another packet hardly has (FNV-1a).
fn digest(packet: &[u8]) -> u32 {
    packet.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
