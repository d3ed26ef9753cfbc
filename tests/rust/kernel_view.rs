//! What the kernel holds: buffers, `TCP_INFO`, the accept queue; each against the other end, which did it.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::socket::{AcceptQueue, OptionName, Socket, Value};
use netsteps::sys::kernel::{Buffers, TcpInfo};
use socket2::SockRef;

use crate::child::own_network;
use crate::ends::{bound_udp, listening, loopback, now, own_pair, pair, read, soon, tcp, udp};
use crate::threads::until;

fn buffers(socket: &Socket) -> Buffers {
    let told = socket.buffers().expect("an open socket");
    told.expect("Linux tells")
}

fn info(socket: &Socket) -> TcpInfo {
    let told = socket.tcp().expect("an open socket");
    told.expect("Linux tells")
}

/// Writes until the kernel takes no more; how much it took.
fn fill(socket: &Socket) -> u64 {
    let chunk = vec![b'x'; 65_536];
    let mut taken = 0;
    while let Ok(size) = socket.send(&chunk, &now()) {
        taken += size as u64;
    }
    taken
}

#[test]
fn unread_is_what_the_peer_wrote_and_was_not_read() {
    let (socket, mut peer) = pair();
    assert_eq!(buffers(&socket).unread, Some(0));
    peer.write_all(&[7; 1000]).expect("room");
    until("the bytes came", || buffers(&socket).unread == Some(1000));
    assert_eq!(read(&socket, 300).expect("bytes").len(), 300);
    assert_eq!(buffers(&socket).unread, Some(700));
    let told = buffers(&socket);
    assert!(told.receive_memory >= Some(700), "{told:?}");
    assert_eq!(told.next_datagram, None);
}

#[test]
fn unacknowledged_and_unsent_are_what_a_stopped_reader_leaves_with_us() {
    let (socket, peer) = own_pair();
    let written = fill(&socket);
    // The two kernels' ends settle: what one of them has no longer is what the other has.
    until("every byte is in one buffer or the other", || {
        let (ours, theirs) = (buffers(&socket), buffers(&peer));
        ours.unacknowledged.zip(theirs.unread).map(|(a, b)| a + b) == Some(written)
    });
    let ours = buffers(&socket);
    assert!(ours.unacknowledged > Some(0), "{ours:?}");
    assert!(ours.unsent <= ours.unacknowledged, "{ours:?}");
    assert!(ours.send_memory >= ours.unacknowledged, "{ours:?}");
    until("the peer told that it has no room", || {
        info(&socket)
            .peer_window
            .is_some_and(|window| window < 65_536)
    });
    // The reader goes on, and the buffers run empty.
    let mut left = written;
    while left > 0 {
        left -= read(&peer, 1 << 20).expect("bytes").len() as u64;
    }
    until("all is acknowledged", || {
        buffers(&socket).unacknowledged == Some(0)
    });
    assert!(info(&socket).rwnd_limited_us > Some(0));
}

#[test]
fn capacities_are_those_of_the_options_doubled_by_the_kernel() {
    let socket = udp(Family::Ipv4);
    socket
        .set_option(OptionName::ReceiveBuffer, Value::Number(20_000))
        .expect("a size");
    let told = buffers(&socket);
    assert_eq!(told.receive_capacity, 40_000);
    let held = socket.option(OptionName::SendBuffer).expect("a size");
    assert_eq!(
        held,
        Value::Number(i64::try_from(told.send_capacity).expect("a size"))
    );
}

#[test]
fn a_udp_socket_tells_its_next_datagram_and_its_drops() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    let told = buffers(&socket);
    assert_eq!(
        (told.next_datagram, told.unread, told.unacknowledged),
        (Some(0), None, None)
    );
    let peer = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for size in [5, 100, 1000] {
        peer.send_to(&vec![1; size], endpoint.socket_addr())
            .expect("room");
    }
    until("they came", || buffers(&socket).receive_memory > Some(1105));
    assert_eq!(buffers(&socket).next_datagram, Some(5));
    assert_eq!(buffers(&socket).drops, Some(0));
    for _ in 0..2000 {
        peer.send_to(&[1; 1000], endpoint.socket_addr())
            .expect("room");
    }
    until("the buffer is full", || buffers(&socket).drops > Some(0));
    assert_eq!(socket.tcp().expect("an open socket"), None);
    assert_eq!(socket.queue().expect("an open socket"), None);
}

