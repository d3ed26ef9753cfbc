//! bind, listen, connect: what can go wrong, what the error says, and that the socket is then as it was.

use std::net::{TcpListener, TcpStream, UdpSocket};

use netsteps::address::{Endpoint, Family};
use netsteps::error::Code;
use netsteps::ports::Transport;
use netsteps::resolve::{Port, resolve};
use netsteps::socket::{OptionName, Socket, Value};
use netsteps::state::State;
use netsteps::sys::errno;

use crate::ends::{
    dead_port, families, listener, listening, loopback, milliseconds, silent_listener, soon, tcp,
    udp,
};

#[test]
fn port_0_is_a_free_port_and_local_tells_it() {
    for family in families() {
        for socket in [tcp(family), udp(family)] {
            assert_eq!(socket.local(), None);
            socket.bind(loopback(family)).unwrap();
            let local = socket.local().unwrap();
            assert_eq!(local.ip(), loopback(family).ip());
            assert_ne!(local.port(), 0);
        }
    }
}

#[test]
fn an_address_in_use_names_who_has_it() {
    for family in families() {
        let (_listener, endpoint) = listener(family);
        let socket = tcp(family);
        let error = socket.bind(endpoint).unwrap_err();
        assert_eq!(error.code(), Code::AddressInUse);
        assert_eq!(error.details().errno, Some(errno::EADDRINUSE));
        assert_eq!(socket.state(), State::Created);
        if cfg!(target_os = "linux") {
            let text = error.to_string();
            assert!(text.contains("this very process"), "{text}");
            assert!(text.contains(&endpoint.to_string()), "{text}");
            assert!(text.contains("LISTEN"), "{text}");
        }
        // It can still have another one.
        socket.bind(loopback(family)).unwrap();
    }
}

#[test]
fn an_address_in_use_by_datagrams_is_said_too() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = udp(Family::Ipv4)
        .bind(taken.local_addr().unwrap().into())
        .unwrap_err();
    assert_eq!(error.code(), Code::AddressInUse);
}

#[test]
fn the_second_listener_of_a_shared_port_is_refused() {
    let (first, second) = (tcp(Family::Ipv4), tcp(Family::Ipv4));
    for socket in [&first, &second] {
        socket
            .set_option(OptionName::ReuseAddress, Value::Switch(true))
            .unwrap();
    }
    first.bind(loopback(Family::Ipv4)).unwrap();
    second.bind(first.local().unwrap()).unwrap();
    first.listen(1, false).unwrap();
    let error = second.listen(1, false).unwrap_err();
    assert_eq!(error.code(), Code::AddressInUse);
    assert_eq!(second.state(), State::Bound);
}

