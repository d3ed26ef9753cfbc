//! The table of states against the kernel. What the table forbids the kernel refuses, with the errno that our error
//! carries, or it is useless and silent, for a reason that stands here. What the table allows the kernel takes.

use std::any::Any;
use std::io;
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpListener, UdpSocket};

use netsteps::address::Family;
use netsteps::error::Error;
use netsteps::ports::Transport::{self, Tcp, Udp};
use netsteps::state::Action::{
    self, Accept, Bind, Close, Connect, Finish, Listen, PeerFinishes, PeerResets, Read,
    ReceiveFrom, SendTo, Write,
};
use netsteps::state::State::{
    self, BothFinished, Bound, Connected, Created, Finished, Listening, PeerFinished, Reset,
};
use netsteps::state::next;
use netsteps::sys::errno;
use socket2::{Domain, Type};

use crate::ends::loopback;

/// Forbidden, though the kernel would not say a word, or another one: what it does, and why that helps nobody.
const SILENT: &[(Transport, State, Action, &str)] = &[
    (
        Tcp,
        Created,
        Listen,
        "listens on a random port, on every address; to be asked for by any_port",
    ),
    (
        Tcp,
        Listening,
        Finish,
        "accepts it and does nothing: a listener has no half to close",
    ),
    (
        Tcp,
        Created,
        SendTo,
        "ignores the address and says EPIPE, as to a write without a peer",
    ),
    (
        Tcp,
        Bound,
        SendTo,
        "ignores the address and says EPIPE, as to a write without a peer",
    ),
    (
        Tcp,
        Listening,
        SendTo,
        "ignores the address and says EPIPE, as to a write without a peer",
    ),
    (
        Tcp,
        Connected,
        SendTo,
        "ignores the address and writes to the peer",
    ),
    (
        Tcp,
        Finished,
        SendTo,
        "ignores the address and says EPIPE, as to a write after finish",
    ),
    (
        Tcp,
        PeerFinished,
        SendTo,
        "ignores the address and writes to the peer",
    ),
    (
        Tcp,
        BothFinished,
        SendTo,
        "ignores the address and says EPIPE, as to a write after finish",
    ),
    (
        Tcp,
        Reset,
        SendTo,
        "ignores the address and says EPIPE, as to a write after the reset",
    ),
    (
        Tcp,
        Created,
        ReceiveFrom,
        "says ENOTCONN, as to a read without a peer",
    ),
    (
        Tcp,
        Bound,
        ReceiveFrom,
        "says ENOTCONN, as to a read without a peer",
    ),
    (
        Tcp,
        Listening,
        ReceiveFrom,
        "says ENOTCONN, as to a read without a peer",
    ),
    (Tcp, Connected, ReceiveFrom, "reads, and tells no sender"),
    (Tcp, Finished, ReceiveFrom, "reads, and tells no sender"),
    (Tcp, PeerFinished, ReceiveFrom, "reads, and tells no sender"),
    (Tcp, BothFinished, ReceiveFrom, "reads, and tells no sender"),
    (
        Tcp,
        Reset,
        ReceiveFrom,
        "says the end, as if the peer had finished, and no sender",
    ),
    (
        Tcp,
        BothFinished,
        Bind,
        "takes an address for a connection that is over, and no step follows",
    ),
    (
        Tcp,
        Reset,
        Bind,
        "takes an address for a connection that is over, and no step follows",
    ),
    (
        Udp,
        Created,
        Read,
        "waits for ever: without an address nothing can arrive",
    ),
    (
        Udp,
        Created,
        ReceiveFrom,
        "waits for ever: without an address nothing can arrive",
    ),
    (
        Udp,
        Connected,
        Finish,
        "accepts it, and the peer never learns of it",
    ),
];

/// Allowed, though the kernel says an error: what the step makes of it.
const TOLD: &[(Transport, State, Action, i32, &str)] = &[
    (
        Tcp,
        Reset,
        Write,
        errno::EPIPE,
        "BrokenPipe: the reset was told already",
    ),
    (
        Tcp,
        Reset,
        Finish,
        errno::ENOTCONN,
        "our half is closed already; finish is no error",
    ),
    (
        Tcp,
        BothFinished,
        Finish,
        errno::ENOTCONN,
        "our half is closed already; finish is no error",
    ),
];

/// A real socket in this state, and what keeps it there.
struct Real {
    socket: socket2::Socket,
    /// A live address for a connect.
    to: SocketAddr,
    _others: Vec<Box<dyn Any>>,
}

