//! Reads of several calls: exactly so much, up to a delimiter, one message, all of it; and what becomes of what was read
//! when they do not come to their end.

use std::io::Write;

use netsteps::error::Code;
use netsteps::socket::{CHUNK, LINE_LIMIT, MESSAGE_LIMIT};
use netsteps::state::State;

use crate::ends::{milliseconds, own_pair, pair, read, read_in, reset, soon};
use crate::threads::run;

#[test]
fn exactly_so_many_bytes_however_they_come() {
    let (socket, mut stream) = pair();
    let reading = run(move || {
        let bytes = socket.read_exactly(300_000, &soon()).unwrap();
        (bytes, read(&socket, 100).unwrap())
    });
    let data: Vec<u8> = (0_u8..=255).cycle().take(300_003).collect();
    for chunk in data.chunks(7_777) {
        stream.write_all(chunk).unwrap();
    }
    drop(stream);
    let (bytes, rest) = reading.end();
    assert!(bytes == data[..300_000], "exactly the first bytes");
    assert_eq!(rest, data[300_000..]);
}

#[test]
fn exactly_nothing_needs_no_peer_that_speaks() {
    let (socket, _stream) = pair();
    assert_eq!(socket.read_exactly(0, &soon()).unwrap(), b"");
}

#[test]
fn a_peer_that_finishes_too_early_is_an_unexpected_end_with_what_came() {
    let (socket, mut stream) = pair();
    stream.write_all(b"abc").unwrap();
    drop(stream);
    let error = socket.read_exactly(10, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::UnexpectedEnd);
    assert_eq!(error.details().partial, b"abc");
    assert!(error.to_string().contains("3 bytes"), "{error}");
    assert_eq!(read(&socket, 10).unwrap(), b"", "the end stays the end");
}

#[test]
fn what_came_before_a_timeout_is_told_and_kept_for_the_next_read() {
    let (socket, mut stream) = pair();
    stream.write_all(b"abcd").unwrap();
    let error = socket.read_exactly(10, &milliseconds(30)).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
    assert_eq!(error.details().partial, b"abcd");
    // Each kind of read begins with it, and the order of the bytes is kept.
    assert_eq!(read(&socket, 1).unwrap(), b"a");
    stream.write_all(b"efghij").unwrap();
    assert_eq!(socket.read_exactly(9, &soon()).unwrap(), b"bcdefghij");
}

#[test]
fn what_is_kept_counts_for_each_kind_of_read() {
    let (socket, mut stream) = pair();
    let keep = |bytes: &[u8]| {
        (&stream).write_all(bytes).unwrap();
        let error = socket.read_exactly(100, &milliseconds(30)).unwrap_err();
        assert_eq!(error.details().partial, bytes);
    };
    keep(b"line\nrest");
    assert_eq!(
        socket.read_until(b"\n", LINE_LIMIT, &soon()).unwrap(),
        b"line\n"
    );
    assert_eq!(read(&socket, 100).unwrap(), b"rest");
    keep(b"\0\0\0\x03ab");
    (&stream).write_all(b"c").unwrap();
    assert_eq!(
        socket
            .read_message(MESSAGE_LIMIT, &soon())
            .unwrap()
            .unwrap(),
        b"abc"
    );
    keep(b"all ");
    stream.write_all(b"of it").unwrap();
    drop(stream);
    assert_eq!(socket.read_all(None, &soon()).unwrap(), b"all of it");
}

#[test]
fn a_second_timeout_keeps_the_order() {
    let (socket, mut stream) = pair();
    for part in [b"ab", b"cd", b"ef"] {
        stream.write_all(part).unwrap();
        let error = socket.read_exactly(10, &milliseconds(20)).unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
    }
    assert_eq!(socket.read_exactly(6, &soon()).unwrap(), b"abcdef");
    let error = read_in(&socket, 1, &milliseconds(20)).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut, "nothing is given twice");
}

#[test]
fn what_is_put_back_comes_before_what_is_kept() {
    let (socket, mut stream) = pair();
    let sent = b"\xff\xff\xff\xffrest of it";
    stream.write_all(sent).unwrap();
    let error = socket.read_exactly(100, &milliseconds(20)).unwrap_err();
    assert_eq!(error.details().partial, sent);
    // Takes the length from what is kept, refuses it, and puts it back.
    let error = socket.read_message(10, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::MessageTooLarge);
    let error = socket.read_until(b"!", 6, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::MessageTooLarge);
    assert_eq!(socket.read_exactly(sent.len(), &soon()).unwrap(), sent);
}

#[test]
fn a_read_of_nothing_does_not_wait_while_something_is_kept() {
    let (socket, mut stream) = pair();
    stream.write_all(b"ab").unwrap();
    socket.read_exactly(10, &milliseconds(20)).unwrap_err();
    assert_eq!(read_in(&socket, 0, &milliseconds(20)).unwrap(), b"");
    assert_eq!(read(&socket, 10).unwrap(), b"ab");
}

