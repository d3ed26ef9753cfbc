//! The loop: wait, accept, read, write, close.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Poll, Token};

use super::clients::{Client, Io, Side};
use super::server::Shared;
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

/// The clients, each at its place; a place is given again.
#[derive(Default)]
pub(super) struct Clients<C> {
    places: Vec<Option<Client<C>>>,
    free: Vec<usize>,
}

impl<C> Clients<C> {
    fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    fn insert(&mut self, client: Client<C>) -> usize {
        if let Some(place) = self.free.pop() {
            self.places[place] = Some(client);
            return place;
        }
        self.places.push(Some(client));
        self.places.len() - 1
    }

    fn get(&mut self, place: usize) -> Option<&mut Client<C>> {
        self.places.get_mut(place)?.as_mut()
    }

    fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.free.push(place);
        }
    }

    /// Closes all of them.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.free.clear();
    }
}

/// All that the thread of the loop has.
pub(super) struct Rounds<W: Work> {
    pub(super) shared: Arc<Shared>,
    pub(super) clients: Arc<Mutex<Clients<W::Client>>>,
    pub(super) poll: Poll,
    pub(super) work: W,
    pub(super) settings: Settings,
    /// Kept for the poll, which is told of it; let go when the server stops, so that the port is free.
    pub(super) listener: Option<TcpListener>,
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
    /// Runs until the server is stopped and its clients have gone, or their time is over.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut room = vec![0; CHUNK];
        let mut turns = Vec::new();
        let mut left = Left {
            again: Vec::new(),
            accepting: false,
            starved_until: None,
            next_sweep: self.settings.idle.map(|idle| Instant::now() + idle),
        };
        loop {
            let timeout = self.timeout(&left);
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The descriptor of the poll itself is gone: nothing can be waited for any more.
                Err(_) => break,
            }
            let now = Instant::now();
            if self.shared.stopping() {
                self.listener = None;
            }
            let all = Arc::clone(&self.clients);
            let mut clients = locked(&all);
            turns.clear();
            turns.append(&mut left.again);
            for place in &turns {
                if let Some(client) = clients.get(*place) {
                    client.side.again = false;
                }
            }
            for event in &events {
                match event.token() {
                    LISTENER => left.accepting = true,
                    WAKER => {}
                    Token(place) => {
                        if let Some(client) = clients.get(place) {
                            client.side.readable |= event.is_readable();
                            client.side.writable |= event.is_writable();
                            client.side.end_is_there |= event.is_read_closed();
                            turns.push(place);
                        }
                    }
                }
            }
            for place in &turns {
                self.serve(*place, &mut clients, &mut room, now, &mut left);
            }
            if left.starved_until.is_some_and(|until| until <= now) {
                left.starved_until = None;
                left.accepting = true;
            }
            self.accept(&mut clients, now, &mut left);
            self.sweep(&mut clients, now, &mut left);
            self.shared.set_clients(clients.len());
            if self.shared.is_over(clients.len(), now) {
                clients.clear();
                break;
            }
        }
        locked(&self.clients).clear();
        self.shared.set_clients(0);
    }

    /// How long the next wait may take.
    fn timeout(&self, left: &Left) -> Option<Duration> {
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

    fn accept(
        &mut self,
        clients: &mut MutexGuard<'_, Clients<W::Client>>,
        now: Instant,
        left: &mut Left,
    ) {
        for _ in 0..ACCEPTS {
            let room = clients.len() < self.settings.max_clients && !self.shared.stopping();
            if !left.accepting || !room || left.starved_until.is_some() {
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
                    self.open(place, clients, left);
                }
                Ok(None) => left.accepting = false,
                Err(error) if error.code() == Code::Closed => left.accepting = false,
                Err(error) => {
                    self.shared.keep(error);
                    left.starved_until = Some(now + STARVED);
                }
            }
        }
    }

    fn open(
        &mut self,
        place: usize,
        clients: &mut MutexGuard<'_, Clients<W::Client>>,
        left: &mut Left,
    ) {
        let Some(client) = clients.get(place) else {
            return;
        };
        let mut io = Io {
            side: &mut client.side,
            error: None,
        };
        self.work.opened(&mut client.own, &mut io);
        let failed = io.error.is_some();
        settle(place, failed, clients, left);
    }

    /// The turn of one client.
    fn serve(
        &mut self,
        place: usize,
        clients: &mut MutexGuard<'_, Clients<W::Client>>,
        room: &mut [u8],
        now: Instant,
        left: &mut Left,
    ) {
        let Some(client) = clients.get(place) else {
            return;
        };
        let failed = turn(&mut self.work, client, room, now).is_err();
        settle(place, failed, clients, left);
    }

    /// Lets those go that have been idle for too long.
    fn sweep(
        &mut self,
        clients: &mut MutexGuard<'_, Clients<W::Client>>,
        now: Instant,
        left: &mut Left,
    ) {
        let (Some(idle), Some(next)) = (self.settings.idle, left.next_sweep) else {
            return;
        };
        if now < next {
            return;
        }
        let mut oldest = now;
        for place in 0..clients.places.len() {
            let Some(client) = clients.get(place) else {
                continue;
            };
            let last = client.side.last;
            if now.duration_since(last) >= idle {
                clients.remove(place);
            } else {
                oldest = oldest.min(last);
            }
        }
        left.next_sweep = Some(oldest + idle);
    }
}

/// After a turn: the client goes, or comes again.
fn settle<C>(
    place: usize,
    failed: bool,
    clients: &mut MutexGuard<'_, Clients<C>>,
    left: &mut Left,
) {
    let Some(client) = clients.get(place) else {
        return;
    };
    let side = &mut client.side;
    if failed || side.is_over() {
        // Its descriptor leaves the poll as it is closed.
        clients.remove(place);
        return;
    }
    let more = side.to_be_read()
        || side.unwritten() > 0 && side.writable
        || side.unwritten() == 0 && side.wants_room;
    if more && !side.again {
        side.again = true;
        left.again.push(place);
    }
}

/// Reads what has come and gives it to the work, writes what can be written.
fn turn<W: Work>(
    work: &mut W,
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
        called(side, |io| work.room(own, io))?;
    }
    for _ in 0..READS {
        if !side.to_be_read() {
            break;
        }
        match side.stream.read(room)? {
            Moved::Some { size: 0, .. } => {
                side.readable = false;
                called(side, |io| work.ended(own, io))?;
            }
            Moved::Some { size, more } => {
                side.readable = more || side.end_is_there;
                side.last = now;
                called(side, |io| work.came(own, &room[..size], io))?;
            }
            Moved::Nothing => side.readable = false,
            Moved::Later => break,
        }
    }
    Ok(())
}

fn called(side: &mut Side, work: impl FnOnce(&mut Io<'_>)) -> io::Result<()> {
    let mut io = Io { side, error: None };
    work(&mut io);
    io.error.map_or(Ok(()), Err)
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
