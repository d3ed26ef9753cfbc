//! A server that takes clients until it is stopped. Who runs the loop, and who runs a client, is the caller's:
//! a Rust thread for the services, a Python thread for a Python handler.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::socket::{OptionName, Socket, Value};
use crate::sys::forks;
use crate::wait::{Deadline, Pause, Stop, Wait};

/// How long the loop leaves the listener alone when the system has no descriptor or memory for one more client (as sshd does).
const STARVED: Duration = Duration::from_millis(100);
/// How many errors of the loop are kept, and how often one is.
const TROUBLES: usize = 100;
const BETWEEN_TROUBLES: Duration = Duration::from_secs(1);
/// Between two looks at what a condition variable cannot be told of.
const LOOK: Duration = Duration::from_millis(50);

/// What a server is made with.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where it listens; port 0 is a free one.
    pub endpoint: Endpoint,
    /// How many connections wait in the kernel to be accepted.
    pub backlog: i32,
    /// How many clients are served at once; the next waits in the backlog.
    pub max_clients: usize,
}

/// A listening socket, and the clients that it has.
#[derive(Debug)]
pub struct Server {
    listener: Socket,
    endpoint: Endpoint,
    max_clients: usize,
    clients: Mutex<Clients>,
    changed: Condvar,
    stopping: AtomicBool,
    served: AtomicU64,
    troubles: Mutex<Troubles>,
    /// A forked child has the descriptors but none of the threads.
    forks: u64,
}

#[derive(Debug, Default)]
struct Clients {
    connections: Vec<Arc<Socket>>,
    /// The loop runs.
    looping: bool,
}

/// What kept the loop from accepting: the newest errors, at most one a second.
#[derive(Debug, Default)]
struct Troubles {
    errors: VecDeque<Error>,
    last: Option<Instant>,
}

/// A client, for as long as it is served. Dropping it closes the connection and makes room for the next.
#[derive(Debug)]
pub struct Client {
    /// The connection.
    pub connection: Arc<Socket>,
    server: Arc<Server>,
}

impl Client {
    /// The server that it is a client of.
    #[must_use]
    pub fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.close();
        let mut clients = self.server.clients();
        clients
            .connections
            .retain(|other| !Arc::ptr_eq(other, &self.connection));
        drop(clients);
        self.server.changed.notify_all();
    }
}

/// A socket that listens there, with `SO_REUSEADDR`: a server that is started again must not wait for TIME_WAIT.
///
/// # Errors
/// Those of `bind` and `listen`.
pub fn listener(endpoint: Endpoint, backlog: i32) -> Result<Socket> {
    let listener = Socket::new(Transport::Tcp, endpoint.family())?;
    if cfg!(unix) {
        // On Windows the option of that name would let a second server take the port.
        listener.set_option(OptionName::ReuseAddress, Value::Switch(true))?;
    }
    listener.bind(endpoint)?;
    listener.listen(backlog, false)?;
    Ok(listener)
}

impl Server {
    /// Binds and listens.
    ///
    /// # Errors
    /// Those of `bind` and `listen`.
    pub fn new(settings: &Settings) -> Result<Arc<Self>> {
        let listener = listener(settings.endpoint, settings.backlog)?;
        Ok(Arc::new(Self {
            endpoint: listener.local().unwrap_or(settings.endpoint),
            listener,
            max_clients: settings.max_clients.max(1),
            clients: Mutex::default(),
            changed: Condvar::new(),
            stopping: AtomicBool::new(false),
            served: AtomicU64::new(0),
            troubles: Mutex::default(),
            forks: forks(),
        }))
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// How many clients it serves now.
    #[must_use]
    pub fn client_count(&self) -> usize {
        self.clients().connections.len()
    }

    /// How many clients it has accepted so far.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Whether `stop` was called.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether this process was forked from the server's.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.forks != forks()
    }

    /// Says that the loop is about to run, so that a `stop` before its first accept waits for it.
    pub fn begin(&self) {
        self.clients().looping = true;
    }

