//! The TCP server: many clients, a limit of them, handlers that fail, clients that are gone, and how it stops.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netsteps::address::{Endpoint, Family};
use netsteps::socket::{CHUNK, Socket};
use netsteps::tcp::server::spawn;
use netsteps::tcp::{Server, Settings};
use netsteps::wait::Plain;

use crate::ends::{LONG, families, loopback, reset, soon};
use crate::threads::{quick, run, time, until};

/// A server that runs, and is stopped when a test ends, however it ends.
pub(crate) struct Running(pub(crate) Arc<Server>);

impl Drop for Running {
    fn drop(&mut self) {
        stop(&self.0, Duration::ZERO);
    }
}

pub(crate) fn stop(server: &Server, grace: Duration) -> usize {
    server.stop(grace, Duration::from_secs(1), &Plain)
}

pub(crate) fn settings(max_clients: usize) -> Settings {
    Settings {
        endpoint: loopback(Family::Ipv4),
        backlog: 128,
        max_clients,
    }
}

pub(crate) fn serving(
    max_clients: usize,
    handler: impl Fn(&Socket) + Send + Sync + 'static,
) -> Running {
    serving_at(&settings(max_clients), handler)
}

fn serving_at(settings: &Settings, handler: impl Fn(&Socket) + Send + Sync + 'static) -> Running {
    let server = Server::new(settings).unwrap();
    spawn(&server, handler).unwrap();
    Running(server)
}

pub(crate) fn echo(connection: &Socket) {
    let mut buffer = vec![0; CHUNK];
    // How the client ends is the client's affair.
    while let Ok(size @ 1..) = connection.read_into(&mut buffer, &soon()) {
        if connection.write(&buffer[..size], &soon()).is_err() {
            return;
        }
    }
    let _ = connection.finish();
}

