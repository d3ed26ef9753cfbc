//! Inputs that make sense, for mutations to begin with.

use netsteps::address::Endpoint;
use netsteps::packet::fragments::fragment;
use netsteps::packet::link::Link;
use netsteps::packet::pcapng::{About, Writer};
use netsteps::packet::split::Splitter;
use netsteps::packet::{Draft, Over, Packet, Segment, TcpOption, pcap};

const V4: (&str, &str) = ("10.0.0.1:5353", "10.0.0.2:53");
const V6: (&str, &str) = ("[fd00::1]:5353", "[fd00::2]:53");
/// A question for the name "a.b", and an answer that points back at it (RFC 1035).
const DNS: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x01a\x01b\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x01\x02\x03\x04";

fn packet(ends: (&str, &str), over: Over, ethernet: bool, payload: &[u8]) -> Packet {
    let end = |text: &str| text.parse::<Endpoint>().unwrap();
    Draft {
        source: end(ends.0),
        destination: end(ends.1),
        over,
        ttl: 64,
        identification: 7,
        dont_fragment: false,
        ethernet: ethernet.then_some(([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])),
        vlan: ethernet.then_some(9),
    }
    .packet(payload)
    .unwrap()
}

fn tcp() -> Over {
    Over::Tcp(Segment {
        flags: 18,
        options: vec![
            TcpOption::MaximumSegmentSize(1460),
            TcpOption::WindowScale(7),
        ],
        ..Segment::default()
    })
}

fn icmp() -> Over {
    Over::Icmp {
        kind: 8,
        code: 0,
        rest: [0, 1, 0, 2],
    }
}

/// Packets of every kind.
pub(crate) fn packets() -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for ends in [V4, V6] {
        for ethernet in [false, true] {
            for over in [Over::Udp, tcp(), icmp(), Over::Ip(99)] {
                all.push(packet(ends, over, ethernet, DNS).data().to_vec());
            }
        }
        let large = packet(ends, Over::Udp, false, &[7; 3000]);
        let pieces = fragment(&large, 1280, None).unwrap();
        all.extend(pieces.iter().map(|piece| piece.data().to_vec()));
    }
    all.push(packet(V4, Over::Arp(1), true, b"").data().to_vec());
    all
}

/// Fragments, each behind its length, and before them the two bytes of an MTU.
pub(crate) fn fragments() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for ends in [V4, V6] {
        for ethernet in [false, true] {
            let large = packet(ends, Over::Udp, ethernet, &[7; 200]);
            let mut seed = vec![0, 60];
            for piece in fragment(&large, 120, None).unwrap() {
                let high = if ethernet { 0x8000 } else { 0 };
                let size = u16::try_from(piece.data().len()).unwrap() | high;
                seed.extend(size.to_be_bytes());
                seed.extend(piece.data());
            }
            all.push(seed);
        }
        let whole = packet(ends, tcp(), false, &[7; 300]);
        all.push([&[0, 80], whole.data()].concat());
    }
    all
}

/// Datagrams with parts, each behind its sender and its length.
pub(crate) fn datagrams() -> Vec<Vec<u8>> {
    let framed = |sender: u8, part: &[u8]| {
        let size = u8::try_from(part.len()).unwrap();
        [&[sender, size], part].concat()
    };
    let mut all = vec![vec![0; 40]];
    for (length, size) in [(0, 30), (100, 40), (255, 90), (600, 255)] {
        let message: Vec<u8> = (0..251).cycle().take(length).collect();
        let splitter = Splitter::new(length, size, 7).unwrap();
        let mut parts: Vec<_> = splitter
            .parts(&message)
            .map(|(header, piece)| framed(1, &[&header[..], piece].concat()))
            .collect();
        all.push(parts.concat());
        parts.reverse();
        parts.push(parts[0].clone());
        all.push(parts.concat());
    }
    all
}

