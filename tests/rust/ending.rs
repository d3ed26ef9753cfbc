//! How a connection ends: half-close, the end, a reset, a broken pipe, close.

use std::io::{Read, Write};
use std::net::Shutdown;

use netsteps::address::Family;
use netsteps::error::{Code, Result};
use netsteps::socket::Socket;
use netsteps::state::State;

use crate::ends::{now, own_pair, pair, read, reset, soon, tcp};
use crate::stream::file_of;
use crate::threads::{run, until};

#[test]
fn after_we_finish_the_peer_reads_the_end_and_may_still_write() {
    let (socket, mut stream) = pair();
    socket.write(b"question", &soon()).unwrap();
    socket.finish().unwrap();
    assert_eq!(socket.state(), State::Finished);
    let mut question = String::new();
    stream.read_to_string(&mut question).unwrap();
    assert_eq!(question, "question");
    let writing = run(move || stream.write_all(&vec![7; 1 << 20]).unwrap());
    assert_eq!(
        socket.read_exactly(1 << 20, &soon()).unwrap().len(),
        1 << 20
    );
    writing.end();
    assert_eq!(read(&socket, 10).unwrap(), b"");
    assert_eq!(socket.state(), State::BothFinished);
}

#[test]
fn after_the_peer_finishes_we_read_the_end_and_may_still_write() {
    let (socket, mut stream) = pair();
    stream.write_all(b"question").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(socket.read_all(None, &soon()).unwrap(), b"question");
    assert_eq!(socket.state(), State::PeerFinished);
    assert_eq!(read(&socket, 10).unwrap(), b"", "the end again");
    let reading = run(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    socket.write(&vec![7; 1 << 20], &soon()).unwrap();
    socket.finish().unwrap();
    assert_eq!(socket.state(), State::BothFinished);
    assert_eq!(reading.end(), 1 << 20);
}

#[test]
fn finishing_twice_is_no_error() {
    let (client, server) = own_pair();
    client.finish().unwrap();
    client.finish().unwrap();
    assert_eq!(read(&server, 1).unwrap(), b"");
    server.finish().unwrap();
    assert_eq!(read(&client, 1).unwrap(), b"");
    assert_eq!(
        (client.state(), server.state()),
        (State::BothFinished, State::BothFinished)
    );
    for socket in [&client, &server] {
        // The connection is over for the kernel too, which says "not connected" now.
        socket.finish().unwrap();
        assert_eq!(read(socket, 1).unwrap(), b"");
    }
}

#[test]
fn writing_after_we_finished_is_out_of_order_and_says_so() {
    let (socket, _stream) = pair();
    socket.finish().unwrap();
    let writes: [Result<()>; 4] = [
        socket.write(b"x", &soon()),
        socket.send(b"x", &soon()).map(drop),
        socket.write_message(b"x", &soon()),
        socket
            .write_file(&file_of(b"x"), 0, 1, &soon(), &mut |_| Ok(()))
            .map(drop),
    ];
    for write in writes {
        let error = write.unwrap_err();
        assert_eq!(error.code(), Code::NotWritable);
        assert!(
            error.to_string().contains("we have finished sending"),
            "{error}"
        );
    }
    assert_eq!(socket.state(), State::Finished);
}

#[test]
fn what_came_before_a_reset_is_read_first_and_the_reset_is_told_each_time() {
    let (socket, mut stream) = pair();
    stream.write_all(b"abc").unwrap();
    reset(stream);
    assert_eq!(read(&socket, 2).unwrap(), b"ab");
    assert_eq!(read(&socket, 2).unwrap(), b"c");
    for _ in 0..3 {
        let error = read(&socket, 2).unwrap_err();
        assert_eq!(error.code(), Code::Reset);
        assert_eq!(
            error.details().errno,
            Some(netsteps::sys::errno::ECONNRESET)
        );
        assert_eq!(socket.state(), State::Reset);
    }
    let error = socket.read_all(None, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::Reset, "each kind of read");
    let error = socket.read_until(b"\n", 10, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::Reset, "each kind of read");
    let error = socket.write(b"x", &soon()).unwrap_err();
    assert!(
        matches!(error.code(), Code::Reset | Code::BrokenPipe),
        "{error}"
    );
    socket.finish().unwrap();
}

/// Each way to write finds the reset, and after it a read says the same: it must not look like the peer's end.
#[test]
fn a_reset_that_a_write_finds_is_the_same_reset_for_a_read() {
    type Write = fn(&Socket) -> Result<()>;
    let writes: [(&str, Write); 4] = [
        ("write", |socket| socket.write(b"x", &soon())),
        ("send", |socket| socket.send(b"x", &soon()).map(drop)),
        ("write_message", |socket| {
            socket.write_message(b"x", &soon())
        }),
        ("write_file", |socket| {
            socket
                .write_file(&file_of(b"x"), 0, 1, &soon(), &mut |_| Ok(()))
                .map(drop)
        }),
    ];
    for (name, write) in writes {
        let (socket, mut stream) = pair();
        stream.write_all(b"abc").unwrap();
        reset(stream);
        let error = write(&socket).unwrap_err();
        assert_eq!(error.code(), Code::Reset, "{name}: {error}");
        assert_eq!(socket.state(), State::Reset, "{name}");
        assert_eq!(
            read(&socket, 10).unwrap(),
            b"abc",
            "{name}: what came before"
        );
        let error = read(&socket, 10).unwrap_err();
        assert_eq!(error.code(), Code::Reset, "{name}: {error}");
    }
}

#[test]
fn a_peer_that_closed_breaks_the_pipe_and_the_error_explains_it() {
    let (socket, mut stream) = pair();
    stream.write_all(b"bye").unwrap();
    drop(stream);
    let mut error = None;
    // The first write only makes the peer's kernel answer with a reset.
    until("the pipe is broken", || {
        error = socket.write(b"x", &soon()).err();
        error.is_some()
    });
    let error = error.unwrap();
    assert_eq!(error.code(), Code::BrokenPipe);
    assert_eq!(error.details().errno, Some(netsteps::sys::errno::EPIPE));
    let text = error.to_string();
    assert!(
        text.contains("the peer had closed the connection before"),
        "{text}"
    );
    assert!(text.contains(&socket.peer().unwrap().to_string()), "{text}");
    assert_eq!(read(&socket, 10).unwrap(), b"bye", "as the remedy says");
    assert_eq!(read(&socket, 10).unwrap(), b"");
}

#[test]
fn a_peer_that_closes_with_unread_bytes_resets() {
    let (socket, stream) = pair();
    socket.write(b"never read", &soon()).unwrap();
    let mut first = [0; 1];
    (&stream).read_exact(&mut first).unwrap();
    drop(stream);
    assert_eq!(read(&socket, 10).unwrap_err().code(), Code::Reset);
}

#[test]
fn a_write_tells_how_much_had_been_taken_when_it_failed() {
    let (socket, stream) = pair();
    let writing = run(move || socket.write(&vec![0; 64 << 20], &soon()).unwrap_err());
    let mut some = vec![0; 1 << 20];
    (&stream).read_exact(&mut some).unwrap();
    reset(stream);
    let error = writing.end();
    assert_eq!(error.code(), Code::Reset);
    assert!(
        error
            .to_string()
            .contains("of 67108864 bytes had been taken"),
        "{error}"
    );
}

#[test]
fn closing_twice_is_no_error_and_a_closed_socket_has_no_number() {
    let (socket, _stream) = pair();
    assert!(socket.number() >= 0);
    socket.close();
    socket.close();
    assert_eq!((socket.state(), socket.number()), (State::Closed, -1));
    assert!(
        socket.local().is_some() && socket.peer().is_some(),
        "it is still known whose it was"
    );
}

#[test]
fn each_step_of_a_closed_socket_says_that_it_is_closed() {
    let (socket, stream) = pair();
    let peer = socket.peer().unwrap();
    socket.close();
    let steps: [Result<()>; 13] = [
        socket.bind(peer),
        socket.connect(peer, &soon()),
        socket.listen(1, true),
        socket.accept(&soon()).map(drop),
        read(&socket, 1).map(drop),
        socket.read_exactly(1, &soon()).map(drop),
        socket.read_until(b"\n", 10, &soon()).map(drop),
        socket.read_all(None, &soon()).map(drop),
        socket.send(b"x", &soon()).map(drop),
        socket.write(b"x", &soon()),
        socket.write_message(b"x", &soon()),
        socket
            .write_file(&file_of(b"x"), 0, 1, &soon(), &mut |_| Ok(()))
            .map(drop),
        socket.finish(),
    ];
    for step in steps {
        let error = step.unwrap_err();
        assert_eq!(error.code(), Code::Closed, "{error}");
        assert_eq!(error.details().errno, Some(netsteps::sys::errno::EBADF));
        assert!(
            error.to_string().contains("this socket is closed"),
            "{error}"
        );
    }
    drop(stream);
}

#[test]
fn what_a_timeout_kept_is_gone_with_the_socket() {
    let (socket, mut stream) = pair();
    stream.write_all(b"abc").unwrap();
    until("something is kept", || {
        socket
            .read_exactly(10, &now())
            .unwrap_err()
            .details()
            .partial
            == b"abc"
    });
    socket.close();
    assert_eq!(read(&socket, 10).unwrap_err().code(), Code::Closed);
}

#[test]
fn what_was_written_before_close_still_arrives() {
    let (socket, mut stream) = pair();
    let writing = run(move || {
        socket.write(&vec![7; 4 << 20], &soon()).unwrap();
        socket.close();
    });
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 4 << 20);
    writing.end();
}

#[test]
fn dropping_a_socket_closes_it() {
    let (socket, mut stream) = pair();
    drop(socket);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    // A listener that is gone refuses.
    let listener = tcp(Family::Ipv4);
    listener.listen(1, true).unwrap();
    let endpoint = listener.local().unwrap();
    drop(listener);
    let error = tcp(Family::Ipv4).connect(endpoint, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::Refused);
}
