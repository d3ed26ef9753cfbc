//! The lecture's steps over TCP, end to end, over IPv4 and IPv6.

use std::io::{Read, Write};

use netsteps::address::Family;
use netsteps::ports::Transport;
use netsteps::resolve::Port;
use netsteps::socket::Socket;
use netsteps::state::State;

use crate::ends::{
    families, full_pair, listener, listening, loopback, milliseconds, own_pair, pair, pair_of,
    read, soon, tcp,
};
use crate::threads::run;

#[test]
fn a_client_in_steps_talks_to_a_server_of_the_standard_library() {
    for family in families() {
        let (socket, mut stream) = pair_of(family);
        socket.write(b"hello", &soon()).unwrap();
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"hello");
        stream.write_all(b"hi").unwrap();
        assert_eq!(read(&socket, 100).unwrap(), b"hi");
        drop(stream);
        assert_eq!(read(&socket, 100).unwrap(), b"");
        socket.close();
    }
}

#[test]
fn a_server_in_steps_talks_to_a_client_of_the_standard_library() {
    for family in families() {
        let server = tcp(family);
        assert_eq!(server.state(), State::Created);
        server.bind(loopback(family)).unwrap();
        assert_eq!(server.state(), State::Bound);
        server.listen(128, false).unwrap();
        assert_eq!(server.state(), State::Listening);
        let endpoint = server.local().unwrap();
        let mut stream = std::net::TcpStream::connect(endpoint.socket_addr()).unwrap();
        let connection = server.accept(&soon()).unwrap();
        assert_eq!(
            (server.state(), connection.state()),
            (State::Listening, State::Connected)
        );
        stream.write_all(b"hello").unwrap();
        assert_eq!(read(&connection, 100).unwrap(), b"hello");
        connection.write(b"hi", &soon()).unwrap();
        connection.close();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hi");
    }
}

#[test]
fn both_ends_in_steps_move_a_mebibyte_both_ways_at_once() {
    let data: Vec<u8> = (0_u8..251).cycle().take(1 << 20).collect();
    let (client, server) = own_pair();
    let ends = [client, server].map(std::sync::Arc::new);
    let work = ends.clone().map(|socket| {
        let (reader, data) = (std::sync::Arc::clone(&socket), data.clone());
        let reading = run(move || reader.read_exactly(1 << 20, &soon()).unwrap());
        let writing = run(move || socket.write(&data, &soon()).unwrap());
        (reading, writing)
    });
    for (reading, writing) in work {
        writing.end();
        assert!(reading.end() == data, "the bytes came as they were sent");
    }
}

#[test]
fn a_connection_knows_both_ends() {
    for family in families() {
        let (socket, stream) = pair_of(family);
        assert_eq!(
            socket.local().unwrap().socket_addr(),
            stream.peer_addr().unwrap()
        );
        assert_eq!(
            socket.peer().unwrap().socket_addr(),
            stream.local_addr().unwrap()
        );
        let (listener, endpoint) = listening(family);
        let stream = std::net::TcpStream::connect(endpoint.socket_addr()).unwrap();
        let connection = listener.accept(&soon()).unwrap();
        assert_eq!(connection.local(), Some(endpoint));
        assert_eq!(
            connection.peer().unwrap().socket_addr(),
            stream.local_addr().unwrap()
        );
        assert_eq!(
            (connection.transport(), connection.family()),
            (Transport::Tcp, family)
        );
    }
}

#[test]
fn open_is_lookup_socket_and_connect_in_one() {
    let (listener, endpoint) = listener(Family::Ipv4);
    let port = Port::Service(endpoint.port().to_string());
    let socket = Socket::open("127.0.0.1", &port, Transport::Tcp, &soon()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"welcome").unwrap();
    assert_eq!(read(&socket, 100).unwrap(), b"welcome");
    assert_eq!(
        (socket.state(), socket.peer()),
        (State::Connected, Some(endpoint))
    );
}

#[test]
fn a_read_takes_no_more_than_asked_and_leaves_the_rest() {
    let (socket, mut stream) = pair();
    stream.write_all(b"0123456789").unwrap();
    drop(stream);
    assert_eq!(read(&socket, 4).unwrap(), b"0123");
    assert_eq!(read(&socket, 0).unwrap(), b"");
    assert_eq!(
        socket.state(),
        State::Connected,
        "an empty read is not the end"
    );
    assert_eq!(read(&socket, 4).unwrap(), b"4567");
    assert_eq!(read(&socket, 4).unwrap(), b"89");
    assert_eq!(read(&socket, 4).unwrap(), b"");
}

#[test]
fn send_says_how_much_the_kernel_took() {
    let (socket, mut stream) = pair();
    let size = socket.send(&vec![7; 64 << 20], &soon()).unwrap();
    assert!(size > 0 && size < 64 << 20, "{size}");
    socket.finish().unwrap();
    let reading = run(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    assert_eq!(reading.end(), size);
}

#[test]
fn writing_nothing_sends_nothing() {
    let (socket, stream) = pair();
    socket.write(b"", &soon()).unwrap();
    assert_eq!(socket.send(b"", &soon()).unwrap(), 0);
    assert_eq!(socket.state(), State::Connected);
    stream.set_nonblocking(true).unwrap();
    let error = (&stream).read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_file_goes_out_whole_and_progress_is_told() {
    let data: Vec<u8> = (0_u8..=255).cycle().take(3_000_000).collect();
    let file = file_of(&data);
    let (socket, mut stream) = pair();
    let reading = run(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut told = Vec::new();
    let mut progress = |done| {
        told.push(done);
        Ok(())
    };
    let sent = socket
        .write_file(&file, 0, 3_000_000, &soon(), &mut progress)
        .unwrap();
    socket.close();
    assert_eq!(sent, 3_000_000);
    assert!(
        reading.end() == data,
        "the bytes came as they lie in the file"
    );
    assert!(
        told.is_sorted() && told.last() == Some(&3_000_000),
        "{told:?}"
    );
}

#[test]
fn a_part_of_a_file_goes_out_and_a_file_that_is_too_short_says_so() {
    let file = file_of(b"0123456789");
    let (socket, mut stream) = pair();
    let mut progress = |_| Ok(());
    assert_eq!(
        socket
            .write_file(&file, 2, 3, &soon(), &mut progress)
            .unwrap(),
        3
    );
    assert_eq!(
        socket
            .write_file(&file, 8, 100, &soon(), &mut progress)
            .unwrap(),
        2
    );
    socket.close();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "23489");
}

#[test]
fn a_file_to_a_peer_that_does_not_read_ends_with_the_time() {
    let file = file_of(&vec![0; 32 << 20]);
    let (socket, _stream) = full_pair();
    let error = socket.write_file(&file, 0, 32 << 20, &milliseconds(50), &mut |_| Ok(()));
    assert_eq!(error.unwrap_err().code(), netsteps::error::Code::TimedOut);
}

/// A file that has no name any more and goes with its last descriptor.
pub(crate) fn file_of(data: &[u8]) -> std::fs::File {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!(
        "netsteps-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, data).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file
}
