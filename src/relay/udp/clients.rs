//! Who sent something, each with a socket of its own to the target.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use mio::{Registry, Token};
use socket2::SockAddr;

use super::sending::Segments;
use super::traced::Ends;
use crate::address::{Endpoint, Family};
use crate::error::Result;
use crate::ports::Transport;
use crate::relay::Way;
use crate::relay::rules::{Judge, Order, Rules};
use crate::socket::{OptionName, Socket, Value, Watched};
use crate::wait::Wait;

use super::passing::Parcel;

/// The tokens before those of the clients: the listener and the waker.
const FIRST: usize = 2;
/// As much of this as the system permits: an answer of many datagrams comes faster than a thread wakes.
const RECEIVE_BUFFER: i64 = 4 << 20;

/// One client.
pub(super) struct Client {
    /// Its number, in the order of arrival.
    pub(super) flow: u32,
    pub(super) address: SocketAddr,
    /// The same for a system call.
    pub(super) to: SockAddr,
    pub(super) upstream: Watched,
    pub(super) ends: Ends,
    pub(super) segments: Segments,
    pub(super) ways: [Side; 2],
    /// When it last sent or got something.
    pub(super) last_ns: u64,
    /// Closes it at the end.
    _socket: Socket,
}

/// One way of a client.
#[derive(Default)]
pub(super) struct Side {
    /// `None` without rules.
    pub(super) judge: Option<Judge>,
    /// How many came.
    pub(super) number: u64,
    /// Those that wait for later ones.
    pub(super) order: Order<Parcel>,
}

/// What a new client needs to know.
pub(super) struct Plan {
    pub(super) target: Endpoint,
    pub(super) rules: [Option<Arc<Rules>>; 2],
    pub(super) seed: u64,
    pub(super) most: usize,
}

/// All of them. A place is given again when its client is forgotten, a flow's number never.
#[derive(Default)]
pub(super) struct Clients {
    places: HashMap<SocketAddr, usize>,
    list: Vec<Option<Client>>,
    free: Vec<usize>,
    next_flow: u32,
}

/// Why there is no place for a client.
pub(super) enum NoPlace {
    /// There are as many as there may be.
    Full,
    /// The system had no socket for it.
    Failed(crate::error::Error),
}

impl Clients {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The number that the next one gets.
    pub(super) const fn next_flow(&self) -> u32 {
        self.next_flow
    }

    pub(super) fn get(&mut self, place: usize) -> Option<&mut Client> {
        self.list.get_mut(place)?.as_mut()
    }

    pub(super) fn at(&self, place: usize) -> Option<&Client> {
        self.list.get(place)?.as_ref()
    }

    /// The client in a place, if it is still the same one.
    pub(super) fn same(&mut self, place: usize, flow: u32) -> Option<&mut Client> {
        self.get(place).filter(|client| client.flow == flow)
    }

    pub(super) fn place_of(&self, address: &SocketAddr) -> Option<usize> {
        self.places.get(address).copied()
    }

    /// The place of a token.
    pub(super) const fn place(token: Token) -> usize {
        token.0.saturating_sub(FIRST)
    }

    pub(super) const fn token(place: usize) -> Token {
        Token(place + FIRST)
    }

    /// Makes a place for a new one, with a socket to the target.
    pub(super) fn add(
        &mut self,
        address: SocketAddr,
        plan: &Plan,
        registry: &Registry,
        now_ns: u64,
    ) -> std::result::Result<usize, NoPlace> {
        if self.places.len() >= plan.most {
            return Err(NoPlace::Full);
        }
        let place = self.free.last().copied().unwrap_or(self.list.len());
        let flow = self.next_flow;
        let client = Client::new(address, flow, plan, registry, Self::token(place), now_ns)
            .map_err(NoPlace::Failed)?;
        self.next_flow = flow.wrapping_add(1);
        self.places.insert(address, place);
        if self.free.pop().is_some() {
            self.list[place] = Some(client);
        } else {
            self.list.push(Some(client));
        }
        Ok(place)
    }

    /// Forgets those that were silent since then, and of which nothing waits for others.
    pub(super) fn forget_silent(&mut self, since_ns: u64, registry: &Registry) {
        for (place, entry) in self.list.iter_mut().enumerate() {
            if let Some(client) = entry
                && client.last_ns < since_ns
                && client.ways.iter().all(|side| side.order.is_empty())
            {
                client.upstream.unwatch(registry);
                self.places.remove(&client.address);
                *entry = None;
                self.free.push(place);
            }
        }
    }
}

impl Client {
    fn new(
        address: SocketAddr,
        flow: u32,
        plan: &Plan,
        registry: &Registry,
        token: Token,
        now_ns: u64,
    ) -> Result<Self> {
        let socket = Socket::new(Transport::Udp, plan.target.family())?;
        socket.connect(plan.target, &Wait::forever())?;
        // Where it is refused, the buffer is as large as others'.
        let _ = socket.set_option(OptionName::ReceiveBuffer, Value::Number(RECEIVE_BUFFER));
        socket.coalesce(true);
        let upstream = socket
            .watch_datagrams(registry, token)
            .map_err(|error| super::sending::unwatched(&error))?;
        let headers = match Endpoint::from(address).family() {
            Family::Ipv4 => 28,
            Family::Ipv6 => 48,
        };
        let side = |way: Way| Side {
            judge: plan.rules[way.index()]
                .as_ref()
                .map(|rules| Judge::new(rules, plan.seed, flow, way, headers)),
            ..Side::default()
        };
        Ok(Self {
            flow,
            address,
            to: SockAddr::from(address),
            upstream,
            ends: Ends::of(&socket),
            segments: Segments::default(),
            ways: [side(Way::ToTarget), side(Way::ToClient)],
            last_ns: now_ns,
            _socket: socket,
        })
    }
}