#[test]
fn up_to_the_delimiter_and_no_further() {
    let (socket, mut stream) = pair();
    stream.write_all(b"one\ntwo\n\nfour").unwrap();
    let line = || socket.read_until(b"\n", LINE_LIMIT, &soon());
    assert_eq!(line().unwrap(), b"one\n");
    assert_eq!(line().unwrap(), b"two\n");
    assert_eq!(line().unwrap(), b"\n");
    drop(stream);
    let error = line().unwrap_err();
    assert_eq!(error.code(), Code::UnexpectedEnd);
    assert_eq!(error.details().partial, b"four");
    assert_eq!(
        line().unwrap(),
        b"",
        "the end between two lines is no error"
    );
}

#[test]
fn a_delimiter_may_come_in_pieces() {
    // After each byte of "data\r\n--end" the reader has looked: a timeout in between proves it.
    for delimiter in [&b"\r\n--end"[..], b"\n--end", b"aa\r\n--end", b"d"] {
        let (socket, mut stream) = pair();
        for byte in b"dataa\r\n--en" {
            stream.write_all(&[*byte]).unwrap();
            match socket.read_until(delimiter, LINE_LIMIT, &milliseconds(2)) {
                Err(error) => assert_eq!(error.code(), Code::TimedOut, "{error}"),
                Ok(found) => assert_eq!(found, delimiter),
            }
        }
        stream.write_all(b"d!").unwrap();
        let found = socket.read_until(delimiter, LINE_LIMIT, &soon()).unwrap();
        assert!(found.ends_with(delimiter), "{}", found.escape_ascii());
        assert_eq!(read(&socket, 100).unwrap(), b"!");
    }
}

#[test]
fn a_delimiter_of_equal_bytes_is_found_where_it_first_ends() {
    for cut in 0..5 {
        let (socket, mut stream) = pair();
        let (first, second) = b"xaaab--".split_at(cut);
        stream.write_all(first).unwrap();
        let error = socket
            .read_until(b"aab", LINE_LIMIT, &milliseconds(20))
            .unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
        stream.write_all(second).unwrap();
        assert_eq!(
            socket.read_until(b"aab", LINE_LIMIT, &soon()).unwrap(),
            b"xaaab"
        );
        assert_eq!(
            socket.read_exactly(2, &soon()).unwrap(),
            b"--",
            "what follows stays"
        );
    }
}

#[test]
fn a_delimiter_across_the_chunks_of_the_reader_is_found() {
    for length in CHUNK - 3..=CHUNK + 1 {
        let (socket, mut stream) = pair();
        let mut data = vec![b'x'; length];
        data.extend(b"\r\n\r\nrest");
        let writing = run(move || {
            stream.write_all(&data).unwrap();
            stream
        });
        let line = socket.read_until(b"\r\n\r\n", 10 * CHUNK, &soon()).unwrap();
        assert_eq!(line.len(), length + 4);
        assert_eq!(socket.read_exactly(4, &soon()).unwrap(), b"rest");
        drop(writing.end());
    }
}

#[test]
fn a_line_that_is_too_long_is_an_error_and_nothing_of_it_is_lost() {
    let (socket, mut stream) = pair();
    stream.write_all(b"0123456789\n").unwrap();
    let error = socket.read_until(b"\n", 10, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::MessageTooLarge);
    assert_eq!(
        socket.read_until(b"\n", 11, &soon()).unwrap(),
        b"0123456789\n"
    );
}

#[test]
fn a_line_without_end_takes_no_more_memory_than_the_limit() {
    let (socket, mut stream) = pair();
    let writing = run(move || {
        let chunk = vec![b'x'; 65_536];
        while stream.write_all(&chunk).is_ok() {}
    });
    let error = socket.read_until(b"\n", LINE_LIMIT, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::MessageTooLarge);
    assert_eq!(error.details().partial.len(), LINE_LIMIT);
    socket.close();
    writing.end();
}

#[test]
fn an_empty_delimiter_cannot_be_meant() {
    let (socket, mut stream) = pair();
    stream.write_all(b"something").unwrap();
    let error = socket.read_until(b"", LINE_LIMIT, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::BadArgument);
}

#[test]
fn messages_keep_their_borders() {
    let (client, server) = own_pair();
    let large = vec![0; 200_000];
    let messages: [&[u8]; 4] = [b"first", b"", &large, b"last"];
    let writing = run({
        let messages = messages.map(<[u8]>::to_vec);
        move || {
            for message in messages {
                client.write_message(&message, &soon()).unwrap();
            }
        }
    });
    for message in messages {
        let came = server.read_message(MESSAGE_LIMIT, &soon()).unwrap();
        assert!(came.as_deref() == Some(message), "{} bytes", message.len());
    }
    writing.end();
    assert_eq!(
        server.read_message(MESSAGE_LIMIT, &soon()).unwrap(),
        None,
        "the end"
    );
    assert_eq!(server.state(), State::PeerFinished);
}

