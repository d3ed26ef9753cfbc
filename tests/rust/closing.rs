//! `close` from another thread ends every wait within 200 ms, and says so.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netsteps::address::Family;
use netsteps::error::{Code, Error};
use netsteps::socket::Socket;
use netsteps::state::State;
use netsteps::wait::Wait;

use crate::ends::{
    bound_udp, full_pair, listening, loopback, milliseconds, pair, read_in, silent_listener, soon,
    tcp,
};
use crate::stream::file_of;
use crate::threads::{Watch, quick, run};

const LIMIT: Duration = Duration::from_millis(200);

/// A socket, and what has to live as long as it.
type Made = (Socket, Option<TcpStream>);

/// Some threads do the step, and wait; the socket is closed; each ends soon with "closed".
fn close_ends(threads: usize, make: impl Fn() -> Made, step: fn(&Socket, &Wait<'_>) -> Error) {
    quick(LIMIT, || {
        let (socket, _peer) = make();
        let socket = Arc::new(socket);
        let waiting: Vec<_> = (0..threads)
            .map(|_| {
                let (socket, watch) = (Arc::clone(&socket), Watch::default());
                let theirs = watch.clone();
                let thread = run(move || {
                    let error = step(&socket, &theirs.wait());
                    (error, Instant::now())
                });
                watch.until_waiting();
                thread
            })
            .collect();
        let closed = Instant::now();
        socket.close();
        assert!(closed.elapsed() < LIMIT, "close itself waits for nobody");
        let ends = waiting.into_iter().map(|thread| {
            let (error, ended) = thread.end();
            assert_eq!(error.code(), Code::Closed, "{error}");
            assert!(error.to_string().contains("closed this socket"), "{error}");
            assert_eq!(socket.state(), State::Closed);
            ended - closed
        });
        ends.max().unwrap()
    });
}

fn connected() -> Made {
    let (socket, stream) = pair();
    (socket, Some(stream))
}

fn full() -> Made {
    let (socket, stream) = full_pair();
    (socket, Some(stream))
}

#[test]
fn of_a_read() {
    close_ends(1, connected, |socket, wait| {
        read_in(socket, 1, wait).unwrap_err()
    });
}

#[test]
fn of_reads_of_several_calls() {
    close_ends(1, connected, |socket, wait| {
        socket.read_exactly(1, wait).unwrap_err()
    });
    close_ends(1, connected, |socket, wait| {
        socket.read_until(b"\n", 9, wait).unwrap_err()
    });
    close_ends(1, connected, |socket, wait| {
        socket.read_all(None, wait).unwrap_err()
    });
    close_ends(1, connected, |socket, wait| {
        socket.read_message(9, wait).unwrap_err()
    });
}

#[test]
fn of_several_readers_at_once() {
    close_ends(4, connected, |socket, wait| {
        read_in(socket, 1, wait).unwrap_err()
    });
    // Of these, three wait for their turn.
    close_ends(4, connected, |socket, wait| {
        socket.read_exactly(1, wait).unwrap_err()
    });
}

#[test]
fn of_accept() {
    let listening = || (listening(Family::Ipv4).0, None);
    close_ends(1, listening, |socket, wait| {
        socket.accept(wait).unwrap_err()
    });
    close_ends(3, listening, |socket, wait| {
        socket.accept(wait).unwrap_err()
    });
}

#[test]
fn of_receive_from() {
    let bound = || (bound_udp(Family::Ipv4).0, None);
    close_ends(2, bound, |socket, wait| {
        socket.receive_from(9, wait).unwrap_err()
    });
}

#[test]
fn of_a_write_to_a_peer_that_does_not_read() {
    close_ends(1, full, |socket, wait| {
        socket.write(b"x", wait).unwrap_err()
    });
    close_ends(3, full, |socket, wait| {
        socket.write(b"x", wait).unwrap_err()
    });
    close_ends(1, full, |socket, wait| socket.send(b"x", wait).unwrap_err());
    close_ends(1, full, |socket, wait| {
        socket
            .write_file(&file_of(b"x"), 0, 1, wait, &mut |_| Ok(()))
            .unwrap_err()
    });
}

#[test]
fn of_a_connect_that_nobody_answers() {
    let silent = silent_listener(loopback(Family::Ipv4));
    quick(LIMIT, || {
        let (socket, watch) = (Arc::new(tcp(Family::Ipv4)), Watch::default());
        let (theirs, wait, to) = (Arc::clone(&socket), watch.clone(), silent.endpoint);
        let connecting = run(move || {
            let error = theirs.connect(to, &wait.wait()).unwrap_err();
            (error, Instant::now())
        });
        watch.until_waiting();
        let closed = Instant::now();
        socket.close();
        let (error, ended) = connecting.end();
        assert_eq!(error.code(), Code::Closed, "{error}");
        assert_eq!(socket.state(), State::Closed);
        ended - closed
    });
}

#[test]
fn a_second_connect_leaves_the_first_alone() {
    let silent = silent_listener(loopback(Family::Ipv4));
    let (_listener, live) = crate::ends::listener(Family::Ipv4);
    let (socket, watch) = (Arc::new(tcp(Family::Ipv4)), Watch::default());
    let (theirs, pause, to) = (Arc::clone(&socket), watch.clone(), silent.endpoint);
    let connecting = run(move || {
        let wait = Wait {
            pause: &pause,
            ..milliseconds(1000)
        };
        theirs.connect(to, &wait).unwrap_err()
    });
    watch.until_waiting();
    let error = socket.connect(live, &soon()).unwrap_err();
    assert!(error.to_string().contains("still under way"), "{error}");
    // Not reset by the second one: it waits to its end.
    assert_eq!(connecting.end().code(), Code::TimedOut);
    assert_eq!(socket.state(), State::Created);
    socket.connect(live, &soon()).unwrap();
}

#[test]
fn the_descriptor_is_given_back_when_the_last_wait_has_ended() {
    let (listener, endpoint) = listening(Family::Ipv4);
    let (listener, watch) = (Arc::new(listener), Watch::default());
    let (theirs, wait) = (Arc::clone(&listener), watch.clone());
    let accepting = run(move || theirs.accept(&wait.wait()).unwrap_err());
    watch.until_waiting();
    listener.close();
    accepting.end();
    // Nobody holds it any more, though the object lives: the port is free again.
    let next = tcp(Family::Ipv4);
    next.bind(endpoint).unwrap();
    next.listen(1, false).unwrap();
}

#[test]
fn a_wait_on_another_socket_goes_on() {
    let (first, _one) = pair();
    let (second, other) = pair();
    let watch = Watch::default();
    let (second, wait) = (Arc::new(second), watch.clone());
    let theirs = Arc::clone(&second);
    let reading = run(move || read_in(&theirs, 9, &wait.wait()));
    watch.until_waiting();
    first.close();
    std::io::Write::write_all(&mut &other, b"x").unwrap();
    assert_eq!(reading.end().unwrap(), b"x");
    let error = read_in(&second, 1, &milliseconds(20)).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
}
