//! The loop: wait, accept, read, write, close.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Poll, Token};

use super::clients::{Client, Io, Key, Side};
use super::places::{Clients, locked};
use super::server::{Request, Shared};
use super::{Settings, Work};
use crate::error::Code;
use crate::socket::{CHUNK, Moved};

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);

/// The most that happens in one round for one client, and for the listener, before the others have their turn.
const READS: usize = 16;
const ACCEPTS: usize = 64;
const EVENTS: usize = 256;
/// How long the listener is left alone when the system has no descriptor for one more client.
const STARVED: Duration = Duration::from_millis(100);

/// All that the thread of the loop has. When it is dropped, the server has ended.
pub struct Rounds<W: Work> {
    shared: Arc<Shared>,
    clients: Arc<Mutex<Clients<W::Client>>>,
    poll: Poll,
    work: W,
    settings: Settings,
    /// Kept for the poll, which is told of it; let go when the server stops, so that the port is free.
    listener: Option<TcpListener>,
    events: Events,
    /// Where all clients are read into, one after the other.
    room: Box<[u8]>,
    /// Who has something to do in this round.
    turns: Vec<usize>,
    left: Left,
}

/// What one round leaves to the next.
struct Left {
    /// Those who have something to do without being told.
    again: Vec<usize>,
    /// Somebody may wait to be accepted.
    accepting: bool,
    starved_until: Option<Instant>,
    next_sweep: Option<Instant>,
}

impl<W: Work> Rounds<W> {
    pub(super) fn new(
        shared: Arc<Shared>,
        clients: Arc<Mutex<Clients<W::Client>>>,
        poll: Poll,
        work: W,
        settings: Settings,
        listener: TcpListener,
    ) -> Self {
        Self {
            shared,
            clients,
            poll,
            work,
            settings,
            listener: Some(listener),
            events: Events::with_capacity(EVENTS),
            room: vec![0; CHUNK].into(),
            turns: Vec::new(),
            left: Left {
                again: Vec::new(),
                accepting: false,
                starved_until: None,
                next_sweep: settings.idle.map(|idle| Instant::now() + idle),
            },
        }
    }

    /// The work.
    pub fn work(&mut self) -> &mut W {
        &mut self.work
    }

    /// One round: waits until somebody is ready, and gives everybody who is a turn. False: the server has been stopped, and its
    /// clients have gone or their time is over.
    pub fn round(&mut self) -> bool {
        self.shared.set_polling(true);
        self.post();
        let timeout = self.timeout();
        let polled = self.poll.poll(&mut self.events, timeout);
        self.shared.set_polling(false);
        match polled {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            // The descriptor of the poll itself is gone: nothing can be waited for any more.
            Err(_) => return false,
        }
        let now = Instant::now();
        if self.shared.stopping() {
            self.listener = None;
        }
        let all = Arc::clone(&self.clients);
        let mut clients = locked(&all);
        self.find_turns(&mut clients);
        for turn in 0..self.turns.len() {
            if let Some(place) = self.turns.get(turn).copied() {
                self.serve(place, &mut clients, now);
            }
        }
        if self.left.starved_until.is_some_and(|until| until <= now) {
            self.left.starved_until = None;
            self.left.accepting = true;
        }
        self.accept(&mut clients, now);
        self.sweep(&mut clients, now);
        self.shared.set_clients(clients.len());
        let over = self.shared.is_over(clients.len(), now);
        if over {
            clients.clear();
        }
        !over
    }

    /// Who was told to be ready, and who has something left from before.
    fn find_turns(&mut self, clients: &mut Clients<W::Client>) {
        self.turns.clear();
        self.turns.append(&mut self.left.again);
        for place in &self.turns {
            if let Some(client) = clients.get(*place) {
                client.side.again = false;
            }
        }
        for event in &self.events {
            match event.token() {
                LISTENER => self.left.accepting = true,
                WAKER => {}
                Token(place) => {
                    if let Some(client) = clients.get(place) {
                        client.side.readable |= event.is_readable();
                        client.side.writable |= event.is_writable();
                        client.side.end_is_there |= event.is_read_closed();
                        self.turns.push(place);
                    }
                }
            }
        }
    }

    /// What others have asked for, through a [`super::Remote`].
    fn post(&mut self) {
        let requests = self.shared.requests();
        if !requests.is_empty() {
            self.each(requests, |io, request| match request {
                Request::Write(bytes) => io.write(&bytes),
                Request::Finish => io.finish(),
                Request::Close => io.close(),
            });
        }
    }

