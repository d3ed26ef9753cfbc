//! Transfers while the kernel seems to give and take little at a time, or to be "not ready": they come whole all the same.
//!
//! The faults are of the whole process: these tests have one of their own, and take turns in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]
#![allow(dead_code, reason = "what the tests share is more than these need")]

#[path = "rust/ends.rs"]
mod ends;
#[path = "rust/threads.rs"]
mod threads;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::faults::{self, Faults};
use netsteps::socket::{LINE_LIMIT, MESSAGE_LIMIT, Socket};
use netsteps::trace::{Limits, Recorder};
use netsteps::wait::{Pause, Stop, Wait};

use crate::ends::{
    bound_udp, full_pair, milliseconds, own_pair, pair, read, read_in, soon, std_udp,
};
use crate::threads::{Running, Watch, quick, run, time};

const MEBIBYTE: usize = 1 << 20;

const EACH: [Faults; 5] = [
    Faults {
        read_max: 1,
        write_partial: 0.0,
        read_block: 0.0,
        write_block: 0.0,
        seed: 1,
    },
    Faults {
        read_max: 0,
        write_partial: 0.8,
        read_block: 0.0,
        write_block: 0.0,
        seed: 2,
    },
    Faults {
        read_max: 0,
        write_partial: 0.0,
        read_block: 0.5,
        write_block: 0.0,
        seed: 3,
    },
    Faults {
        read_max: 0,
        write_partial: 0.0,
        read_block: 0.0,
        write_block: 0.5,
        seed: 4,
    },
    Faults {
        read_max: 1000,
        write_partial: 0.8,
        read_block: 0.5,
        write_block: 0.5,
        seed: 5,
    },
];

/// Faults are on while this lives, and of one test.
struct On(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

fn on(faults: Faults) -> On {
    static ONE: Mutex<()> = Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    faults::set(Some(faults));
    On(turn)
}

impl Drop for On {
    fn drop(&mut self) {
        faults::set(None);
    }
}

fn data(size: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(size).collect()
}

#[test]
fn a_mebibyte_comes_whole_both_ways_at_once() {
    for faults in EACH {
        let _on = on(faults);
        let (client, server) = own_pair();
        let ends = [Arc::new(client), Arc::new(server)];
        let threads = ends.map(|socket| {
            let reader = Arc::clone(&socket);
            let reading = run(move || reader.read_exactly(MEBIBYTE, &soon()).unwrap());
            let writing = run(move || socket.write(&data(MEBIBYTE), &soon()).unwrap());
            (reading, writing)
        });
        for (reading, writing) in threads {
            writing.end();
            assert!(reading.end() == data(MEBIBYTE), "{faults:?}");
        }
    }
}

#[test]
fn the_standard_library_at_the_other_end_sees_whole_transfers() {
    for faults in EACH {
        let _on = on(faults);
        let (socket, stream) = pair();
        let answering = run(move || {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut &stream, &mut bytes).unwrap();
            std::io::Write::write_all(&mut &stream, &bytes).unwrap();
        });
        socket.write(&data(MEBIBYTE), &soon()).unwrap();
        socket.finish().unwrap();
        assert!(
            socket.read_all(None, &soon()).unwrap() == data(MEBIBYTE),
            "{faults:?}"
        );
        answering.end();
    }
}

#[test]
fn messages_and_lines_keep_their_borders() {
    for faults in EACH {
        let _on = on(faults);
        let (client, server) = own_pair();
        let writing = run(move || {
            for size in [0, 1, 3, 1000, 70_000] {
                client.write_message(&data(size), &soon()).unwrap();
                client.write(b"a line\r\n", &soon()).unwrap();
            }
        });
        for size in [0, 1, 3, 1000, 70_000] {
            let message = server.read_message(MESSAGE_LIMIT, &soon()).unwrap();
            assert!(message == Some(data(size)), "{faults:?}");
            let line = server.read_until(b"\r\n", LINE_LIMIT, &soon()).unwrap();
            assert_eq!(line, b"a line\r\n", "{faults:?}");
        }
        writing.end();
        assert_eq!(server.read_message(MESSAGE_LIMIT, &soon()).unwrap(), None);
    }
}

