//! Recording: events in order, calls that wait, bounded memory, several recorders at once, and the steps of one socket.
//!
//! A recorder hears every socket of the process, so each test looks at its own sockets' events only.

use std::io::Write;
use std::sync::Arc;

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::ports::Transport;
use netsteps::socket::Socket;
use netsteps::state::State;
use netsteps::trace::{Event, Limits, PREVIEW, Phase, Recorder};

use crate::ends::{
    bound_udp, dead_port, full_pair, listener, listening, milliseconds, now, own_pair, pair, read,
    read_in, soon, std_udp, tcp,
};
use crate::threads::{Watch, run, until};

/// A recorder that records, for as long as this lives.
struct On(Arc<Recorder>);

fn recorder(capacity: usize) -> On {
    let recorder = Recorder::new(Limits {
        capacity,
        ..Limits::default()
    });
    recorder.start();
    On(recorder)
}

impl On {
    fn of(&self, socket: &Socket) -> Vec<Event> {
        let mut events = self.0.events();
        events.retain(|event| event.socket == socket.serial());
        events
    }
}

impl Drop for On {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn steps_of(events: &[Event]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| (&*event.step, &*event.call))
        .collect()
}

#[test]
fn each_system_call_of_a_client_is_an_event_in_its_order() {
    let on = recorder(100_000);
    let (listener, endpoint) = listener(Family::Ipv4);
    let socket = tcp(Family::Ipv4);
    let number = socket.number();
    socket.connect(endpoint, &soon()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    socket.write(b"hello", &soon()).unwrap();
    stream.write_all(b"hi").unwrap();
    assert_eq!(read(&socket, 100).unwrap(), b"hi");
    drop(stream);
    socket.finish().unwrap();
    socket.close();
    let events = on.of(&socket);
    assert_eq!(
        steps_of(&events),
        [
            ("socket", "socket"),
            ("connect", "connect"),
            ("write", "send"),
            ("read_into", "recv"),
            ("finish", "shutdown"),
            ("close", "close"),
        ]
    );
    assert!(events.iter().all(|event| event.phase == Phase::Completed));
    assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].end_ns.unwrap() <= pair[1].start_ns)
    );
    assert!(
        events
            .iter()
            .all(|event| event.number == number && event.thread > 0)
    );
    assert!(events.iter().all(|event| event.transport == Transport::Tcp));
    let states: Vec<_> = events
        .iter()
        .map(|event| (event.before, event.after))
        .collect();
    assert_eq!(
        states,
        [
            (State::Created, State::Created),
            (State::Created, State::Connected),
            (State::Connected, State::Connected),
            (State::Connected, State::Connected),
            (State::Connected, State::Finished),
            (State::Finished, State::Closed),
        ]
    );
    let (write, read) = (&events[2], &events[3]);
    assert_eq!(
        (write.asked, write.size, write.preview.bytes()),
        (Some(5), Some(5), &b"hello"[..])
    );
    assert_eq!(
        (read.asked, read.size, read.preview.bytes()),
        (Some(100), Some(2), &b"hi"[..])
    );
    let local = socket.local().unwrap().socket_addr();
    assert!(events[1..].iter().all(|event| event.local == Some(local)));
    assert!(
        events[1..]
            .iter()
            .all(|event| event.peer == Some(endpoint.socket_addr()))
    );
}

#[test]
fn a_server_and_what_it_accepted_are_recorded_apart() {
    let on = recorder(100_000);
    let (server, endpoint) = listening(Family::Ipv4);
    let _client = std::net::TcpStream::connect(endpoint.socket_addr()).unwrap();
    let connection = server.accept(&soon()).unwrap();
    connection.close();
    server.close();
    let events = on.of(&server);
    let steps = steps_of(&events);
    assert_eq!(
        steps,
        [
            ("socket", "socket"),
            ("bind", "bind"),
            ("listen", "listen"),
            ("accept", "accept4"),
            ("close", "close")
        ]
    );
    let events = on.of(&connection);
    assert_eq!(
        steps_of(&events),
        [("accepted", "accepted"), ("close", "close")]
    );
    assert_eq!(events[0].after, State::Connected);
    assert_eq!(events[0].local, Some(endpoint.socket_addr()));
}