    /// Does something with clients outside of a round, for each that is still there.
    pub fn each<T>(
        &mut self,
        of: impl IntoIterator<Item = (Key, T)>,
        mut does: impl FnMut(&mut Io<'_>, T),
    ) {
        let all = Arc::clone(&self.clients);
        let mut clients = locked(&all);
        let now = Instant::now();
        for (key, what) in of {
            self.with(key, &mut clients, now, |io| does(io, what));
        }
        self.shared.set_clients(clients.len());
    }

    fn with(
        &mut self,
        key: Key,
        clients: &mut Clients<W::Client>,
        now: Instant,
        does: impl FnOnce(&mut Io<'_>),
    ) {
        let found = clients.get(key.place);
        let Some(client) = found.filter(|client| client.side.stream.serial() == key.serial) else {
            return;
        };
        client.side.last = now;
        let failed = called(&self.shared, key.place, &mut client.side, does).is_err();
        settle(key.place, failed, clients, &mut self.left);
    }

    /// How long the next wait may take.
    fn timeout(&self) -> Option<Duration> {
        let left = &self.left;
        if !left.again.is_empty()
            || left.accepting && left.starved_until.is_none() && self.has_room()
        {
            return Some(Duration::ZERO);
        }
        let now = Instant::now();
        [left.starved_until, left.next_sweep, self.shared.deadline()]
            .into_iter()
            .flatten()
            .map(|until| until.saturating_duration_since(now))
            .min()
    }

    fn has_room(&self) -> bool {
        self.shared.client_count() < self.settings.max_clients && !self.shared.stopping()
    }

    fn accept(&mut self, clients: &mut Clients<W::Client>, now: Instant) {
        for _ in 0..ACCEPTS {
            let room = clients.len() < self.settings.max_clients && !self.shared.stopping();
            if !self.left.accepting || !room || self.left.starved_until.is_some() {
                return;
            }
            match self.shared.listener().accept_now() {
                Ok(Some(stream)) => {
                    stream.no_delay();
                    self.shared.count_served();
                    let place = clients.insert(Client {
                        side: Side::new(stream, now),
                        own: W::Client::default(),
                    });
                    let registry = self.poll.registry();
                    let registered = clients
                        .get(place)
                        .map(|client| client.side.stream.watch(registry, Token(place)));
                    if !matches!(registered, Some(Ok(()))) {
                        clients.remove(place);
                        continue;
                    }
                    self.open(place, clients);
                }
                Ok(None) => self.left.accepting = false,
                Err(error) if error.code() == Code::Closed => self.left.accepting = false,
                Err(error) => {
                    self.shared.keep(error);
                    self.left.starved_until = Some(now + STARVED);
                }
            }
        }
    }

    fn open(&mut self, place: usize, clients: &mut Clients<W::Client>) {
        let Some(Client { side, own }) = clients.get(place) else {
            return;
        };
        let failed = called(&self.shared, place, side, |io| self.work.opened(own, io)).is_err();
        settle(place, failed, clients, &mut self.left);
    }

    /// The turn of one client.
    fn serve(&mut self, place: usize, clients: &mut Clients<W::Client>, now: Instant) {
        let Some(client) = clients.get(place) else {
            return;
        };
        let failed = turn(
            &mut self.work,
            &self.shared,
            place,
            client,
            &mut self.room,
            now,
        )
        .is_err();
        settle(place, failed, clients, &mut self.left);
    }

    /// Lets those go that have been idle for too long.
    fn sweep(&mut self, clients: &mut Clients<W::Client>, now: Instant) {
        if self.left.next_sweep.is_none_or(|next| now < next) {
            return;
        }
        let idle = self.settings.idle;
        let mut next = idle.map(|idle| now + idle);
        for place in 0..clients.places() {
            let Some(Client { side, .. }) = clients.get(place) else {
                continue;
            };
            let idle_until = idle.map(|idle| side.last + idle);
            let until = side.closing().into_iter().chain(idle_until).min();
            if until.is_some_and(|until| until <= now) {
                clients.remove(place);
            } else {
                next = until.into_iter().chain(next).min();
            }
        }
        self.left.next_sweep = next;
    }
}

/// After a turn: the client goes, or comes again.
fn settle<C>(place: usize, failed: bool, clients: &mut Clients<C>, left: &mut Left) {
    let Some(client) = clients.get(place) else {
        return;
    };
    let side = &mut client.side;
    if failed || side.is_over() {
        // Its descriptor leaves the poll as it is closed.
        clients.remove(place);
        return;
    }
    if let Some(until) = side.closing()
        && left.next_sweep.is_none_or(|next| until < next)
    {
        left.next_sweep = Some(until);
    }
    let more = side.to_be_read()
        || side.unwritten() > 0 && side.writable
        || side.unwritten() == 0 && side.wants_room;
    if more && !side.again {
        side.again = true;
        left.again.push(place);
    }
}

impl<W: Work> Drop for Rounds<W> {
    fn drop(&mut self) {
        locked(&self.clients).clear();
        self.shared.ended();
    }
}

/// Reads what has come and gives it to the work, writes what can be written.
fn turn<W: Work>(
    work: &mut W,
    shared: &Arc<Shared>,
    place: usize,
    client: &mut Client<W::Client>,
    room: &mut [u8],
    now: Instant,
) -> io::Result<()> {
    let Client { side, own } = client;
    if side.unwritten() > 0 && side.flush()? {
        side.last = now;
    }
    if side.wants_room && side.unwritten() == 0 {
        side.wants_room = false;
        side.last = now;
        called(shared, place, side, |io| work.room(own, io))?;
    }
    for _ in 0..READS {
        if !side.to_be_read() || work.is_full() {
            break;
        }
        match side.stream.read(room)? {
            Moved::Some { size: 0, .. } => {
                side.readable = false;
                if side.closing().is_none() {
                    called(shared, place, side, |io| work.ended(own, io))?;
                }
            }
            Moved::Some { size, more } => {
                side.readable = more || side.end_is_there;
                side.last = now;
                // To a client that is being closed nobody listens any more.
                if side.closing().is_none() {
                    called(shared, place, side, |io| work.came(own, &room[..size], io))?;
                }
            }
            Moved::Nothing => side.readable = false,
            Moved::Later => break,
        }
    }
    Ok(())
}

fn called(
    shared: &Arc<Shared>,
    place: usize,
    side: &mut Side,
    work: impl FnOnce(&mut Io<'_>),
) -> io::Result<()> {
    let mut io = Io {
        shared,
        place,
        side,
        error: None,
    };
    work(&mut io);
    io.error.map_or(Ok(()), Err)
}
