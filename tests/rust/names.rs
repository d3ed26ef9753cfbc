//! Names with several addresses, a name server that is silent, a machine without free ports: each in a network of its own.

use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use netsteps::address::{Endpoint, Family};
use netsteps::error::Code;
use netsteps::ports::Transport;
use netsteps::resolve::{Port, resolve};
use netsteps::socket::Socket;
use netsteps::wait::{Deadline, Pause, Stop, Wait};

use crate::child::own_network;
use crate::ends::{
    LONG, bound_udp, families, listener, milliseconds, silent_listener, soon, tcp, udp,
};
use crate::threads::{Watch, run, time};

const HOSTS: &str = "127.0.0.1 localhost\\n::1 localhost\\n\
    127.0.0.2 several.test\\n127.0.0.3 several.test\\n::1 several.test\\n127.0.0.4 four.test\\n";
const FILES: &[(&str, &str)] = &[
    ("hosts", HOSTS),
    ("host.conf", "multi on\\n"),
    ("nsswitch.conf", "hosts: files dns\\nservices: files\\n"),
    ("services", "lesson 4711/tcp\\nlesson 4712/udp\\n"),
    ("resolv.conf", "nameserver 127.0.0.1\\n"),
];

/// Names of the file alone.
const NO_SERVER: &str = "echo 'hosts: files' > /etc/nsswitch.conf";

fn number(port: u16) -> Port {
    Port::Number(port)
}

fn addresses(host: &str) -> Vec<Endpoint> {
    resolve(host, &number(80), Transport::Tcp, None, "resolve", &soon()).unwrap()
}

#[test]
fn open_finds_the_one_address_of_a_name_that_listens() {
    if !own_network(
        open_finds_the_one_address_of_a_name_that_listens,
        FILES,
        "true",
    ) {
        return;
    }
    for (host, count) in [("localhost", 2), ("several.test", 3)] {
        let addresses = addresses(host);
        assert_eq!(addresses.len(), count, "{addresses:?}");
        for address in addresses {
            let listener = TcpListener::bind((address.ip(), 0)).unwrap();
            let endpoint: Endpoint = listener.local_addr().unwrap().into();
            let port = number(endpoint.port());
            let socket = Socket::open(host, &port, Transport::Tcp, &soon()).unwrap();
            assert_eq!(
                (socket.peer(), socket.family()),
                (Some(endpoint), endpoint.family())
            );
            listener.accept().unwrap();
        }
    }
}

#[test]
fn open_names_every_address_that_it_tried() {
    if !own_network(open_names_every_address_that_it_tried, FILES, "true") {
        return;
    }
    let error = Socket::open("several.test", &number(9), Transport::Tcp, &soon()).unwrap_err();
    assert_eq!(
        (error.code(), error.details().step),
        (Code::Refused, "open")
    );
    assert_eq!(
        error.details().errno,
        Some(netsteps::sys::errno::ECONNREFUSED)
    );
    let text = error.to_string();
    for address in [
        "127.0.0.2:9 refused",
        "127.0.0.3:9 refused",
        "[::1]:9 refused",
    ] {
        assert!(text.contains(address), "{text}");
    }
}

