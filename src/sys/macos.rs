//! macOS and other Unix systems: pipe, poll, accept and fcntl. Written to the shape of `linux.rs`; the tests run on Linux.

use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags};
use socket2::Socket;

use super::{Holder, Interest, Ready};

/// The numbers of errors that the core names. errno(2).
pub mod errno {
    use rustix::io::Errno;
    macro_rules! numbers {
        ($($name:ident = $errno:ident)*) => {$(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: i32 = Errno::$errno.raw_os_error();
        )*};
    }
    numbers! {
        EACCES = ACCESS EBADF = BADF ECONNABORTED = CONNABORTED ECONNREFUSED = CONNREFUSED
        ECONNRESET = CONNRESET EDESTADDRREQ = DESTADDRREQ EINPROGRESS = INPROGRESS EINTR = INTR EALREADY = ALREADY
        EINVAL = INVAL EISCONN = ISCONN EMFILE = MFILE EMSGSIZE = MSGSIZE ENFILE = NFILE
        ENOBUFS = NOBUFS ENOMEM = NOMEM ENOTCONN = NOTCONN EOPNOTSUPP = OPNOTSUPP EPERM = PERM
        EPIPE = PIPE EPROTO = PROTO ETIMEDOUT = TIMEDOUT EWOULDBLOCK = WOULDBLOCK
        EADDRINUSE = ADDRINUSE EADDRNOTAVAIL = ADDRNOTAVAIL EHOSTUNREACH = HOSTUNREACH
        ENETUNREACH = NETUNREACH ENETDOWN = NETDOWN
    }
    /// accept(2): errors of a connection that died in the queue.
    pub const DIED_IN_QUEUE: &[i32] = &[ECONNABORTED, EPROTO];
}

/// Every send: do not wait in the kernel. socket2 sets `SO_NOSIGPIPE` on Apple's systems.
pub const SEND: i32 = SendFlags::DONTWAIT.bits().cast_signed();
/// Every receive: do not wait in the kernel.
pub const RECEIVE: i32 = RecvFlags::DONTWAIT.bits().cast_signed();
/// A receive that leaves the bytes where they are.
pub const PEEK: i32 = RecvFlags::PEEK.bits().cast_signed();
/// This system does not tell a cut datagram's true length; the cut itself is seen in recvmsg's flags.
pub const TRUE_LENGTH: i32 = 0;

/// Wakes a thread out of [`wait`]. pipe(2).
#[derive(Debug)]
pub struct Waker {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Waker {
    /// A waker that nobody has used yet.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe()?;
        for end in [&reader, &writer] {
            rustix::io::ioctl_fionbio(end, true)?;
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
        }
        Ok(Self { reader, writer })
    }

    /// Ends the wait that this waker takes part in, now or the next.
    pub fn wake(&self) {
        // A full pipe is a pending wake.
        let _ = rustix::io::write(&self.writer, &[1]);
    }

    /// Takes back every wake so far.
    pub fn clear(&self) {
        while rustix::io::read(&self.reader, &mut [0_u8; 64]).is_ok_and(|n| n == 64) {}
    }
}

/// Waits until the socket is ready, the waker wakes, or the time is over (`None`: never). poll(2).
///
/// # Errors
/// `EINTR` when a signal came.
pub fn wait(
    socket: Option<(&Socket, Interest)>,
    waker: Option<&Waker>,
    time: Option<Duration>,
) -> io::Result<Ready> {
    let time = time.map(|time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    let mut fds = Vec::with_capacity(2);
    if let Some((socket, interest)) = socket {
        let flags = match interest {
            Interest::Readable => PollFlags::IN,
            Interest::Writable => PollFlags::OUT,
        };
        fds.push(PollFd::new(socket, flags));
    }
    if let Some(waker) = waker {
        fds.push(PollFd::new(&waker.reader, PollFlags::IN));
    }
    poll(&mut fds, time.as_ref())?;
    let happened = |index: usize| fds.get(index).is_some_and(|fd| !fd.revents().is_empty());
    let of_socket = socket.is_some();
    Ok(Ready {
        socket: of_socket && happened(0),
        woken: waker.is_some() && happened(usize::from(of_socket)),
    })
}

/// Takes the next connection and makes it non-blocking. accept(2).
///
/// # Errors
/// What the kernel says; `EAGAIN` when nobody waits.
pub fn accept(listener: &Socket) -> io::Result<(Socket, Option<SocketAddr>)> {
    let (socket, address) = listener.accept()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address.as_socket()))
}

/// Takes a connect back. Only Linux promises that the socket is as before it.
#[must_use]
pub fn abandon_connect(_: &Socket) -> bool {
    false
}

/// Sends from a file: one read, one send.
///
/// # Errors
/// What the kernel says; `EAGAIN` when the peer's and our buffers are full.
pub fn send_file(
    socket: &Socket,
    file: &File,
    offset: &mut u64,
    count: usize,
) -> io::Result<usize> {
    let mut chunk = vec![0; count.min(65_536)];
    let read = file.read_at(&mut chunk, *offset)?;
    let sent = socket.send_with_flags(&chunk[..read], SEND)?;
    *offset += sent as u64;
    Ok(sent)
}

/// Nanoseconds of the clock that never goes back. clock_gettime(3).
#[must_use]
pub fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
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

/// Not told to an ordinary user here.
#[must_use]
pub fn holders(_: u16, _: bool) -> Vec<Holder> {
    Vec::new()
}

/// Not asked here; `netsteps.interfaces()` lists them.
#[must_use]
pub fn local_addresses() -> Option<Vec<IpAddr>> {
    None
}
