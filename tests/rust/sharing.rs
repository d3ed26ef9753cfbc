//! One socket, many threads: writes stay whole, nothing is lost, and a closed descriptor is never read by mistake.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::ports::Transport;
use netsteps::socket::Socket;
use netsteps::state::State;

use crate::ends::{listening, loopback, milliseconds, own_pair, pair, read_in, soon, tcp, udp};
use crate::threads::{Running, run};

#[test]
fn small_writes_of_eight_threads_each_arrive_whole() {
    writes_arrive_whole(2_000, 100);
}

#[test]
fn writes_that_take_many_calls_arrive_whole_too() {
    writes_arrive_whole(4, 3_000_000);
}

/// Eight threads write messages of one letter each: in what arrives, each message is of one letter.
fn writes_arrive_whole(count: usize, size: usize) {
    let (client, server) = own_pair();
    let client = Arc::new(client);
    let writers: Vec<_> = (b'a'..b'i')
        .map(|letter| {
            let socket = Arc::clone(&client);
            run(move || {
                for _ in 0..count {
                    socket.write(&vec![letter; size], &soon()).unwrap();
                }
            })
        })
        .collect();
    let mut seen = [0; 8];
    for _ in 0..8 * count {
        let message = server.read_exactly(size, &soon()).unwrap();
        let letter = message[0];
        assert!(
            message.iter().all(|byte| *byte == letter),
            "a write was torn"
        );
        seen[usize::from(letter - b'a')] += 1;
    }
    assert_eq!(seen, [count; 8]);
    for writer in writers {
        writer.end();
    }
}

#[test]
fn messages_of_eight_threads_go_whole_both_ways_at_once() {
    const COUNT: usize = 500;
    let (client, server) = own_pair();
    let ends = [Arc::new(client), Arc::new(server)];
    let threads: Vec<_> = ends
        .iter()
        .flat_map(|socket| {
            let writers = (0..4_u8).map(|letter| {
                let socket = Arc::clone(socket);
                run(move || {
                    for length in 0..COUNT {
                        socket
                            .write_message(&vec![letter; length], &soon())
                            .unwrap();
                    }
                    Vec::new()
                })
            });
            // Each of four readers takes whole messages, whichever come.
            let readers = (0..4).map(|_| {
                let socket = Arc::clone(socket);
                run(move || {
                    (0..COUNT)
                        .map(|_| socket.read_message(COUNT, &soon()).unwrap().unwrap())
                        .collect()
                })
            });
            writers.chain(readers).collect::<Vec<_>>()
        })
        .collect();
    let mut counts = vec![0; COUNT];
    for message in threads.into_iter().flat_map(Running::end) {
        assert!(
            message.windows(2).all(|pair| pair[0] == pair[1]),
            "a message was torn"
        );
        counts[message.len()] += 1;
    }
    assert_eq!(counts, vec![8; COUNT]);
}

#[test]
fn a_listener_shared_by_threads_gives_each_client_once() {
    let (server, endpoint) = listening(Family::Ipv4);
    let server = Arc::new(server);
    let accepting: Vec<_> = (0..4)
        .map(|_| {
            let server = Arc::clone(&server);
            run(move || {
                let accept = || server.accept(&soon()).ok();
                let peers = std::iter::from_fn(accept).map(|client| client.peer().unwrap());
                peers.collect::<Vec<_>>()
            })
        })
        .collect();
    let clients: Vec<_> = (0..40)
        .map(|_| TcpStream::connect(endpoint.socket_addr()).unwrap())
        .collect();
    // The listener's queue is in order: when the last is served all are.
    let mut last = clients.last().unwrap();
    assert_eq!(std::io::Read::read(&mut last, &mut [0]).unwrap(), 0);
    server.close();
    let mut peers: Vec<_> = accepting.into_iter().flat_map(Running::end).collect();
    peers.sort_unstable();
    let mut own: Vec<_> = clients
        .iter()
        .map(|client| client.local_addr().unwrap().into())
        .collect();
    own.sort_unstable();
    assert_eq!(peers, own);
}

