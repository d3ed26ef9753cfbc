//! UDP: the steps, over IPv4 and IPv6; empty, cut and too large datagrams; the answer that nobody is there.

use netsteps::address::{Endpoint, Family};
use netsteps::error::{Code, Result};
use netsteps::ports::Transport;
use netsteps::socket::{MAX_DATAGRAM, OptionName, Socket, Value};
use netsteps::state::State;
use netsteps::udp::{Receiver, bound};

use crate::ends::{
    bound_udp, dead_udp_port, families, loopback, milliseconds, now, read, read_in, soon, std_udp,
    udp,
};
use crate::threads::until;

#[test]
fn a_receiver_in_steps_tells_who_sent_each_datagram() {
    for family in families() {
        let (receiver, endpoint) = bound_udp(family);
        let (peer, sender) = std_udp(family);
        peer.send_to(b"hello", endpoint.socket_addr()).unwrap();
        let datagram = receiver.receive_from(100, &soon()).unwrap();
        assert_eq!(datagram.data, b"hello");
        assert_eq!((datagram.sender, datagram.truncated_from), (sender, None));
        assert_eq!(receiver.send_to(b"hi", sender, &soon()).unwrap(), 2);
        let mut buffer = [0; 10];
        let (size, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!(
            (&buffer[..size], from),
            (&b"hi"[..], endpoint.socket_addr())
        );
        assert_eq!(receiver.state(), State::Bound);
    }
}

#[test]
fn the_first_send_to_takes_a_free_port() {
    for family in families() {
        let (peer, to) = std_udp(family);
        let sender = udp(family);
        assert_eq!((sender.state(), sender.local()), (State::Created, None));
        sender.send_to(b"x", to, &soon()).unwrap();
        assert_eq!(sender.state(), State::Bound);
        let (_, from) = peer.recv_from(&mut [0; 10]).unwrap();
        assert_eq!(sender.local().unwrap().port(), from.port());
        peer.send_to(b"y", from).unwrap();
        assert_eq!(sender.receive_from(10, &soon()).unwrap().data, b"y");
    }
}

#[test]
fn a_connected_socket_has_one_peer_and_hears_no_other() {
    for family in families() {
        let (peer, to) = std_udp(family);
        let (stranger, _) = std_udp(family);
        let socket = udp(family);
        socket.connect(to, &soon()).unwrap();
        let local = socket.local().unwrap().socket_addr();
        assert_eq!(
            (socket.state(), socket.peer()),
            (State::Connected, Some(to))
        );
        stranger.send_to(b"not for you", local).unwrap();
        peer.send_to(b"for you", local).unwrap();
        assert_eq!(read(&socket, 100).unwrap(), b"for you");
        socket.write(b"thanks", &soon()).unwrap();
        let mut buffer = [0; 10];
        let (size, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..size], from), (&b"thanks"[..], local));
        // Another peer can be set, and then it is the only one.
        let (second, to) = std_udp(family);
        socket.connect(to, &soon()).unwrap();
        assert_eq!(socket.peer(), Some(to));
        assert_eq!(socket.send(b"hi", &soon()).unwrap(), 2);
        assert_eq!(second.recv_from(&mut buffer).unwrap().0, 2);
    }
}

#[test]
fn open_sets_the_peer_of_a_datagram_socket() {
    let (peer, to) = std_udp(Family::Ipv4);
    let port = netsteps::resolve::Port::Number(to.port());
    let socket = Socket::open("127.0.0.1", &port, Transport::Udp, &soon()).unwrap();
    socket.write(b"hi", &soon()).unwrap();
    assert_eq!(peer.recv_from(&mut [0; 10]).unwrap().0, 2);
}