#[test]
fn a_call_that_waits_is_seen_while_it_waits_and_once_when_it_has_ended() {
    let on = recorder(100_000);
    let (socket, mut stream) = pair();
    let (socket, watch) = (Arc::new(socket), Watch::default());
    let (theirs, wait) = (Arc::clone(&socket), watch.clone());
    let reading = run(move || read_in(&theirs, 10, &wait.wait()).unwrap());
    watch.until_waiting();
    let events = on.of(&socket);
    let waiting = events.last().unwrap();
    assert_eq!(
        (waiting.phase, &*waiting.step),
        (Phase::Started, "read_into")
    );
    assert_eq!((waiting.end_ns, waiting.size), (None, None));
    stream.write_all(b"x").unwrap();
    reading.end();
    let ended: Vec<_> = on
        .of(&socket)
        .into_iter()
        .filter(|event| event.id == waiting.id)
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].phase, ended[0].size), (Phase::Completed, Some(1)));
    assert_eq!(ended[0].start_ns, waiting.start_ns);
    assert_ne!(ended[0].thread, 0);
}

#[test]
fn what_failed_is_an_event_with_the_error() {
    let on = recorder(100_000);
    let dead = dead_port(Family::Ipv4);
    let socket = tcp(Family::Ipv4);
    let error = socket.connect(dead.endpoint, &soon()).unwrap_err();
    let event = on.of(&socket).pop().unwrap();
    assert_eq!((event.phase, &*event.step), (Phase::Failed, "connect"));
    assert_eq!(event.error, Some(error.to_string()));
    assert_eq!(event.errno, error.details().errno);
    assert_eq!(event.peer, Some(dead.endpoint.socket_addr()));
    assert_eq!(
        (event.before, event.after),
        (State::Created, State::Created)
    );
    let (socket, _stream) = pair();
    read_in(&socket, 1, &milliseconds(5)).unwrap_err();
    let event = on.of(&socket).pop().unwrap();
    assert_eq!((event.phase, event.size), (Phase::Failed, None));
    assert!(event.error.unwrap().contains("within 0.005 s"));
}

#[test]
fn no_call_is_left_as_waiting_whatever_ended_it() {
    let on = recorder(100_000);
    let (socket, _stream) = full_pair();
    let fails = |error: netsteps::error::Error| assert_eq!(error.code(), Code::TimedOut);
    fails(read_in(&socket, 1, &now()).unwrap_err());
    fails(socket.read_exactly(1, &milliseconds(5)).unwrap_err());
    fails(socket.read_until(b"\n", 9, &milliseconds(5)).unwrap_err());
    fails(socket.read_message(9, &milliseconds(5)).unwrap_err());
    fails(socket.write(b"x", &milliseconds(5)).unwrap_err());
    fails(
        socket
            .write_message(&vec![0; 100_000], &milliseconds(5))
            .unwrap_err(),
    );
    let file = crate::stream::file_of(b"x");
    fails(
        socket
            .write_file(&file, 0, 1, &milliseconds(5), &mut |_| Ok(()))
            .unwrap_err(),
    );
    let (listener, _) = listening(Family::Ipv4);
    fails(listener.accept(&milliseconds(5)).unwrap_err());
    let (receiver, _) = bound_udp(Family::Ipv4);
    fails(receiver.receive_from(1, &milliseconds(5)).unwrap_err());
    for socket in [&socket, &listener, &receiver] {
        let events = on.of(socket);
        assert!(events.iter().all(|event| event.phase != Phase::Started));
        assert_eq!(events.last().unwrap().phase, Phase::Failed);
    }
}

#[test]
fn a_write_of_many_calls_is_many_events_whose_sizes_add_up() {
    let on = recorder(100_000);
    let (client, server) = own_pair();
    let reading = run(move || server.read_exactly(20 << 20, &soon()).map(drop));
    client.write(&vec![7; 20 << 20], &soon()).unwrap();
    reading.end().unwrap();
    let mut events = on.of(&client);
    events.retain(|event| event.step == "write");
    assert!(events.len() > 1, "the kernel takes no 20 MiB at once");
    assert_eq!(
        events.iter().filter_map(|event| event.size).sum::<usize>(),
        20 << 20
    );
    let mut left = 20 << 20;
    for event in &events {
        assert_eq!(event.asked, Some(left), "what is left of it");
        left -= event.size.unwrap();
    }
}

