//! What becomes a packet and what does not, and what it says.

use std::net::SocketAddr;

use super::{Written, write};
use crate::packet::file::{Found, read};
use crate::packet::{First, Packet, parse};
use crate::ports::Transport;
use crate::state::State;
use crate::trace::{Event, PREVIEW, Phase, Preview, Process, Recording};

const CLIENT: &str = "127.0.0.1:50000";
const SERVER: &str = "127.0.0.1:6666";

fn event(id: u64, call: &'static str, local: &str, peer: &str, offset: u64, data: &[u8]) -> Event {
    let address = |text: &str| text.parse::<SocketAddr>().ok();
    Event {
        id,
        process: 4711,
        phase: Phase::Completed,
        socket: if local == CLIENT { 1 } else { 2 },
        number: 3,
        transport: Transport::Tcp,
        step: if call == "recv" { "read" } else { "write" }.into(),
        call: call.into(),
        local: address(local),
        peer: address(peer),
        asked: None,
        size: Some(data.len()),
        offset: Some(offset),
        preview: Preview::of(&[data], PREVIEW),
        error: None,
        errno: None,
        before: State::Connected,
        after: State::Connected,
        start_ns: id * 1000,
        end_ns: Some(id * 1000 + 500),
        thread: 1,
        line: Some("client.py:12".into()),
        verdict: None,
        rule: None,
        origin: None,
    }
}

fn packets(recording: &Recording) -> (Vec<u8>, Found, Written) {
    let mut bytes = Vec::new();
    let written = write(recording, &mut bytes).unwrap();
    let found = read(&bytes).unwrap();
    assert_eq!(found.problems.lines(), [""; 0]);
    assert_eq!(found.records.len() as u64, written.packets);
    (bytes, found, written)
}

fn recording(events: Vec<Event>) -> Recording {
    Recording {
        events,
        unix_offset_ns: 1_700_000_000_000_000_000,
        processes: vec![Process {
            id: 4711,
            program: "python3 client.py".into(),
        }],
        ..Recording::default()
    }
}

fn packet(bytes: &[u8], found: &Found, at: usize) -> Packet {
    parse(&bytes[found.records[at].range()], First::Ip).unwrap()
}

fn ends(packet: &Packet) -> (String, String) {
    (
        packet.source().unwrap().to_string(),
        packet.destination().unwrap().to_string(),
    )
}

#[test]
fn a_sent_byte_is_a_packet_once_and_its_reading_is_none() {
    let events = vec![
        event(1, "send", CLIENT, SERVER, 0, b"hello"),
        event(2, "recv", SERVER, CLIENT, 0, b"hel"),
        event(3, "recv", SERVER, CLIENT, 3, b"lo"),
        event(4, "send", SERVER, CLIENT, 0, b"hi"),
        event(5, "recv MSG_PEEK", CLIENT, SERVER, 0, b"hi"),
        event(6, "recv", CLIENT, SERVER, 0, b"hi"),
        event(7, "send", CLIENT, SERVER, 5, b"bye"),
        event(8, "recv", SERVER, CLIENT, 8, b""),
    ];
    let (bytes, found, written) = packets(&recording(events));
    assert_eq!((written.packets, written.left_out), (3, 0));
    let [hello, hi, bye] = [0, 1, 2].map(|at| packet(&bytes, &found, at));
    assert_eq!(ends(&hello), (CLIENT.to_owned(), SERVER.to_owned()));
    assert_eq!(ends(&hi), (SERVER.to_owned(), CLIENT.to_owned()));
    assert_eq!(
        (hello.payload(), hi.payload(), bye.payload()),
        (&b"hello"[..], &b"hi"[..], &b"bye"[..])
    );
    for whole in [&hello, &hi, &bye] {
        assert_eq!(whole.problems(), [""; 0]);
    }
    let numbers = |packet: &Packet| {
        let data = packet.data();
        let number = |at: usize| u32::from_be_bytes(*data[at..].first_chunk().unwrap());
        (number(24), number(28))
    };
    assert_eq!([&hello, &hi, &bye].map(numbers), [(1, 1), (1, 6), (6, 3)]);
    assert_eq!(found.records[0].time_ns(), Some(1_700_000_000_000_001_000));
    let comment = found.comment(&bytes, &found.records[0]).unwrap();
    for word in [
        "not captured on a wire",
        "write (send)",
        "process 4711 (python3 client.py)",
        "socket #1",
        "line client.py:12",
    ] {
        assert!(comment.contains(word), "{word}: {comment}");
    }
}

