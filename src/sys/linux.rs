//! Linux: eventfd, ppoll, accept4, sendfile, /proc.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::net::{RecvFlags, SendFlags, SocketFlags};
use socket2::Socket;

use super::kernel::STATES;
use super::{Holder, Interest, Ready};

mod sigpipe;

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

/// Who holds this port, from /proc/net and /proc/PID/fd (proc(5)).
#[must_use]
pub fn holders(port: u16, tcp: bool) -> Vec<Holder> {
    let mut found = Vec::new();
    for table in if tcp {
        ["tcp", "tcp6"]
    } else {
        ["udp", "udp6"]
    } {
        let Ok(file) = File::open(format!("/proc/net/{table}")) else {
            continue;
        };
        let lines = BufReader::new(file).lines().map_while(io::Result::ok);
        for found_one in lines.skip(1).filter_map(|line| holder(&line, port, tcp)) {
            // The listeners stand first. A busy server has tens of thousands of lines after them, which tell no more.
            let enough = found_one.0.state == "LISTEN";
            found.push(found_one);
            if enough {
                break;
            }
        }
    }
    let owners = owners(&found.iter().map(|(_, inode)| *inode).collect::<Vec<_>>());
    let named = |(mut holder, inode): (Holder, u64)| {
        holder.process = owners
            .iter()
            .find(|(own, _)| *own == inode)
            .map(|(_, who)| who.clone());
        holder
    };
    found.into_iter().map(named).collect()
}

/// One line of /proc/net/tcp: `sl local remote state queues timer:when retransmits uid timeout inode`.
fn holder(line: &str, port: u16, tcp: bool) -> Option<(Holder, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let local = socket_address(fields.get(1)?)?;
    if local.port() != port {
        return None;
    }
    let state = usize::from_str_radix(fields.get(3)?, 16).ok()?;
    let state = if tcp {
        STATES.get(state).copied()?
    } else {
        "UDP"
    };
    let (_, when) = fields.get(5)?.split_once(':')?;
    // In clock ticks of user space, of which Linux has 100 a second everywhere.
    let ticks = u32::from_str_radix(when, 16).ok()?;
    let seconds_left = (state == "TIME_WAIT").then(|| f64::from(ticks) / 100.0);
    let inode = fields.get(9)?.parse().ok()?;
    Some((
        Holder {
            local,
            state,
            process: None,
            seconds_left,
        },
        inode,
    ))
}

/// `0100007F:1A0A`: the address as 32-bit words in the machine's byte order, and the port.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words: Vec<[u8; 4]> = (0..address.len() / 8)
        .map(|i| u32::from_str_radix(address.get(i * 8..i * 8 + 8)?, 16).ok())
        .map(|word| word.map(u32::to_ne_bytes))
        .collect::<Option<_>>()?;
    let ip: IpAddr = match words.as_slice() {
        [v4] => Ipv4Addr::from(*v4).into(),
        [_, _, _, _] => Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// The processes that have a descriptor of these sockets: as many as this user may see.
fn owners(inodes: &[u64]) -> Vec<(u64, (u32, String))> {
    let mut owners = Vec::new();
    if inodes.iter().all(|inode| *inode == 0) {
        return owners;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return owners;
    };
    for process in processes.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            let Ok(target) = std::fs::read_link(descriptor.path()) else {
                continue;
            };
            let inode = target
                .to_str()
                .and_then(|name| name.strip_prefix("socket:["))
                .and_then(|name| name.strip_suffix(']'))
                .and_then(|inode| inode.parse::<u64>().ok());
            if let Some(inode) = inode.filter(|inode| inodes.contains(inode)) {
                let name = std::fs::read_to_string(process.path().join("comm"));
                // The name is the program's own choice: no control characters into a terminal.
                let name = name.unwrap_or_default().trim().escape_debug().to_string();
                owners.push((inode, (pid, name)));
            }
        }
    }
    owners
}

/// The addresses that the kernel counts as its own: /proc/net/fib_trie and /proc/net/if_inet6.
#[must_use]
pub fn local_addresses() -> Option<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    let trie = std::fs::read_to_string("/proc/net/fib_trie").ok()?;
    let mut leaf = None;
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL") {
            addresses.extend(leaf.map(IpAddr::from));
        }
    }
    for line in std::fs::read_to_string("/proc/net/if_inet6")
        .unwrap_or_default()
        .lines()
    {
        let address = line
            .get(..32)
            .and_then(|digits| u128::from_str_radix(digits, 16).ok());
        addresses.extend(address.map(|bits| IpAddr::from(Ipv6Addr::from(bits))));
    }
    Some(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_proc_net_tcp() {
        let line = "   0: 0100007F:1A0A 00000000:0000 06 00000000:00000000 03:00000400 00000000  0  0 77 1";
        let (holder, inode) = holder(line, 6666, true).expect("a holder");
        assert_eq!((holder.state, inode), ("TIME_WAIT", 77));
        assert_eq!(holder.local, "127.0.0.1:6666".parse().expect("an address"));
        assert_eq!(holder.seconds_left, Some(10.24));
        assert_eq!(super::holder(line, 6667, true), None);
        for broken in [
            "",
            "0:",
            "0: zz:1A0A",
            "0: 0100007F:1A0A 0:0 0A",
            "0: 0100007F:1A0A 0:0 ff 0:0 0:0",
        ] {
            assert_eq!(super::holder(broken, 6666, true), None, "{broken}");
        }
    }

    #[test]
    fn names_the_process_that_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let holders = holders(port, true);
        assert_eq!(holders.len(), 1);
        assert_eq!(holders[0].state, "LISTEN");
        assert_eq!(
            holders[0].process.as_ref().map(|(pid, _)| *pid),
            Some(std::process::id())
        );
    }

    #[test]
    fn loopback_is_an_address_of_this_machine() {
        let addresses = local_addresses().expect("addresses");
        assert!(
            addresses.contains(&IpAddr::from(Ipv4Addr::LOCALHOST)),
            "{addresses:?}"
        );
    }

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
