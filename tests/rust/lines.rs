//! What was done to one socket, as `.steps` tells it: lines, of which equal ones are one, in bounded memory.

use std::io::Write;

use netsteps::address::Family;
use netsteps::state::State;

use crate::ends::{bound_udp, now, pair, read, read_in, soon};

#[test]
fn the_steps_of_a_socket_are_lines_and_equal_ones_are_one_line() {
    let (socket, mut stream) = pair();
    for _ in 0..1000 {
        socket.write(b"ping", &soon()).unwrap();
    }
    stream.write_all(b"pong").unwrap();
    read(&socket, 100).unwrap();
    for _ in 0..2 {
        read_in(&socket, 100, &now()).unwrap_err();
    }
    socket.write(b"last", &soon()).unwrap();
    socket.close();
    let (lines, left_out) = socket.steps();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.step, line.count, line.bytes, line.failed))
        .collect();
    assert_eq!(
        told,
        [
            ("socket", 1, 0, false),
            ("connect", 1, 0, false),
            ("write", 1000, 4000, false),
            ("read_into", 1, 4, false),
            ("read_into", 2, 0, true),
            ("write", 1, 4, false),
            ("close", 1, 0, false),
        ]
    );
    assert_eq!(left_out, 0);
    assert_eq!(lines[1].note, Some(socket.peer().unwrap().to_string()));
    assert_eq!(lines[4].note.as_deref(), Some("timed out"));
    assert_eq!(
        (lines[5].after, lines[6].after),
        (State::Connected, State::Closed)
    );
    assert!(lines.iter().all(|line| line.start_ns <= line.end_ns));
    assert!(
        lines
            .windows(2)
            .all(|pair| pair[0].end_ns <= pair[1].start_ns)
    );
}

#[test]
fn the_steps_of_a_long_life_are_bounded() {
    let (socket, endpoint) = bound_udp(Family::Ipv4);
    for _ in 0..1000 {
        socket.send_to(b"x", endpoint, &soon()).unwrap();
        socket.receive_from(1, &soon()).unwrap();
    }
    socket.close();
    let (lines, left_out) = socket.steps();
    assert_eq!(lines.len() as u64 + left_out, 2 + 2000 + 1);
    assert!(lines.len() <= 128, "{}", lines.len());
    assert_eq!(
        (lines[0].step, lines.last().unwrap().step),
        ("socket", "close")
    );
}
