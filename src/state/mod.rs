//! Which step is allowed when: one table. Nothing else decides, and the drawing of a socket's life is made from it.
//!
//! The table forbids what the kernel forbids, and what it permits though it is useless and silent
//! (to receive on a UDP socket without an address; to listen without one unless it is asked for).

use std::collections::VecDeque;

use crate::ports::Transport;

mod out_of_order;

pub use out_of_order::{out_of_order, standing};

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

    #[test]
    fn tells_the_way_to_where_the_step_is_possible() {
        for (transport, state, action, way) in [
            (Tcp, Created, Accept, vec!["bind", "listen"]),
            (Tcp, Bound, Write, vec!["connect"]),
            (Tcp, Listening, Read, vec!["accept"]),
            (Tcp, Finished, Write, vec![]),
            (Udp, Created, ReceiveFrom, vec!["bind"]),
            (Tcp, Closed, Read, vec![]),
        ] {
            let error = out_of_order(transport, state, action, action.name());
            let standing = error.details().standing.clone();
            assert_eq!(standing.map(|standing| standing.path), Some(way));
        }
    }
}
