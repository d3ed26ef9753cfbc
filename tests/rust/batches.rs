//! Many datagrams by few calls: nothing is lost, doubled, joined or out of order, whatever their sizes and whoever receives.

use std::net::UdpSocket;

use netsteps::address::{Endpoint, Family};
use netsteps::error::Code;
use netsteps::socket::{Batch, Outgoing, Socket};
use netsteps::trace::{Limits, Phase, Recorder};

use crate::ends::{bound_udp, dead_udp_port, families, now, own_pair, soon, std_udp, udp};

/// Datagrams of these sizes, each with bytes of its own.
pub(crate) fn messages(sizes: &[usize]) -> Vec<Vec<u8>> {
    let fill = |(index, size): (usize, &usize)| {
        (0..*size)
            .map(|at| u8::try_from((index * 7 + at) % 251).unwrap())
            .collect()
    };
    sizes.iter().enumerate().map(fill).collect()
}

fn outgoing(messages: &[Vec<u8>]) -> Vec<Outgoing<'_>> {
    messages.iter().map(|data| Outgoing::new(data)).collect()
}

fn all_of(peer: &UdpSocket, count: usize) -> Vec<Vec<u8>> {
    let mut buffer = vec![0; 70_000];
    let mut take = || {
        let (size, _) = peer.recv_from(&mut buffer).unwrap();
        buffer[..size].to_vec()
    };
    (0..count).map(|_| take()).collect()
}

pub(crate) fn connected(to: Endpoint) -> Socket {
    let socket = udp(to.family());
    socket.connect(to, &soon()).unwrap();
    socket
}

/// Sends all of them, in the room that the receiver's buffer has.
pub(crate) fn send_all(socket: &Socket, messages: &[Vec<u8>]) {
    let (sent, error) = socket.send_batch(&outgoing(messages), &soon());
    assert_eq!((sent, error), (messages.len(), None));
}

pub(crate) const SIZES: &[&[usize]] = &[
    &[1200; 60],
    &[1; 200],
    &[1200, 1200, 1200, 700, 1200, 1200, 100, 100, 100, 101],
    &[0, 0, 5, 5, 0, 5, 5, 0],
    &[100, 100, 0, 100],
    &[65_507, 1, 30_000, 30_000, 30_000],
    &[3, 2, 1, 2, 3, 3, 3, 1, 1],
];

#[test]
fn each_datagram_arrives_once_in_order_and_by_itself() {
    for family in families() {
        for sizes in SIZES {
            let (peer, to) = std_udp(family);
            let messages = messages(sizes);
            let socket = connected(to);
            send_all(&socket, &messages);
            assert_eq!(all_of(&peer, messages.len()), messages, "{sizes:?}");
        }
    }
}

#[test]
fn a_header_that_lies_elsewhere_comes_before_the_bytes() {
    let (peer, to) = std_udp(Family::Ipv4);
    let socket = connected(to);
    let pieces = messages(&[100, 100, 100, 0, 50]);
    let headers = messages(&[16, 16, 16, 16, 16]);
    let parts: Vec<_> = headers
        .iter()
        .zip(&pieces)
        .map(|(header, data)| Outgoing::with_header(header, data))
        .collect();
    assert_eq!(socket.send_batch(&parts, &soon()), (5, None));
    let whole: Vec<_> = headers
        .iter()
        .zip(&pieces)
        .map(|(header, data)| [header.as_slice(), data].concat())
        .collect();
    assert_eq!(all_of(&peer, 5), whole);
}

#[test]
fn each_goes_to_the_endpoint_that_it_names() {
    for family in families() {
        let (one, to_one) = std_udp(family);
        let (other, to_other) = std_udp(family);
        let socket = udp(family);
        let data = messages(&[50; 12]);
        let batch: Vec<_> = data
            .iter()
            .enumerate()
            .map(|(at, data)| Outgoing::new(data).to(if at % 4 < 2 { to_one } else { to_other }))
            .collect();
        assert_eq!(socket.send_batch(&batch, &soon()), (12, None));
        let mine = |first| (0..12).filter(move |at| (at % 4 < 2) == first);
        let of = |first| mine(first).map(|at| data[at].clone()).collect::<Vec<_>>();
        assert_eq!(all_of(&one, 6), of(true));
        assert_eq!(all_of(&other, 6), of(false));
    }
}

