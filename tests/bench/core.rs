//! The core's hot paths, without Python: `make bench-core`, or a part: `cargo bench --no-default-features --bench core -- lines`.
//!
//! What goes through the kernel (sockets, the event loop) is as noisy as the machine; the rest is not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on has failed, and says where"
)]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without a word"
)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use netsteps::address::{Endpoint, Family};
use netsteps::packet::split::{Joiner, Limits as JoinLimits, SIZE, Splitter, Taken};
use netsteps::packet::{self, Draft, First, Over, Segment};
use netsteps::ports::Transport;
use netsteps::socket::Socket;
use netsteps::tcp::event_loop::{Server, Settings};
use netsteps::tcp::framing::{Cutter, Framing};
use netsteps::tcp::{Service, Serving};
use netsteps::trace::{Limits, Recorder};
use netsteps::wait::{Plain, Wait};

/// For steps that are possible at once, unless something hangs.
fn soon() -> Wait<'static> {
    Wait::at_most(Duration::from_secs(20))
}

fn loopback() -> Endpoint {
    Endpoint::new(Ipv4Addr::LOCALHOST.into(), 0)
}

fn socket(transport: Transport) -> Socket {
    Socket::new(transport, Family::Ipv4).unwrap()
}

/// Messages of 64 bytes found in 64 KiB, as one read gives them, and with each read ending in the middle of one.
fn framing(c: &mut Criterion) {
    const LIMIT: usize = 8 << 20;
    let line = [&[b'x'; 63][..], b"\n"].concat();
    let counted = [&60_u32.to_be_bytes()[..], &[b'x'; 60]].concat();
    let mut group = c.benchmark_group("framing");
    for (name, framing, message) in [
        ("lines", Framing::Lines, line),
        ("length", Framing::Length, counted),
    ] {
        let stream = message.repeat(1024);
        group.throughput(Throughput::Elements(1024));
        for (cut, at) in [("whole", 0), ("split", 30)] {
            group.bench_function(BenchmarkId::new(name, cut), |b| {
                b.iter(|| {
                    let (mut cutter, mut found) = (Cutter::default(), 0);
                    for bytes in [&stream[..at], &stream[at..]] {
                        let mut each = |message: &[u8]| found += black_box(message).len();
                        cutter
                            .feed(framing, LIMIT, usize::MAX, bytes, &mut each)
                            .unwrap();
                    }
                    found
                });
            });
        }
    }
    group.finish();
}

/// A TCP packet of 60 bytes: its headers, and all fields of its layers.
fn decode(c: &mut Criterion) {
    let draft = Draft {
        source: "10.0.0.1:50000".parse().unwrap(),
        destination: "10.0.0.2:80".parse().unwrap(),
        over: Over::Tcp(Segment::default()),
        ttl: 64,
        identification: 1,
        dont_fragment: true,
        ethernet: None,
        vlan: None,
    };
    let bytes = draft.packet(&[b'x'; 20]).unwrap().data().to_vec();
    assert_eq!(bytes.len(), 60);
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    group.bench_function("headers", |b| {
        b.iter(|| packet::parse(black_box(&bytes), First::Ip).unwrap());
    });
    let parsed = packet::parse(&bytes, First::Ip).unwrap();
    group.bench_function("fields", |b| b.iter(|| black_box(&parsed).layers()));
    group.finish();
}

/// A message of 1 MiB in parts that fill an Ethernet frame, and back.
fn split_and_join(c: &mut Criterion) {
    let message = vec![7; 1 << 20];
    let parts = || {
        let splitter = Splitter::new(message.len(), SIZE, 1).unwrap();
        splitter
            .parts(&message)
            .map(|(header, data)| [&header[..], data].concat())
            .collect::<Vec<_>>()
    };
    let mut group = c.benchmark_group("message of 1 MiB");
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("split", |b| b.iter(parts));
    let datagrams = parts();
    group.bench_function("join", |b| {
        b.iter(|| {
            let mut joiner = Joiner::new(JoinLimits::default());
            let mut taken = None;
            for datagram in &datagrams {
                taken = Some(joiner.take((), datagram, Duration::ZERO));
            }
            assert!(matches!(taken, Some(Taken::Message(_))));
        });
    });
    group.finish();
}

/// 64 bytes written and read on ready sockets: what a step costs, and what its recording adds.
fn steps(c: &mut Criterion) {
    let listener = socket(Transport::Tcp);
    listener.bind(loopback()).unwrap();
    listener.listen(1, false).unwrap();
    let client = socket(Transport::Tcp);
    client.connect(listener.local().unwrap(), &soon()).unwrap();
    let server = listener.accept(&soon()).unwrap();
    let mut buffer = [0; 4096];
    let mut group = c.benchmark_group("write and read");
    for (name, recorded) in [("recording off", false), ("recording on", true)] {
        let recorder = Recorder::new(Limits {
            capacity: 1000,
            ..Limits::default()
        });
        if recorded {
            recorder.start();
        }
        group.bench_function(name, |b| {
            b.iter(|| {
                client.write(&[b'x'; 64], &soon()).unwrap();
                server.read_into(&mut buffer, &soon()).unwrap()
            });
        });
        recorder.stop();
    }
    group.finish();
}

/// One round of the event loop: 64 bytes through the echo service, for one client that waits for each and for fifty at once.
fn event_loop(c: &mut Criterion) {
    let settings = Settings {
        endpoint: loopback(),
        backlog: 128,
        max_clients: 1000,
        idle: None,
        loops: 1,
    };
    let server = Server::start(settings, || Serving(Service::Echo)).unwrap();
    let mut group = c.benchmark_group("event loop, echo");
    for count in [1_usize, 50] {
        let mut clients: Vec<TcpStream> = (0..count)
            .map(|_| TcpStream::connect(server.endpoint().socket_addr()).unwrap())
            .collect();
        for client in &clients {
            client.set_nodelay(true).unwrap();
        }
        let mut answer = [0; 64];
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("clients", count), |b| {
            b.iter(|| {
                for client in &mut clients {
                    client.write_all(&[b'x'; 64]).unwrap();
                }
                for client in &mut clients {
                    client.read_exact(&mut answer).unwrap();
                }
            });
        });
    }
    group.finish();
    server.stop(Duration::ZERO, Duration::from_secs(1), &Plain);
}

/// 64 datagrams of 1,200 bytes sent, and then received.
fn datagrams(c: &mut Criterion) {
    const COUNT: usize = 64;
    let receiver = netsteps::udp::bound(loopback()).unwrap();
    let to = receiver.local().unwrap();
    let sender = socket(Transport::Udp);
    let payload = [7; 1200];
    let mut group = c.benchmark_group("datagrams");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("one by one", |b| {
        b.iter(|| {
            for _ in 0..COUNT {
                sender.send_to(&payload, to, &soon()).unwrap();
            }
            for _ in 0..COUNT {
                black_box(receiver.receive_from(2048, &soon()).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group! {
    name = paths;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = framing, decode, split_and_join, steps, event_loop, datagrams
}
criterion_main!(paths);