#[test]
fn a_header_may_come_byte_by_byte() {
    let (socket, mut stream) = pair();
    for byte in b"\0\0\0\x02a" {
        stream.write_all(&[*byte]).unwrap();
        let error = socket.read_message(10, &milliseconds(5)).unwrap_err();
        assert_eq!(error.code(), Code::TimedOut);
    }
    stream.write_all(b"b").unwrap();
    assert_eq!(socket.read_message(10, &soon()).unwrap().unwrap(), b"ab");
}

#[test]
fn a_length_above_the_limit_is_refused_before_memory_is_taken() {
    for (header, limit) in [
        (u32::MAX, MESSAGE_LIMIT),
        (1 << 31, MESSAGE_LIMIT),
        (8 * 1024 * 1024 + 1, MESSAGE_LIMIT),
        (11, 10),
        (1, 0),
    ] {
        let (socket, mut stream) = pair();
        stream.write_all(&header.to_be_bytes()).unwrap();
        let error = socket.read_message(limit, &soon()).unwrap_err();
        assert_eq!(error.code(), Code::MessageTooLarge);
        assert!(error.to_string().contains(&header.to_string()), "{error}");
        assert!(error.details().partial.capacity() < 1024);
    }
}

#[test]
fn a_length_up_to_the_limit_is_taken() {
    let (socket, mut stream) = pair();
    stream.write_all(b"\0\0\0\x0a0123456789\0\0\0\0").unwrap();
    assert_eq!(
        socket.read_message(10, &soon()).unwrap().unwrap(),
        b"0123456789"
    );
    assert_eq!(socket.read_message(0, &soon()).unwrap().unwrap(), b"");
}

#[test]
fn an_end_inside_a_message_is_never_a_short_message() {
    for sent in [&b"\0"[..], b"\0\0\0", b"\0\0\0\x03", b"\0\0\0\x03ab"] {
        let (socket, mut stream) = pair();
        stream.write_all(sent).unwrap();
        drop(stream);
        let error = socket.read_message(MESSAGE_LIMIT, &soon()).unwrap_err();
        assert_eq!(error.code(), Code::UnexpectedEnd, "{sent:?}");
        assert_eq!(error.details().partial, sent);
    }
}

#[test]
fn all_is_everything_up_to_the_end() {
    let (socket, mut stream) = pair();
    let reading = run(move || (socket.read_all(None, &soon()).unwrap(), socket));
    let data: Vec<u8> = (0_u8..=255).cycle().take(1_000_000).collect();
    stream.write_all(&data).unwrap();
    drop(stream);
    let (bytes, socket) = reading.end();
    assert!(bytes == data, "all of it");
    assert_eq!(socket.state(), State::PeerFinished);
    assert_eq!(socket.read_all(Some(0), &soon()).unwrap(), b"");
}

#[test]
fn all_within_a_limit_or_an_error_that_loses_nothing() {
    let (socket, mut stream) = pair();
    stream.write_all(b"0123456789").unwrap();
    drop(stream);
    let error = socket.read_all(Some(9), &soon()).unwrap_err();
    assert_eq!(error.code(), Code::MessageTooLarge);
    assert_eq!(socket.read_all(Some(10), &soon()).unwrap(), b"0123456789");
}

#[test]
fn the_largest_limit_there_is_is_no_limit() {
    let (socket, mut stream) = pair();
    stream.write_all(b"\0\0\0\x01xline\nrest").unwrap();
    drop(stream);
    let most = usize::MAX;
    assert_eq!(socket.read_message(most, &soon()).unwrap().unwrap(), b"x");
    assert_eq!(socket.read_until(b"\n", most, &soon()).unwrap(), b"line\n");
    assert_eq!(socket.read_all(Some(most), &soon()).unwrap(), b"rest");
}

#[test]
fn a_reset_in_the_middle_is_told_with_what_came() {
    let (socket, mut stream) = pair();
    stream.write_all(b"abc").unwrap();
    reset(stream);
    let error = socket.read_exactly(10, &soon()).unwrap_err();
    assert_eq!(error.code(), Code::Reset);
    assert_eq!(error.details().partial, b"abc");
    assert_eq!(socket.state(), State::Reset);
}

#[test]
fn datagrams_are_no_stream() {
    let (socket, _) = crate::ends::bound_udp(netsteps::address::Family::Ipv4);
    let wait = soon();
    for error in [
        socket.read_exactly(1, &wait).unwrap_err(),
        socket.read_until(b"\n", 10, &wait).unwrap_err(),
        socket.read_all(None, &wait).unwrap_err(),
        socket.read_message(10, &wait).unwrap_err(),
        socket.write_message(b"", &wait).unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::OutOfOrder, "{error}");
        assert!(error.to_string().contains("datagram"), "{error}");
    }
}