#[test]
fn tcp_info_tells_the_connection() {
    let (socket, mut peer) = pair();
    let begin = info(&socket);
    assert_eq!((begin.state, begin.congestion), ("ESTABLISHED", "open"));
    assert_eq!((begin.bytes_sent, begin.bytes_received), (Some(0), Some(0)));
    assert_eq!(
        (begin.last_data_sent_ms, begin.last_data_received_ms),
        (None, None)
    );
    assert!(begin.rtt_us > Some(0) && begin.mss > 500 && begin.cwnd > 0);
    assert_eq!(
        begin.cwnd_bytes,
        u64::from(begin.cwnd) * u64::from(begin.mss)
    );
    socket.write(&[1; 5000], &soon()).expect("room");
    peer.write_all(&[2; 300]).expect("room");
    until("both went", || {
        let told = info(&socket);
        told.bytes_received == Some(300) && told.bytes_acked >= Some(5000)
    });
    let told = info(&socket);
    assert_eq!(told.bytes_sent, Some(5000));
    assert_eq!(
        (told.retransmissions, told.bytes_retransmitted),
        (0, Some(0))
    );
    assert!(told.last_data_sent_ms.is_some() && told.last_data_received_ms.is_some());
    assert_eq!(told.ssthresh, None);
}

#[test]
fn tcp_info_names_the_state_of_the_kernel() {
    let (socket, mut peer) = pair();
    socket.finish().expect("a half-close");
    until("the peer's kernel answered", || {
        info(&socket).state == "FIN_WAIT2"
    });
    assert_eq!(buffers(&socket).unacknowledged, Some(0));
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).expect("the end");

    let (socket, peer) = pair();
    drop(peer);
    until("the FIN came", || info(&socket).state == "CLOSE_WAIT");

    let (socket, peer) = pair();
    SockRef::from(&peer)
        .set_linger(Some(std::time::Duration::ZERO))
        .expect("linger");
    drop(peer);
    until("the reset came", || info(&socket).state == "CLOSE");
}

#[test]
fn the_queue_of_a_listener_has_those_that_were_not_accepted() {
    let listener = tcp(Family::Ipv4);
    listener.bind(loopback(Family::Ipv4)).expect("an address");
    assert_eq!(listener.queue().expect("an open socket"), None);
    listener.listen(5, false).expect("a listener");
    let length = || {
        let queue = listener.queue().expect("an open socket");
        queue.expect("Linux tells")
    };
    assert_eq!(
        length(),
        AcceptQueue {
            length: 0,
            limit: 5
        }
    );
    let endpoint = listener.local().expect("its address").socket_addr();
    let clients: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(endpoint).expect("room"))
        .collect();
    until("three wait", || length().length == 3);
    let first = listener.accept(&soon()).expect("a client");
    assert_eq!(
        length(),
        AcceptQueue {
            length: 2,
            limit: 5
        }
    );
    assert_eq!(first.queue().expect("an open socket"), None);
    assert_eq!(listener.tcp().expect("an open socket"), None);
    assert_eq!(listener.buffers().expect("an open socket"), None);
    drop(clients);
}

#[test]
fn without_a_connection_there_is_none_and_closed_is_an_error() {
    let socket = tcp(Family::Ipv4);
    for _ in 0..2 {
        assert_eq!(socket.buffers().expect("an open socket"), None);
        assert_eq!(socket.tcp().expect("an open socket"), None);
        assert_eq!(socket.queue().expect("an open socket"), None);
        socket.bind(loopback(Family::Ipv4)).ok();
    }
    socket.close();
    let codes = [
        socket.buffers().map(drop).expect_err("closed").code(),
        socket.tcp().map(drop).expect_err("closed").code(),
        socket.queue().map(drop).expect_err("closed").code(),
    ];
    assert_eq!(codes, [Code::Closed; 3]);
    let (_listener, _) = listening(Family::Ipv4);
}

#[test]
fn segments_that_are_lost_are_sent_again_and_counted() {
    let test = segments_that_are_lost_are_sent_again_and_counted;
    if !own_network(test, &[], "true") {
        return;
    }
    let loopback = |state: &str| {
        let done = Command::new("ip")
            .args(["link", "set", "lo", state])
            .status();
        assert!(done.expect("ip").success(), "{state}");
    };
    let (socket, peer) = own_pair();
    let begin = info(&socket);
    assert_eq!((begin.retransmissions, begin.retransmits_now), (0, 0));
    // Nothing arrives any more, and nobody says so.
    loopback("down");
    socket.write(b"lost", &soon()).expect("room");
    until("it was sent again", || info(&socket).retransmissions >= 2);
    let lost = info(&socket);
    assert!(
        lost.retransmits_now >= 1 && lost.bytes_retransmitted >= Some(4),
        "{lost:?}"
    );
    assert_eq!((lost.congestion, lost.in_flight), ("loss", 1));
    assert_eq!(buffers(&socket).unacknowledged, Some(4));
    assert_eq!(buffers(&peer).unread, Some(0));
    loopback("up");
    assert_eq!(read(&peer, 9).expect("bytes"), b"lost");
    until("it is acknowledged", || {
        buffers(&socket).unacknowledged == Some(0)
    });
    assert_eq!(info(&socket).retransmits_now, 0);
}