#[test]
fn an_empty_datagram_arrives_and_is_not_the_end() {
    for family in families() {
        let (socket, endpoint) = bound_udp(family);
        let (peer, sender) = std_udp(family);
        peer.send_to(b"", endpoint.socket_addr()).unwrap();
        peer.send_to(b"", endpoint.socket_addr()).unwrap();
        peer.send_to(b"more", endpoint.socket_addr()).unwrap();
        let datagram = socket.receive_from(10, &soon()).unwrap();
        assert_eq!(
            (datagram.data.as_slice(), datagram.sender),
            (&b""[..], sender)
        );
        assert_eq!(read(&socket, 10).unwrap(), b"");
        assert_eq!(socket.state(), State::Bound);
        assert_eq!(read(&socket, 10).unwrap(), b"more");
        assert_eq!(socket.send_to(b"", sender, &soon()).unwrap(), 0);
        assert_eq!(
            peer.recv_from(&mut [0; 10]).unwrap(),
            (0, endpoint.socket_addr())
        );
        socket.connect(sender, &soon()).unwrap();
        socket.write(b"", &soon()).unwrap();
        assert_eq!(
            peer.recv_from(&mut [0; 10]).unwrap(),
            (0, endpoint.socket_addr())
        );
    }
}

#[test]
fn a_cut_datagram_says_so_and_the_next_one_is_whole() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    let (peer, sender) = std_udp(Family::Ipv4);
    let data: Vec<u8> = (0..100).collect();
    for _ in 0..3 {
        peer.send_to(&data, endpoint.socket_addr()).unwrap();
    }
    let datagram = socket.receive_from(10, &soon()).unwrap();
    assert_eq!(datagram.data, data[..10]);
    assert_eq!(
        (datagram.truncated_from, datagram.sender),
        (Some(100), sender)
    );
    // `read` has no place to tell it but an error.
    let error = read(&socket, 10).unwrap_err();
    assert_eq!(error.code(), Code::DatagramCut);
    assert_eq!(error.details().partial, data[..10]);
    assert!(error.to_string().contains("10 of 100 bytes"), "{error}");
    let datagram = socket.receive_from(100, &soon()).unwrap();
    assert_eq!((datagram.data, datagram.truncated_from), (data, None));
}

#[test]
fn a_datagram_cut_to_nothing_says_so_too() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    let (peer, _) = std_udp(Family::Ipv4);
    for _ in 0..2 {
        peer.send_to(b"abc", endpoint.socket_addr()).unwrap();
    }
    let datagram = socket.receive_from(0, &soon()).unwrap();
    assert_eq!((datagram.data.len(), datagram.truncated_from), (0, Some(3)));
    assert_eq!(read(&socket, 0).unwrap_err().code(), Code::DatagramCut);
}

#[test]
fn the_largest_datagram_of_each_family_passes_and_one_byte_more_does_not() {
    for family in families() {
        let limit = if family == Family::Ipv4 {
            65_507
        } else {
            65_527
        };
        let (receiver, endpoint) = bound_udp(family);
        let sender = udp(family);
        let data = vec![7; limit + 1];
        assert_eq!(
            sender.send_to(&data[..limit], endpoint, &soon()).unwrap(),
            limit
        );
        let datagram = receiver.receive_from(MAX_DATAGRAM, &soon()).unwrap();
        assert_eq!(
            (datagram.data.len(), datagram.truncated_from),
            (limit, None)
        );
        sender.connect(endpoint, &soon()).unwrap();
        for error in [
            sender.send_to(&data, endpoint, &soon()).unwrap_err(),
            sender.write(&data, &soon()).unwrap_err(),
            sender.send(&data, &soon()).unwrap_err(),
        ] {
            assert_eq!(error.code(), Code::DatagramTooLarge);
            assert_eq!(error.details().errno, Some(netsteps::sys::errno::EMSGSIZE));
            let text = error.to_string();
            assert!(text.contains(&format!("the limit is {limit}")), "{text}");
            assert!(text.contains(&format!("{} bytes", limit + 1)), "{text}");
        }
        assert_eq!(
            receiver.receive_from(10, &now()).unwrap_err().code(),
            Code::TimedOut
        );
    }
}

#[test]
fn a_port_that_nobody_has_refuses_what_a_connected_socket_sends() {
    for family in families() {
        let dead = dead_udp_port(family);
        let socket = udp(family);
        socket.connect(dead.endpoint, &soon()).unwrap();
        socket.write(b"anybody there?", &soon()).unwrap();
        let error = read(&socket, 10).unwrap_err();
        assert_eq!(error.code(), Code::Refused);
        assert_eq!(
            error.details().errno,
            Some(netsteps::sys::errno::ECONNREFUSED)
        );
        let text = error.to_string();
        assert!(text.contains("ICMP"), "{text}");
        assert!(text.contains(&dead.endpoint.to_string()), "{text}");
        // It was told once; the socket can be used as before.
        assert_eq!(socket.state(), State::Connected);
        let error = read_in(&socket, 10, &milliseconds(20)).unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
    }
}

