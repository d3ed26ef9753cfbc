//! Options: each keeps what it is given, does what its meaning says, and refuses what cannot be meant.

use std::net::{TcpStream, UdpSocket};

use netsteps::address::{Endpoint, Family};
use netsteps::error::Code;
use netsteps::socket::{OPTIONS, OptionKind, OptionName, Value};

use crate::ends::{
    bound_udp, families, loopback, milliseconds, pair, read, soon, std_udp, tcp, udp,
};

#[test]
fn each_option_keeps_what_it_is_given() {
    for family in families() {
        let socket = tcp(family);
        for (name, word, _, kind, _) in OPTIONS {
            if matches!(name, OptionName::Broadcast | OptionName::Ipv6Only) {
                continue;
            }
            let value = match kind {
                OptionKind::Switch => Value::Switch(true),
                OptionKind::Number if *name == OptionName::Ttl => Value::Number(7),
                OptionKind::Number => Value::Number(20_000),
                OptionKind::Seconds => Value::Seconds(Some(2.0)),
            };
            socket.set_option(*name, value).unwrap();
            let kept = match (socket.option(*name).unwrap(), name) {
                // Linux keeps twice as much, for its own overhead.
                (Value::Number(40_000), OptionName::ReceiveBuffer | OptionName::SendBuffer) => {
                    Value::Number(20_000)
                }
                (kept, _) => kept,
            };
            assert_eq!(kept, value, "{word}");
        }
        for wrong in [Value::Number(1), Value::Seconds(None)] {
            let error = socket.set_option(OptionName::NoDelay, wrong).unwrap_err();
            assert_eq!(error.code(), Code::BadArgument);
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let socket = tcp(Family::Ipv4);
    for (name, value) in [
        (OptionName::Ttl, Value::Number(0)),
        (OptionName::Ttl, Value::Number(256)),
        (OptionName::Ttl, Value::Number(-1)),
        (OptionName::SendBuffer, Value::Number(-1)),
        (OptionName::ReceiveBuffer, Value::Number(1 << 31)),
        (OptionName::Linger, Value::Seconds(Some(-1.0))),
        (OptionName::Linger, Value::Seconds(Some(-0.5))),
        (OptionName::Linger, Value::Seconds(Some(f64::NAN))),
        (OptionName::Linger, Value::Seconds(Some(f64::INFINITY))),
        (OptionName::Linger, Value::Seconds(Some(1e10))),
    ] {
        let before = socket.option(name).unwrap();
        let error = socket.set_option(name, value).unwrap_err();
        assert_eq!(error.code(), Code::BadArgument, "{name:?} {value:?}");
        assert_eq!(socket.option(name).unwrap(), before, "{name:?} {value:?}");
    }
}

#[test]
fn a_part_of_a_second_to_linger_is_not_none_at_all() {
    let socket = tcp(Family::Ipv4);
    let half = Value::Seconds(Some(0.5));
    socket.set_option(OptionName::Linger, half).unwrap();
    let kept = socket.option(OptionName::Linger).unwrap();
    assert_eq!(
        kept,
        Value::Seconds(Some(1.0)),
        "0 would throw away what is not yet sent"
    );
}

#[test]
fn to_linger_for_no_time_resets() {
    let (socket, mut stream) = pair();
    socket
        .set_option(OptionName::Linger, Value::Seconds(Some(0.0)))
        .unwrap();
    socket.close();
    let error = std::io::Read::read(&mut stream, &mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn an_ipv6_listener_takes_ipv4_clients_unless_it_is_for_ipv6_only() {
    if !families().contains(&Family::Ipv6) {
        return;
    }
    for only in [false, true] {
        let socket = tcp(Family::Ipv6);
        socket
            .set_option(OptionName::Ipv6Only, Value::Switch(only))
            .unwrap();
        socket
            .bind(Endpoint::from_digits("::", 0).unwrap())
            .unwrap();
        socket.listen(1, false).unwrap();
        let port = socket.local().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port));
        assert_eq!(client.is_err(), only);
        if let Ok(client) = client {
            let connection = socket.accept(&soon()).unwrap();
            let peer = connection.peer().unwrap();
            assert_eq!(peer.ip().to_string(), "::ffff:127.0.0.1");
            assert_eq!(peer.port(), client.local_addr().unwrap().port());
        }
    }
}

#[test]
fn two_sockets_share_a_port_when_both_want_to() {
    let (first, second) = (udp(Family::Ipv4), udp(Family::Ipv4));
    first
        .set_option(OptionName::ReusePort, Value::Switch(true))
        .unwrap();
    first.bind(loopback(Family::Ipv4)).unwrap();
    let shared = first.local().unwrap();
    assert_eq!(second.bind(shared).unwrap_err().code(), Code::AddressInUse);
    second
        .set_option(OptionName::ReusePort, Value::Switch(true))
        .unwrap();
    second.bind(shared).unwrap();
}

#[test]
fn a_group_is_of_the_family_of_the_socket() {
    for (family, group) in [
        (Family::Ipv4, "ff02::1"),
        (Family::Ipv6, "224.0.0.251"),
        (Family::Ipv4, "127.0.0.1"),
        (Family::Ipv6, "::1"),
    ] {
        if families().contains(&family) {
            let error = udp(family).join_group(group.parse().unwrap()).unwrap_err();
            assert_eq!(error.code(), Code::BadArgument, "{error}");
        }
    }
}

/// Loopback with groups, as a net card has them.
#[cfg(target_os = "linux")]
const GROUPS: &str = "ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo";

#[cfg(target_os = "linux")]
#[test]
fn who_has_joined_a_group_hears_what_is_sent_to_it() {
    if !crate::child::own_network(who_has_joined_a_group_hears_what_is_sent_to_it, &[], GROUPS) {
        return;
    }
    let group = "239.1.2.3".parse().unwrap();
    let socket = udp(Family::Ipv4);
    socket
        .bind(Endpoint::from_digits("0.0.0.0", 0).unwrap())
        .unwrap();
    let to = Endpoint::new(group, socket.local().unwrap().port());
    let hears = |word: &[u8]| {
        UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .send_to(word, to.socket_addr())
            .unwrap();
        let datagram = socket.receive_from(100, &milliseconds(100));
        datagram.is_ok_and(|datagram| datagram.data == word)
    };
    socket.join_group(group).unwrap();
    assert!(hears(b"in the group"));
    socket.leave_group(group).unwrap();
    assert!(!hears(b"not any more"));
    let error = socket.leave_group(group).unwrap_err();
    assert_eq!(error.code(), Code::System, "{error}");
}

#[test]
fn a_small_receive_buffer_loses_datagrams_and_nothing_else() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    socket
        .set_option(OptionName::ReceiveBuffer, Value::Number(10_000))
        .unwrap();
    let (peer, _) = std_udp(Family::Ipv4);
    for number in 0..1000_u32 {
        peer.send_to(&number.to_be_bytes(), endpoint.socket_addr())
            .unwrap();
    }
    // The oldest are kept, in their order; the socket goes on with the next one.
    let next = || socket.receive_from(10, &milliseconds(50)).ok();
    let came: Vec<_> = std::iter::from_fn(next)
        .map(|datagram| datagram.data)
        .collect();
    let expected: Vec<_> = (0_u32..).take(came.len()).map(u32::to_be_bytes).collect();
    assert!(came.len() < 1000 && came == expected, "{}", came.len());
    peer.send_to(b"next", endpoint.socket_addr()).unwrap();
    assert_eq!(read(&socket, 10).unwrap(), b"next");
}
