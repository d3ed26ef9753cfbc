//! Time and interruption: a timeout is right to 20 ms and counts for the whole step; a signal handler's wish ends every wait.

use std::cell::Cell;
use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use netsteps::address::Family;
use netsteps::error::{Code, Error};
use netsteps::socket::Socket;
use netsteps::state::State;
use netsteps::wait::{Deadline, Pause, Stop, Wait};

use crate::ends::{
    bound_udp, full_pair, listening, loopback, milliseconds, now, pair, read, read_in,
    silent_listener, soon, tcp,
};
use crate::stream::file_of;
use crate::threads::{Watch, quick, run, time};

const GIVEN: Duration = Duration::from_millis(60);
const RIGHT: Duration = Duration::from_millis(20);

/// The step ends with "timed out", never before its time, and not more than 20 ms after it.
fn times_out(step: impl Fn(&Wait<'_>) -> Error) {
    quick(GIVEN + RIGHT, || {
        let (error, took) = time(|| step(&Wait::at_most(GIVEN)));
        assert_eq!(error.code(), Code::TimedOut, "{error}");
        assert!(error.to_string().contains("within 0.06 s"), "{error}");
        assert!(took >= GIVEN, "{took:?}: before its time");
        took
    });
}

#[test]
fn a_read_is_over_in_time() {
    let (socket, _stream) = pair();
    times_out(|wait| read_in(&socket, 1, wait).unwrap_err());
    times_out(|wait| socket.read_exactly(1, wait).unwrap_err());
    times_out(|wait| socket.read_until(b"\n", 9, wait).unwrap_err());
    times_out(|wait| socket.read_all(None, wait).unwrap_err());
    times_out(|wait| socket.read_message(9, wait).unwrap_err());
    assert_eq!(socket.state(), State::Connected);
}

#[test]
fn an_accept_is_over_in_time() {
    let (listener, _) = listening(Family::Ipv4);
    times_out(|wait| listener.accept(wait).unwrap_err());
}

#[test]
fn a_connect_is_over_in_time() {
    let silent = silent_listener(loopback(Family::Ipv4));
    times_out(|wait| {
        tcp(Family::Ipv4)
            .connect(silent.endpoint, wait)
            .unwrap_err()
    });
}

#[test]
fn a_receive_from_is_over_in_time() {
    let (socket, _) = bound_udp(Family::Ipv4);
    times_out(|wait| socket.receive_from(1, wait).unwrap_err());
}

#[test]
fn a_write_to_a_peer_that_never_reads_is_over_in_time() {
    let (socket, _stream) = full_pair();
    let data = vec![0; 16 << 20];
    times_out(|wait| socket.write(&data, wait).unwrap_err());
    times_out(|wait| socket.write_message(&data, wait).unwrap_err());
    times_out(|wait| socket.send(&data, wait).unwrap_err());
}

#[test]
fn a_write_that_moves_on_slowly_is_over_in_time_all_the_same() {
    let (socket, stream) = full_pair();
    let (stop, stopped) = mpsc::channel::<()>();
    // Takes a little now and then, so that no single call waits for long.
    let sipping = run(move || {
        let mut sip = [0; 512];
        while stopped.recv_timeout(Duration::from_millis(5)).is_err() {
            std::io::Read::read_exact(&mut &stream, &mut sip).unwrap();
        }
    });
    let data = vec![0; 32 << 20];
    times_out(|wait| socket.write(&data, wait).unwrap_err());
    stop.send(()).unwrap();
    sipping.end();
}

#[test]
fn a_peer_that_drips_does_not_stretch_the_deadline() {
    let (socket, stream) = pair();
    let (stop, stopped) = mpsc::channel::<()>();
    let dripping = run(move || {
        let mut count = 0;
        while stopped.recv_timeout(Duration::from_millis(10)).is_err() {
            (&stream).write_all(b"d").unwrap();
            count += 1;
        }
        (count, stream)
    });
    times_out(|wait| socket.read_exactly(100_000, wait).unwrap_err());
    times_out(|wait| socket.read_until(b"\n", 100_000, wait).unwrap_err());
    times_out(|wait| socket.read_all(None, wait).unwrap_err());
    // Its first four bytes are a length of many.
    times_out(|wait| socket.read_message(usize::MAX, wait).unwrap_err());
    stop.send(()).unwrap();
    let (count, stream) = dripping.end();
    drop(stream);
    assert_eq!(
        socket.read_all(None, &soon()).unwrap(),
        vec![b'd'; count],
        "no drop is lost"
    );
}

#[test]
fn who_waits_for_a_turn_is_over_in_time() {
    let (socket, _stream) = pair();
    let socket = std::sync::Arc::new(socket);
    let (theirs, watch) = (std::sync::Arc::clone(&socket), Watch::default());
    let wait = watch.clone();
    let first = run(move || theirs.read_exactly(1, &wait.wait()).unwrap_err());
    watch.until_waiting();
    quick(GIVEN + RIGHT, || {
        let (error, took) = time(|| socket.read_exactly(1, &Wait::at_most(GIVEN)).unwrap_err());
        assert_eq!(error.code(), Code::TimedOut);
        assert!(error.to_string().contains("another thread"), "{error}");
        assert!(took >= GIVEN, "{took:?}: before its time");
        took
    });
    socket.close();
    assert_eq!(first.end().code(), Code::Closed);
}

#[test]
fn no_time_means_what_is_possible_at_once() {
    let (socket, mut stream) = pair();
    assert_eq!(
        read_in(&socket, 1, &now()).unwrap_err().code(),
        Code::TimedOut
    );
    stream.write_all(b"abc").unwrap();
    assert_eq!(read_in(&socket, 3, &now()).unwrap(), b"abc");
    socket.write(b"abc", &now()).unwrap();
    let (listener, endpoint) = listening(Family::Ipv4);
    assert_eq!(listener.accept(&now()).unwrap_err().code(), Code::TimedOut);
    let _client = TcpStream::connect(endpoint.socket_addr()).unwrap();
    listener.accept(&now()).unwrap();
}

#[test]
fn a_deadline_too_far_away_to_count_is_none() {
    let (socket, mut stream) = pair();
    stream.write_all(b"x").unwrap();
    assert_eq!(
        read_in(&socket, 1, &Wait::at_most(Duration::MAX)).unwrap(),
        b"x"
    );
    assert!(Deadline::after(Duration::MAX).left().is_none());
    assert!(Deadline::after(Duration::ZERO).over());
}

/// A signal handler that raises when the wait has lasted for so many looks.
struct Handler {
    looks: Cell<u32>,
}

impl Pause for Handler {
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        block();
        match self.looks.get() {
            0 => Err(Stop),
            looks => {
                self.looks.set(looks - 1);
                Ok(())
            }
        }
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    fn slice(&self) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }
}