#[test]
fn a_refusal_is_told_once_and_the_socket_goes_on() {
    let dead = dead_udp_port(Family::Ipv4);
    let socket = udp(Family::Ipv4);
    socket.connect(dead.endpoint, &soon()).unwrap();
    let mut refused = 0;
    for _ in 0..10 {
        match socket.write(b"x", &soon()) {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error.code(), Code::Refused);
                refused += 1;
            }
        }
    }
    // On loopback the answer is there before the next call: every second write tells it.
    assert!((1..=5).contains(&refused), "{refused}");
    let (peer, to) = std_udp(Family::Ipv4);
    until("what was refused is told", || {
        socket.connect(to, &soon()).is_ok()
    });
    until("the new peer hears us", || {
        socket.write(b"hi", &soon()).is_ok()
    });
    assert_eq!(peer.recv_from(&mut [0; 10]).unwrap().0, 2);
}

#[test]
fn a_receiver_does_not_suffer_from_clients_that_are_gone() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    let dead = dead_udp_port(Family::Ipv4);
    for _ in 0..10 {
        socket.send_to(b"answer", dead.endpoint, &soon()).unwrap();
    }
    let (peer, sender) = std_udp(Family::Ipv4);
    peer.send_to(b"x", endpoint.socket_addr()).unwrap();
    assert_eq!(socket.receive_from(10, &soon()).unwrap().sender, sender);
}

#[test]
fn broadcasting_has_to_be_asked_for() {
    let broadcast = "127.255.255.255:9".parse().unwrap();
    let socket = udp(Family::Ipv4);
    let error = socket.send_to(b"x", broadcast, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::NoPermission);
    assert!(
        error.to_string().contains("options.broadcast = True"),
        "{error}"
    );
    socket
        .set_option(OptionName::Broadcast, Value::Switch(true))
        .unwrap();
    socket.send_to(b"x", broadcast, &soon()).unwrap();
}

/// The kernel gives a port before it looks at the datagram: a socket that has one is no longer "created".
#[test]
fn a_first_step_that_failed_leaves_a_state_that_is_true() {
    type First = fn(&Socket, Endpoint, Endpoint) -> Result<()>;
    let firsts: [(&str, First); 3] = [
        ("too large", |socket, to, _| {
            socket.send_to(&vec![0; 70_000], to, &soon()).map(drop)
        }),
        ("broadcast", |socket, _, to| {
            socket.send_to(b"x", to, &soon()).map(drop)
        }),
        ("connect", |socket, _, to| socket.connect(to, &soon())),
    ];
    let (_peer, to) = std_udp(Family::Ipv4);
    let broadcast = "127.255.255.255:9".parse().unwrap();
    for (name, first) in firsts {
        let socket = udp(Family::Ipv4);
        first(&socket, to, broadcast).unwrap_err();
        // Either the kernel takes an address now, or the table says why not.
        if let Err(error) = socket.bind(loopback(Family::Ipv4)) {
            assert_eq!(error.code(), Code::OutOfOrder, "{name}: {error}");
        }
    }
}

#[test]
fn a_receiver_counts_what_it_has_seen() {
    let (receiver, socket) = (Receiver::default(), bound(loopback(Family::Ipv4)).unwrap());
    let (peer, _) = std_udp(Family::Ipv4);
    let to = socket.local().unwrap().socket_addr();
    for size in [0, 5, 100] {
        peer.send_to(&vec![1; size], to).unwrap();
    }
    for _ in 0..3 {
        receiver.receive(&socket, 10, &soon()).unwrap();
    }
    let report = receiver.report(&socket);
    assert_eq!((report.received, report.bytes, report.cut), (3, 15, 1));
    let error = receiver
        .receive(&socket, 10, &milliseconds(10))
        .unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
    assert_eq!(receiver.report(&socket), report);
}
