//! The sampler: what it sees over time, and that nobody feels it: no close is put off, no thread is left, a fork is not hurt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use netsteps::address::Family;
use netsteps::socket::Socket;
use netsteps::socket::sampler::{self, Sampler};
use netsteps::trace::{Sample, Samples};

use crate::child::own_process;
use crate::ends::{listening, now, own_pair, pair, read, soon, tcp, udp};
use crate::threads::{run, until};

const OFTEN: Duration = Duration::from_micros(200);

fn sampling() -> (Arc<Samples>, Arc<Sampler>) {
    let samples = Arc::new(Samples::new(100_000));
    let sampler = Sampler::start(OFTEN, Arc::clone(&samples)).expect("a thread");
    (samples, sampler)
}

fn of(samples: &Samples, socket: &Socket) -> Vec<Sample> {
    let mut found = samples.samples();
    found.retain(|sample| sample.socket == socket.serial());
    found
}

fn newest(samples: &Samples, socket: &Socket) -> Option<Sample> {
    of(samples, socket).last().copied()
}

#[test]
fn a_full_receive_buffer_and_the_sender_that_stops_are_seen() {
    let (samples, sampler) = sampling();
    let (socket, peer) = own_pair();
    let chunk = vec![b'x'; 65_536];
    let mut written = 0;
    while let Ok(size) = socket.send(&chunk, &now()) {
        written += size as u64;
    }
    until("the sampler sees both buffers full", || {
        let ours = newest(&samples, &socket).and_then(|sample| sample.unacknowledged);
        let theirs = newest(&samples, &peer).and_then(|sample| sample.unread);
        ours.zip(theirs)
            .is_some_and(|(a, b)| a > 0 && b > 0 && a + b == written)
    });
    let mut left = written;
    while left > 0 {
        left -= read(&peer, 1 << 20).expect("bytes").len() as u64;
    }
    sampler.stop();
    let last = newest(&samples, &peer).expect("a sample");
    assert_eq!(last.unread, Some(0));
    assert_eq!(last.process, std::process::id());
    let most = of(&samples, &peer)
        .iter()
        .filter_map(|sample| sample.unread)
        .max();
    assert!(most > Some(60_000), "{most:?}");
    let ours = newest(&samples, &socket).expect("a sample");
    assert!(ours.window > Some(0) && ours.rtt_us > Some(0) && ours.retransmissions.is_some());
    assert!(ours.send_capacity > Some(0) && ours.receive_capacity > Some(0));
    let all = samples.samples();
    assert!(all.is_sorted_by_key(|sample| sample.time_ns));
}

#[test]
fn what_does_not_change_is_not_written_down_again() {
    let (samples, sampler) = sampling();
    let (socket, _peer) = pair();
    let begun = Instant::now();
    until("time passes", || {
        newest(&samples, &socket).is_some() && begun.elapsed() > Duration::from_millis(100)
    });
    sampler.stop();
    let seen = of(&samples, &socket);
    let span = seen.last().map_or(0, |last| last.time_ns) - seen[0].time_ns;
    assert!(span > 50_000_000, "to the end: {span} ns");
    assert!(seen.len() < 20, "{} samples of an idle socket", seen.len());
}

#[test]
fn a_queue_and_a_datagram_socket_are_sampled_and_an_unused_one_is_not() {
    let (samples, sampler) = sampling();
    let unused = tcp(Family::Ipv4);
    let datagrams = udp(Family::Ipv4);
    let (listener, endpoint) = listening(Family::Ipv4);
    let client = tcp(Family::Ipv4);
    client.connect(endpoint, &soon()).expect("room");
    until("it waits", || {
        newest(&samples, &listener).is_some_and(|sample| sample.queue == Some(1))
    });
    until("the datagram socket is seen", || {
        newest(&samples, &datagrams).is_some()
    });
    sampler.stop();
    assert_eq!(
        newest(&samples, &listener).and_then(|s| s.queue_limit),
        Some(128)
    );
    assert_eq!(
        newest(&samples, &listener).and_then(|s| s.receive_capacity),
        None
    );
    assert!(newest(&samples, &datagrams).is_some_and(|s| s.receive_memory == Some(0)));
    assert_eq!(of(&samples, &unused), []);
}

#[test]
fn a_close_is_never_put_off() {
    let (_samples, sampler) = sampling();
    for _ in 0..500 {
        let (socket, peer) = pair();
        let number = socket.number();
        let path = format!("/proc/self/fd/{number}");
        let link = std::fs::read_link(&path).expect("a socket");
        socket.close();
        // Closed when close returns: the number is free, or somebody else's.
        assert!(std::fs::read_link(&path).map_or(true, |other| other != link));
        drop(peer);
    }
    sampler.stop();
}

#[test]
fn the_thread_has_ended_when_stop_returns_and_twice_is_no_error() {
    if !own_process(the_thread_has_ended_when_stop_returns_and_twice_is_no_error) {
        return;
    }
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("threads");
        tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
            .filter(|name| name.starts_with("netsteps sample"))
            .count()
    };
    let (samples, first) = sampling();
    let (_, second) = sampling();
    until("both run", || threads() == 2);
    first.stop();
    first.stop();
    until("one is left", || threads() == 1);
    sampler::stop_all();
    until("none is left", || threads() == 0);
    drop(second);
    let count = samples.samples().len();
    let _pair = own_pair();
    assert_eq!(samples.samples().len(), count);
}

#[test]
fn many_samplers_and_closing_threads_do_not_disturb_each_other() {
    let samplers: Vec<_> = (0..3).map(|_| sampling()).collect();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            run(|| {
                for _ in 0..100 {
                    let (socket, peer) = own_pair();
                    socket.write(b"hello", &soon()).expect("room");
                    assert_eq!(read(&peer, 5).expect("bytes"), b"hello");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.end();
    }
    for (samples, sampler) in &samplers {
        sampler.stop();
        assert!(!samples.samples().is_empty());
        assert_eq!(samples.dropped(), 0);
    }
}

#[test]
fn no_look_is_under_way_while_the_process_forks() {
    if !own_process(no_look_is_under_way_while_the_process_forks) {
        return;
    }
    let (samples, sampler) = sampling();
    let (socket, peer) = own_pair();
    until("it is seen", || newest(&samples, &socket).is_some());
    sampler::hold();
    peer.write(b"unseen", &soon()).expect("room");
    let before = newest(&samples, &socket).map(|sample| sample.time_ns);
    std::thread::sleep(OFTEN * 50);
    assert_eq!(
        newest(&samples, &socket).map(|sample| sample.time_ns),
        before
    );
    sampler::go_on();
    until("it goes on", || {
        newest(&samples, &socket).is_some_and(|sample| sample.unread == Some(6))
    });
    sampler.stop();
}