/// The step ends with "interrupted" soon after the handler has raised, and the socket can be used on.
fn is_interrupted(step: impl Fn(&Wait<'_>) -> Error) {
    quick(Duration::from_millis(200), || {
        let handler = Handler {
            looks: Cell::new(3),
        };
        let wait = Wait {
            deadline: soon().deadline,
            pause: &handler,
        };
        let (error, took) = time(|| step(&wait));
        assert_eq!(error.code(), Code::Interrupted, "{error}");
        took
    });
}

#[test]
fn a_signal_handler_that_raises_ends_every_wait() {
    let (socket, mut stream) = pair();
    is_interrupted(|wait| read_in(&socket, 1, wait).unwrap_err());
    is_interrupted(|wait| socket.read_until(b"\n", 9, wait).unwrap_err());
    is_interrupted(|wait| socket.read_message(9, wait).unwrap_err());
    is_interrupted(|wait| socket.read_all(None, wait).unwrap_err());
    stream.write_all(b"ab").unwrap();
    is_interrupted(|wait| socket.read_exactly(3, wait).unwrap_err());
    assert_eq!(read(&socket, 9).unwrap(), b"ab", "what came before is kept");

    let (listener, endpoint) = listening(Family::Ipv4);
    is_interrupted(|wait| listener.accept(wait).unwrap_err());
    let _client = TcpStream::connect(endpoint.socket_addr()).unwrap();
    listener.accept(&soon()).unwrap();

    let (receiver, _) = bound_udp(Family::Ipv4);
    is_interrupted(|wait| receiver.receive_from(1, wait).unwrap_err());

    let (socket, _stream) = full_pair();
    is_interrupted(|wait| socket.write(&vec![0; 1 << 20], wait).unwrap_err());
    is_interrupted(|wait| socket.write(b"x", wait).unwrap_err());
    let file = file_of(&vec![0; 1 << 20]);
    is_interrupted(|wait| {
        socket
            .write_file(&file, 0, 1 << 20, wait, &mut |_| Ok(()))
            .unwrap_err()
    });

    let silent = silent_listener(loopback(Family::Ipv4));
    let client = tcp(Family::Ipv4);
    is_interrupted(|wait| client.connect(silent.endpoint, wait).unwrap_err());
    assert_eq!(client.state(), State::Created);
    client.connect(endpoint, &soon()).unwrap();
}

#[test]
fn a_handler_that_returns_disturbs_no_deadline() {
    let (socket, _stream) = pair();
    let handler = Handler {
        looks: Cell::new(u32::MAX),
    };
    quick(GIVEN + RIGHT, || {
        let wait = Wait {
            deadline: Deadline::after(GIVEN),
            pause: &handler,
        };
        let (error, took) = time(|| socket.read_exactly(1, &wait).unwrap_err());
        assert_eq!(error.code(), Code::TimedOut);
        assert!(took >= GIVEN, "{took:?}: before its time");
        took
    });
}

#[test]
fn a_long_step_that_never_waits_looks_at_the_signals_too() {
    is_interrupted(|wait| {
        let (socket, mut stream) = pair();
        // Ends with the connection.
        let writing = run(move || while stream.write_all(&[b'x'; 16_384]).is_ok() {});
        let error = socket.read_all(None, wait).unwrap_err();
        socket.close();
        writing.end();
        error
    });
}

#[test]
fn a_progress_that_says_stop_ends_the_file() {
    let (socket, _stream) = pair();
    let error = socket.write_file(&file_of(b"abc"), 0, 3, &soon(), &mut |_| Err(Stop));
    assert_eq!(error.unwrap_err().code(), Code::Interrupted);
    assert_eq!(socket.state(), State::Connected);
}

#[test]
fn a_step_inside_the_same_step_does_not_wait_for_itself() {
    let (socket, _stream) = pair();
    let mut inside = Vec::new();
    let mut progress = |_| {
        inside.push(socket.write(b"x", &soon()).unwrap_err());
        inside.push(socket.write_message(b"x", &soon()).unwrap_err());
        // The other direction is free.
        let error = socket.read_exactly(1, &now()).unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
        Ok(())
    };
    let file = file_of(b"abc");
    assert_eq!(
        socket
            .write_file(&file, 0, 3, &soon(), &mut progress)
            .unwrap(),
        3
    );
    assert_eq!(inside.len(), 2);
    for error in inside {
        assert_eq!(error.code(), Code::OutOfOrder, "{error}");
    }
    socket.write(b"after", &soon()).unwrap();
}

#[test]
fn two_threads_wait_in_the_two_directions_at_once() {
    let (socket, stream) = full_pair();
    let socket = std::sync::Arc::new(socket);
    let watches = [Watch::default(), Watch::default()];
    let steps: [fn(&Socket, &Wait<'_>); 2] = [
        |socket, wait| socket.write(b"x", wait).unwrap(),
        |socket, wait| assert_eq!(read_in(socket, 1, wait).unwrap(), b"y"),
    ];
    let threads = std::array::from_fn::<_, 2, _>(|index| {
        let (socket, watch, step) = (
            std::sync::Arc::clone(&socket),
            watches[index].clone(),
            steps[index],
        );
        run(move || step(&socket, &watch.wait()))
    });
    watches.iter().for_each(Watch::until_waiting);
    let draining = run(move || {
        (&stream).write_all(b"y").unwrap();
        std::io::copy(&mut &stream, &mut std::io::sink()).unwrap();
    });
    for thread in threads {
        thread.end();
    }
    socket.finish().unwrap();
    draining.end();
    assert_eq!(read_in(&socket, 1, &milliseconds(5000)).unwrap(), b"");
}
