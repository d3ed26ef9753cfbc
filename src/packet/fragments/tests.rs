//! Cutting and joining: sizes, flags and options, any order, holes, and the classic attacks.

use super::cut::{ipv4, ipv6};
use super::gather::{Gathered, Verdict, gather};
use super::{put, seal, word};
use crate::error::Code;

fn data(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}

/// An IPv4 packet; options are padded by the caller.
fn packet4(options: &[u8], flags: u16, data: &[u8]) -> Vec<u8> {
    let header = 20 + options.len();
    let mut packet = vec![
        0x40 | u8::try_from(header / 4).unwrap(),
        0,
        0,
        0,
        0x12,
        0x34,
    ];
    packet.extend(flags.to_be_bytes());
    packet.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(options);
    packet.extend(data);
    let length = u16::try_from(packet.len()).unwrap();
    put(&mut packet, 2, length);
    seal(&mut packet[..header]);
    packet
}

/// An IPv6 packet; `next` is the number of the first header in `data`.
fn packet6(next: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, 0, next, 64];
    packet.extend([0xfd; 32]);
    packet.extend(data);
    let length = u16::try_from(data.len()).unwrap();
    put(&mut packet, 4, length);
    packet
}

fn joined(fragments: &[Vec<u8>]) -> Gathered<Vec<u8>> {
    gather(fragments.iter().map(|fragment| Some(&fragment[..])))
}

fn sum_is_right(header: &[u8]) -> bool {
    let mut copy = header.to_vec();
    seal(&mut copy);
    copy == header
}

#[test]
fn ipv4_is_cut_at_multiples_of_eight_and_comes_back() {
    for length in [0, 1, 1480, 1481, 4000, 65_515] {
        let packet = packet4(&[], 0, &data(length));
        for mtu in [28, 68, 576, 1500, 9000] {
            if mtu == 28 && length > 4000 {
                continue;
            }
            let fragments = ipv4(&packet, mtu, None).unwrap();
            assert!(
                fragments
                    .iter()
                    .all(|fragment| fragment.len() <= mtu.max(20))
            );
            assert!(
                fragments
                    .iter()
                    .all(|fragment| sum_is_right(&fragment[..20]))
            );
            let (last, front) = fragments.split_last().unwrap();
            assert!(front.iter().all(|fragment| word(fragment, 6) & 0x2000 != 0));
            assert_eq!(word(last, 6) & 0x2000, 0);
            for reverse in [false, true] {
                let mut fragments = fragments.clone();
                if reverse {
                    fragments.reverse();
                }
                let gathered = joined(&fragments);
                assert_eq!(gathered.packet.as_ref(), Some(&packet), "{length} {mtu}");
                assert_eq!(gathered.problems.lines(), [""; 0]);
            }
        }
    }
}

#[test]
fn a_fragment_can_be_cut_again() {
    let packet = packet4(&[], 0, &data(4000));
    let twice: Vec<_> = ipv4(&packet, 1500, None)
        .unwrap()
        .iter()
        .flat_map(|fragment| ipv4(fragment, 576, None).unwrap())
        .collect();
    assert_eq!(joined(&twice).packet, Some(packet));
}

#[test]
fn only_options_that_say_so_go_into_every_fragment() {
    // No operation, record route (not copied), loose source route (copied), end.
    let options = [1, 7, 7, 4, 0, 0, 0, 0, 0x83, 7, 4, 10, 0, 0, 9, 0];
    let packet = packet4(&options, 0, &data(100));
    let fragments = ipv4(&packet, 76, None).unwrap();
    assert_eq!(&fragments[0][20..36], &options);
    assert_eq!(fragments[1][0], 0x47);
    assert_eq!(&fragments[1][20..28], &[0x83, 7, 4, 10, 0, 0, 9, 0]);
    assert!(
        fragments
            .iter()
            .all(|f| sum_is_right(&f[..usize::from(f[0] & 15) * 4]))
    );
    assert_eq!(joined(&fragments).packet, Some(packet));
    // Options that lie about their length end the list, and nothing else.
    for lie in [[0x83, 0, 0, 0], [0x83, 40, 0, 0], [1, 1, 1, 0x83]] {
        let packet = packet4(&lie, 0, &data(100));
        assert_eq!(
            joined(&ipv4(&packet, 60, None).unwrap()).packet,
            Some(packet)
        );
    }
}

#[test]
fn dont_fragment_is_kept_to() {
    let packet = packet4(&[], 0x4000, &data(2000));
    assert_eq!(
        ipv4(&packet, 2020, None).unwrap(),
        std::slice::from_ref(&packet)
    );
    let error = ipv4(&packet, 1500, None).unwrap_err();
    assert_eq!(error.code(), Code::DatagramTooLarge);
    assert!(error.to_string().contains("ICMP"), "{error}");
}

#[test]
fn what_cannot_be_cut_is_told() {
    let packet = packet4(&[], 0, &data(2000));
    for (bytes, mtu) in [
        (&packet[..], 27),
        (&packet[..1000], 500),
        (&packet[..10], 500),
    ] {
        assert!(ipv4(bytes, mtu, None).is_err());
    }
    assert!(ipv4(&packet, 500, Some(65_536)).is_err());
    let fragment = ipv6(&packet6(17, &data(2000)), 1280, None)
        .unwrap()
        .remove(0);
    assert!(
        ipv6(&fragment, 1000, None)
            .unwrap_err()
            .to_string()
            .contains("already")
    );
    assert!(ipv6(&packet6(0, &[17, 200, 0, 0]), 41, None).is_err());
}