#[test]
fn a_preview_is_the_beginning_and_never_more() {
    let on = recorder(100_000);
    let (socket, _stream) = pair();
    let data: Vec<u8> = (0..100).collect();
    socket.write(&data, &soon()).unwrap();
    socket.write_message(&data, &soon()).unwrap();
    let events = on.of(&socket);
    assert_eq!(events[events.len() - 2].preview.bytes(), &data[..PREVIEW]);
    let message = events.last().unwrap();
    assert_eq!(message.size, Some(104));
    assert!(message.preview.bytes().starts_with(&[0, 0, 0, 100]));
}

#[test]
fn a_datagram_is_recorded_with_who_it_is_from_and_for() {
    let on = recorder(100_000);
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    let (peer, sender) = std_udp(Family::Ipv4);
    peer.send_to(&[1; 50], endpoint.socket_addr()).unwrap();
    socket.receive_from(10, &soon()).unwrap();
    socket.send_to(b"answer", sender, &soon()).unwrap();
    let events = on.of(&socket);
    let [.., received, sent] = events.as_slice() else {
        panic!("two events")
    };
    for event in [received, sent] {
        assert_eq!(event.peer, Some(sender.socket_addr()));
        assert_eq!(event.local, Some(endpoint.socket_addr()));
        assert_eq!(event.transport, Transport::Udp);
    }
    assert_eq!(
        (received.asked, received.size),
        (Some(10), Some(10)),
        "room, and what was kept"
    );
    assert_eq!(received.preview.bytes(), [1; 10]);
    assert_eq!((&*sent.step, sent.size), ("send_to", Some(6)));
}

#[test]
fn memory_is_bounded_and_what_is_let_go_is_counted() {
    let on = recorder(10);
    let (socket, _stream) = pair();
    for _ in 0..100 {
        socket.write(b"x", &soon()).unwrap();
    }
    // Other tests' sockets are heard too: more may have been let go, never less.
    assert!(on.0.dropped() >= 90, "{}", on.0.dropped());
    let events = on.0.events();
    assert!(
        events
            .iter()
            .filter(|event| event.phase != Phase::Started)
            .count()
            <= 10
    );
    assert_eq!(on.0.limits().capacity, 10);
}

#[test]
fn two_recorders_hear_the_same_each_for_its_own_time() {
    let first = recorder(100_000);
    let (socket, _stream) = pair();
    let second = recorder(100_000);
    second.0.start();
    socket.write(b"both", &soon()).unwrap();
    first.0.stop();
    socket.finish().unwrap();
    second.0.stop();
    socket.close();
    let words = |on: &On| {
        let events = on.of(&socket).into_iter();
        events.map(|event| event.step).collect::<Vec<_>>()
    };
    assert_eq!(words(&first), ["socket", "connect", "write"]);
    assert_eq!(words(&second), ["write", "finish"]);
    let written = [
        first.of(&socket).pop().unwrap().id,
        second.of(&socket)[0].id,
    ];
    assert_eq!(written[0], written[1], "one event, heard twice");
    // It goes on where it stopped.
    first.0.start();
    let (next, _stream) = pair();
    assert_eq!(words(&first).len(), 3);
    assert_eq!(first.of(&next).len(), 2);
}

#[test]
fn events_of_many_threads_are_each_kept_once() {
    let on = recorder(100_000);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            run(|| {
                let (client, server) = own_pair();
                for _ in 0..200 {
                    client.write(b"ping", &soon()).unwrap();
                    server.read_exactly(4, &soon()).unwrap();
                }
                (client, server)
            })
        })
        .collect();
    let mut seen = std::collections::HashSet::new();
    for (client, server) in threads.into_iter().map(crate::threads::Running::end) {
        for (socket, word) in [(client, "write"), (server, "read_exactly")] {
            let events = on.of(&socket);
            assert!(
                events.iter().all(|event| seen.insert(event.id)),
                "no number twice"
            );
            let sizes = events.iter().filter(|event| event.step == word);
            assert_eq!(sizes.filter_map(|event| event.size).sum::<usize>(), 800);
        }
    }
}

#[test]
fn a_step_out_of_order_leaves_no_trace() {
    let on = recorder(100_000);
    let socket = tcp(Family::Ipv4);
    socket.accept(&soon()).unwrap_err();
    socket.write(b"x", &soon()).unwrap_err();
    read(&socket, 1).unwrap_err();
    until("only its making is recorded", || on.of(&socket).len() == 1);
    assert_eq!(socket.steps().0.len(), 1);
}
