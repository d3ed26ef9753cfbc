//! Packets: what is made is read again, broken bytes are told, and a million of them are read in a second.

use std::sync::Arc;

use netsteps::address::Endpoint;
use netsteps::error::Code;
use netsteps::packet::{Draft, First, Kind, Over, Packet, Segment, TcpOption, parse, parse_lax};

#[allow(unreachable_pub, reason = "the fuzzer calls it from outside")]
#[path = "../fuzz/targets/decode.rs"]
mod decode;

fn draft(source: &str, destination: &str, over: Over) -> Draft {
    Draft {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        over,
        ttl: 64,
        identification: 7,
        dont_fragment: true,
        ethernet: None,
        vlan: None,
    }
}

fn segment() -> Over {
    Over::Tcp(Segment {
        flags: 2,
        seq: 1,
        ack: 0,
        window: 64_240,
        urgent: 0,
        options: vec![
            TcpOption::MaximumSegmentSize(1460),
            TcpOption::SackPermitted,
        ],
    })
}

/// One packet of each kind.
fn samples() -> Vec<Packet> {
    let (a, b) = ("192.168.1.7:50000", "93.184.216.34:53");
    let (c, d) = ("[2001:db8::1]:5353", "[2001:db8::2]:53");
    let echo = |kind| Over::Icmp {
        kind,
        code: 0,
        rest: [0, 1, 0, 2],
    };
    let question =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01";
    let mut framed = draft(a, b, segment());
    framed.ethernet = Some(([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]));
    framed.vlan = Some(5);
    let mut asking = draft(a, b, Over::Arp(1));
    asking.ethernet = framed.ethernet;
    vec![
        draft(a, b, Over::Udp).packet(question).unwrap(),
        draft(c, d, Over::Udp).packet(question).unwrap(),
        draft(a, b, segment()).packet(b"").unwrap(),
        draft(c, d, segment()).packet(b"hello").unwrap(),
        draft(a, b, echo(8)).packet(b"ping").unwrap(),
        draft(a, b, echo(13)).packet(&[0; 12]).unwrap(),
        draft(c, d, echo(128)).packet(b"ping").unwrap(),
        draft(c, d, echo(135)).packet(&[1; 16]).unwrap(),
        draft(a, b, Over::Ip(99)).packet(b"other").unwrap(),
        framed.packet(b"GET / HTTP/1.1\r\n").unwrap(),
        asking.packet(b"").unwrap(),
    ]
}

#[test]
fn what_is_made_is_sound_and_read_again() {
    for packet in samples() {
        assert_eq!(
            packet.problems(),
            Vec::<String>::new(),
            "{}",
            packet.summary()
        );
        assert_eq!(parse(packet.data(), packet.first()).unwrap(), packet);
        for layer in packet.layers() {
            assert_eq!(layer.problem, None);
        }
    }
}

#[test]
fn every_cut_of_a_packet_is_told_or_read() {
    for packet in samples() {
        for length in 0..packet.data().len() {
            let cut = &packet.data()[..length];
            let error = parse(cut, packet.first()).unwrap_err();
            assert!(error.needed > error.had, "{error:?}");
            assert!(!parse_lax(cut, packet.first()).faults().is_empty());
        }
    }
}

#[test]
fn a_capture_that_kept_the_beginning_is_no_broken_packet() {
    let whole = draft("10.0.0.1:1", "10.0.0.2:2", segment())
        .packet(&[0; 1000])
        .unwrap();
    let kept: Arc<[u8]> = Arc::from(&whole.data()[..96]);
    let packet = Packet::within(&kept, 0..96, First::Ip, whole.data().len());
    assert_eq!(packet.faults(), []);
    assert_eq!(
        packet.problems(),
        [format!(
            "the capture kept 96 of {} bytes",
            whole.data().len()
        )]
    );
    assert_eq!(packet.source(), whole.source());
    assert!(packet.is_cut());
}

#[test]
fn a_range_behind_the_buffer_is_shortened() {
    let buffer: Arc<[u8]> = Arc::from(&b"abc"[..]);
    assert_eq!(Packet::within(&buffer, 2..9, First::Ip, 7).data(), b"c");
    assert_eq!(Packet::within(&buffer, 8..9, First::Ip, 1).data(), b"");
}

#[test]
fn every_bit_of_real_and_of_damaged_packets_belongs_to_one_field() {
    // A generator of its own, so that a failure is found again.
    let mut state = 1_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for packet in samples() {
        decode::check(packet.data());
        for _ in 0..300 {
            let mut data = packet.data().to_vec();
            for _ in 0..=random() % 4 {
                let at = usize::try_from(random()).unwrap() % data.len();
                data[at] = random().to_le_bytes()[0];
            }
            data.truncate(usize::try_from(random()).unwrap() % (data.len() * 2));
            decode::check(&data);
        }
    }
}

#[test]
fn more_headers_than_are_looked_at_are_told() {
    // IPv6 with a chain of destination options.
    let mut data = draft("[::1]:1", "[::1]:2", Over::Ip(60))
        .packet(&[60, 0, 1, 4, 0, 0, 0, 0].repeat(20))
        .unwrap()
        .data()
        .to_vec();
    let last = data.len() - 8;
    data[last] = 59;
    let error = parse(&data, First::Ip).unwrap_err();
    assert!(error.cause.contains("more headers"), "{error}");
    assert_eq!(parse_lax(&data, First::Ip).headers().count(), 12);
    decode::check(&data);
}

#[test]
fn what_a_packet_cannot_say_is_refused() {
    let (a, b) = ("10.0.0.1:1", "10.0.0.2:2");
    let refused = |draft: &Draft, payload: &[u8]| draft.packet(payload).unwrap_err().code();
    assert_eq!(
        refused(&draft(a, "[::1]:2", Over::Udp), b""),
        Code::BadArgument
    );
    assert_eq!(refused(&draft(a, b, Over::Arp(1)), b""), Code::BadArgument);
    assert!(draft(a, b, Over::Udp).packet(&vec![0; 65_507]).is_ok());
    assert_eq!(
        refused(&draft(a, b, Over::Udp), &vec![0; 65_508]),
        Code::BadArgument
    );
    assert!(
        draft("[::1]:1", "[::1]:2", Over::Udp)
            .packet(&vec![0; 65_527])
            .is_ok()
    );
    assert_eq!(
        refused(&draft("[::1]:1", "[::1]:2", Over::Udp), &vec![0; 65_528]),
        Code::BadArgument
    );
    let mut long = draft(a, b, segment());
    if let Over::Tcp(segment) = &mut long.over {
        segment.options = vec![TcpOption::Raw(vec![1; 44])];
    }
    assert_eq!(refused(&long, b""), Code::BadArgument);
}

#[test]
fn the_ends_are_told() {
    let packet = &samples()[9];
    let end = |text: &str| Some(text.parse::<Endpoint>().unwrap());
    assert_eq!(packet.source(), end("192.168.1.7:50000"));
    assert_eq!(packet.destination(), end("93.184.216.34:53"));
    let kinds: Vec<_> = packet.headers().map(|header| header.kind).collect();
    assert_eq!(kinds, [Kind::Ethernet, Kind::Vlan, Kind::Ipv4, Kind::Tcp]);
}
