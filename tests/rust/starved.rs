//! What a process does that is out of descriptors or memory; each test in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use netsteps::address::{Endpoint, Family};
use netsteps::error::Code;
use netsteps::ports::Transport;
use netsteps::resolve::Port;
use netsteps::socket::{MESSAGE_LIMIT, Socket};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child::{is_child, own_process, started};
use crate::ends::{LONG, listener, listening, pair, read, soon, tcp};
use crate::server::{ask, client, echo, serving};
use crate::threads::{Watch, run, time, until};

/// From now on, this process may have no more than this of it.
fn limit(resource: Resource, most: u64) {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limit).unwrap();
}

/// Takes every descriptor that is left.
fn take_all() -> Vec<std::fs::File> {
    std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect()
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.cast_unsigned(),
        time.tv_nsec.try_into().unwrap(),
    )
}

#[test]
fn without_a_descriptor_each_step_that_needs_one_says_so() {
    if !own_process(without_a_descriptor_each_step_that_needs_one_says_so) {
        return;
    }
    limit(Resource::Nofile, 64);
    let (server, endpoint) = listening(Family::Ipv4);
    let _waiting = TcpStream::connect(endpoint.socket_addr()).unwrap();
    let mut taken = take_all();
    let port = Port::Number(endpoint.port());
    for error in [
        Socket::new(Transport::Tcp, Family::Ipv4).unwrap_err(),
        Socket::open("127.0.0.1", &port, Transport::Tcp, &soon()).unwrap_err(),
        server.accept(&soon()).unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::TooManyFiles, "{error}");
        assert_eq!(error.details().errno, Some(netsteps::sys::errno::EMFILE));
        assert!(error.to_string().contains("ulimit -n"), "{error}");
    }
    // With one descriptor it goes on where it stopped: the client is still there.
    taken.pop();
    server.accept(&soon()).unwrap();
}

#[test]
fn without_a_descriptor_for_the_waker_a_wait_still_ends() {
    if !own_process(without_a_descriptor_for_the_waker_a_wait_still_ends) {
        return;
    }
    limit(Resource::Nofile, 64);
    let (socket, mut stream) = pair();
    let (other, _other_stream) = pair();
    let taken = take_all();
    // The first wait of a thread makes its waker, and there is none to be had.
    let (socket, watch) = (std::sync::Arc::new(socket), Watch::default());
    let (theirs, wait) = (std::sync::Arc::clone(&socket), watch.clone());
    let reading = run(move || crate::ends::read_in(&theirs, 10, &wait.wait()).unwrap());
    watch.until_waiting();
    stream.write_all(b"x").unwrap();
    assert_eq!(reading.end(), b"x", "what comes is read");
    let (other, watch) = (std::sync::Arc::new(other), Watch::default());
    let (theirs, wait) = (std::sync::Arc::clone(&other), watch.clone());
    let reading = run(move || crate::ends::read_in(&theirs, 10, &wait.wait()).unwrap_err());
    watch.until_waiting();
    let (error, took) = time(|| {
        other.close();
        reading.end()
    });
    assert_eq!(error.code(), Code::Closed);
    assert!(took < Duration::from_millis(200), "{took:?}");
    drop(taken);
}

#[test]
fn nothing_is_left_open_by_whatever_fails() {
    if !own_process(nothing_is_left_open_by_whatever_fails) {
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let (_listener, endpoint) = listener(Family::Ipv4);
    let dead = crate::ends::dead_port(Family::Ipv4);
    let round = || {
        let (socket, stream) = pair();
        socket.read_exactly(1, &crate::ends::now()).unwrap_err();
        crate::ends::reset(stream);
        read(&socket, 1).unwrap_err();
        tcp(Family::Ipv4)
            .connect(dead.endpoint, &soon())
            .unwrap_err();
        tcp(Family::Ipv4).bind(endpoint).unwrap_err();
        let port = Port::Number(dead.endpoint.port());
        Socket::open("127.0.0.1", &port, Transport::Tcp, &soon()).unwrap_err();
        Socket::open("localhost", &port, Transport::Tcp, &soon()).unwrap_err();
        run(move || {
            let (server, endpoint) = listening(Family::Ipv4);
            server.accept(&crate::ends::milliseconds(1)).unwrap_err();
            let client = TcpStream::connect(endpoint.socket_addr()).unwrap();
            let connection = server.accept(&soon()).unwrap();
            drop(client);
            assert_eq!(read(&connection, 1).unwrap(), b"");
        })
        .end();
    };
    round();
    let before = open();
    (0..50).for_each(|_| round());
    // A thread's own waker is closed a moment after the thread has said its last word.
    until("as many are open as before", || open() <= before);
}

#[test]
fn two_thousand_clients_leave_nothing_behind() {
    if !own_process(two_thousand_clients_leave_nothing_behind) {
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let with_loop = threads() + 1;
    let running = serving(100, echo);
    // The loop's own waker is made when it first waits.
    assert_eq!(ask(client(running.0.endpoint()), b"first"), b"first");
    until("only the loop is left", || threads() == with_loop);
    let before = open();
    for number in 0..2_000_u32 {
        let client = client(running.0.endpoint());
        assert_eq!(ask(client, &number.to_be_bytes()), number.to_be_bytes());
    }
    until("nobody is left", || running.0.client_count() == 0);
    until("as many are open as before", || open() <= before);
    until("only the loop is left", || threads() == with_loop);
}

/// The server of the test below, in a process that may have few descriptors.
fn serve_starved() {
    limit(Resource::Nofile, 64);
    let running = serving(1024, echo);
    println!("endpoint {}", running.0.endpoint());
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "time" => println!("time {}", cpu_time().as_millis()),
            "troubles" => {
                let codes: Vec<_> = running
                    .0
                    .troubles()
                    .iter()
                    .map(|error| error.code().name())
                    .collect();
                println!("troubles {}", codes.join(", "));
            }
            _ => break,
        }
    }
    drop(running);
}

