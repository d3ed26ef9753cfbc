//! The rules of a stream in the relay of connections, with real sockets on both ends.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use netsteps::address::Family;
use netsteps::relay::stream::Rules;
use netsteps::relay::tcp::{Settings, TcpRelay};
use netsteps::relay::{Verdict, Way};
use netsteps::trace::{Limits, Recorder};
use netsteps::wait::Plain;

use crate::ends::{LONG, listener};
use crate::relay_tcp::{accepted, settings, through};
use crate::server::client;
use crate::threads::{quick, until};

fn to_client(rules: Rules) -> (TcpRelay, TcpStream, TcpStream) {
    through(|settings| Settings {
        rules: [Rules::default(), rules],
        ..settings
    })
}

fn numbered(count: usize) -> Vec<u8> {
    (0..251_u8).cycle().take(count).collect()
}

#[test]
fn each_byte_comes_after_its_delay() {
    let delay = Duration::from_millis(40);
    let (relay, mut client, mut target) = to_client(Rules {
        delay,
        ..Rules::default()
    });
    quick(delay + Duration::from_millis(2), || {
        let begun = Instant::now();
        target.write_all(b"hello").unwrap();
        client.read_exact(&mut [0; 5]).unwrap();
        assert!(begun.elapsed() >= delay);
        begun.elapsed()
    });
    let passage = &relay.log().snapshot()[0];
    assert_eq!(
        (passage.way, passage.verdict),
        (Way::ToClient, Verdict::Late)
    );
    assert_eq!(
        (&*passage.rule, passage.delay_ns),
        ("delay=0.04", 40_000_000)
    );
}

#[test]
fn a_reset_comes_after_its_very_byte_at_both_ends() {
    let (relay, mut client, mut target) = to_client(Rules {
        reset_after: Some(100_000),
        ..Rules::default()
    });
    target.write_all(&numbered(150_000)).unwrap();
    let mut came = Vec::new();
    let told = client.read_to_end(&mut came).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    assert_eq!(came, numbered(100_000));
    let told = target.read(&mut [0; 1]).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    let last = relay.log().snapshot().pop().unwrap();
    assert_eq!(
        (last.verdict, &*last.rule),
        (Verdict::Reset, "reset_after=100000")
    );
    until("it is gone", || relay.clients() == 0);
}

#[test]
fn a_reset_comes_after_its_time() {
    let (relay, mut client, _target) = to_client(Rules {
        reset_after_time: Some(Duration::from_millis(50)),
        ..Rules::default()
    });
    let begun = Instant::now();
    let told = client.read(&mut [0; 1]).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    assert!(begun.elapsed() >= Duration::from_millis(40));
    assert_eq!(relay.log().snapshot()[0].rule, "reset_after_seconds=0.05");
}

#[test]
fn a_stream_that_ends_early_ends_at_its_very_byte_and_the_other_way_goes_on() {
    let (relay, mut client, mut target) = to_client(Rules {
        half_close_after: Some(5),
        ..Rules::default()
    });
    target.write_all(b"hello world").unwrap();
    let mut came = Vec::new();
    client.read_to_end(&mut came).unwrap();
    assert_eq!(came, b"hello");
    target.write_all(b" and more").unwrap();
    client.write_all(b"yes").unwrap();
    target.read_exact(&mut [0; 3]).unwrap();
    until("the rest was cut", || {
        let cut = relay.log().snapshot();
        let cut = cut.iter().filter(|it| it.verdict == Verdict::Cut);
        cut.map(|it| it.size).sum::<usize>() == 15
    });
    drop(client);
    until("it is gone", || relay.clients() == 0);
}

