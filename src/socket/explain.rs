//! What the kernel said, in words: cause and remedy.

use std::io;

use super::call::Call;
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error};
use crate::ports::Transport;
use crate::state::Action;
use crate::sys::{self, errno};
use crate::wait::Deadline;

/// The error of a call that the kernel refused.
pub(super) fn system(error: &io::Error, call: &Call<'_>) -> Error {
    let endpoint = call.endpoint();
    if call.socket.internet.is_none() {
        // The words below speak of ports and of machines.
        return with_number(
            Error::new(Code::System, call.step, plain(error), MANUAL),
            error,
        );
    }
    let (code, cause, remedy) = match error.raw_os_error().unwrap_or(0) {
        errno::ECONNREFUSED => refused(call),
        errno::ETIMEDOUT => (
            Code::TimedOut,
            "the kernel asked several times and no answer came".to_owned(),
            SILENCE.to_owned(),
        ),
        errno::ENETUNREACH | errno::ENETDOWN => (
            Code::Unreachable,
            "this machine has no route to that network".to_owned(),
            "the network connection, or an address of a network that interfaces() lists".to_owned(),
        ),
        errno::EHOSTUNREACH => (
            Code::Unreachable,
            "a router on the way, or this machine, cannot reach that host".to_owned(),
            "the address, and whether that machine is on".to_owned(),
        ),
        errno::EADDRINUSE => in_use(call, endpoint),
        errno::EADDRNOTAVAIL => not_local(call, endpoint),
        errno::EACCES | errno::EPERM => no_permission(call, endpoint),
        errno::ECONNRESET | errno::ECONNABORTED => reset(call.step),
        errno::EPIPE => (
            Code::BrokenPipe,
            "the peer had closed the connection before, and answered earlier bytes with a reset"
                .to_owned(),
            "reading first: what the peer sent before it closed is still there, then b\"\""
                .to_owned(),
        ),
        errno::EMSGSIZE => too_large(call),
        errno::EMFILE | errno::ENFILE => return creation(error, call.step).at(endpoint),
        errno::EALREADY => (
            Code::System,
            "an earlier connect of this socket is still under way".to_owned(),
            "a new Socket".to_owned(),
        ),
        _ => (Code::System, plain(error), MANUAL.to_owned()),
    };
    with_number(Error::new(code, call.step, cause, remedy), error).at(endpoint)
}

const MANUAL: &str = "the manual page of the system call";
const SILENCE: &str = "the address; whether that machine is on; whether a firewall drops what is sent there, or the server's queue is full because it does not accept";

/// The error of a socket that could not be made.
pub(super) fn creation(error: &io::Error, step: &'static str) -> Error {
    let explained = if sys::out_of_files(error) {
        Error::new(
            Code::TooManyFiles,
            step,
            if error.raw_os_error() == Some(errno::EMFILE) {
                "this process has as many files and sockets open as it may"
            } else {
                "this machine has as many files and sockets open as it can"
            },
            "closing sockets that are no longer used, or a higher limit (ulimit -n)",
        )
    } else {
        Error::new(
            Code::System,
            step,
            plain(error),
            "another family or kind of socket",
        )
    };
    with_number(explained, error)
}

/// The error of an option or address that the kernel refused outside a recorded call.
pub(super) fn other(error: &io::Error, step: &'static str, remedy: &str) -> Error {
    with_number(Error::new(Code::System, step, plain(error), remedy), error)
}

fn with_number(explained: Error, error: &io::Error) -> Error {
    match error.raw_os_error() {
        Some(number) => explained.with_errno(number),
        None => explained,
    }
}

/// The system's own words, without the number that Rust adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text
        .rsplit_once(" (os error")
        .map_or(text.as_str(), |(words, _)| words);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn refused(call: &Call<'_>) -> (Code, String, String) {
    let port = call.endpoint().map_or(0, |endpoint| endpoint.port());
    match call.socket.transport() {
        _ if port == 0 => (
            Code::Refused,
            "nobody can be reached at port 0: it stands for \"any free port\", and only bind takes it"
                .to_owned(),
            "the port that the server really has: its .local or .endpoint tells it".to_owned(),
        ),
        Transport::Tcp => (
            Code::Refused,
            format!("that machine answered at once that nobody listens on TCP port {port}"),
            "starting the server first (bind, listen), or the address and port where it listens"
                .to_owned(),
        ),
        Transport::Udp => (
            Code::Refused,
            format!(
                "an earlier datagram came back as undeliverable (ICMP): nobody has UDP port {port} there"
            ),
            "starting the receiver first, or the port that it is bound to".to_owned(),
        ),
    }
}

/// The error of a socket that connected to itself: a port that nobody listened on, picked as our own.
pub(super) fn connected_to_itself(call: &Call<'_>) -> Error {
    Error::new(
        Code::Refused,
        call.step,
        "nobody listens there; the kernel had given this very port to this client, which so met itself",
        "starting the server first, and a server port outside the range of the clients'",
    )
    .at(call.endpoint())
}

/// The error of a connection that the peer cut.
pub(super) fn reset(step: &'static str) -> (Code, String, String) {
    let cause = match step {
        "connect" => "the peer cut the connection while it was being made",
        _ => {
            "the peer cut the connection (RST): it closed with unread bytes, crashed, or did so on purpose"
        }
    };
    (
        Code::Reset,
        cause.to_owned(),
        "a new connection; the bytes under way are lost".to_owned(),
    )
}

