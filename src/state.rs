//! Which step is allowed when: one table. Nothing else decides, and the drawing of a socket's life is made from it.
//!
//! The table forbids what the kernel forbids, and what it permits though it is useless and silent
//! (to receive on a UDP socket without an address; to listen without one unless it is asked for).

use std::collections::VecDeque;

use crate::error::{Code, Error};
use crate::ports::Transport;
use crate::sys::errno;

/// Where a socket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// It exists, and nothing else: socket(2).
    Created,
    /// It has an address of its own.
    Bound,
    /// It collects connections (TCP).
    Listening,
    /// It has a peer.
    Connected,
    /// We have finished sending; the peer may go on.
    Finished,
    /// The peer has finished sending, and we have read all of it; we may go on.
    PeerFinished,
    /// Both have finished sending.
    BothFinished,
    /// The peer cut the connection.
    Reset,
    /// It is no more: close(2).
    Closed,
}

impl State {
    /// Every state, in the order of a socket's life.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Bound,
        Self::Listening,
        Self::Connected,
        Self::Finished,
        Self::PeerFinished,
        Self::BothFinished,
        Self::Reset,
        Self::Closed,
    ];

    /// The state in words, as `.state` shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Bound => "bound",
            Self::Listening => "listening",
            Self::Connected => "connected",
            Self::Finished => "finished",
            Self::PeerFinished => "peer finished",
            Self::BothFinished => "both finished",
            Self::Reset => "reset",
            Self::Closed => "closed",
        }
    }

    /// The state that [`State::index`] numbers; a number of none is `Closed`.
    #[must_use]
    pub fn from_index(index: u8) -> Self {
        Self::ALL
            .get(usize::from(index))
            .copied()
            .unwrap_or(Self::Closed)
    }

    /// Its place in [`State::ALL`].
    #[must_use]
    pub const fn index(self) -> u8 {
        self as u8
    }
}

/// What can happen to a socket. The first ten are steps of ours; the last two are the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Take an address: bind(2).
    Bind,
    /// Find the peer: connect(2).
    Connect,
    /// Collect connections: listen(2).
    Listen,
    /// Take the next connection: accept(2).
    Accept,
    /// Take bytes from the peer: recv(2).
    Read,
    /// Give bytes to the peer: send(2).
    Write,
    /// One datagram to anybody: sendto(2).
    SendTo,
    /// One datagram from anybody: recvfrom(2).
    ReceiveFrom,
    /// Close our sending half: shutdown(2).
    Finish,
    /// Give the socket back: close(2).
    Close,
    /// The peer closed its sending half, and a read told us.
    PeerFinishes,
    /// The peer cut the connection, and a call told us.
    PeerResets,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 12] = [
        Self::Bind,
        Self::Connect,
        Self::Listen,
        Self::Accept,
        Self::Read,
        Self::Write,
        Self::SendTo,
        Self::ReceiveFrom,
        Self::Finish,
        Self::Close,
        Self::PeerFinishes,
        Self::PeerResets,
    ];

    /// The action in the words of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Connect => "connect",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Read => "read",
            Self::Write => "write",
            Self::SendTo => "send_to",
            Self::ReceiveFrom => "receive_from",
            Self::Finish => "finish",
            Self::Close => "close",
            Self::PeerFinishes => "peer finishes",
            Self::PeerResets => "peer resets",
        }
    }

    const fn ours(self) -> bool {
        !matches!(self, Self::PeerFinishes | Self::PeerResets)
    }
}

/// One line of the table: this action is allowed here, and leads there.
pub type Row = (Transport, State, Action, State);

use Action::{
    Accept, Bind, Close, Connect, Finish, Listen, PeerFinishes, PeerResets, Read, ReceiveFrom,
    SendTo, Write,
};
use State::{
    BothFinished, Bound, Closed, Connected, Created, Finished, Listening, PeerFinished, Reset,
};
use Transport::{Tcp, Udp};