/// A reader that waits on a socket, somebody who closes it, and somebody who opens new sockets that get the same number,
/// full of other bytes at once: the reader gets its own bytes, or an error, and never one of those.
#[test]
fn a_closed_and_reused_descriptor_is_never_read_by_mistake() {
    const ROUNDS: usize = 3_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let connect = move || {
        let socket = tcp(Family::Ipv4);
        socket.connect(to.into(), &soon()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        (socket, stream)
    };
    let over = Arc::new(AtomicBool::new(false));
    let (ours, theirs) = mpsc::sync_channel::<Arc<Socket>>(0);
    // Opens sockets all the time, and their peers write at once.
    let filling = {
        let over = Arc::clone(&over);
        run(move || {
            let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = foreign.local_addr().unwrap();
            let mut opened = 0;
            while !over.load(Ordering::Acquire) {
                let sockets: Vec<_> = (0..4)
                    .map(|_| {
                        let mine = TcpStream::connect(to).unwrap();
                        let (mut other, _) = foreign.accept().unwrap();
                        other.write_all(b"FOREIGN").unwrap();
                        // No TIME_WAIT: there are not so many ports.
                        socket2::SockRef::from(&mine)
                            .set_linger(Some(std::time::Duration::ZERO))
                            .unwrap();
                        (mine, other)
                    })
                    .collect();
                opened += sockets.len();
            }
            opened
        })
    };
    let reading = run(move || {
        let mut came = 0;
        for socket in theirs {
            loop {
                match read_in(&socket, 100, &milliseconds(5)) {
                    Ok(bytes) if bytes.is_empty() => break,
                    Ok(bytes) => {
                        assert!(
                            bytes.iter().all(|byte| *byte == b'o'),
                            "{}",
                            bytes.escape_ascii()
                        );
                        came += bytes.len();
                    }
                    Err(error) if error.code() == Code::TimedOut => {}
                    Err(error) => {
                        assert!(
                            matches!(error.code(), Code::Closed | Code::Reset),
                            "{error}"
                        );
                        break;
                    }
                }
            }
        }
        came
    });
    for round in 0..ROUNDS {
        let (socket, mut stream) = connect();
        let socket = Arc::new(socket);
        ours.send(Arc::clone(&socket)).unwrap();
        if round % 2 == 0 {
            stream.write_all(b"o").unwrap();
        }
        if round % 3 == 0 {
            std::thread::yield_now();
        }
        socket2::SockRef::from(&stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
        socket.close();
    }
    drop(ours);
    let came = reading.end();
    over.store(true, Ordering::Release);
    assert!(filling.end() > 0 && came <= ROUNDS);
}

/// Each step at the same moment as `close`: it is done, or it says "closed"; nothing else, and no panic.
#[test]
fn close_at_the_moment_of_any_step_is_closed_or_done() {
    type Step = fn(&Socket) -> netsteps::error::Result<()>;
    let steps: [Step; 8] = [
        |socket| socket.write(b"x", &soon()),
        |socket| socket.write_message(&vec![0; 100_000], &soon()),
        |socket| socket.read_exactly(1, &soon()).map(drop),
        |socket| socket.read_until(b"\n", 10, &soon()).map(drop),
        |socket| socket.read_all(None, &soon()).map(drop),
        |socket| read_in(socket, 1, &soon()).map(drop),
        |socket| socket.finish(),
        |socket| {
            socket.close();
            Ok(())
        },
    ];
    for step in steps {
        for _ in 0..50 {
            let (socket, mut stream) = pair();
            stream.write_all(b"x").unwrap();
            let (socket, barrier) = (Arc::new(socket), Arc::new(Barrier::new(2)));
            let (theirs, start) = (Arc::clone(&socket), Arc::clone(&barrier));
            let stepping = run(move || {
                start.wait();
                step(&theirs)
            });
            barrier.wait();
            socket.close();
            if let Err(error) = stepping.end() {
                assert_eq!(error.code(), Code::Closed, "{error}");
            }
            assert_eq!((socket.state(), socket.number()), (State::Closed, -1));
        }
    }
}

#[test]
fn close_at_the_moment_of_an_address_step_is_closed_or_done() {
    type Step = fn(&Socket, netsteps::address::Endpoint) -> netsteps::error::Result<()>;
    let steps: [(Transport, Step); 5] = [
        (Transport::Tcp, |socket, _| {
            socket.bind(loopback(Family::Ipv4))
        }),
        (Transport::Tcp, |socket, to| socket.connect(to, &soon())),
        (Transport::Tcp, |socket, _| socket.listen(1, true)),
        (Transport::Udp, |socket, to| {
            socket.send_to(b"x", to, &soon()).map(drop)
        }),
        (Transport::Udp, |socket, to| socket.connect(to, &soon())),
    ];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let to = listener.local_addr().unwrap().into();
    for (transport, step) in steps {
        for _ in 0..50 {
            let socket = match transport {
                Transport::Tcp => tcp(Family::Ipv4),
                Transport::Udp => udp(Family::Ipv4),
            };
            let (socket, barrier) = (Arc::new(socket), Arc::new(Barrier::new(2)));
            let (theirs, start) = (Arc::clone(&socket), Arc::clone(&barrier));
            let stepping = run(move || {
                start.wait();
                step(&theirs, to)
            });
            barrier.wait();
            socket.close();
            if let Err(error) = stepping.end() {
                assert_eq!(error.code(), Code::Closed, "{error}");
            }
            assert_eq!(socket.state(), State::Closed);
            drop(listener.accept());
        }
    }
}

/// One thread reads and one writes when the peer cuts the connection: whoever is told by the kernel, the reader never
/// takes it for the peer's end.
#[test]
fn a_reset_is_no_end_for_a_reader_beside_a_writer() {
    for round in 0..1000 {
        let (socket, stream) = pair();
        let (socket, barrier) = (Arc::new(socket), Arc::new(Barrier::new(3)));
        let (reader, start) = (Arc::clone(&socket), Arc::clone(&barrier));
        let reading = run(move || {
            start.wait();
            reader.read_all(None, &soon())
        });
        let (writer, start) = (Arc::clone(&socket), Arc::clone(&barrier));
        let writing = run(move || {
            start.wait();
            while writer.write(b"x", &soon()).is_ok() {}
        });
        barrier.wait();
        crate::ends::reset(stream);
        writing.end();
        let error = reading.end().expect_err("not the end");
        assert_eq!(error.code(), Code::Reset, "round {round}: {error}");
    }
}