fn in_use(call: &Call<'_>, endpoint: Option<Endpoint>) -> (Code, String, String) {
    let port = endpoint.map_or(0, |endpoint| endpoint.port());
    let tcp = call.socket.transport() == Transport::Tcp;
    if call.action == Action::Connect && tcp {
        return (
            Code::AddressInUse,
            "no free port is left on this side for one more connection to that address".to_owned(),
            "waiting for TIME_WAIT of earlier connections to pass, or another address".to_owned(),
        );
    }
    if call.action != Action::Bind && call.action != Action::Listen || port == 0 {
        return (
            Code::AddressInUse,
            "no free port is left on this machine".to_owned(),
            "closing sockets that are no longer used, or a port of your choice that bind takes"
                .to_owned(),
        );
    }
    let mut holders = sys::holders(port, tcp);
    // The listener is what stands in the way; connections and TIME_WAIT only when there is none.
    holders.sort_by_key(|holder| (holder.state != "LISTEN", holder.state != "UDP"));
    let Some(holder) = holders.first() else {
        return (
            Code::AddressInUse,
            "another socket has this address".to_owned(),
            "port 0 for a free one, or ending the program that has it".to_owned(),
        );
    };
    let who = match &holder.process {
        Some((pid, _)) if *pid == std::process::id() => "a socket of this very process".to_owned(),
        Some((pid, name)) => format!("process {pid} ({name})"),
        None if holder.state == "TIME_WAIT" => {
            "a connection that was closed on this side".to_owned()
        }
        None => "another program".to_owned(),
    };
    let state = match holder.seconds_left {
        Some(seconds) => format!("{}, {seconds:.0} s left of it", holder.state),
        None => holder.state.to_owned(),
    };
    let remedy = match (holder.state, &holder.process) {
        ("LISTEN" | "UDP", Some((pid, _))) if *pid == std::process::id() => {
            "closing that socket first, or port 0 for a free one"
        }
        ("LISTEN" | "UDP", _) => "ending that program, or port 0 for a free one",
        _ => {
            "options.reuse_address = True before bind (the earlier socket needs it too), or port 0 for a free one"
        }
    };
    let cause = format!(
        "{who} has {} already ({state})",
        Endpoint::from(holder.local)
    );
    (Code::AddressInUse, cause, remedy.to_owned())
}

fn not_local(call: &Call<'_>, endpoint: Option<Endpoint>) -> (Code, String, String) {
    if call.action == Action::Connect {
        return (
            Code::AddressNotLocal,
            "no address or port of this machine can be used to reach that one".to_owned(),
            "a port other than 0 and an address of the same family and scope".to_owned(),
        );
    }
    let ip = endpoint.map_or_else(String::new, |endpoint| endpoint.ip_text());
    let own = sys::own_addresses().map_or_else(
        || "interfaces() lists those that are".to_owned(),
        |addresses| format!("its own are {}", addresses.join(", ")),
    );
    (
        Code::AddressNotLocal,
        format!("{ip} is not an address of this machine; {own}"),
        "one of these, or \"0.0.0.0\" for all; a router's public address is the router's"
            .to_owned(),
    )
}

fn no_permission(call: &Call<'_>, endpoint: Option<Endpoint>) -> (Code, String, String) {
    let port = endpoint.map_or(0, |endpoint| endpoint.port());
    match call.action {
        Action::Bind if port < 1024 => (
            Code::NoPermission,
            format!(
                "port {port} is one of the well-known ports, below 1024, which this system keeps for the administrator"
            ),
            "a port from 1024 on, such as 8080, or port 0 for a free one".to_owned(),
        ),
        Action::Connect | Action::SendTo | Action::Write
            if endpoint.is_some_and(|to| to.ip().to_string().ends_with(".255")) =>
        {
            (
                Code::NoPermission,
                "this is a broadcast address, and broadcasting has to be asked for".to_owned(),
                "options.broadcast = True first".to_owned(),
            )
        }
        _ => (
            Code::NoPermission,
            "the system does not permit this (a firewall or a sandbox of this machine)".to_owned(),
            "the rules of this machine's firewall".to_owned(),
        ),
    }
}

fn too_large(call: &Call<'_>) -> (Code, String, String) {
    let family = call.socket.internet.unwrap_or(Family::Ipv4);
    let limit = super::datagram::limit(family);
    let family = match family {
        Family::Ipv4 => "IPv4 (65,535 less 20 for the IP header and 8 for the UDP header)",
        Family::Ipv6 => "IPv6 (65,535 less 8 for the UDP header)",
    };
    let size = call.asked.unwrap_or(0);
    let cause = if size > limit {
        format!("{size} bytes do not fit into one datagram: the limit is {limit} over {family}")
    } else {
        format!("{size} bytes are more than the path to that address carries in one piece")
    };
    (
        Code::DatagramTooLarge,
        cause,
        "several smaller datagrams (1,472 bytes pass an Ethernet whole), or TCP".to_owned(),
    )
}

/// The error of a step whose time is over.
pub(super) fn timed_out(call: &Call<'_>, deadline: &Deadline) -> Error {
    let time = deadline.seconds();
    let (cause, remedy) = match call.action {
        Action::Connect => ("there was no answer at all, neither yes nor no", SILENCE),
        Action::Accept => (
            "nobody connected",
            "a longer timeout, or whether clients have this address",
        ),
        Action::Read | Action::ReceiveFrom => (
            "the peer sent nothing",
            "a longer timeout; whether the peer waits for us to write (or to finish)",
        ),
        Action::Write | Action::SendTo => (
            "the peer does not read: its receive buffer and our send buffer are full",
            "a longer timeout; whether the peer waits for us to read",
        ),
        _ => ("it was not over", "a longer timeout"),
    };
    Error::new(
        Code::TimedOut,
        call.step,
        format!("{cause} within {time} s"),
        remedy,
    )
    .at(call.endpoint())
}