/// The table. An action that has no line is out of order.
pub const TABLE: &[Row] = &[
    // TCP: the lecture's server …
    (Tcp, Created, Bind, Bound),
    (Tcp, Bound, Listen, Listening),
    (Tcp, Listening, Accept, Listening),
    (Tcp, Listening, Listen, Listening),
    // … its client, with or without an address of its own …
    (Tcp, Created, Connect, Connected),
    (Tcp, Bound, Connect, Connected),
    // … and the connection that both have.
    (Tcp, Connected, Read, Connected),
    (Tcp, Connected, Write, Connected),
    (Tcp, Connected, Finish, Finished),
    (Tcp, Connected, PeerFinishes, PeerFinished),
    (Tcp, Connected, PeerResets, Reset),
    (Tcp, Finished, Read, Finished),
    (Tcp, Finished, Finish, Finished),
    (Tcp, Finished, PeerFinishes, BothFinished),
    (Tcp, Finished, PeerResets, Reset),
    // After the end, a read says b"" again; half-close (RFC 9293, 3.6) lets us write on.
    (Tcp, PeerFinished, Read, PeerFinished),
    (Tcp, PeerFinished, Write, PeerFinished),
    (Tcp, PeerFinished, Finish, BothFinished),
    (Tcp, PeerFinished, PeerFinishes, PeerFinished),
    (Tcp, PeerFinished, PeerResets, Reset),
    (Tcp, BothFinished, Read, BothFinished),
    (Tcp, BothFinished, Finish, BothFinished),
    (Tcp, BothFinished, PeerFinishes, BothFinished),
    (Tcp, BothFinished, PeerResets, Reset),
    // What came before a reset can still be read; after it each call says the reset again.
    (Tcp, Reset, Read, Reset),
    (Tcp, Reset, Write, Reset),
    (Tcp, Reset, Finish, Reset),
    (Tcp, Reset, PeerFinishes, Reset),
    (Tcp, Reset, PeerResets, Reset),
    // UDP: no connection has to be made. The first send_to takes a free port by itself.
    (Udp, Created, Bind, Bound),
    (Udp, Created, SendTo, Bound),
    (Udp, Created, Connect, Connected),
    (Udp, Bound, SendTo, Bound),
    (Udp, Bound, ReceiveFrom, Bound),
    (Udp, Bound, Read, Bound),
    (Udp, Bound, Connect, Connected),
    // "Connected" means: one peer is set as the only one.
    (Udp, Connected, Read, Connected),
    (Udp, Connected, Write, Connected),
    (Udp, Connected, SendTo, Connected),
    (Udp, Connected, ReceiveFrom, Connected),
    (Udp, Connected, Connect, Connected),
    // Whatever it was, it can be closed, and closing twice is no error.
    (Tcp, Created, Close, Closed),
    (Tcp, Bound, Close, Closed),
    (Tcp, Listening, Close, Closed),
    (Tcp, Connected, Close, Closed),
    (Tcp, Finished, Close, Closed),
    (Tcp, PeerFinished, Close, Closed),
    (Tcp, BothFinished, Close, Closed),
    (Tcp, Reset, Close, Closed),
    (Tcp, Closed, Close, Closed),
    (Udp, Created, Close, Closed),
    (Udp, Bound, Close, Closed),
    (Udp, Connected, Close, Closed),
    (Udp, Closed, Close, Closed),
];

/// Where the action leads from this state; `None` where it is out of order.
#[must_use]
pub fn next(transport: Transport, state: State, action: Action) -> Option<State> {
    // The two steps of a busy connection need no search.
    if state == Connected && matches!(action, Read | Write) {
        return Some(Connected);
    }
    let row = TABLE
        .iter()
        .find(|(t, s, a, _)| (*t, *s, *a) == (transport, state, action));
    row.map(|(_, _, _, to)| *to)
}

/// The steps that lead from this state to one where the action is allowed, the fewest there are.
#[must_use]
pub fn path(transport: Transport, state: State, action: Action) -> Option<Vec<Action>> {
    let mut seen = vec![state];
    let mut queue = VecDeque::from([(state, Vec::new())]);
    while let Some((here, steps)) = queue.pop_front() {
        if next(transport, here, action).is_some() {
            return Some(steps);
        }
        let ways = TABLE
            .iter()
            .filter(|(t, s, a, _)| *t == transport && *s == here && a.ours());
        for (_, _, step, there) in ways.filter(|(_, _, step, _)| *step != Close) {
            if !seen.contains(there) {
                seen.push(*there);
                queue.push_back((*there, [steps.as_slice(), &[*step]].concat()));
            }
        }
    }
    None
}

/// The error of an action out of order: nothing was called, nothing has changed.
#[must_use]
pub fn out_of_order(
    transport: Transport,
    state: State,
    action: Action,
    step: &'static str,
) -> Error {
    if state == Closed {
        return Error::new(Code::Closed, step, "this socket is closed", "a new Socket");
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
        (Tcp, _, Read | Finish) => errno::ENOTCONN,
        (Tcp, Connected | Finished | PeerFinished | BothFinished | Listening, Connect) => {
            errno::EISCONN
        }
        (Udp, _, Listen | Accept | Finish) | (Tcp, _, SendTo | ReceiveFrom) => errno::EOPNOTSUPP,
        (Udp, _, Write) => errno::EDESTADDRREQ,
        _ => errno::EINVAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_stands_twice_and_the_short_cut_agrees() {
        for (index, row) in TABLE.iter().enumerate() {
            let same = |other: &&Row| (other.0, other.1, other.2) == (row.0, row.1, row.2);
            assert_eq!(TABLE.iter().filter(same).count(), 1, "row {index}");
            assert_eq!(next(row.0, row.1, row.2), Some(row.3));
        }
    }

    #[test]
    fn every_state_can_be_reached_and_closed() {
        for transport in [Tcp, Udp] {
            for state in State::ALL {
                let reached = TABLE.iter().any(|row| row.0 == transport && row.3 == state);
                if state == Created || reached {
                    assert_eq!(next(transport, state, Close), Some(Closed), "{state:?}");
                }
            }
        }
        assert_eq!(
            State::ALL.map(|state| State::from_index(state.index())),
            State::ALL
        );
    }

    #[test]
    fn names_the_step_that_is_missing() {
        for (transport, state, action, missing) in [
            (Tcp, Created, Accept, Some("bind")),
            (Tcp, Bound, Accept, Some("listen")),
            (Tcp, Created, Write, Some("connect")),
            (Tcp, Listening, Read, Some("accept")),
            (Tcp, Created, Listen, Some("bind")),
            (Udp, Created, ReceiveFrom, Some("bind")),
            (Udp, Bound, Write, Some("connect")),
            (Tcp, Connected, Listen, None),
            (Tcp, Finished, Write, None),
        ] {
            let error = out_of_order(transport, state, action, action.name());
            assert_eq!(
                error.details().missing,
                missing,
                "{transport:?} {state:?} {action:?}"
            );
        }
        let error = out_of_order(Tcp, Created, Accept, "accept");
        assert_eq!(error.details().remedy, "bind, then listen first");
    }
}
