//! A step before its time, in words: which step is missing, why, and what to try.

use super::Action::{
    self, Accept, Bind, Connect, Finish, Listen, Read, ReceiveFrom, SendTo, Write,
};
use super::State::{
    self, BothFinished, Bound, Closed, Connected, Created, Finished, Listening, PeerFinished, Reset,
};
use super::path;
use crate::error::{Code, Error, Standing};
use crate::ports::Transport::{self, Tcp, Udp};
use crate::sys::errno;

/// The error of an action out of order: nothing was called, nothing has changed.
#[must_use]
pub fn out_of_order(
    transport: Transport,
    state: State,
    action: Action,
    step: &'static str,
) -> Error {
    let standing = standing(transport, state, action);
    if state == Closed {
        return Error::new(Code::Closed, step, "this socket is closed", "a new Socket")
            .standing(standing);
    }
    let (cause, remedy) = explain(transport, state, action);
    let path = path(transport, state, action).filter(|path| !path.is_empty());
    let missing = match (transport, state, action) {
        (Tcp, Listening, Read | Write) => Some(Accept),
        _ => path.as_ref().and_then(|path| path.first().copied()),
    };
    let remedy = match (&path, remedy) {
        (_, Some(remedy)) => remedy.to_owned(),
        (Some(path), None) => {
            let steps: Vec<_> = path.iter().map(|action| action.name()).collect();
            format!("{} first", steps.join(", then "))
        }
        (None, None) => "a new Socket".to_owned(),
    };
    let cause = cause.map_or_else(
        || {
            format!(
                "this socket is {}, and {} is not possible then",
                state.name(),
                action.name()
            )
        },
        ToOwned::to_owned,
    );
    let code = match (transport, action) {
        (Tcp, Write) => Code::NotWritable,
        _ => Code::OutOfOrder,
    };
    Error::new(code, step, cause, remedy)
        .with_errno(kernel_errno(transport, state, action))
        .missing(missing.map(Action::name))
        .standing(standing)
}

/// Where a socket stands for whom an action is out of order, and the way to where it is not.
#[must_use]
pub fn standing(transport: Transport, state: State, action: Action) -> Standing {
    let path = match (transport, state, action) {
        // The way goes over the new socket.
        (Tcp, Listening, Read | Write | Finish) => vec![Accept],
        _ => path(transport, state, action).unwrap_or_default(),
    };
    Standing {
        kind: transport.name(),
        state: state.name(),
        action: action.name(),
        path: path.into_iter().map(Action::name).collect(),
    }
}

/// Why, and what instead, where the general words would not teach enough.
fn explain(
    transport: Transport,
    state: State,
    action: Action,
) -> (Option<&'static str>, Option<&'static str>) {
    let both = |cause, remedy| (Some(cause), Some(remedy));
    match (transport, state, action) {
        (Tcp, Created, Listen) => both(
            "this socket has no address yet: the kernel would pick a random port, and no client would know it",
            "bind first, or listen(any_port=True) if a random port is what you want (.local then tells it)",
        ),
        (Tcp, Created | Bound, Accept) => (
            Some("this socket does not listen yet, so nobody can be waiting on it"),
            None,
        ),
        (Tcp, Created | Bound, Read | Write | Finish) => both(
            "this socket has no peer yet",
            "connect first (a client), or listen and accept, and use the socket that accept gives (a server)",
        ),
        (Tcp, Listening, Read | Write | Finish) => both(
            "a listening socket carries no data: it hands out a new socket for each client",
            "connection = socket.accept(), and read and write on that connection",
        ),
        (Tcp, Listening, Connect) => both(
            "this socket listens; a server's socket does not connect",
            "a second Socket for the connection",
        ),
        (Tcp, Finished | BothFinished, Write) => both(
            "we have finished sending on this socket, and the peer has been told so",
            "write before finish; the other direction can still be read",
        ),
        (_, Bound, Bind) => both(
            "this socket has an address already (a socket is bound once)",
            "a new Socket for another address",
        ),
        (Tcp, Connected | Finished | PeerFinished | BothFinished, Connect) => both(
            "this socket is connected already (a TCP socket has one peer in its life)",
            "a new Socket for another peer",
        ),
        (Tcp, _, SendTo | ReceiveFrom) => both(
            "TCP has no single datagrams: the kernel would ignore the address",
            "write and read on the connection, or Socket(\"udp\")",
        ),
        (Udp, _, Listen | Accept) => both(
            "UDP has no connections to listen for",
            "receive_from, which tells who sent each datagram",
        ),
        (Udp, _, Finish) => both(
            "UDP has no end of a stream: the peer would never learn of it",
            "a datagram that says so (an empty one, for example), or close",
        ),
        (Udp, Created, ReceiveFrom | Read) => (
            Some("this socket has no address yet, so nothing can ever arrive"),
            None,
        ),
        (Udp, Created | Bound, Write) => both(
            "this socket has no peer set, so the datagram has no destination",
            "connect first, or send_to(data, host, port)",
        ),
        _ => (None, None),
    }
}

/// What the kernel says to the same action (measured on Linux; a test compares).
fn kernel_errno(transport: Transport, state: State, action: Action) -> i32 {
    match (transport, state, action) {
        (Tcp, _, Write) => errno::EPIPE,
        (Tcp, _, Read | Finish) | (Udp, Created | Bound, Finish) => errno::ENOTCONN,
        (Tcp, Connected | Finished | PeerFinished | BothFinished | Reset | Listening, Connect) => {
            errno::EISCONN
        }
        (Udp, _, Listen | Accept | Finish) | (Tcp, _, SendTo | ReceiveFrom) => errno::EOPNOTSUPP,
        (Udp, _, Write) => errno::EDESTADDRREQ,
        _ => errno::EINVAL,
    }
}
