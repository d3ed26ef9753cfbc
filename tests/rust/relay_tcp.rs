//! The relay of connections without rules: bytes, ends and resets pass, and memory stays bounded.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use netsteps::address::{Endpoint, Family};
use netsteps::relay::tcp::{Settings, TcpRelay};
use netsteps::relay::{LOG_LIMIT, Verdict, Way};
use netsteps::wait::Plain;

use crate::ends::{LONG, dead_port, families, listener, loopback, reset};
use crate::server::{ask, client};
use crate::threads::{Running, run, until};

pub(crate) fn settings(target: Endpoint) -> Settings {
    Settings {
        listen: loopback(target.family()),
        target,
        rules: Default::default(),
        seed: 7,
        log: LOG_LIMIT,
        max_clients: 10_000,
    }
}

/// A relay, a client of it, and the connection that the target has accepted.
pub(crate) fn through(
    settings: impl FnOnce(Settings) -> Settings,
) -> (TcpRelay, TcpStream, TcpStream) {
    let (listener, target) = listener(Family::Ipv4);
    let relay = TcpRelay::start(settings(self::settings(target))).unwrap();
    let client = client(relay.endpoint());
    (relay, client, accepted(&listener))
}

pub(crate) fn accepted(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Answers each connection with what it sends, until the relay is gone.
pub(crate) fn echo(listener: TcpListener, count: usize) -> Running<()> {
    run(move || {
        let clients: Vec<_> = (0..count)
            .map(|_| {
                let mut stream = accepted(&listener);
                run(move || {
                    let mut writer = stream.try_clone().unwrap();
                    std::io::copy(&mut stream, &mut writer).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                })
            })
            .collect();
        for client in clients {
            client.end();
        }
    })
}

#[test]
fn a_hundred_clients_at_once_each_get_their_own_bytes_back() {
    for family in families() {
        let (listener, target) = listener(family);
        let relay = TcpRelay::start(settings(target)).unwrap();
        let endpoint = relay.endpoint();
        let target = echo(listener, 100);
        let clients: Vec<_> = (0..100_u32)
            .map(|number| {
                run(move || {
                    let bytes = number.to_be_bytes();
                    let data: Vec<u8> = bytes.into_iter().cycle().take(300_000).collect();
                    let question = data.clone();
                    let stream = client(endpoint);
                    let mut writer = stream.try_clone().unwrap();
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
        assert!(clients.into_iter().all(Running::end), "each its own");
        target.end();
        until("nobody is left", || relay.clients() == 0);
        let report = relay.report();
        assert_eq!(report.clients, 100);
        for counts in [report.to_target, report.to_client] {
            assert_eq!(counts.came_bytes, 30_000_000);
            assert_eq!(counts.delivered_bytes, 30_000_000);
            assert_eq!(counts.of(Verdict::Passed), counts.came);
        }
    }
}

#[test]
fn an_end_passes_and_the_other_way_goes_on() {
    let (_relay, mut client, mut target) = through(|settings| settings);
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut question = Vec::new();
    target.read_to_end(&mut question).unwrap();
    assert_eq!(question, b"question");
    target.write_all(b"answer").unwrap();
    let mut answer = [0; 6];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"answer");
    target.write_all(b"more").unwrap();
    drop(target);
    let mut more = Vec::new();
    client.read_to_end(&mut more).unwrap();
    assert_eq!(more, b"more");
}

#[test]
fn a_reset_passes_both_ways_behind_the_bytes_before_it() {
    let (relay, mut client, mut target) = through(|settings| settings);
    target.write_all(b"last words").unwrap();
    let mut words = [0; 10];
    client.read_exact(&mut words).unwrap();
    reset(target);
    let told = client.read(&mut words).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    until("it is gone", || relay.clients() == 0);

    let (relay, client, mut target) = through(|settings| settings);
    reset(client);
    let told = target.read(&mut words).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    until("it is gone", || relay.clients() == 0);
}

#[test]
fn a_dead_target_resets_the_client_and_the_log_says_why() {
    let dead = dead_port(Family::Ipv4);
    let relay = TcpRelay::start(settings(dead.endpoint)).unwrap();
    let mut stream = client(relay.endpoint());
    let told = stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
    let log = relay.log().snapshot();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].way, log[0].verdict),
        (Way::ToTarget, Verdict::Refused)
    );
    assert!(log[0].rule.starts_with("connect: "), "{}", log[0].rule);
    assert_eq!(log[0].client, stream.local_addr().unwrap());
    // It is not the end of the relay.
    assert!(client(relay.endpoint()).read(&mut [0; 1]).is_err());
}

#[test]
fn who_does_not_read_is_not_read_for() {
    let (relay, client, mut target) = through(|settings| settings);
    client.set_nonblocking(true).unwrap();
    let data: Vec<u8> = (0..251_u8).cycle().take(1 << 16).collect();
    let (mut sent, mut quiet) = (0, 0);
    while quiet < 100 {
        match (&client).write(&data[sent % 251..]) {
            Ok(size) => (sent, quiet) = (sent + size, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                quiet += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 64 << 20, "the relay takes all of it");
    }
    // What the relay holds itself is little: the rest is in the buffers of the kernel.
    let counts = relay.report().to_target;
    assert!(counts.came_bytes - counts.delivered_bytes <= 256 * 1024);
    client.shutdown(Shutdown::Write).unwrap();
    let mut came = Vec::new();
    target.read_to_end(&mut came).unwrap();
    assert_eq!(came.len(), sent);
    assert!(
        came.iter()
            .zip((0..251_u8).cycle())
            .all(|(byte, wanted)| *byte == wanted)
    );
}

#[test]
fn a_path_that_is_cut_passes_nothing_and_goes_on_when_it_is_healed() {
    let (listener, target) = listener(Family::Ipv4);
    let relay = TcpRelay::start(settings(target)).unwrap();
    let mut first = client(relay.endpoint());
    let mut target = accepted(&listener);
    let mut byte = [0; 1];
    first.write_all(b"a").unwrap();
    target.read_exact(&mut byte).unwrap();
    relay.partition(true);
    assert!(relay.partitioned());
    first.write_all(b"b").unwrap();
    let late = client(relay.endpoint());
    let short = Some(Duration::from_millis(50));
    target.set_read_timeout(short).unwrap();
    assert!(target.read(&mut byte).is_err());
    assert_eq!(relay.report().clients, 1);
    relay.partition(false);
    target.set_read_timeout(Some(LONG)).unwrap();
    target.read_exact(&mut byte).unwrap();
    assert_eq!(&byte, b"b");
    until("the late one is there", || relay.clients() == 2);
    drop(late);
}

#[test]
fn a_stop_closes_all_and_frees_the_port() {
    let (listener, target) = listener(Family::Ipv4);
    let relay = TcpRelay::start(settings(target)).unwrap();
    let endpoint = relay.endpoint();
    let target = echo(listener, 2);
    assert_eq!(ask(client(endpoint), b"hello"), b"hello");
    let mut open = client(endpoint);
    open.write_all(b"a").unwrap();
    open.read_exact(&mut [0; 1]).unwrap();
    relay.stop(LONG, &Plain);
    target.end();
    assert!(!matches!(open.read(&mut [0; 1]), Ok(1..)));
    assert!(TcpStream::connect(endpoint.socket_addr()).is_err());
    assert_eq!(relay.clients(), 0);
    // Twice is no error.
    relay.stop(LONG, &Plain);
}