fn real(transport: Transport, state: State) -> Option<Real> {
    let here: SocketAddr = loopback(Family::Ipv4).socket_addr();
    let kind = if transport == Tcp {
        Type::STREAM
    } else {
        Type::DGRAM
    };
    let socket = socket2::Socket::new(Domain::IPV4, kind, None).unwrap();
    let listener = TcpListener::bind(here).unwrap();
    let receiver = UdpSocket::bind(here).unwrap();
    let to = match transport {
        Tcp => listener.local_addr().unwrap(),
        Udp => receiver.local_addr().unwrap(),
    };
    let mut others: Vec<Box<dyn Any>> = Vec::new();
    let connected = |others: &mut Vec<Box<dyn Any>>| {
        socket.connect(&to.into()).unwrap();
        if transport == Udp {
            return;
        }
        let peer = listener.accept().unwrap().0;
        if matches!(state, PeerFinished | BothFinished) {
            peer.shutdown(Shutdown::Write).unwrap();
            assert_eq!(socket.recv(&mut [MaybeUninit::uninit()]).unwrap(), 0);
        }
        if matches!(state, Finished | BothFinished) {
            socket.shutdown(Shutdown::Write).unwrap();
        }
        if state == Reset {
            crate::ends::reset(peer);
            // It is told once.
            let error = socket.recv(&mut [MaybeUninit::uninit()]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        } else {
            others.push(Box::new(peer));
        }
    };
    match (transport, state) {
        (_, Created) => {}
        (_, Bound) => socket.bind(&here.into()).unwrap(),
        (Tcp, Listening) => {
            socket.bind(&here.into()).unwrap();
            socket.listen(1).unwrap();
        }
        (Udp, Connected) | (Tcp, Connected | Finished | PeerFinished | BothFinished | Reset) => {
            connected(&mut others);
        }
        // A closed descriptor is nothing that can be called, and the other pairs do not exist.
        _ => return None,
    }
    socket.set_nonblocking(true).unwrap();
    others.push(Box::new(listener));
    others.push(Box::new(receiver));
    Some(Real {
        socket,
        to,
        _others: others,
    })
}

/// The system call that the action is, once.
fn call(real: &Real, action: Action) -> Option<io::Result<()>> {
    let socket = &real.socket;
    let mut buffer = [MaybeUninit::uninit(); 16];
    Some(match action {
        Bind => socket.bind(&loopback(Family::Ipv4).socket_addr().into()),
        Connect => socket.connect(&real.to.into()),
        Listen => socket.listen(1),
        Accept => socket.accept().map(drop),
        Read => socket.recv(&mut buffer).map(drop),
        Write => socket.send_with_flags(b"x", netsteps::sys::SEND).map(drop),
        SendTo => socket
            .send_to_with_flags(b"x", &real.to.into(), netsteps::sys::SEND)
            .map(drop),
        ReceiveFrom => socket.recv_from(&mut buffer).map(drop),
        Finish => socket.shutdown(Shutdown::Write),
        // Dropping it closes it, in every state.
        Close | PeerFinishes | PeerResets => return None,
    })
}

/// Every pair that exists in the kernel, with the answer of the kernel.
fn answers() -> Vec<(Transport, State, Action, io::Result<()>)> {
    let mut answers = Vec::new();
    for transport in [Tcp, Udp] {
        for state in State::ALL {
            for action in Action::ALL {
                let Some(real) = real(transport, state) else {
                    continue;
                };
                if let Some(answer) = call(&real, action) {
                    answers.push((transport, state, action, answer));
                }
            }
        }
    }
    answers
}

/// The error of the table, by way of a socket of the core.
fn refusal(transport: Transport, state: State, action: Action) -> Error {
    netsteps::state::out_of_order(transport, state, action, action.name())
}

#[test]
fn what_the_table_forbids_the_kernel_refuses_with_the_same_number() {
    let mut wrong = Vec::new();
    for (transport, state, action, answer) in answers() {
        if next(transport, state, action).is_some() {
            continue;
        }
        let silent = SILENT
            .iter()
            .any(|row| (row.0, row.1, row.2) == (transport, state, action));
        let said = answer.as_ref().err().and_then(io::Error::raw_os_error);
        let ours = refusal(transport, state, action).details().errno;
        if silent == (said.is_some() && said == ours) {
            wrong.push(format!(
                "{transport:?} {} {}: the kernel says {answer:?}, we say {ours:?}, silent: {silent}",
                state.name(),
                action.name()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_table_allows_the_kernel_takes() {
    let mut wrong = Vec::new();
    for (transport, state, action, answer) in answers() {
        if next(transport, state, action).is_none() {
            continue;
        }
        let told = TOLD
            .iter()
            .find(|row| (row.0, row.1, row.2) == (transport, state, action));
        let taken = match (&answer, told) {
            (Ok(()), None) => true,
            // It waits for the peer: that is no refusal.
            (Err(error), None) => {
                error.kind() == io::ErrorKind::WouldBlock
                    || error.raw_os_error() == Some(errno::EINPROGRESS)
            }
            (Err(error), Some(told)) => error.raw_os_error() == Some(told.3),
            (Ok(()), Some(_)) => false,
        };
        if !taken {
            wrong.push(format!(
                "{transport:?} {} {}: {answer:?}",
                state.name(),
                action.name()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_exception_is_about_a_pair_that_exists_and_has_its_reason() {
    for (transport, state, action, reason) in SILENT {
        assert!(next(*transport, *state, *action).is_none() && !reason.is_empty());
    }
    for (transport, state, action, _, reason) in TOLD {
        assert!(next(*transport, *state, *action).is_some() && !reason.is_empty());
    }
}