#[test]
fn a_server_out_of_descriptors_serves_on_and_rests() {
    if is_child(&a_server_out_of_descriptors_serves_on_and_rests) {
        return serve_starved();
    }
    let mut server = Starved::start();
    let endpoint = server.endpoint;
    let mut clients: Vec<_> = (0..100).map(|_| client(endpoint)).collect();
    // The first ones are served, and nobody after the last descriptor is.
    for client in &mut clients[..10] {
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    }
    let mut last = clients.pop().unwrap();
    last.write_all(b"x").unwrap();
    last.set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    last.read_exact(&mut [0]).unwrap_err();
    // While it is starved it rests: measured over a second.
    let before = server.cpu_time();
    std::thread::sleep(Duration::from_secs(1));
    let used = server.cpu_time().checked_sub(before).unwrap();
    assert!(used < Duration::from_millis(50), "{used:?} in a second");
    // Tried ten times a second, told at most once.
    let troubles = server.ask("troubles");
    let told: Vec<_> = troubles.split(", ").collect();
    assert!((1..=30).contains(&told.len()), "{troubles}");
    assert!(
        told.iter().all(|code| *code == "too many open files"),
        "{troubles}"
    );
    // Those that are connected are served on meanwhile.
    clients[0].write_all(b"y").unwrap();
    clients[0].read_exact(&mut [0]).unwrap();
    let begun = Instant::now();
    drop(clients);
    last.set_read_timeout(Some(LONG)).unwrap();
    last.read_exact(&mut [0]).unwrap();
    assert_eq!(ask(client(endpoint), b"new"), b"new");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    server.stop();
}

/// A server in a process of its own.
struct Starved {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    endpoint: Endpoint,
}

impl Starved {
    fn start() -> Self {
        let mut child = started(a_server_out_of_descriptors_serves_on_and_rests);
        let output = BufReader::new(child.stdout.take().unwrap());
        let endpoint = Endpoint::new([0, 0, 0, 0].into(), 0);
        let mut started = Self {
            child,
            output,
            endpoint,
        };
        started.endpoint = started.answer("endpoint ").parse().unwrap();
        started
    }

    /// The next line that begins so.
    fn answer(&mut self, word: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the child has ended"
            );
            if let Some((_, rest)) = line.split_once(word) {
                return rest.trim().to_owned();
            }
        }
    }

    fn cpu_time(&mut self) -> Duration {
        Duration::from_millis(self.ask("time").parse().unwrap())
    }

    fn ask(&mut self, word: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
        self.answer(&format!("{word} "))
    }

    fn stop(mut self) {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
    }
}

impl Drop for Starved {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_hostile_length_takes_no_memory() {
    if !own_process(a_hostile_length_takes_no_memory) {
        return;
    }
    // Enough for this test, and not for what the peer announces: to try would end the process.
    let (socket, mut stream) = pair();
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    limit(Resource::As, pages * 4096 + (5 << 20));
    for length in [u32::MAX, 1 << 31, 100 << 20, 8 * 1024 * 1024 + 1] {
        stream.write_all(&length.to_be_bytes()).unwrap();
        let error = socket.read_message(MESSAGE_LIMIT, &soon()).unwrap_err();
        assert_eq!(error.code(), Code::MessageTooLarge);
        assert_eq!(read(&socket, 4).unwrap(), length.to_be_bytes());
    }
    // A large number asked for by ourselves takes memory as bytes come, not before.
    stream.write_all(b"abc").unwrap();
    drop(stream);
    let error = socket.read_exactly(usize::MAX, &soon()).unwrap_err();
    assert_eq!(
        (error.code(), error.details().partial.as_slice()),
        (Code::UnexpectedEnd, &b"abc"[..])
    );
    let (socket, mut stream) = pair();
    let length = u32::MAX.to_be_bytes();
    stream.write_all(&length).unwrap();
    drop(stream);
    let error = socket.read_message(usize::MAX, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::UnexpectedEnd, "{error}");
}
