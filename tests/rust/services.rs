//! The small standard services, over TCP and over UDP; and two of them that are made to talk to each other.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::socket::Received;
use netsteps::tcp::Service;
use netsteps::udp;
use netsteps::wait::Plain;

use crate::ends::{families, loopback, std_udp};
use crate::event_loop::on_loop;
use crate::server::{ask, client};
use crate::threads::{quick, time, until};

/// How long `stop` may wait for an answer under way.
const LAST: Duration = Duration::from_secs(1);

/// A server of datagrams that runs, and is stopped when a test ends, however it ends.
struct Answering {
    server: Arc<udp::Server>,
}

fn answering(
    server: Arc<udp::Server>,
    answer: impl for<'a> FnMut(Received<'a>) -> Option<Cow<'a, [u8]>> + Send + 'static,
) -> Answering {
    udp::server::spawn(&server, answer).unwrap();
    Answering { server }
}

fn over_udp(service: Service, family: Family) -> Answering {
    let server = udp::Server::new(loopback(family), None).unwrap();
    answering(server, move |datagram| service.answer(datagram))
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.server.stop(LAST, &Plain);
    }
}

fn ask_udp(answering: &Answering, question: &[u8]) -> Vec<u8> {
    let (socket, _) = std_udp(answering.server.endpoint().family());
    let mut buffer = vec![0; 65_535];
    socket
        .send_to(question, answering.server.endpoint().socket_addr())
        .unwrap();
    let (size, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(from, answering.server.endpoint().socket_addr());
    buffer.truncate(size);
    buffer
}

#[test]
fn echo_gives_back_what_it_gets() {
    let server = &on_loop(Service::Echo);
    assert_eq!(ask(client(server.endpoint()), b"hello"), b"hello");
    assert_eq!(ask(client(server.endpoint()), b""), b"");
    for family in families() {
        let answering = over_udp(Service::Echo, family);
        assert_eq!(ask_udp(&answering, b"hello"), b"hello");
        assert_eq!(ask_udp(&answering, b""), b"");
        assert_eq!(ask_udp(&answering, &vec![7; 60_000]), vec![7; 60_000]);
        assert_eq!(answering.server.received(), 3);
        until("all are counted", || answering.server.answered() == 3);
    }
}

#[test]
fn discard_takes_everything_and_says_nothing() {
    let server = &on_loop(Service::Discard);
    assert_eq!(ask(client(server.endpoint()), &vec![7; 1 << 20]), b"");
    let answering = over_udp(Service::Discard, Family::Ipv4);
    let (socket, _) = std_udp(Family::Ipv4);
    socket
        .send_to(b"x", answering.server.endpoint().socket_addr())
        .unwrap();
    until("it has come", || answering.server.received() == 1);
    socket.set_nonblocking(true).unwrap();
    socket.recv_from(&mut [0; 10]).unwrap_err();
    assert_eq!(answering.server.answered(), 0);
}

#[test]
fn time_is_a_number_of_four_bytes_that_counts_from_1900() {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
            + 2_208_988_800
    };
    let server = &on_loop(Service::Time);
    let answering = over_udp(Service::Time, Family::Ipv4);
    for answer in [
        ask(client(server.endpoint()), b""),
        ask_udp(&answering, b""),
    ] {
        let seconds = u32::from_be_bytes(answer.try_into().unwrap());
        assert!(now() - u64::from(seconds) < 60, "{seconds}");
    }
}

#[test]
fn daytime_is_one_line_of_text() {
    let server = &on_loop(Service::Daytime);
    let answering = over_udp(Service::Daytime, Family::Ipv4);
    for answer in [
        ask(client(server.endpoint()), b"never read"),
        ask_udp(&answering, b"?"),
    ] {
        let text = String::from_utf8(answer).unwrap();
        assert!(
            text.ends_with("-UTC\r\n") && text.lines().count() == 1,
            "{text:?}"
        );
        assert!(text.is_ascii() && text.split(' ').count() == 5, "{text:?}");
    }
}

#[test]
fn chargen_sends_turning_lines_until_the_client_goes() {
    let server = &on_loop(Service::Chargen);
    let mut stream = client(server.endpoint());
    let mut bytes = vec![0; 74 * 1000];
    stream.read_exact(&mut bytes).unwrap();
    assert_lines(&bytes);
    drop(stream);
    until("its client is gone", || server.client_count() == 0);
    let answer = ask_udp(&over_udp(Service::Chargen, Family::Ipv4), b"");
    // RFC 864: from 0 to 512 characters.
    assert!(answer.len() <= 512, "{}", answer.len());
    assert_lines(&answer);
}