#[test]
fn one_that_is_too_large_ends_it_and_those_before_it_are_sent() {
    for sizes in [
        &[10, 10, 70_000, 10][..],
        &[10, 20, 70_000, 10],
        &[70_000, 1],
        &[65_507, 65_508],
    ] {
        let (peer, to) = std_udp(Family::Ipv4);
        let socket = connected(to);
        let messages = messages(sizes);
        let large = sizes.iter().position(|size| *size > 65_507).unwrap();
        let (sent, error) = socket.send_batch(&outgoing(&messages), &soon());
        let error = error.unwrap();
        assert_eq!(
            (sent, error.code()),
            (large, Code::DatagramTooLarge),
            "{sizes:?}"
        );
        assert!(
            error
                .to_string()
                .contains(&format!("{} bytes", sizes[large]))
        );
        assert_eq!(all_of(&peer, large), messages[..large]);
        // The socket goes on.
        send_all(&socket, &messages[..large]);
        peer.set_nonblocking(true).unwrap();
        assert_eq!(all_of(&peer, large).len(), large);
        assert!(peer.recv_from(&mut [0; 10]).is_err());
    }
}

#[test]
fn an_endpoint_of_the_other_family_ends_it_before_it() {
    let (peer, to) = std_udp(Family::Ipv4);
    let socket = udp(Family::Ipv4);
    let other = "[::1]:9".parse().unwrap();
    let batch = [
        Outgoing::new(b"a").to(to),
        Outgoing::new(b"b").to(other),
        Outgoing::new(b"c").to(to),
    ];
    let (sent, error) = socket.send_batch(&batch, &soon());
    assert_eq!(sent, 1);
    assert!(error.unwrap().to_string().contains("[::1]:9"));
    assert_eq!(all_of(&peer, 1), [b"a"]);
}

/// Each answer of the peer's machine ends a batch, also one that sendmmsg swallows between two datagrams of one call.
#[test]
fn a_refusal_in_the_middle_is_told_and_the_count_is_true() {
    let dead = dead_udp_port(Family::Ipv4);
    for sizes in [&[900; 300][..], &[1, 2, 3, 4, 5, 6], &[1, 2, 2, 3, 0, 0]] {
        let socket = connected(dead.endpoint);
        let messages = messages(sizes);
        let (sent, error) = socket.send_batch(&outgoing(&messages), &soon());
        let error = error.expect("a refusal");
        assert_eq!(error.code(), Code::Refused, "{error}");
        assert!((1..messages.len()).contains(&sent), "{sent}");
        let (steps, _) = socket.steps();
        let counted: u64 = steps
            .iter()
            .filter(|line| line.step == "send" && !line.failed)
            .map(|line| line.count)
            .sum();
        assert_eq!(counted, sent as u64);
    }
}

#[test]
fn steps_out_of_order_send_and_receive_nothing() {
    let (client, _server) = own_pair();
    let (sent, error) = client.send_batch(&[Outgoing::new(b"x")], &soon());
    assert_eq!((sent, error.unwrap().code()), (0, Code::OutOfOrder));
    let mut room = Batch::new();
    let error = client.receive_batch(&mut room, 1, &now()).unwrap_err();
    assert_eq!(error.code(), Code::OutOfOrder);
    let socket = udp(Family::Ipv4);
    let (sent, error) = socket.send_batch(&[Outgoing::new(b"x")], &soon());
    assert_eq!((sent, error.unwrap().code()), (0, Code::OutOfOrder));
    assert_eq!(socket.send_batch(&[], &soon()), (0, None));
    let error = socket.receive_batch(&mut room, 1, &now()).unwrap_err();
    assert_eq!(error.code(), Code::OutOfOrder);
}

#[test]
fn a_trace_has_one_event_for_each_datagram() {
    let recorder = Recorder::new(Limits::default());
    recorder.start();
    let (receiver, to) = bound_udp(Family::Ipv4);
    receiver.coalesce(true);
    let socket = connected(to);
    let messages = messages(&[100, 100, 100, 7, 0, 100]);
    send_all(&socket, &messages);
    let mut room = Batch::new();
    let mut count = 0;
    while count < 6 {
        count += receiver.receive_batch(&mut room, 2, &soon()).unwrap();
    }
    recorder.stop();
    let of = |serial| {
        let events = recorder.events().into_iter();
        events
            .filter(|event| event.socket == serial && event.call.ends_with("mmsg"))
            .collect::<Vec<_>>()
    };
    for (events, step) in [
        (of(socket.serial()), "send"),
        (of(receiver.serial()), "receive_from"),
    ] {
        let sizes: Vec<_> = events.iter().map(|event| event.size.unwrap()).collect();
        assert_eq!(sizes, [100, 100, 100, 7, 0, 100], "{step}");
        for (event, message) in events.iter().zip(&messages) {
            assert_eq!((event.phase, &*event.step), (Phase::Completed, step));
            assert_eq!(event.preview.bytes(), &message[..message.len().min(32)]);
        }
        let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 6);
        let starts = |at: usize| (events[at].start_ns, events[at].end_ns);
        assert_eq!(starts(0), starts(1));
    }
}
