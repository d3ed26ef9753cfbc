//! Linux: eventfd, ppoll, accept4, sendfile.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::net::{RecvFlags, SendFlags, SocketFlags};
use socket2::Socket;

use super::{Interest, Ready};

#[path = "linux_proc.rs"]
mod proc;
mod sigpipe;

pub use proc::{holders, local_addresses};

/// The numbers of errors that the core names. errno(3).
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
    /// accept(2), "Error handling": network errors of the new socket that accept passes on.
    pub const DIED_IN_QUEUE: &[i32] = &[
        ECONNABORTED,
        EPROTO,
        ENETDOWN,
        ENETUNREACH,
        EHOSTUNREACH,
        EOPNOTSUPP,
        EPERM,
        Errno::NOPROTOOPT.raw_os_error(),
        Errno::HOSTDOWN.raw_os_error(),
        Errno::NONET.raw_os_error(),
    ];
}

/// Every send: do not wait in the kernel, and no SIGPIPE (send(2)).
pub const SEND: i32 = SendFlags::DONTWAIT
    .union(SendFlags::NOSIGNAL)
    .bits()
    .cast_signed();
/// Every receive: do not wait in the kernel.
pub const RECEIVE: i32 = RecvFlags::DONTWAIT.bits().cast_signed();
/// A receive that leaves the bytes where they are (recv(2), `MSG_PEEK`).
pub const PEEK: i32 = RecvFlags::PEEK.bits().cast_signed();
/// A receive that tells a datagram's true length, also when it was cut (recv(2), `MSG_TRUNC`).
pub const TRUE_LENGTH: i32 = RecvFlags::TRUNC.bits().cast_signed();

/// Wakes a thread out of [`wait`]. eventfd(2).
#[derive(Debug)]
pub struct Waker(OwnedFd);

impl Waker {
    /// A waker that nobody has used yet.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn new() -> io::Result<Self> {
        Ok(Self(eventfd(
            0,
            EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
        )?))
    }

    /// Ends the wait that this waker takes part in, now or the next.
    pub fn wake(&self) {
        // The counter can only be full (EAGAIN) when a wake is already pending.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Takes back every wake so far.
    pub fn clear(&self) {
        let _ = rustix::io::read(&self.0, &mut [0_u8; 8]);
    }
}

/// Waits until the socket is ready, the waker wakes, or the time is over (`None`: never). ppoll(2).
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
    let flags = match socket {
        Some((_, Interest::Readable)) => PollFlags::IN,
        Some((_, Interest::Writable)) => PollFlags::OUT,
        None => PollFlags::empty(),
    };
    match (socket, waker) {
        (Some((socket, _)), Some(waker)) => {
            let mut fds = [
                PollFd::new(socket, flags),
                PollFd::new(&waker.0, PollFlags::IN),
            ];
            poll(&mut fds, time.as_ref())?;
            Ok(Ready {
                socket: !fds[0].revents().is_empty(),
                woken: !fds[1].revents().is_empty(),
            })
        }
        (Some((socket, _)), None) => {
            let mut fds = [PollFd::new(socket, flags)];
            poll(&mut fds, time.as_ref())?;
            Ok(Ready {
                socket: !fds[0].revents().is_empty(),
                woken: false,
            })
        }
        (None, Some(waker)) => {
            let mut fds = [PollFd::new(&waker.0, PollFlags::IN)];
            poll(&mut fds, time.as_ref())?;
            Ok(Ready {
                socket: false,
                woken: !fds[0].revents().is_empty(),
            })
        }
        (None, None) => {
            poll(&mut [], time.as_ref())?;
            Ok(Ready::default())
        }
    }
}

/// Takes the next connection, non-blocking and closed on exec from its first moment. accept4(2).
///
/// # Errors
/// What the kernel says; `EAGAIN` when nobody waits.
pub fn accept(listener: &Socket) -> io::Result<(Socket, Option<SocketAddr>)> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let (descriptor, address) = rustix::net::acceptfrom_with(listener, flags)?;
    let address = address.and_then(|address| SocketAddr::try_from(address).ok());
    Ok((Socket::from(descriptor), address))
}

/// Takes a connect back, so that the socket is as before it: connect(2) with `AF_UNSPEC`.
#[must_use]
pub fn abandon_connect(socket: &Socket) -> bool {
    rustix::net::connect_unspec(socket).is_ok()
}

/// Sends from a file without bringing its bytes into this process. sendfile(2).
///
/// # Errors
/// What the kernel says; `EAGAIN` when the peer's and our buffers are full.
pub fn send_file(
    socket: &Socket,
    file: &File,
    offset: &mut u64,
    count: usize,
) -> io::Result<usize> {
    let sent = sigpipe::held(|| rustix::fs::sendfile(socket, file, Some(offset), count));
    Ok(sent?)
}

/// Nanoseconds of the clock that never goes back, the same for every process of the machine. clock_gettime(2).
#[must_use]
pub fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

/// A name for this run of this machine, from start to restart: its processes share one monotonic clock. random(4), boot_id.
#[must_use]
pub fn machine() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(name.trim().to_owned())
}

/// The kernel's number of this thread. gettid(2).
#[must_use]
pub fn thread_id() -> u64 {
    // Asked anew each time: after a fork the child's thread has another one.
    u64::from(
        rustix::thread::gettid()
            .as_raw_nonzero()
            .get()
            .cast_unsigned(),
    )
}

/// Whether this is the thread that the process began with, which alone handles Python's signals.
#[must_use]
pub fn is_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waker_wakes_until_it_is_cleared() {
        let waker = Waker::new().expect("a waker");
        let time = Some(Duration::ZERO);
        assert!(!wait(None, Some(&waker), time).expect("a wait").woken);
        waker.wake();
        waker.wake();
        assert!(wait(None, Some(&waker), time).expect("a wait").woken);
        waker.clear();
        assert!(!wait(None, Some(&waker), time).expect("a wait").woken);
    }
}