    /// Accepts clients and gives each to `start`, until `stop`. Nothing that a client does ends it.
    pub fn run(self: &Arc<Self>, pause: &dyn Pause, start: &mut dyn FnMut(Client)) {
        let _running = Running(self);
        while !self.stopping() {
            if self.wait_for_room(pause).is_err() {
                break;
            }
            let wait = Wait {
                pause,
                ..Wait::forever()
            };
            match self.listener.accept(&wait) {
                Ok(connection) => {
                    let connection = Arc::new(connection);
                    self.clients().connections.push(Arc::clone(&connection));
                    self.served.fetch_add(1, Ordering::Relaxed);
                    let client = Client {
                        connection,
                        server: Arc::clone(self),
                    };
                    // A stop between the accept and the list would not have seen this one.
                    if !self.stopping() {
                        start(client);
                    }
                }
                Err(error) => match error.code() {
                    Code::Closed | Code::Interrupted => break,
                    _ => {
                        self.keep(error);
                        if self.rest(pause, STARVED).is_err() {
                            break;
                        }
                    }
                },
            }
        }
    }

    /// What kept the server from accepting clients (no descriptor left, for example): the newest errors.
    #[must_use]
    pub fn troubles(&self) -> Vec<Error> {
        if self.elsewhere() {
            return Vec::new();
        }
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.errors.iter().cloned().collect()
    }

    fn keep(&self, error: Error) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles
            .last
            .is_some_and(|last| last.elapsed() < BETWEEN_TROUBLES)
        {
            return;
        }
        troubles.last = Some(Instant::now());
        if troubles.errors.len() == TROUBLES {
            troubles.errors.pop_front();
        }
        troubles.errors.push_back(error);
    }

    fn wait_for_room(&self, pause: &dyn Pause) -> std::result::Result<(), Stop> {
        while self.client_count() >= self.max_clients && !self.stopping() {
            self.rest(pause, LOOK)?;
        }
        Ok(())
    }

    /// Until something changes, at most this long.
    fn rest(&self, pause: &dyn Pause, time: Duration) -> std::result::Result<(), Stop> {
        pause.pause(&mut || {
            let clients = self.clients();
            if !self.stopping() {
                drop(self.changed.wait_timeout(clients, time));
            }
        })
    }

    /// Takes no new client at once, gives those that it has `grace` to end, closes their connections, and waits `last` for them.
    /// Returns how many had not ended when it gave up. In a forked child it only closes what the child inherited.
    pub fn stop(&self, grace: Duration, last: Duration, pause: &dyn Pause) -> usize {
        self.stopping.store(true, Ordering::Release);
        self.listener.close();
        self.changed.notify_all();
        if self.elsewhere() {
            // The lock may have been held by a thread that this process does not have.
            if let Ok(clients) = self.clients.try_lock() {
                clients
                    .connections
                    .iter()
                    .for_each(|connection| connection.close());
            }
            return 0;
        }
        let in_grace = self.wait_until_empty(&Deadline::after(grace), pause);
        if in_grace == Ok(0) {
            return 0;
        }
        let connections = self.clients().connections.clone();
        for connection in &connections {
            connection.close();
        }
        // Who interrupts the first wait does not want the second.
        in_grace
            .and_then(|_| self.wait_until_empty(&Deadline::after(last), pause))
            .unwrap_or(connections.len())
    }

    fn wait_until_empty(
        &self,
        deadline: &Deadline,
        pause: &dyn Pause,
    ) -> std::result::Result<usize, Stop> {
        loop {
            let clients = self.clients();
            let left = clients.connections.len() + usize::from(clients.looping);
            drop(clients);
            let time = deadline.left().unwrap_or(LOOK).min(LOOK);
            if left == 0 || time.is_zero() {
                return Ok(left);
            }
            pause.pause(&mut || {
                let clients = self.clients();
                if !clients.connections.is_empty() || clients.looping {
                    drop(self.changed.wait_timeout(clients, time));
                }
            })?;
        }
    }
}

/// The loop, for as long as it runs.
struct Running<'a>(&'a Server);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.clients().looping = false;
        self.0.changed.notify_all();
    }
}

/// Runs the server in threads of Rust: the loop in one, each client in one of its own.
///
/// # Errors
/// When the thread of the loop cannot be started.
pub fn spawn(
    server: &Arc<Server>,
    handler: impl Fn(&Socket) + Send + Sync + 'static,
) -> io::Result<()> {
    let (server, handler) = (Arc::clone(server), Arc::new(handler));
    server.begin();
    let own = Arc::clone(&server);
    let started = std::thread::Builder::new()
        .name("netsteps server".into())
        .spawn(move || {
            own.run(&crate::wait::Plain, &mut |client| {
                let handler = Arc::clone(&handler);
                let builder = std::thread::Builder::new().name("netsteps client".into());
                // Where no thread can be had the client is dropped, and its connection closed.
                drop(builder.spawn(move || handler(&client.connection)));
            });
        });
    if let Err(error) = started {
        drop(Running(&server));
        return Err(error);
    }
    Ok(())
}