#[test]
fn ipv6_keeps_what_routers_read_before_the_fragment_header() {
    // Hop-by-hop, destination options, routing, destination options, UDP.
    let mut headers = Vec::new();
    for next in [60, 43, 60, 17] {
        headers.extend([next, 0, 1, 4, 0, 0, 0, 0]);
    }
    for (next, before, first) in [(17, 0, 17), (0, 24, 60)] {
        let body = [if next == 0 { &headers[..] } else { &[] }, &data(3000)].concat();
        let packet = packet6(next, &body);
        let fragments = ipv6(&packet, 1280, Some(7)).unwrap();
        assert_eq!(fragments.len(), 3);
        for fragment in &fragments {
            assert!(fragment.len() <= 1280);
            let header = &fragment[40 + before..48 + before];
            assert_eq!((header[0], &header[4..]), (first, &[0, 0, 0, 7][..]));
            assert_eq!(usize::from(word(fragment, 4)), fragment.len() - 40);
        }
        let mut mixed = vec![
            fragments[2].clone(),
            fragments[0].clone(),
            fragments[1].clone(),
        ];
        assert_eq!(joined(&mixed).packet.as_ref(), Some(&packet));
        mixed.push(fragments[0].clone());
        let gathered = joined(&mixed);
        assert_eq!((gathered.packet, gathered.duplicates), (Some(packet), 1));
    }
}

#[test]
fn holes_are_named() {
    let fragments = ipv4(&packet4(&[], 0, &data(4000)), 1020, None).unwrap();
    let gathered = joined(&[fragments[3].clone(), fragments[1].clone()]);
    assert_eq!(gathered.packet, None);
    assert_eq!(gathered.missing, [0..1000, 2000..3000]);
    assert_eq!(gathered.length, Some(4000));
    let gathered = joined(&fragments[..2]);
    assert_eq!(gathered.length, None);
    assert!(gathered.problems.lines()[0].contains("nobody knows how long"));
    assert!(joined(&[]).problems.lines()[0].contains("no fragment"));
}

fn refused(fragments: &[Vec<u8>], word: &str) {
    let gathered = joined(fragments);
    let lines = gathered.problems.lines();
    assert!(
        lines.iter().any(|line| line.contains(word)),
        "{word}: {lines:?}"
    );
    assert_eq!(
        gathered.pieces.last().map(|piece| piece.verdict),
        Some(Verdict::Refused)
    );
}

#[test]
fn overlaps_are_refused_whatever_they_carry() {
    for (flags, length) in [(0x2000, 8), (0x2001, 16), (0x2000, 32), (0x2001, 32)] {
        let first = packet4(&[], 0x2001, &data(16));
        let last = packet4(&[], 3, &data(10));
        let evil = packet4(&[], flags, &data(length));
        if flags == 0x2000 && length == 8 {
            // It ends where the other begins.
            assert_eq!(
                joined(&[first, evil, last]).packet.map(|p| p.len()),
                Some(54)
            );
            continue;
        }
        if flags == 0x2001 && length == 16 {
            assert_eq!(joined(&[first.clone(), evil]).duplicates, 1);
            let mut other = first.clone();
            other[30] ^= 1;
            refused(&[first, other], "teardrop");
            continue;
        }
        let start = packet4(&[], 0x2000, &data(8));
        refused(&[first.clone(), evil.clone()], "teardrop");
        assert_eq!(joined(&[first, evil, last, start]).packet, None);
    }
}

#[test]
fn lengths_that_no_packet_has_are_refused() {
    refused(&[packet4(&[], 0x1fff, &data(100))], "ping of death");
    refused(&[packet4(&[], 0x2000, &data(9))], "multiple of 8");
    refused(&[packet4(&[], 0x2001, &[])], "without data");
    let last = packet4(&[], 1, &data(8));
    refused(&[last.clone(), packet4(&[], 2, &data(8))], "data end at 16");
    refused(&[last, packet4(&[], 0x2000, &data(16))], "data end at 16");
    refused(
        &[packet4(&[], 0x2002, &data(8)), packet4(&[], 0, &data(8))],
        "reached byte 24",
    );
    let mut other = packet4(&[], 0x2000, &data(8));
    other[19] = 9;
    refused(&[packet4(&[], 1, &data(8)), other], "another packet");
    refused(&[vec![0x45; 19]], "ends inside");
    refused(&[vec![0x60; 39]], "ends inside");
    refused(&[vec![]], "no IP packet");
    // The pieces fit, the whole does not: a header of 60 bytes, and 65,500 of data.
    let first = packet4(&[1; 40], 0x2000, &data(65_472));
    let rest = packet4(&[], 65_472 / 8, &data(28));
    let gathered = joined(&[first, rest]);
    assert_eq!(gathered.packet, None);
    assert!(gathered.problems.lines()[0].contains("longest IP packet"));
}

#[test]
fn a_packet_that_was_never_cut_is_itself() {
    for packet in [
        packet4(&[], 0x4000, &data(100)),
        packet6(17, &data(100)),
        packet6(59, &[]),
    ] {
        assert_eq!(
            joined(std::slice::from_ref(&packet)).packet,
            Some(packet.clone())
        );
        assert_eq!(joined(&[packet.clone(), packet]).duplicates, 1);
    }
}