pub(crate) fn client(endpoint: Endpoint) -> TcpStream {
    let stream = TcpStream::connect(endpoint.socket_addr()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// What comes back when it is sent and the sending half closed.
pub(crate) fn ask(mut stream: TcpStream, question: &[u8]) -> Vec<u8> {
    stream.write_all(question).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_hundred_clients_at_once_each_get_their_own_bytes_back() {
    let Running(server) = &serving(1024, echo);
    let endpoint = server.endpoint();
    let clients: Vec<_> = (0..100_u32)
        .map(|number| {
            run(move || {
                let data: Vec<u8> = number
                    .to_be_bytes()
                    .into_iter()
                    .cycle()
                    .take(100_000)
                    .collect();
                let stream = client(endpoint);
                let mut writer = stream.try_clone().unwrap();
                let question = data.clone();
                let writing = run(move || {
                    writer.write_all(&question).unwrap();
                    writer.shutdown(std::net::Shutdown::Write).unwrap();
                });
                let mut answer = Vec::new();
                (&stream).read_to_end(&mut answer).unwrap();
                writing.end();
                answer == data
            })
        })
        .collect();
    assert!(
        clients.into_iter().all(crate::threads::Running::end),
        "each its own"
    );
    assert_eq!(server.served(), 100);
    until("nobody is left", || server.client_count() == 0);
}

#[test]
fn a_server_listens_on_both_families() {
    for family in families() {
        let settings = Settings {
            endpoint: loopback(family),
            ..settings(10)
        };
        let Running(server) = &serving_at(&settings, echo);
        assert_eq!(ask(client(server.endpoint()), b"hello"), b"hello");
    }
}

#[test]
fn the_client_beyond_the_limit_waits_and_is_served_when_there_is_room() {
    let Running(server) = &serving(2, echo);
    let mut clients = [(); 3].map(|()| client(server.endpoint()));
    for client in &mut clients {
        // The kernel takes it for all three; the third is not accepted yet.
        client.write_all(b"x").unwrap();
    }
    for client in &mut clients[..2] {
        client.read_exact(&mut [0]).unwrap();
    }
    assert_eq!((server.client_count(), server.served()), (2, 2));
    let [first, second, mut third] = clients;
    third
        .set_read_timeout(Some(Duration::from_millis(30)))
        .unwrap();
    third.read_exact(&mut [0]).unwrap_err();
    drop(first);
    third.set_read_timeout(Some(LONG)).unwrap();
    third.read_exact(&mut [0]).unwrap();
    assert_eq!((server.client_count(), server.served()), (2, 3));
    drop(second);
}

#[test]
fn a_handler_that_panics_ends_its_own_client_alone() {
    // Their text on the error output belongs to the test: a panic of a handler is not hidden.
    let Running(server) = &serving(10, |connection| {
        let first = connection.read_exactly(1, &soon()).unwrap();
        assert_ne!(first, b"!", "this handler panics, as the test wants it to");
        connection.write(&first, &soon()).unwrap();
        echo(connection);
    });
    let mut good = client(server.endpoint());
    good.write_all(b"a").unwrap();
    good.read_exact(&mut [0]).unwrap();
    for _ in 0..20 {
        assert_eq!(
            ask(client(server.endpoint()), b"!"),
            b"",
            "its connection is closed"
        );
    }
    assert_eq!(ask(good, b"still there"), b"still there");
    assert_eq!(ask(client(server.endpoint()), b"new"), b"new");
    until("nobody is left", || server.client_count() == 0);
}

#[test]
fn connections_that_died_before_accept_do_no_harm() {
    let server = Server::new(&settings(10)).unwrap();
    // Dead in the queue, before the loop has run at all.
    for _ in 0..100 {
        reset(client(server.endpoint()));
    }
    let good = client(server.endpoint());
    spawn(&server, echo).unwrap();
    let running = Running(server);
    assert_eq!(ask(good, b"hello"), b"hello");
    for _ in 0..1000 {
        reset(client(running.0.endpoint()));
    }
    assert_eq!(ask(client(running.0.endpoint()), b"hello"), b"hello");
    until("nobody is left", || running.0.client_count() == 0);
}

/// A handler that waits for the test.
fn held() -> (
    Receiver<()>,
    mpsc::Sender<()>,
    impl Fn(&Socket) + Send + Sync,
) {
    let (arrived, arrivals) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let (arrived, released) = (Mutex::new(arrived), Mutex::new(released));
    let handler = move |_: &Socket| {
        arrived.lock().unwrap().send(()).unwrap();
        // An error means that the test is over.
        let _ = released.lock().unwrap().recv_timeout(LONG);
    };
    (arrivals, release, handler)
}

#[test]
fn stop_without_clients_is_quick_and_the_port_can_be_bound_again_at_once() {
    quick(Duration::from_millis(100), || {
        let running = serving(10, echo);
        let endpoint = running.0.endpoint();
        assert_eq!(ask(client(endpoint), b"x"), b"x");
        until("nobody is left", || running.0.client_count() == 0);
        let (left, took) = time(|| stop(&running.0, LONG));
        assert_eq!(left, 0);
        let again = Settings {
            endpoint,
            ..settings(10)
        };
        let again = serving_at(&again, echo);
        assert_eq!(ask(client(endpoint), b"y"), b"y");
        drop(again);
        took
    });
}

#[test]
fn a_stopped_server_takes_nobody_and_lets_its_clients_end_within_the_grace() {
    let running = serving(10, echo);
    let endpoint = running.0.endpoint();
    let mut good = client(endpoint);
    good.write_all(b"before ").unwrap();
    good.read_exact(&mut [0; 7]).unwrap();
    let server = Arc::clone(&running.0);
    let stopping = run(move || time(|| stop(&server, LONG)));
    until("it takes nobody", || {
        TcpStream::connect(endpoint.socket_addr()).is_err()
    });
    assert_eq!(
        ask(good, b"and after"),
        b"and after",
        "what is under way comes to its end"
    );
    let (left, took) = stopping.end();
    assert_eq!(left, 0);
    assert!(took < LONG, "as soon as the last has ended");
}

#[test]
fn stop_closes_the_connections_that_do_not_end_within_the_grace() {
    let grace = Duration::from_millis(100);
    quick(grace + Duration::from_millis(200), || {
        let running = serving(10, echo);
        let mut silent = client(running.0.endpoint());
        silent.write_all(b"x").unwrap();
        silent.read_exact(&mut [0]).unwrap();
        let (left, took) = time(|| stop(&running.0, grace));
        assert_eq!(left, 0, "the handler ended with its connection");
        assert!(took >= grace, "{took:?}");
        assert_eq!(silent.read(&mut [0]).unwrap(), 0, "the end, not a reset");
        took
    });
}

#[test]
fn stop_gives_up_on_a_handler_that_never_ends_and_says_so() {
    let (arrivals, release, handler) = held();
    let running = serving(10, handler);
    let _client = client(running.0.endpoint());
    arrivals.recv_timeout(LONG).unwrap();
    let short = Duration::from_millis(20);
    assert_eq!(running.0.stop(short, short, &Plain), 1);
    release.send(()).unwrap();
    until("it has ended after all", || running.0.client_count() == 0);
}

#[test]
fn stop_reaches_a_server_whose_limit_is_full() {
    let (arrivals, release, handler) = held();
    let running = serving(1, handler);
    let _clients = [(); 3].map(|()| client(running.0.endpoint()));
    arrivals.recv_timeout(LONG).unwrap();
    let server = Arc::clone(&running.0);
    let stopping = run(move || stop(&server, LONG));
    until("it is told", || running.0.stopping());
    release.send(()).unwrap();
    assert_eq!(stopping.end(), 0);
    assert_eq!(
        running.0.served(),
        1,
        "those that waited were never accepted"
    );
}

#[test]
fn stopping_twice_and_before_the_loop_runs_is_no_error() {
    let server = Server::new(&settings(1)).unwrap();
    assert_eq!(stop(&server, Duration::ZERO), 0);
    assert_eq!(stop(&server, Duration::ZERO), 0);
    let mut started = 0;
    server.run(&Plain, &mut |_| started += 1);
    assert_eq!(started, 0);
}

#[test]
fn a_second_live_server_on_the_port_is_refused() {
    let Running(server) = &serving(1, echo);
    let same = Settings {
        endpoint: server.endpoint(),
        ..settings(1)
    };
    let error = Server::new(&same).unwrap_err();
    assert_eq!(error.code(), netsteps::error::Code::AddressInUse);
    assert!(
        error.to_string().contains(&server.endpoint().to_string()),
        "{error}"
    );
}

#[test]
fn a_handler_may_close_its_connection_itself() {
    let closed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&closed);
    let Running(server) = &serving(1, move |connection| {
        connection.close();
        count.fetch_add(1, Ordering::Relaxed);
    });
    for _ in 0..20 {
        assert_eq!(ask(client(server.endpoint()), b""), b"");
    }
    until("each was served", || closed.load(Ordering::Relaxed) == 20);
    until("nobody is left", || server.client_count() == 0);
}
