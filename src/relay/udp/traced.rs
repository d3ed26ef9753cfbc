//! The events of a relay: one for each datagram that came, and one each time that it goes on.

use std::borrow::Cow;
use std::net::SocketAddr;

use crate::ports::Transport;
use crate::relay::Verdict;
use crate::socket::Socket;
use crate::state::State;
use crate::sys::batch::{RECEIVE_CALL, ROOM, SEND_CALL};
use crate::sys::{process_id, thread_id};
use crate::trace::{self, Event, Phase, Preview};

/// A socket of the relay, as its events name it.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    serial: u64,
    number: i64,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    state: State,
}

/// What the events of one datagram have in common.
#[derive(Clone, Debug)]
pub(super) struct Traced {
    /// The event of its coming; 0 before there is one.
    pub(super) origin: u64,
    pub(super) verdict: Verdict,
    pub(super) rule: Cow<'static, str>,
}

impl Ends {
    pub(super) fn of(socket: &Socket) -> Self {
        let address = |end: Option<crate::address::Endpoint>| end.map(|end| end.socket_addr());
        Self {
            serial: socket.serial(),
            number: socket.number(),
            local: address(socket.local()),
            peer: address(socket.peer()),
            state: socket.state(),
        }
    }

    /// Records that a datagram came from there; its event becomes the origin of those of its going on.
    pub(super) fn came(
        &self,
        from: Option<SocketAddr>,
        data: &[u8],
        traced: &mut Traced,
        span: (u64, u64),
    ) {
        let mut event = self.event(RECEIVE_CALL, data, traced, span);
        event.peer = from.or(self.peer);
        event.asked = Some(ROOM);
        traced.origin = event.id;
        trace::record(&event);
    }

    /// Records that a datagram went there.
    pub(super) fn went(
        &self,
        to: Option<SocketAddr>,
        data: &[u8],
        traced: &Traced,
        span: (u64, u64),
    ) {
        let mut event = self.event(SEND_CALL, data, traced, span);
        event.peer = to.or(self.peer);
        event.asked = Some(data.len());
        event.origin = Some(traced.origin);
        trace::record(&event);
    }

    fn event(&self, call: &'static str, data: &[u8], traced: &Traced, span: (u64, u64)) -> Event {
        Event {
            id: trace::next_id(),
            process: process_id(),
            phase: Phase::Completed,
            socket: self.serial,
            number: self.number,
            transport: Transport::Udp,
            step: "relay".into(),
            call: call.into(),
            local: self.local,
            peer: None,
            asked: None,
            size: Some(data.len()),
            offset: None,
            preview: Preview::of(&[data], trace::longest_preview()),
            error: None,
            errno: None,
            before: self.state,
            after: self.state,
            start_ns: span.0,
            end_ns: Some(span.1),
            thread: thread_id(),
            line: None,
            verdict: Some(traced.verdict.name().into()),
            rule: Some(traced.rule.clone()).filter(|rule| !rule.is_empty()),
            origin: None,
        }
    }
}