#[test]
fn what_came_from_outside_is_a_packet_of_its_receiver() {
    let events = vec![
        event(1, "send", CLIENT, SERVER, 0, b"hello"),
        event(2, "recv", CLIENT, SERVER, 0, b"hi"),
    ];
    let (bytes, found, written) = packets(&recording(events));
    assert_eq!(written.packets, 2);
    let answer = packet(&bytes, &found, 1);
    assert_eq!(ends(&answer), (SERVER.to_owned(), CLIENT.to_owned()));
    assert_eq!(&answer.data()[24..32], &[0, 0, 0, 1, 0, 0, 0, 6]);
    assert_eq!(found.records[1].time_ns(), Some(1_700_000_000_000_002_500));
    assert!(
        found
            .comment(&bytes, &found.records[1])
            .unwrap()
            .contains("its sender was not")
            || found
                .comment(&bytes, &found.records[1])
                .unwrap()
                .contains("sender was not recorded")
    );
}

#[test]
fn bytes_that_the_trace_did_not_keep_are_told_by_the_length() {
    let (bytes, found, _) = packets(&recording(vec![event(
        1, "send", CLIENT, SERVER, 0, &[7; 5000],
    )]));
    let record = &found.records[0];
    assert_eq!((record.range().len(), record.original()), (40 + 32, 5040));
    assert!(
        found
            .comment(&bytes, record)
            .unwrap()
            .contains("kept 32 of 5000 bytes")
    );
    // The headers tell the whole length.
    assert_eq!(&bytes[record.range()][2..4], &5040_u16.to_be_bytes());
}

#[test]
fn a_large_write_is_several_packets() {
    for (local, peer, room) in [(CLIENT, SERVER, 65_495), ("[::1]:1", "[::1]:2", 65_515)] {
        let mut large = event(1, "sendfile", local, peer, 4_294_967_295, &[7; 100]);
        large.size = Some(200_000);
        let (bytes, found, written) = packets(&recording(vec![large]));
        assert_eq!(written.packets, 4);
        let header = if local == CLIENT { 40 } else { 60 };
        assert_eq!(found.records[0].original() as usize, header + room);
        assert_eq!(
            found.records[3].original() as usize,
            header + 200_000 - 3 * room
        );
        assert_eq!(found.records[1].range().len(), header);
        // The numbers begin again after 4 GiB.
        let at = found.records[1].range().start + header - 16;
        assert_eq!(
            &bytes[at..at + 4],
            &u32::try_from(room).unwrap().to_be_bytes()
        );
    }
}

#[test]
fn datagrams_are_matched_by_their_sender() {
    let udp = |id, call, local: &str, peer: &str, data: &[u8]| Event {
        transport: Transport::Udp,
        offset: None,
        ..event(id, call, local, peer, 0, data)
    };
    let events = vec![
        udp(1, "sendto", "0.0.0.0:700", "127.0.0.1:800", b""),
        udp(2, "recvfrom", "0.0.0.0:800", "127.0.0.1:700", b""),
        udp(3, "recvfrom", "0.0.0.0:800", "127.0.0.1:999", b"foreign"),
        udp(4, "sendto", "[::]:7", "[::1]:8", b"six"),
        Event {
            local: None,
            ..udp(5, "send", CLIENT, SERVER, b"x")
        },
        Event {
            phase: Phase::Failed,
            ..udp(6, "send", CLIENT, SERVER, b"x")
        },
    ];
    let (bytes, found, written) = packets(&recording(events));
    assert_eq!((written.packets, written.left_out), (3, 1));
    let ends: Vec<_> = (0..3).map(|at| ends(&packet(&bytes, &found, at))).collect();
    assert_eq!(ends[0], ("0.0.0.0:700".into(), "127.0.0.1:800".into()));
    assert_eq!(ends[1], ("127.0.0.1:999".into(), "0.0.0.0:800".into()));
    assert_eq!(ends[2], ("[::]:7".into(), "[::1]:8".into()));
    assert_eq!(packet(&bytes, &found, 2).problems(), [""; 0]);
}

#[test]
fn an_empty_trace_is_a_file_without_packets() {
    let (_, found, written) = packets(&Recording {
        dropped: 7,
        ..Recording::default()
    });
    assert_eq!((written, found.interfaces.len()), (Written::default(), 1));
}