#[test]
fn a_silent_address_does_not_eat_the_time_of_those_after_it() {
    if !own_network(
        a_silent_address_does_not_eat_the_time_of_those_after_it,
        FILES,
        "true",
    ) {
        return;
    }
    let addresses = addresses("several.test");
    let silent = silent_listener(Endpoint::new(addresses[0].ip(), 0));
    let port = silent.endpoint.port();
    let _listener = TcpListener::bind((addresses[2].ip(), port)).unwrap();
    let wait = milliseconds(900);
    let (socket, took) =
        time(|| Socket::open("several.test", &number(port), Transport::Tcp, &wait).unwrap());
    assert_eq!(socket.peer().unwrap().ip(), addresses[2].ip());
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[test]
fn the_deadline_of_open_is_for_all_addresses_together() {
    if !own_network(
        the_deadline_of_open_is_for_all_addresses_together,
        FILES,
        "true",
    ) {
        return;
    }
    let addresses = addresses("several.test");
    let first = silent_listener(Endpoint::new(addresses[0].ip(), 0));
    let port = first.endpoint.port();
    let _others: Vec<_> = addresses[1..]
        .iter()
        .map(|address| silent_listener(Endpoint::new(address.ip(), port)))
        .collect();
    // A loaded machine is late now and then: one of five tries is in time.
    let tries = (0..5).map(|_| {
        let wait = milliseconds(300);
        let open = || Socket::open("several.test", &number(port), Transport::Tcp, &wait);
        let (error, took) = time(|| open().unwrap_err());
        assert_eq!(error.code(), Code::TimedOut);
        took.as_millis()
    });
    let tries: Vec<_> = tries.collect();
    assert!(tries.iter().all(|took| *took >= 300), "{tries:?}");
    assert!(tries.iter().any(|took| *took < 400), "{tries:?}");
}

#[test]
fn the_machine_knows_services_that_we_do_not() {
    if !own_network(the_machine_knows_services_that_we_do_not, FILES, "true") {
        return;
    }
    let lesson = Port::Service("lesson".into());
    for (transport, port) in [(Transport::Tcp, 4711), (Transport::Udp, 4712)] {
        let found = resolve("127.0.0.1", &lesson, transport, None, "resolve", &soon()).unwrap();
        assert_eq!(found, [Endpoint::new([127, 0, 0, 1].into(), port)]);
    }
    // This machine has no line for it, and we do.
    let http = Port::Service("http".into());
    let found = resolve(
        "localhost",
        &http,
        Transport::Tcp,
        Some(Family::Ipv4),
        "resolve",
        &soon(),
    );
    assert_eq!(found.unwrap(), [Endpoint::new([127, 0, 0, 1].into(), 80)]);
    let unknown = Port::Service("unknown".into());
    let error = resolve(
        "127.0.0.1",
        &unknown,
        Transport::Tcp,
        None,
        "resolve",
        &soon(),
    );
    let error = error.unwrap_err();
    assert_eq!(error.code(), Code::NameNotFound);
    assert!(
        error.to_string().contains("knows no service \"unknown\""),
        "{error}"
    );
}

#[test]
fn a_family_without_an_address_is_said() {
    if !own_network(a_family_without_an_address_is_said, FILES, NO_SERVER) {
        return;
    }
    let found = |host, family| {
        resolve(
            host,
            &number(1),
            Transport::Tcp,
            Some(family),
            "resolve",
            &soon(),
        )
    };
    for family in [Family::Ipv4, Family::Ipv6] {
        let endpoints = found("several.test", family).unwrap();
        assert!(
            endpoints.iter().all(|endpoint| endpoint.family() == family),
            "{endpoints:?}"
        );
    }
    let error = found("four.test", Family::Ipv6).unwrap_err();
    assert_eq!(error.code(), Code::NameNotFound);
    assert!(
        error.to_string().contains("no IPv6 address is known"),
        "{error}"
    );
}

/// A signal handler that raises after some looks.
struct Handler(std::cell::Cell<u32>);

impl Pause for Handler {
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        block();
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() == 0 { Err(Stop) } else { Ok(()) }
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    fn slice(&self) -> Option<Duration> {
        Some(Duration::from_millis(10))
    }
}

#[test]
fn a_silent_name_server_does_not_outlast_the_time_or_a_signal() {
    if !own_network(
        a_silent_name_server_does_not_outlast_the_time_or_a_signal,
        FILES,
        "true",
    ) {
        return;
    }
    // It takes every question and answers none.
    let _mute = UdpSocket::bind("127.0.0.1:53").unwrap();
    let wait = milliseconds(100);
    let (error, took) =
        time(|| Socket::open("far.test", &number(80), Transport::Tcp, &wait).unwrap_err());
    assert_eq!(
        (error.code(), error.details().step),
        (Code::TimedOut, "open")
    );
    assert!(error.to_string().contains("far.test"), "{error}");
    assert!((100..300).contains(&took.as_millis()), "{took:?}");
    let handler = Handler(std::cell::Cell::new(5));
    let wait = Wait {
        deadline: Deadline::after(LONG),
        pause: &handler,
    };
    let (error, took) =
        time(|| Socket::open("far.test", &number(80), Transport::Tcp, &wait).unwrap_err());
    assert_eq!(error.code(), Code::Interrupted);
    assert!(took < Duration::from_millis(250), "{took:?}");
}

#[test]
fn close_ends_a_lookup() {
    if !own_network(close_ends_a_lookup, FILES, "true") {
        return;
    }
    let _mute = UdpSocket::bind("127.0.0.1:53").unwrap();
    let (socket, watch) = (Arc::new(tcp(Family::Ipv4)), Watch::default());
    let (theirs, pause) = (Arc::clone(&socket), watch.clone());
    let looking = run(move || {
        let found = theirs.endpoint_of("far.test", &number(80), "connect", &pause.wait());
        found.unwrap_err()
    });
    watch.until_waiting();
    let (error, took) = time(|| {
        socket.close();
        looking.end()
    });
    assert_eq!(
        (error.code(), error.details().step),
        (Code::Closed, "connect")
    );
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn an_unknown_name_is_said() {
    if !own_network(an_unknown_name_is_said, FILES, NO_SERVER) {
        return;
    }
    let error = Socket::open("far.test", &number(80), Transport::Tcp, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::NameNotFound);
    assert!(
        error
            .to_string()
            .contains("no address is known for the name \"far.test\""),
        "{error}"
    );
    assert!(
        error.details().errno.is_some_and(|number| number < 0),
        "getaddrinfo's number"
    );
}

#[test]
fn a_name_server_that_is_not_there_is_said() {
    if !own_network(a_name_server_that_is_not_there_is_said, FILES, "true") {
        return;
    }
    let error = Socket::open("far.test", &number(80), Transport::Tcp, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::NameNotFound);
    assert!(
        error.to_string().contains("no name server answered"),
        "{error}"
    );
}

const FEW_PORTS: &str = "echo '40000 40003' > /proc/sys/net/ipv4/ip_local_port_range";

#[test]
fn a_stream_without_a_free_port_says_so() {
    if !own_network(a_stream_without_a_free_port_says_so, FILES, FEW_PORTS) {
        return;
    }
    let (_listener, endpoint) = listener(Family::Ipv4);
    let mut connected = Vec::new();
    let error = loop {
        let socket = tcp(Family::Ipv4);
        match socket.connect(endpoint, &soon()) {
            Ok(()) => connected.push(socket),
            Err(error) => break error,
        }
        assert!(connected.len() < 5);
    };
    assert!(
        matches!(error.code(), Code::AddressNotLocal | Code::AddressInUse),
        "{error}"
    );
    assert!(error.to_string().contains("port"), "{error}");
}

#[test]
fn a_datagram_socket_without_a_free_port_says_so_and_does_not_spin() {
    if !own_network(
        a_datagram_socket_without_a_free_port_says_so_and_does_not_spin,
        FILES,
        FEW_PORTS,
    ) {
        return;
    }
    let taken: Vec<_> = (0..4)
        .map(|_| UdpSocket::bind("0.0.0.0:0").unwrap())
        .collect();
    let to = Endpoint::new([127, 0, 0, 1].into(), 9);
    for error in [
        udp(Family::Ipv4)
            .connect(to, &milliseconds(500))
            .unwrap_err(),
        udp(Family::Ipv4)
            .send_to(b"x", to, &milliseconds(500))
            .unwrap_err(),
        udp(Family::Ipv4)
            .bind(Endpoint::new([127, 0, 0, 1].into(), 0))
            .unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::AddressInUse, "{error}");
        assert!(error.to_string().contains("no free port"), "{error}");
    }
    drop(taken);
    bound_udp(Family::Ipv4);
}

#[test]
fn a_machine_without_a_way_out_says_unreachable() {
    if !own_network(a_machine_without_a_way_out_says_unreachable, FILES, "true") {
        return;
    }
    // Of nets for examples (RFC 5737, RFC 3849).
    for (family, far) in [
        (Family::Ipv4, "203.0.113.7:80"),
        (Family::Ipv6, "[2001:db8::7]:80"),
    ] {
        if !families().contains(&family) {
            continue;
        }
        let far = far.parse().unwrap();
        for error in [
            tcp(family).connect(far, &soon()).unwrap_err(),
            udp(family).connect(far, &soon()).unwrap_err(),
            udp(family).send_to(b"x", far, &soon()).unwrap_err(),
        ] {
            assert_eq!(error.code(), Code::Unreachable, "{error}");
            assert!(error.to_string().contains("no route"), "{error}");
        }
    }
}