#[test]
fn an_address_of_another_machine_cannot_be_bound_and_the_own_ones_are_listed() {
    // Of a net for examples (RFC 5737).
    let error = tcp(Family::Ipv4)
        .bind("203.0.113.7:0".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.code(), Code::AddressNotLocal);
    assert_eq!(error.details().errno, Some(errno::EADDRNOTAVAIL));
    if cfg!(target_os = "linux") {
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[test]
fn a_port_in_time_wait_is_bound_with_reuse_address() {
    let server = netsteps::tcp::listener(loopback(Family::Ipv4), 1).unwrap();
    let endpoint = server.local().unwrap();
    let client = TcpStream::connect(endpoint.socket_addr()).unwrap();
    let connection = server.accept(&soon()).unwrap();
    // Who closes first has the TIME_WAIT.
    connection.close();
    drop(client);
    server.close();
    let next = tcp(Family::Ipv4);
    let error = next.bind(endpoint).unwrap_err();
    assert_eq!(error.code(), Code::AddressInUse);
    if cfg!(target_os = "linux") {
        assert!(error.to_string().contains("TIME_WAIT"), "{error}");
        assert!(error.to_string().contains("reuse_address"), "{error}");
    }
    next.set_option(OptionName::ReuseAddress, Value::Switch(true))
        .unwrap();
    next.bind(endpoint).unwrap();
    next.listen(1, false).unwrap();
}

#[test]
fn listen_without_an_address_is_out_of_order_unless_asked_for() {
    for family in families() {
        let socket = tcp(family);
        let error = socket.listen(1, false).unwrap_err();
        assert_eq!(
            (error.code(), error.details().missing),
            (Code::OutOfOrder, Some("bind"))
        );
        assert_eq!((socket.state(), socket.local()), (State::Created, None));
        socket.listen(1, true).unwrap();
        let local = socket.local().unwrap();
        assert_eq!(
            local.ip(),
            loopback(family).ip(),
            "loopback, as long as nobody says else"
        );
        TcpStream::connect(local.socket_addr()).unwrap();
    }
}

#[test]
fn the_backlog_can_be_changed_while_listening() {
    let (socket, endpoint) = listening(Family::Ipv4);
    socket.listen(5, false).unwrap();
    assert_eq!(
        (socket.state(), socket.local()),
        (State::Listening, Some(endpoint))
    );
}

#[test]
fn a_closed_port_refuses() {
    for family in families() {
        let dead = dead_port(family);
        let socket = tcp(family);
        let error = socket.connect(dead.endpoint, &soon()).unwrap_err();
        assert_eq!(error.code(), Code::Refused);
        assert_eq!(error.details().errno, Some(errno::ECONNREFUSED));
        let text = error.to_string();
        assert!(text.contains(&dead.endpoint.to_string()), "{text}");
        assert!(text.contains("nobody listens"), "{text}");
        assert_eq!((socket.state(), socket.peer()), (State::Created, None));
    }
}

#[test]
fn after_a_refusal_the_socket_is_as_it_was() {
    let dead = dead_port(Family::Ipv4);
    let (listener, endpoint) = listener(Family::Ipv4);
    let socket = tcp(Family::Ipv4);
    socket.connect(dead.endpoint, &soon()).unwrap_err();
    // Every step of a new socket is possible: an address of its own, and then a peer.
    socket.bind(loopback(Family::Ipv4)).unwrap();
    let local = socket.local().unwrap();
    socket.connect(dead.endpoint, &soon()).unwrap_err();
    assert_eq!(
        (socket.state(), socket.local()),
        (State::Bound, Some(local))
    );
    // The address is really ours, not only remembered: nobody else gets it.
    TcpListener::bind(local.socket_addr()).expect_err("the address is taken");
    socket.connect(endpoint, &soon()).unwrap();
    assert_eq!(listener.accept().unwrap().1, local.socket_addr());
}

#[test]
fn a_refused_socket_can_become_a_server() {
    let dead = dead_port(Family::Ipv4);
    let socket = tcp(Family::Ipv4);
    socket.bind(loopback(Family::Ipv4)).unwrap();
    let local = socket.local().unwrap();
    socket.connect(dead.endpoint, &soon()).unwrap_err();
    socket.listen(1, false).unwrap();
    assert_eq!(
        socket.local(),
        Some(local),
        "where clients were told to come"
    );
    TcpStream::connect(local.socket_addr()).unwrap();
}

#[test]
fn after_a_timeout_the_socket_is_as_it_was() {
    let silent = silent_listener(loopback(Family::Ipv4));
    let (listener, endpoint) = listener(Family::Ipv4);
    for bound in [false, true] {
        let socket = tcp(Family::Ipv4);
        if bound {
            socket.bind(loopback(Family::Ipv4)).unwrap();
        }
        let (state, local) = (socket.state(), socket.local());
        let error = socket
            .connect(silent.endpoint, &milliseconds(20))
            .unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
        assert!(error.to_string().contains("within 0.02 s"), "{error}");
        assert_eq!((socket.state(), socket.local()), (state, local));
        socket.connect(endpoint, &soon()).unwrap();
        let (_, from) = listener.accept().unwrap();
        assert!(local.is_none_or(|local| local.socket_addr() == from));
    }
}

#[test]
fn a_client_that_meets_itself_is_told_that_nobody_listens() {
    for family in families() {
        let socket = tcp(family);
        socket.bind(loopback(family)).unwrap();
        let own = socket.local().unwrap();
        let error = socket.connect(own, &soon()).unwrap_err();
        assert_eq!(error.code(), Code::Refused);
        assert_eq!(error.details().errno, Some(errno::ECONNREFUSED));
        assert!(error.to_string().contains("met itself"), "{error}");
        assert_eq!((socket.state(), socket.local()), (State::Bound, Some(own)));
    }
}

#[test]
fn a_client_that_meets_itself_by_another_name_is_told_too() {
    // To connect to "any" means this machine, on Linux.
    let socket = tcp(Family::Ipv4);
    socket.bind(loopback(Family::Ipv4)).unwrap();
    let own = socket.local().unwrap();
    let any = Endpoint::new("0.0.0.0".parse().unwrap(), own.port());
    let error = socket.connect(any, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::Refused, "{error}");
}

#[test]
fn the_peer_is_who_the_kernel_says_it_is() {
    let (listener, endpoint) = listener(Family::Ipv4);
    let any = Endpoint::new("0.0.0.0".parse().unwrap(), endpoint.port());
    for socket in [tcp(Family::Ipv4), udp(Family::Ipv4)] {
        socket.connect(any, &soon()).unwrap();
        assert_eq!(socket.peer(), Some(endpoint));
    }
    listener.accept().unwrap();
}

#[test]
fn a_broadcast_address_is_no_peer_of_a_stream() {
    let error = tcp(Family::Ipv4).connect("127.255.255.255:9".parse().unwrap(), &soon());
    let error = error.unwrap_err();
    assert_eq!(error.code(), Code::Unreachable);
    assert_eq!(error.details().errno, Some(errno::ENETUNREACH));
}

#[test]
fn an_address_of_the_other_family_is_refused_in_words() {
    if !families().contains(&Family::Ipv6) {
        return;
    }
    for (family, host) in [(Family::Ipv4, "::1"), (Family::Ipv6, "127.0.0.1")] {
        let socket = tcp(family);
        let error = socket
            .endpoint_of(host, &Port::Number(80), "connect", &soon())
            .unwrap_err();
        assert_eq!(error.code(), Code::NameNotFound);
        assert!(error.to_string().contains(" is asked for"), "{error}");
        // An endpoint comes without a lookup, and is no better.
        let endpoint = Endpoint::from_digits(host, 80).unwrap();
        for socket in [tcp(family), udp(family)] {
            for error in [socket.connect(endpoint, &soon()), socket.bind(endpoint)] {
                let text = error.unwrap_err().to_string();
                assert!(text.contains(" is asked for"), "{text}");
            }
        }
        let error = udp(family).send_to(b"x", endpoint, &soon()).unwrap_err();
        assert!(error.to_string().contains(" is asked for"), "{error}");
    }
}

#[test]
fn services_have_numbers_and_numbers_are_checked() {
    let at = |port: &str, transport| {
        let port = Port::Service(port.to_owned());
        resolve("127.0.0.1", &port, transport, None, "resolve", &soon())
    };
    for (service, transport, number) in [
        ("http", Transport::Tcp, 80),
        ("domain", Transport::Udp, 53),
        ("echo", Transport::Tcp, 7),
        ("65535", Transport::Tcp, 65_535),
        ("0", Transport::Udp, 0),
    ] {
        let endpoints = at(service, transport).unwrap();
        assert_eq!(
            endpoints,
            [Endpoint::new([127, 0, 0, 1].into(), number)],
            "{service}"
        );
    }
    for bad in ["65536", "", "a\0b", "99999999999999999999"] {
        assert_eq!(
            at(bad, Transport::Tcp).unwrap_err().code(),
            Code::BadPort,
            "{bad:?}"
        );
    }
    for unknown in ["no-such-service", "-1", "80.5"] {
        let error = at(unknown, Transport::Tcp).unwrap_err();
        assert!(
            matches!(error.code(), Code::NameNotFound | Code::BadPort),
            "{error}"
        );
    }
}

#[test]
fn open_refuses_what_is_no_host_before_it_makes_a_socket() {
    for host in ["", "http://localhost/", "127.0.0.1:80", "a\0b", "a b"] {
        let error = Socket::open(host, &Port::Number(80), Transport::Tcp, &soon()).unwrap_err();
        assert_eq!(
            (error.code(), error.details().step),
            (Code::BadHost, "open"),
            "{host:?}"
        );
    }
}

#[test]
fn accept_takes_the_clients_in_the_order_in_which_they_came() {
    for family in families() {
        let (server, endpoint) = listening(family);
        let clients: Vec<_> = (0..5)
            .map(|_| TcpStream::connect(endpoint.socket_addr()).unwrap())
            .collect();
        for client in &clients {
            let connection = server.accept(&soon()).unwrap();
            assert_eq!(
                connection.peer().unwrap().socket_addr(),
                client.local_addr().unwrap()
            );
        }
        let error = server.accept(&milliseconds(10)).unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
    }
}