#[test]
fn a_stalled_stream_says_nothing_more() {
    let (relay, mut client, mut target) = to_client(Rules {
        stall_after: Some(5),
        ..Rules::default()
    });
    target.write_all(b"hello world").unwrap();
    drop(target);
    client.read_exact(&mut [0; 5]).unwrap();
    client
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert_eq!(
        client.read(&mut [0; 1]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    let last = relay.log().snapshot().pop().unwrap();
    assert_eq!((last.verdict, last.size), (Verdict::Stalled, 6));
}

#[test]
fn pieces_go_apart_and_their_bytes_are_whole() {
    let (relay, mut client, mut target) = to_client(Rules {
        chunk: Some(7),
        ..Rules::default()
    });
    target.write_all(&numbered(2000)).unwrap();
    target.shutdown(Shutdown::Write).unwrap();
    let (mut came, mut small, mut reads) = (Vec::new(), 0, 0);
    let mut room = [0; 4096];
    while let size @ 1.. = client.read(&mut room).unwrap() {
        came.extend_from_slice(&room[..size]);
        reads += 1;
        small += u32::from(size <= 7);
    }
    assert_eq!(came, numbered(2000));
    assert!(
        small * 2 > reads,
        "{small} of {reads} reads were of one piece"
    );
    let log = relay.log().snapshot();
    assert!(
        log.iter()
            .all(|it| it.size <= 7 && it.verdict == Verdict::Split)
    );
}

#[test]
fn a_silent_relay_takes_clients_and_asks_nobody() {
    let (listener, target) = listener(Family::Ipv4);
    let relay = TcpRelay::start(Settings {
        rules: [
            Rules {
                silent: true,
                ..Rules::default()
            },
            Rules::default(),
        ],
        ..settings(target)
    })
    .unwrap();
    let mut client = client(relay.endpoint());
    client.write_all(b"hello?").unwrap();
    client
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert_eq!(
        client.read(&mut [0; 1]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(relay.log().snapshot()[0].verdict, Verdict::Silent);
    drop(client);
    until("it is gone", || relay.clients() == 0);
}

#[test]
fn a_relay_that_refuses_does_so_in_the_kernel() {
    let (_listener, target) = listener(Family::Ipv4);
    let relay = TcpRelay::start(Settings {
        rules: [
            Rules::default(),
            Rules {
                refuse: true,
                ..Rules::default()
            },
        ],
        ..settings(target)
    })
    .unwrap();
    let told = TcpStream::connect(relay.endpoint().socket_addr()).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(relay.clients(), 0);
}

#[test]
fn the_end_is_slow_where_a_rule_makes_it_so() {
    let (_relay, mut client, target) = to_client(Rules {
        slow_close: Some(Duration::from_millis(60)),
        ..Rules::default()
    });
    let begun = Instant::now();
    drop(target);
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    assert!(begun.elapsed() >= Duration::from_millis(60));
}

#[test]
fn the_same_seed_cuts_the_same() {
    let sizes = || {
        let (listener, target) = listener(Family::Ipv4);
        let relay = TcpRelay::start(Settings {
            rules: [
                Rules {
                    chunk: Some(100),
                    ..Rules::default()
                },
                Rules::default(),
            ],
            ..settings(target)
        })
        .unwrap();
        let mut client = client(relay.endpoint());
        let mut target = accepted(&listener);
        client.write_all(&numbered(3000)).unwrap();
        let mut came = vec![0; 3000];
        target.read_exact(&mut came).unwrap();
        assert_eq!(came, numbered(3000));
        let log = relay.log().snapshot();
        log.iter().map(|it| it.size).collect::<Vec<_>>()
    };
    let one = sizes();
    assert!(one.len() > 30);
    assert_eq!(one, sizes());
}

#[test]
fn each_chunk_is_an_event_when_it_comes_and_when_it_goes_on() {
    let recorder = Recorder::new(Limits::default());
    recorder.start();
    let (relay, mut client, mut target) = to_client(Rules {
        delay: Duration::from_millis(5),
        half_close_after: Some(5),
        ..Rules::default()
    });
    target.write_all(b"hello").unwrap();
    let mut came = Vec::new();
    client.read_to_end(&mut came).unwrap();
    assert_eq!(came, b"hello");
    relay.stop(LONG, &Plain);
    recorder.stop();
    let events = recorder.events();
    let whose: Vec<_> = [target.local_addr().unwrap(), client.local_addr().unwrap()].into();
    let of = |peer: usize, call: &str| {
        let found = events
            .iter()
            .filter(|event| event.peer == Some(whose[peer]));
        found.filter(|event| event.call == call).collect::<Vec<_>>()
    };
    let (read, sent, finished) = (of(0, "recv")[0], of(1, "send")[0], of(1, "shutdown")[0]);
    for event in [read, sent] {
        assert_eq!((&*event.step, event.size), ("relay", Some(5)));
        assert_eq!(event.verdict.as_deref(), Some("late"));
        assert_eq!(event.rule.as_deref(), Some("delay=0.005"));
    }
    assert_eq!((read.origin, sent.origin), (None, Some(read.id)));
    assert_eq!(finished.verdict.as_deref(), Some("cut"));
    assert_eq!(finished.rule.as_deref(), Some("half_close_after=5"));
}