/// Each line is of 72 characters, and begins one character after the line before.
fn assert_lines(bytes: &[u8]) {
    let lines: Vec<_> = bytes.chunks_exact(74).collect();
    assert!(lines.iter().all(|line| line.ends_with(b"\r\n")));
    assert!(
        lines
            .iter()
            .all(|line| line[..72].iter().all(|byte| (b' '..=b'~').contains(byte)))
    );
    assert!(lines.windows(2).all(|pair| pair[0][1..72] == pair[1][..71]));
}

#[test]
fn a_client_that_asks_and_goes_stops_no_service() {
    for service in Service::ALL {
        let server = &on_loop(service);
        for _ in 0..20 {
            let mut stream = client(server.endpoint());
            stream.write_all(b"x").unwrap();
            drop(stream);
        }
        until("nobody is left", || {
            server.served() == 20 && server.client_count() == 0
        });
        let answering = over_udp(service, Family::Ipv4);
        for _ in 0..20 {
            let (socket, _) = std_udp(Family::Ipv4);
            socket
                .send_to(b"x", answering.server.endpoint().socket_addr())
                .unwrap();
        }
        until("all have come", || answering.server.received() == 20);
    }
}

#[test]
fn the_services_have_names_and_no_others() {
    for service in Service::ALL {
        assert_eq!(Service::from_name(service.name()).unwrap(), service);
    }
    let error = Service::from_name("finger").unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
    assert!(error.to_string().contains("chargen"), "{error}");
}

#[test]
fn a_datagram_server_stops_at_once_and_its_port_is_free() {
    quick(Duration::from_millis(200), || {
        let answering = over_udp(Service::Echo, Family::Ipv4);
        assert_eq!(ask_udp(&answering, b"x"), b"x");
        let (stopped, took) = time(|| answering.server.stop(LAST, &Plain));
        assert!(stopped);
        UdpSocket::bind(answering.server.endpoint().socket_addr()).unwrap();
        took
    });
}

#[test]
fn nobody_waits_for_a_datagram_server_whose_handler_panicked() {
    quick(Duration::from_millis(200), || {
        let server = udp::Server::new(loopback(Family::Ipv4), None).unwrap();
        udp::server::spawn(&server, |_| {
            panic!("this handler panics, as the test wants it to")
        })
        .unwrap();
        let (socket, _) = std_udp(Family::Ipv4);
        socket
            .send_to(b"x", server.endpoint().socket_addr())
            .unwrap();
        until("it has come", || server.received() == 1);
        let (stopped, took) = time(|| server.stop(LAST, &Plain));
        assert!(stopped);
        took
    });
}

#[test]
fn an_answer_that_cannot_be_sent_does_not_end_the_server() {
    let server = udp::Server::new(loopback(Family::Ipv4), None).unwrap();
    let answering = answering(server, |datagram| match datagram.data {
        b"large" => Some(vec![0; 70_000].into()),
        data => Some(data.into()),
    });
    let (socket, _) = std_udp(Family::Ipv4);
    socket
        .send_to(b"large", answering.server.endpoint().socket_addr())
        .unwrap();
    assert_eq!(ask_udp(&answering, b"small"), b"small");
    until("the small one is counted", || {
        answering.server.answered() == 1
    });
    assert_eq!(
        (answering.server.received(), answering.server.unsent()),
        (2, 1)
    );
}

#[test]
fn a_source_gets_its_answers_of_a_second_and_no_more() {
    let server = udp::Server::new(loopback(Family::Ipv4), Some(5)).unwrap();
    let answering = answering(server, |datagram| Some(datagram.data.into()));
    let (socket, _) = std_udp(Family::Ipv4);
    for _ in 0..20 {
        socket
            .send_to(b"x", answering.server.endpoint().socket_addr())
            .unwrap();
    }
    until("all are counted", || answering.server.held_back() == 15);
    assert_eq!(answering.server.answered(), 5);
    assert_eq!(ask_udp(&answering, b"another"), b"another");
}

#[test]
fn the_answers_under_way_leave_when_it_is_stopped() {
    let server = udp::Server::new(loopback(Family::Ipv4), None).unwrap();
    let (called, (go, gone)) = (Arc::new(Barrier::new(2)), channel::<()>());
    let own = Arc::clone(&called);
    let answering = answering(server, move |datagram| {
        own.wait();
        gone.recv().ok();
        Some(datagram.data.into())
    });
    let (socket, _) = std_udp(Family::Ipv4);
    socket
        .send_to(b"x", answering.server.endpoint().socket_addr())
        .unwrap();
    called.wait();
    assert!(answering.server.tell(), "it is busy");
    go.send(()).unwrap();
    assert!(answering.server.stop(LAST, &Plain));
    assert_eq!(socket.recv(&mut [0; 10]).unwrap(), 1);
    assert_eq!(answering.server.answered(), 1);
}
