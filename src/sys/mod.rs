//! What differs between the systems: one file for each, all of this shape.
//!
//! | item | Linux | macOS and other Unix | Windows (Winsock) |
//! | --- | --- | --- | --- |
//! | `Waker` | eventfd | pipe | a loopback UDP socket to itself |
//! | `wait` | ppoll | poll | `WSAPoll` |
//! | `accept` | accept4, non-blocking from the start | accept, then fcntl | accept, then ioctlsocket |
//! | `SEND` flags | `MSG_DONTWAIT`, `MSG_NOSIGNAL` | `MSG_DONTWAIT` (`SO_NOSIGPIPE` by socket2) | none: no SIGPIPE |
//! | `send_file` | sendfile | read and send | read and send |
//! | `holders`, `local_addresses` | /proc | not told | not told |
//! | `batch` | sendmmsg, recvmmsg, `UDP_SEGMENT`, `UDP_GRO` | one by one | one by one |
//! | `plain` | any option, any address, a descriptor from elsewhere | not supported | not supported |
//! | `kernel` | `TCP_INFO`, `SO_MEMINFO`, ioctl | not told | not told |
//!
//! Linux is what the tests run on; the other two are kept small for that reason.

pub mod batch;
pub mod files;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(all(unix, not(target_os = "linux")), path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod imp;
pub mod kernel;
pub mod plain;
#[cfg(target_os = "linux")]
mod raw_options;

pub use imp::{
    PEEK, RECEIVE, SEND, TRUE_LENGTH, Waker, abandon_connect, accept, errno, holders,
    is_main_thread, local_addresses, machine, monotonic_ns, send_file, thread_id, wait,
};

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or somebody to accept.
    Readable,
    /// Room to write, or a connection made.
    Writable,
}

/// What a wait ended with. Both false: the time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// The socket is ready (an error on it counts: the next call tells it).
    pub socket: bool,
    /// Somebody called `Waker::wake`.
    pub woken: bool,
}

/// Who holds a port.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// The address that it has.
    pub local: SocketAddr,
    /// The state, as netstat writes it.
    pub state: &'static str,
    /// The process, where the system tells this user.
    pub process: Option<(u32, String)>,
    /// In TIME_WAIT: the seconds that are left of it.
    pub seconds_left: Option<f64>,
}

/// The connect of a non-blocking socket has begun and is not over.
#[must_use]
pub fn in_progress(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(errno::EINPROGRESS | errno::EWOULDBLOCK | errno::EINTR)
    )
}

/// No descriptor is left, in this process or on this machine.
#[must_use]
pub fn out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(errno::EMFILE | errno::ENFILE))
}

/// accept(2): errors of a connection that died in the queue, to be taken as "nobody there yet".
#[must_use]
pub fn died_in_queue(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|number| errno::DIED_IN_QUEUE.contains(&number))
}

/// The addresses of this machine as text, for the message of an error.
#[must_use]
pub fn own_addresses() -> Option<Vec<String>> {
    let mut addresses: Vec<IpAddr> = local_addresses()?;
    addresses.sort_unstable();
    addresses.dedup();
    Some(addresses.iter().map(ToString::to_string).collect())
}

static FORKS: AtomicU64 = AtomicU64::new(0);
static CHILDREN: AtomicU64 = AtomicU64::new(0);
/// The number of this process; 0 until somebody asks. It is asked for each event, and a system call would cost more than that.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// To be called in a forked child: the parent's threads, and what they hold, are not this process's.
pub fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    PROCESS.store(0, Ordering::Relaxed);
}

/// To be called in a process that has forked: a child has copies of its descriptors.
pub fn has_forked() {
    CHILDREN.fetch_add(1, Ordering::Relaxed);
}

/// How often this process has forked: a descriptor that was there before is not its alone.
#[must_use]
pub fn children() -> u64 {
    CHILDREN.load(Ordering::Relaxed)
}

/// The number of this process. getpid(2).
#[must_use]
pub fn process_id() -> u32 {
    match PROCESS.load(Ordering::Relaxed) {
        0 => {
            let id = std::process::id();
            PROCESS.store(id, Ordering::Relaxed);
            id
        }
        id => id,
    }
}

/// How many forks lie between the first process and this one.
#[must_use]
pub fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}