/// Captures of both formats.
pub(crate) fn captures() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut writer = Writer::new(Vec::new(), "netsteps", Some("a seed")).unwrap();
    for (link, name) in [(Link::RAW, Some("lo")), (Link::ETHERNET, None)] {
        let interface = writer.interface(link, name, 0).unwrap();
        for (at, packet) in packets().iter().take(4).enumerate() {
            let about = About {
                interface,
                time_ns: 1_700_000_000_123_456_789,
                original: 1500,
                comment: [None, Some("why"), Some("")][at % 3],
            };
            writer.packet(packet, about).unwrap();
        }
    }
    let mut capture = writer.finish().unwrap();
    all.push(capture.clone());
    // A simple packet, statistics with drops, an obsolete packet, and one that nobody knows.
    for (kind, body) in [
        (3_u32, &b"\x04\0\0\0abcd"[..]),
        (5, b"\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\x08\0\x07\0\0\0\0\0\0\0"),
        (2, b"\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0abcd"),
        (0x0bad, b"what"),
    ] {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        capture.extend(kind.to_le_bytes());
        capture.extend(length);
        capture.extend(body);
        capture.extend(length);
    }
    all.push(capture);
    // The same section with the high byte first, as far as its header goes.
    all.push(b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c\0\0\0\x01\0\0\0\x14\0\x65\0\0\0\0\0\0\0\0\0\x14".to_vec());
    let mut writer = pcap::Writer::new(Vec::new(), Link::RAW, 0).unwrap();
    for packet in packets().iter().take(4) {
        writer
            .packet(1_700_000_000_123_456_789, packet, 1500)
            .unwrap();
    }
    all.push(writer.finish().unwrap());
    all
}

/// Saved traces.
pub(crate) fn traces() -> Vec<Vec<u8>> {
    const HEAD: &str = r#"{"format":"netsteps trace","version":1,"start_ns":5,"dropped":0,"unix_offset_ns":1700000000000000000,"machine":"m","processes":[{"id":7,"program":"python3 a.py"}]}"#;
    let events = [
        r#"{"event":1,"process":7,"phase":"completed","socket":1,"number":3,"kind":"tcp","step":"write","call":"send","local":"127.0.0.1:5","peer":"127.0.0.1:6","asked":5,"size":5,"offset":0,"preview":"68656c6c6f","before":"connected","after":"connected","start_ns":10,"end_ns":20,"thread":7,"line":"a.py:1"}"#,
        r#"{"event":2,"process":7,"phase":"failed","socket":2,"number":4,"kind":"udp","step":"send_to","call":"sendto","peer":"[::1]:6","error":"refused","errno":111,"preview":"","before":"created","after":"bound","start_ns":11,"end_ns":12,"thread":7}"#,
        r#"{"event":3,"process":8,"phase":"completed","socket":3,"number":5,"kind":"udp","step":"receive_from","call":"recvfrom","local":"0.0.0.0:6","peer":"127.0.0.1:9","asked":100,"size":70000,"preview":"00ff","before":"bound","after":"bound","start_ns":13,"end_ns":14,"thread":8}"#,
        r#"{"event":4,"process":8,"phase":"started","socket":3,"number":5,"kind":"tcp","step":"read","call":"recv","preview":"","before":"connected","after":"connected","start_ns":18446744073709551615,"thread":8}"#,
        r#"{"event":5,"process":8,"phase":"completed","socket":4,"number":6,"kind":"udp","step":"relay","call":"sendmmsg","peer":"127.0.0.1:9","size":2,"preview":"00ff","before":"bound","after":"bound","start_ns":15,"end_ns":16,"thread":8,"verdict":"doubled","rule":"duplicate=0.1","origin":3}"#,
    ];
    let mut all = vec![HEAD.as_bytes().to_vec(), b"{}\n".to_vec()];
    all.extend(
        events
            .iter()
            .map(|event| format!("{HEAD}\n{event}\n").into_bytes()),
    );
    all.push(format!("{HEAD}\n{}\n", events.join("\n")).into_bytes());
    all
}