#[test]
fn a_file_comes_whole() {
    let path = std::env::temp_dir().join(format!("netsteps-faults-{}", std::process::id()));
    std::fs::write(&path, data(MEBIBYTE)).unwrap();
    let file = Arc::new(std::fs::File::open(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    for faults in EACH {
        let _on = on(faults);
        let (client, server) = own_pair();
        let file = Arc::clone(&file);
        let writing = run(move || {
            client
                .write_file(&file, 0, MEBIBYTE as u64, &soon(), &mut |_| Ok(()))
                .unwrap()
        });
        assert!(
            server.read_all(None, &soon()).unwrap() == data(MEBIBYTE),
            "{faults:?}"
        );
        assert_eq!(writing.end(), MEBIBYTE as u64);
    }
}

#[test]
fn a_datagram_is_whole_or_not_at_all() {
    for faults in EACH {
        let _on = on(faults);
        let (socket, endpoint) = bound_udp(Family::Ipv4);
        let (peer, sender) = std_udp(Family::Ipv4);
        peer.send_to(&data(1000), endpoint.socket_addr()).unwrap();
        assert_eq!(socket.receive_from(2000, &soon()).unwrap().data, data(1000));
        peer.send_to(&data(1000), endpoint.socket_addr()).unwrap();
        assert_eq!(read(&socket, 2000).unwrap(), data(1000));
        assert_eq!(socket.send_to(&data(1000), sender, &soon()).unwrap(), 1000);
        assert_eq!(peer.recv(&mut [0; 2000]).unwrap(), 1000);
    }
}

#[test]
fn the_same_seed_gives_the_same_decisions() {
    let faults = EACH[4];
    let decide = || {
        let _on = on(faults);
        let decisions: Vec<_> = (0..1000)
            .map(|_| (faults::read(100), faults::write(100)))
            .collect();
        assert_eq!(faults::get(), Some(faults));
        decisions
    };
    let decisions = decide();
    assert_eq!(decisions, decide());
    let blocked = decisions.iter().filter(|(read, _)| read.is_none()).count();
    assert!((400..600).contains(&blocked), "about half: {blocked}");
    let written: Vec<_> = decisions.iter().filter_map(|(_, write)| *write).collect();
    let partial = written.iter().filter(|size| **size < 100).count();
    assert!(
        (70..90).contains(&(partial * 100 / written.len())),
        "about 80 %: {partial}"
    );
    let other = {
        let _on = on(Faults { seed: 6, ..faults });
        (0..1000)
            .map(|_| (faults::read(100), faults::write(100)))
            .collect::<Vec<_>>()
    };
    assert_ne!(decisions, other);
}

#[test]
fn the_same_seed_gives_the_same_calls_of_a_whole_transfer() {
    let recorder = Recorder::new(Limits {
        capacity: 1_000_000,
        ..Limits::default()
    });
    let transfer = || {
        let _on = on(EACH[4]);
        let (client, server) = own_pair();
        recorder.start();
        // One thread alone: the order of the calls is given.
        for _ in 0..50 {
            client.write(&data(3000), &soon()).unwrap();
            server.read_exactly(3000, &soon()).unwrap();
        }
        recorder.stop();
        let mut events = recorder.events();
        events.retain(|event| [client.serial(), server.serial()].contains(&event.socket));
        events
            .iter()
            .map(|event| (event.step.clone(), event.asked, event.size))
            .collect::<Vec<_>>()
    };
    let calls = transfer();
    assert!(calls.len() > 200, "{} calls", calls.len());
    assert_eq!(calls, transfer());
}

/// A signal handler that raises as soon as somebody looks.
struct Raises;

impl Pause for Raises {
    fn pause(&self, _: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        Err(Stop)
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    fn slice(&self) -> Option<Duration> {
        None
    }
}

#[test]
fn a_step_of_many_calls_that_never_waits_looks_at_the_signals() {
    let _on = on(EACH[0]);
    let (socket, mut stream) = pair();
    // On loopback it has arrived when it is written: of ten thousand calls none has to wait.
    std::io::Write::write_all(&mut stream, &data(10_000)).unwrap();
    let wait = Wait {
        deadline: soon().deadline,
        pause: &Raises,
    };
    let error = socket.read_exactly(10_000, &wait).unwrap_err();
    assert_eq!(error.code(), Code::Interrupted);
    let came = error.details().partial.len();
    assert!((1..1000).contains(&came), "{came}");
    assert!(
        socket.read_exactly(10_000, &soon()).unwrap() == data(10_000),
        "all of it"
    );
}

#[test]
fn off_is_off() {
    let turn = on(EACH[0]);
    drop(turn);
    let _turn = on(Faults::default());
    assert_eq!(
        (faults::read(100), faults::write(100)),
        (Some(100), Some(100))
    );
    faults::set(None);
    assert_eq!(
        (faults::get(), faults::read(100), faults::write(100)),
        (None, Some(100), Some(100))
    );
}

#[test]
fn deadlines_and_close_end_waits_all_the_same() {
    let given = Duration::from_millis(60);
    for faults in EACH {
        let _on = on(faults);
        // Made without faults: it is the kernel that says "full".
        faults::set(None);
        let (socket, _stream) = full_pair();
        faults::set(Some(faults));
        let in_time = |step: &dyn Fn(&Wait<'_>) -> Code| {
            quick(given + Duration::from_millis(20), || {
                let (code, took) = time(|| step(&Wait::at_most(given)));
                assert_eq!(code, Code::TimedOut);
                assert!(took >= given, "{took:?}");
                took
            });
        };
        in_time(&|wait| socket.read_exactly(1, wait).unwrap_err().code());
        in_time(&|wait| socket.write(&[0; 100], wait).unwrap_err().code());
        quick(Duration::from_millis(200), || {
            let (socket, _stream) = pair();
            let (socket, watch) = (Arc::new(socket), Watch::default());
            let (theirs, wait) = (Arc::clone(&socket), watch.clone());
            let reading: Running<_> = run(move || read_in(&theirs, 1, &wait.wait()).unwrap_err());
            watch.until_waiting();
            let (code, took) = time(|| {
                Socket::close(&socket);
                reading.end().code()
            });
            assert_eq!(code, Code::Closed);
            took
        });
    }
}

#[test]
fn what_a_timeout_kept_is_given_byte_by_byte_too() {
    for faults in EACH {
        let _on = on(faults);
        let (socket, mut stream) = pair();
        std::io::Write::write_all(&mut stream, b"abcdef").unwrap();
        let error = socket.read_exactly(10, &milliseconds(50)).unwrap_err();
        assert_eq!(error.details().partial, b"abcdef");
        std::io::Write::write_all(&mut stream, b"ghij").unwrap();
        assert_eq!(socket.read_exactly(10, &soon()).unwrap(), b"abcdefghij");
    }
}
