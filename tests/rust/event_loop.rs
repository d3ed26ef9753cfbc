//! One thread for all clients: each gets its own bytes, none holds the others up, and memory stays bounded.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netsteps::address::Family;
use netsteps::tcp::event_loop::{Io, Server, Settings, Work};
use netsteps::tcp::{Service, Serving};
use netsteps::trace::{Limits, Recorder};
use netsteps::wait::Plain;

use crate::ends::{LONG, families, loopback, reset};
use crate::server::{ask, client};
use crate::threads::{run, time, until};

const LAST: Duration = Duration::from_secs(1);

pub(crate) fn settings(max_clients: usize) -> Settings {
    Settings {
        endpoint: loopback(Family::Ipv4),
        backlog: 128,
        max_clients,
        loops: 1,
        idle: None,
    }
}

pub(crate) fn on_loop(service: Service) -> Server {
    Server::start(settings(1000), || Serving(service)).unwrap()
}

#[test]
fn a_hundred_clients_at_once_each_get_their_own_bytes_back() {
    for family in families() {
        let settings = Settings {
            endpoint: loopback(family),
            ..settings(1000)
        };
        let server = Server::start(settings, || Serving(Service::Echo)).unwrap();
        let endpoint = server.endpoint();
        let clients: Vec<_> = (0..100_u32)
            .map(|number| {
                run(move || {
                    let data: Vec<u8> = number
                        .to_be_bytes()
                        .into_iter()
                        .cycle()
                        .take(300_000)
                        .collect();
                    let stream = client(endpoint);
                    let mut writer = stream.try_clone().unwrap();
                    let question = data.clone();
                    let writing = run(move || {
                        writer.write_all(&question).unwrap();
                        writer.shutdown(Shutdown::Write).unwrap();
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
}

#[test]
fn one_byte_at_a_time_comes_back_one_byte_at_a_time() {
    let server = on_loop(Service::Echo);
    let mut stream = client(server.endpoint());
    stream.set_nodelay(true).unwrap();
    for byte in 0..200_u8 {
        stream.write_all(&[byte]).unwrap();
        let mut back = [0];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(back, [byte]);
    }
}

#[test]
fn a_client_that_never_reads_is_not_read_any_more_and_holds_nobody_up() {
    let server = on_loop(Service::Echo);
    let mut greedy = client(server.endpoint());
    greedy
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    // It writes until nothing goes any more: the buffers of both kernels are full, and the server takes no more.
    let data = vec![7; 1 << 20];
    let mut written = 0;
    while let Ok(size) = greedy.write(&data) {
        written += size;
        assert!(written < 1 << 30, "the server takes without end");
    }
    assert_eq!(ask(client(server.endpoint()), b"hello"), b"hello");
    // When it reads at last, all of it comes.
    greedy.shutdown(Shutdown::Write).unwrap();
    let mut back = 0;
    let mut piece = vec![0; 1 << 20];
    loop {
        match greedy.read(&mut piece).unwrap() {
            0 => break,
            size => back += size,
        }
    }
    assert!(back >= written, "{back} of {written}");
}

#[test]
fn a_client_that_resets_ends_only_itself() {
    let server = on_loop(Service::Echo);
    let staying = client(server.endpoint());
    for _ in 0..20 {
        let mut rude = client(server.endpoint());
        rude.write_all(&[7; 10_000]).unwrap();
        reset(rude);
    }
    until("the rude ones are gone", || server.client_count() == 1);
    assert_eq!(ask(staying, b"hello"), b"hello");
}

#[test]
fn an_endless_answer_leaves_the_others_their_turn() {
    let server = on_loop(Service::Chargen);
    let endpoint = server.endpoint();
    let stop = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let stop = Arc::clone(&stop);
            run(move || {
                let mut stream = client(endpoint);
                let mut all = Vec::new();
                let mut piece = vec![0; 100_000];
                while stop.load(Ordering::Relaxed) == 0 && all.len() < 3_000_000 {
                    let size = stream.read(&mut piece).unwrap();
                    all.extend_from_slice(&piece[..size]);
                }
                all
            })
        })
        .collect();
    for reader in readers {
        let all = reader.end();
        let lines: Vec<_> = all.chunks_exact(74).collect();
        assert!(lines.len() > 1000);
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(usize::from(line[0] - b' '), number % 95, "line {number}");
            assert!(line.ends_with(b"\r\n"));
        }
    }
}

#[test]
fn the_next_client_waits_until_there_is_room() {
    let server = Server::start(settings(1), || Serving(Service::Echo)).unwrap();
    let mut first = client(server.endpoint());
    first.write_all(b"1").unwrap();
    first.read_exact(&mut [0]).unwrap();
    let mut second = client(server.endpoint());
    second.write_all(b"2").unwrap();
    second
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    second.read_exact(&mut [0]).unwrap_err();
    assert_eq!((server.client_count(), server.served()), (1, 1));
    drop(first);
    second.set_read_timeout(Some(LONG)).unwrap();
    second.read_exact(&mut [0]).unwrap();
    assert_eq!(server.served(), 2);
}

#[test]
fn an_idle_client_is_let_go_and_a_busy_one_stays() {
    let idle = Duration::from_millis(200);
    let settings = Settings {
        idle: Some(idle),
        ..settings(10)
    };
    let server = Server::start(settings, || Serving(Service::Echo)).unwrap();
    let mut silent = client(server.endpoint());
    let mut busy = client(server.endpoint());
    let ((), took) = time(|| {
        let ended = run(move || silent.read(&mut [0]).unwrap());
        while server.client_count() != 1 || server.served() != 2 {
            busy.write_all(b"x").unwrap();
            busy.read_exact(&mut [0]).unwrap();
        }
        assert_eq!(ended.end(), 0);
    });
    assert!(took >= idle, "{took:?}");
    busy.write_all(b"x").unwrap();
    busy.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_stop_gives_its_grace_and_frees_the_port_at_once() {
    let server = on_loop(Service::Echo);
    let endpoint = server.endpoint();
    let mut staying = client(endpoint);
    staying.write_all(b"x").unwrap();
    staying.read_exact(&mut [0]).unwrap();
    let ((), took) = time(|| server.stop(Duration::from_millis(200), LAST, &Plain));
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert_eq!(staying.read(&mut [0]).unwrap(), 0, "closed after the grace");
    assert_eq!(server.client_count(), 0);
    TcpStream::connect(endpoint.socket_addr()).unwrap_err();
    let again = Server::start(
        Settings {
            endpoint,
            ..settings(10)
        },
        || Serving(Service::Echo),
    );
    assert_eq!(ask(client(again.unwrap().endpoint()), b"hi"), b"hi");
    // Twice is no error, and without clients there is nothing to wait for.
    let ((), took) = time(|| server.stop(LONG, LAST, &Plain));
    assert!(took < LAST, "{took:?}");
}

#[test]
fn a_client_that_ends_in_the_grace_ends_the_wait() {
    let server = on_loop(Service::Echo);
    let mut stream = client(server.endpoint());
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    let stopping = run(move || time(|| server.stop(LONG, LAST, &Plain)).1);
    assert_eq!(ask(stream, b"the rest"), b"the rest");
    assert!(stopping.end() < LONG / 2);
}

#[test]
fn what_the_loop_does_is_recorded_like_every_step() {
    let recorder = Recorder::new(Limits::default());
    recorder.start();
    let server = on_loop(Service::Echo);
    let port = server.endpoint().port();
    assert_eq!(ask(client(server.endpoint()), b"hello"), b"hello");
    until("it has gone", || server.client_count() == 0);
    server.stop(Duration::ZERO, LAST, &Plain);
    recorder.stop();
    let own = |event: &netsteps::trace::Event| event.local.is_some_and(|at| at.port() == port);
    let events: Vec<_> = recorder.events().into_iter().filter(own).collect();
    let connection = events
        .iter()
        .find(|event| event.step == "accepted")
        .map(|event| event.socket);
    let mut steps: Vec<_> = events
        .iter()
        .filter(|event| Some(event.socket) == connection)
        .map(|event| (&*event.step, &*event.call, event.size, event.offset))
        .collect();
    // Whether the end is read before the answer is written depends on when it comes.
    if let Some(middle) = steps.get_mut(2..4) {
        middle.sort_unstable();
    }
    assert_eq!(
        steps,
        [
            ("accepted", "accepted", None, None),
            ("read", "recv", Some(5), Some(0)),
            ("read", "recv", Some(0), Some(5)),
            ("write", "send", Some(5), Some(0)),
            ("finish", "shutdown", None, None),
            ("close", "close", None, None),
        ]
    );
}

/// Closes each client after its first bytes, with an answer that is longer than any buffer.
struct LongGoodbye;

impl Work for LongGoodbye {
    type Client = ();

    fn came(&mut self, (): &mut (), _: &[u8], io: &mut Io<'_>) {
        io.write(&vec![7; 20_000_000]);
        assert!(io.unwritten() > 0, "more than a kernel takes");
        io.close();
    }
}

#[test]
fn a_close_waits_until_all_is_written() {
    let server = Server::start(settings(10), || LongGoodbye).unwrap();
    let mut stream = client(server.endpoint());
    stream.write_all(b"x").unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 20_000_000);
    until("it has gone", || server.client_count() == 0);
}

#[test]
fn several_loops_share_the_clients_evenly_and_the_limits_hold_over_all() {
    let settings = Settings {
        loops: 3,
        ..settings(6)
    };
    let server = Server::start(settings, || Serving(Service::Echo)).unwrap();
    let endpoint = server.endpoint();
    let mut clients: Vec<_> = (0..6_u8)
        .map(|number| {
            let mut stream = client(endpoint);
            stream.write_all(&[number]).unwrap();
            let mut back = [99];
            stream.read_exact(&mut back).unwrap();
            assert_eq!(back, [number]);
            stream
        })
        .collect();
    assert_eq!((server.client_count(), server.served()), (6, 6));
    let mut seventh = client(endpoint);
    seventh.write_all(b"7").unwrap();
    seventh
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    seventh.read_exact(&mut [0]).unwrap_err();
    seventh.set_read_timeout(Some(LONG)).unwrap();
    drop(clients.pop());
    seventh.read_exact(&mut [0]).unwrap();
    assert_eq!(server.served(), 7);
    // The port is one socket's: who wants it is told.
    let again = Settings {
        endpoint,
        ..settings
    };
    let error = Server::start(again, || Serving(Service::Echo)).unwrap_err();
    assert_eq!(error.code(), netsteps::error::Code::AddressInUse);
    let ((), took) = time(|| server.stop(Duration::ZERO, LAST, &Plain));
    assert!(took < LAST, "{took:?}");
    for mut stream in clients {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
    drop(Server::start(again, || Serving(Service::Echo)).unwrap());
}
