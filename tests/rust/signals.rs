//! A broken pipe is an error, and never the end of the process: also where SIGPIPE has its default action, as in C
//! programs and in Python after `signal(SIGPIPE, SIG_DFL)`.
#![allow(
    unsafe_code,
    reason = "signal(2): Rust's runtime ignores SIGPIPE, and only C can ask for it again"
)]

use netsteps::error::{Code, Error};
use netsteps::socket::Socket;

use crate::child::own_process;
use crate::ends::{pair, soon};
use crate::stream::file_of;
use crate::threads::until;

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

/// From now on, SIGPIPE ends this process.
fn deadly_sigpipe() {
    const SIGPIPE: i32 = 13;
    const SIG_DFL: usize = 0;
    // SAFETY: signal(2) of the C library with its own constants; the default action runs no code of ours.
    unsafe { signal(SIGPIPE, SIG_DFL) };
}

/// The peer has closed; this way of writing finds out.
fn breaks(write: fn(&Socket) -> Result<(), Error>) {
    let (socket, stream) = pair();
    drop(stream);
    let mut error = None;
    until("the pipe is broken", || {
        error = write(&socket).err();
        error.is_some()
    });
    assert_eq!(error.map(|error| error.code()), Some(Code::BrokenPipe));
    // Once more, after it was told.
    assert_eq!(write(&socket).unwrap_err().code(), Code::BrokenPipe);
}

#[test]
fn a_broken_pipe_kills_no_process_that_writes() {
    if !own_process(a_broken_pipe_kills_no_process_that_writes) {
        return;
    }
    deadly_sigpipe();
    breaks(|socket| socket.write(b"x", &soon()));
    breaks(|socket| socket.send(b"x", &soon()).map(drop));
    breaks(|socket| socket.write_message(b"x", &soon()));
    breaks(|socket| socket.write(&vec![0; 1 << 20], &soon()));
}

#[test]
fn a_broken_pipe_kills_no_process_that_sends_a_file() {
    if !own_process(a_broken_pipe_kills_no_process_that_sends_a_file) {
        return;
    }
    deadly_sigpipe();
    breaks(|socket| {
        socket
            .write_file(&file_of(b"x"), 0, 1, &soon(), &mut |_| Ok(()))
            .map(drop)
    });
    breaks(|socket| {
        let file = file_of(&vec![0; 1 << 20]);
        socket
            .write_file(&file, 0, 1 << 20, &soon(), &mut |_| Ok(()))
            .map(drop)
    });
}
