//! Windows: Winsock through socket2. Written to the shape of `linux.rs`; the tests run on Linux.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::windows::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{Holder, Interest, Ready};

/// The numbers of errors that the core names: Winsock's own (WSAGetLastError).
pub mod errno {
    #![allow(missing_docs)]
    pub const EINTR: i32 = 10_004;
    pub const EBADF: i32 = 10_009;
    pub const EACCES: i32 = 10_013;
    pub const EPERM: i32 = 10_013;
    pub const EINVAL: i32 = 10_022;
    pub const EMFILE: i32 = 10_024;
    pub const ENFILE: i32 = 10_024;
    pub const EWOULDBLOCK: i32 = 10_035;
    pub const EINPROGRESS: i32 = 10_036;
    pub const EALREADY: i32 = 10_037;
    pub const EDESTADDRREQ: i32 = 10_039;
    pub const EMSGSIZE: i32 = 10_040;
    pub const EOPNOTSUPP: i32 = 10_045;
    pub const EADDRINUSE: i32 = 10_048;
    pub const EADDRNOTAVAIL: i32 = 10_049;
    pub const ENETDOWN: i32 = 10_050;
    pub const ENETUNREACH: i32 = 10_051;
    pub const ECONNABORTED: i32 = 10_053;
    pub const ECONNRESET: i32 = 10_054;
    pub const ENOBUFS: i32 = 10_055;
    pub const ENOMEM: i32 = 10_055;
    pub const EISCONN: i32 = 10_056;
    pub const ENOTCONN: i32 = 10_057;
    pub const EPIPE: i32 = 10_058;
    pub const ETIMEDOUT: i32 = 10_060;
    pub const ECONNREFUSED: i32 = 10_061;
    pub const EHOSTUNREACH: i32 = 10_065;
    pub const EPROTO: i32 = 10_043;
    /// accept: a connection that died in the queue.
    pub const DIED_IN_QUEUE: &[i32] = &[ECONNRESET, ECONNABORTED];
}

/// Winsock has no flag for it: the sockets are non-blocking, and there is no SIGPIPE.
pub const SEND: i32 = 0;
/// The sockets are non-blocking.
pub const RECEIVE: i32 = 0;
/// A receive that leaves the bytes where they are (`MSG_PEEK`).
pub const PEEK: i32 = 2;
/// A cut datagram is an error here (WSAEMSGSIZE), and its true length is not told.
pub const TRUE_LENGTH: i32 = 0;

/// Wakes a thread out of [`wait`]: a loopback UDP socket connected to itself.
#[derive(Debug)]
pub struct Waker(UdpSocket);

impl Waker {
    /// A waker that nobody has used yet.
    ///
    /// # Errors
    /// When no socket is left.
    pub fn new() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Ends the wait that this waker takes part in, now or the next.
    pub fn wake(&self) {
        let _ = self.0.send(&[1]);
    }

    /// Takes back every wake so far.
    pub fn clear(&self) {
        while self.0.recv(&mut [0; 8]).is_ok() {}
    }
}

/// Waits until the socket is ready, the waker wakes, or the time is over (`None`: never).
///
/// WSAPoll needs a call that only `unsafe` code can make, so this looks at both sockets in turn, every millisecond at most.
///
/// # Errors
/// None of its own.
pub fn wait(
    socket: Option<(&Socket, Interest)>,
    waker: Option<&Waker>,
    time: Option<Duration>,
) -> io::Result<Ready> {
    let end = time.and_then(|time| Instant::now().checked_add(time));
    loop {
        let woken = waker.is_some_and(|waker| waker.0.peek(&mut [0; 8]).is_ok());
        // A writer or a reader tries its own call again after a slice; the call itself is the test.
        if woken || end.is_some_and(|end| Instant::now() >= end) {
            return Ok(Ready {
                socket: false,
                woken,
            });
        }
        std::thread::park_timeout(Duration::from_millis(1));
        if socket.is_some() {
            return Ok(Ready {
                socket: true,
                woken: false,
            });
        }
    }
}

/// Takes the next connection and makes it non-blocking.
///
/// # Errors
/// What Winsock says.
pub fn accept(listener: &Socket) -> io::Result<(Socket, Option<SocketAddr>)> {
    let (socket, address) = listener.accept()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address.as_socket()))
}

/// Winsock cannot take a connect back.
#[must_use]
pub fn abandon_connect(_: &Socket) -> bool {
    false
}

/// Sends from a file: one read, one send.
///
/// # Errors
/// What the system says.
pub fn send_file(
    socket: &Socket,
    file: &File,
    offset: &mut u64,
    count: usize,
) -> io::Result<usize> {
    let mut chunk = vec![0; count.min(65_536)];
    let read = file.seek_read(&mut chunk, *offset)?;
    let sent = socket.send(&chunk[..read])?;
    *offset += sent as u64;
    Ok(sent)
}

/// Nanoseconds since this process first asked: the clock is not shared with other processes here.
#[must_use]
pub fn monotonic_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The system is not asked for a name of this run of the machine.
#[must_use]
pub const fn machine() -> Option<String> {
    None
}

/// A number of this thread, counted from 1 in this process.
#[must_use]
pub fn thread_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static ID: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    ID.with(|id| *id)
}

/// Not told cheaply here: every thread looks after the signals.
#[must_use]
pub fn is_main_thread() -> bool {
    true
}

/// Not told without the IP Helper library.
#[must_use]
pub fn holders(_: u16, _: bool) -> Vec<Holder> {
    Vec::new()
}

/// Not asked here; `netsteps.interfaces()` lists them.
#[must_use]
pub fn local_addresses() -> Option<Vec<IpAddr>> {
    None
}
