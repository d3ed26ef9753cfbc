//! Which calls of a recording moved bytes, from where to where.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::ports::Transport;
use crate::trace::{Event, Phase};

/// Whether a socket sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Out,
    In,
}

/// Bytes that one call moved.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    pub(super) event: &'a Event,
    pub(super) direction: Direction,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) size: usize,
    /// TCP: how many bytes went this way before.
    pub(super) offset: u64,
    /// TCP: how many the socket had moved the other way.
    pub(super) other: u64,
    /// On the monotonic clock.
    pub(super) time_ns: u64,
}

/// What the calls are named that move bytes out, and in. A look ("recv MSG_PEEK") moves none.
const OUT: [&str; 5] = ["send", "sendmsg", "sendto", "sendfile", "sendmmsg"];
const IN: [&str; 4] = ["recv", "recvfrom", "recvmsg", "recvmmsg"];

/// The moved bytes in the order of time, and how many calls could not be told the endpoints of.
pub(super) fn moves(events: &[Event]) -> (Vec<Moved<'_>>, u64) {
    let senders = Senders::of(events);
    let (mut moves, mut left_out) = (Vec::new(), 0);
    for event in events {
        let Some((direction, size)) = moved(event) else {
            continue;
        };
        let Some((local, peer)) = event.local.zip(event.peer) else {
            left_out += 1;
            continue;
        };
        if direction == Direction::In && senders.knows(event.transport, peer, local) {
            continue;
        }
        let local = of_family(local, peer);
        let peer = of_family(peer, local);
        let (from, to, time_ns) = match direction {
            // The bytes left after the call began, and had come before it ended: so no answer stands before its question.
            Direction::Out => (local, peer, event.start_ns),
            Direction::In => (peer, local, event.end_ns.unwrap_or(event.start_ns)),
        };
        moves.push(Moved {
            event,
            direction,
            from,
            to,
            size,
            offset: event.offset.unwrap_or(0),
            other: 0,
            time_ns,
        });
    }
    moves.sort_by_key(|moved| (moved.time_ns, moved.event.process, moved.event.id));
    acknowledge(&mut moves, events);
    (moves, left_out)
}

fn moved(event: &Event) -> Option<(Direction, usize)> {
    if event.phase != Phase::Completed {
        return None;
    }
    let size = event.size?;
    // A datagram may be empty; on a stream nothing is nothing (and the end, which was not a packet of its own to us).
    if size == 0 && event.transport == Transport::Tcp {
        return None;
    }
    let call = event.call.as_ref();
    if OUT.contains(&call) {
        return Some((Direction::Out, size));
    }
    IN.contains(&call).then_some((Direction::In, size))
}

/// The ways on which somebody of the recording sent.
struct Senders {
    /// From, to.
    exact: HashSet<(Transport, SocketAddr, SocketAddr)>,
    /// Of sockets bound to all addresses: their port, and to.
    any: HashSet<(Transport, u16, SocketAddr)>,
}

impl Senders {
    fn of(events: &[Event]) -> Self {
        let mut senders = Self {
            exact: HashSet::new(),
            any: HashSet::new(),
        };
        for event in events {
            let Some((local, peer)) = event.local.zip(event.peer) else {
                continue;
            };
            // A stream's other end is there as soon as its socket is; who of a datagram's senders it was, only its sending tells.
            let sends = matches!(moved(event), Some((Direction::Out, _)));
            if event.transport == Transport::Udp && !sends {
                continue;
            }
            if local.ip().is_unspecified() {
                senders.any.insert((event.transport, local.port(), peer));
            } else {
                senders.exact.insert((event.transport, local, peer));
            }
        }
        senders
    }

    fn knows(&self, transport: Transport, from: SocketAddr, to: SocketAddr) -> bool {
        // A receiver that is bound to all addresses does not know which of them the datagram came to.
        self.exact.contains(&(transport, from, to))
            || self.any.contains(&(transport, from.port(), to))
            || (to.ip().is_unspecified()
                && self.exact.iter().any(|(kind, one, other)| {
                    (*kind, *one, other.port()) == (transport, from, to.port())
                }))
            || (to.ip().is_unspecified()
                && self.any.iter().any(|(kind, port, other)| {
                    (*kind, *port, other.port()) == (transport, from.port(), to.port())
                }))
    }
}

/// The address in the family of the other one: "all addresses" is of both.
fn of_family(address: SocketAddr, other: SocketAddr) -> SocketAddr {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (address, other) = (plain(address), plain(other));
    let ip = match (address.ip(), other.ip()) {
        (IpAddr::V6(own), IpAddr::V4(_)) if own.is_unspecified() => Ipv4Addr::UNSPECIFIED.into(),
        (IpAddr::V4(own), IpAddr::V6(_)) if own.is_unspecified() => Ipv6Addr::UNSPECIFIED.into(),
        (own, _) => own,
    };
    SocketAddr::new(ip, address.port())
}

/// Fills in how much each socket had moved the other way when it moved these bytes.
fn acknowledge(moves: &mut [Moved<'_>], events: &[Event]) {
    let mut calls: Vec<_> = events
        .iter()
        .filter(|event| event.transport == Transport::Tcp)
        .filter_map(|event| {
            let (direction, size) = moved(event)?;
            let time = match direction {
                Direction::Out => event.start_ns,
                Direction::In => event.end_ns.unwrap_or(event.start_ns),
            };
            Some((
                time,
                event,
                direction,
                event.offset?.saturating_add(size as u64),
            ))
        })
        .collect();
    calls.sort_by_key(|(time, event, ..)| (*time, event.process, event.id));
    let mut reached: HashMap<(u32, u64, bool), u64> = HashMap::new();
    let mut calls = calls.into_iter().peekable();
    for moved in moves {
        while let Some((_, event, direction, end)) =
            calls.next_if(|(time, ..)| *time <= moved.time_ns)
        {
            let key = (event.process, event.socket, direction == Direction::Out);
            let reached = reached.entry(key).or_default();
            *reached = end.max(*reached);
        }
        let key = (
            moved.event.process,
            moved.event.socket,
            moved.direction != Direction::Out,
        );
        moved.other = reached.get(&key).copied().unwrap_or(0);
    }
}
