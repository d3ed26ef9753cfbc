//! The steps of the API against the table of states: what it forbids changes nothing, what it allows leads where it says.

use std::any::Any;
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpListener, UdpSocket};
use std::time::Duration;

use netsteps::address::Family;
use netsteps::error::{Code, Error};
use netsteps::ports::Transport::{self, Tcp, Udp};
use netsteps::socket::Socket;
use netsteps::state::Action::{
    self, Accept, Bind, Close, Connect, Finish, Listen, PeerFinishes, PeerResets, Read,
    ReceiveFrom, SendTo, Write,
};
use netsteps::state::State::{
    self, BothFinished, Bound, Closed, Connected, Created, Finished, Listening, PeerFinished, Reset,
};
use netsteps::state::{TABLE, next, out_of_order};
use netsteps::trace::{Limits, Recorder};
use netsteps::wait::Wait;

use crate::ends::{loopback, read, soon, tcp, udp};
use crate::stream::file_of;

/// A socket of the core in this state.
fn own(transport: Transport, state: State) -> Option<(Socket, Vec<Box<dyn Any>>)> {
    let here = loopback(Family::Ipv4);
    let socket = if transport == Tcp {
        tcp(Family::Ipv4)
    } else {
        udp(Family::Ipv4)
    };
    let mut others: Vec<Box<dyn Any>> = Vec::new();
    match (transport, state) {
        (_, Created) => {}
        (_, Bound) => socket.bind(here).unwrap(),
        (Tcp, Listening) => {
            socket.bind(here).unwrap();
            socket.listen(1, false).unwrap();
        }
        (Udp, Connected) => {
            let peer = UdpSocket::bind(here.socket_addr()).unwrap();
            socket
                .connect(peer.local_addr().unwrap().into(), &soon())
                .unwrap();
            others.push(Box::new(peer));
        }
        (Tcp, Connected | Finished | PeerFinished | BothFinished | Reset) => {
            let listener = TcpListener::bind(here.socket_addr()).unwrap();
            socket
                .connect(listener.local_addr().unwrap().into(), &soon())
                .unwrap();
            let peer = listener.accept().unwrap().0;
            if matches!(state, PeerFinished | BothFinished) {
                peer.shutdown(Shutdown::Write).unwrap();
                assert_eq!(read(&socket, 1).unwrap(), b"");
            }
            if matches!(state, Finished | BothFinished) {
                socket.finish().unwrap();
            }
            if state == Reset {
                crate::ends::reset(peer);
                read(&socket, 1).unwrap_err();
            } else {
                others.push(Box::new(peer));
            }
        }
        (_, Closed) => socket.close(),
        (Udp, Listening | Finished | PeerFinished | BothFinished | Reset) => return None,
    }
    assert_eq!(socket.state(), state);
    Some((socket, others))
}

type Step = fn(&Socket, &Wait<'_>) -> Result<(), Error>;

/// Every step of the API that is this action.
fn steps(action: Action) -> Vec<Step> {
    match action {
        Bind => vec![|socket, _| socket.bind(loopback(Family::Ipv4))],
        Connect => vec![|socket, wait| socket.connect("127.0.0.1:9".parse().unwrap(), wait)],
        Listen => vec![|socket, _| socket.listen(1, false)],
        Accept => vec![|socket, wait| socket.accept(wait).map(drop)],
        Read => vec![
            |socket, wait| socket.read_into(&mut [0], wait).map(drop),
            |socket, wait| socket.read(&mut [MaybeUninit::uninit()], wait).map(drop),
            |socket, wait| socket.read_exactly(1, wait).map(drop),
            |socket, wait| socket.read_until(b"\n", 9, wait).map(drop),
            |socket, wait| socket.read_all(None, wait).map(drop),
            |socket, wait| socket.read_message(9, wait).map(drop),
        ],
        Write => vec![
            |socket, wait| socket.write(b"x", wait),
            |socket, wait| socket.send(b"x", wait).map(drop),
            |socket, wait| socket.write_message(b"x", wait),
            |socket, wait| {
                socket
                    .write_file(&file_of(b"x"), 0, 1, wait, &mut |_| Ok(()))
                    .map(drop)
            },
            |socket, wait| {
                socket
                    .write_file(&file_of(b""), 0, 0, wait, &mut |_| Ok(()))
                    .map(drop)
            },
            |socket, wait| socket.write(b"", wait),
        ],
        SendTo => vec![|socket, wait| {
            socket
                .send_to(b"x", "127.0.0.1:9".parse().unwrap(), wait)
                .map(drop)
        }],
        ReceiveFrom => vec![|socket, wait| socket.receive_from(1, wait).map(drop)],
        Finish => vec![|socket, _| socket.finish()],
        Close | PeerFinishes | PeerResets => vec![],
    }
}

#[test]
fn a_step_out_of_order_changes_nothing_and_calls_nothing() {
    let recorder = Recorder::new(Limits::default());
    recorder.start();
    let known = |socket: &Socket| {
        let mut events = recorder.events();
        events.retain(|event| event.socket == socket.serial());
        (
            socket.state(),
            socket.local(),
            socket.peer(),
            socket.steps(),
            events.len(),
        )
    };
    for (transport, state, action) in forbidden() {
        for (index, step) in steps(action).into_iter().enumerate() {
            let Some((socket, _others)) = own(transport, state) else {
                continue;
            };
            let before = known(&socket);
            let error = step(&socket, &Wait::at_most(Duration::from_secs(5))).unwrap_err();
            let name = format!("{transport:?} {} {} {index}", state.name(), action.name());
            assert_eq!(known(&socket), before, "{name}");
            let code = match (state, transport, action) {
                (Closed, ..) => Code::Closed,
                (_, Tcp, Write) => Code::NotWritable,
                _ => Code::OutOfOrder,
            };
            assert_eq!(error.code(), code, "{name}: {error}");
            if transport == Tcp {
                let by_table = out_of_order(transport, state, action, action.name());
                assert_eq!(error.details().cause, by_table.details().cause, "{name}");
                assert_eq!(error.details().errno, by_table.details().errno, "{name}");
            }
        }
    }
    recorder.stop();
}

/// What the table has no line for.
fn forbidden() -> Vec<(Transport, State, Action)> {
    let mut forbidden = Vec::new();
    for transport in [Tcp, Udp] {
        for state in State::ALL {
            forbidden.extend(Action::ALL.map(|action| (transport, state, action)));
        }
    }
    forbidden.retain(|(transport, state, action)| next(*transport, *state, *action).is_none());
    forbidden
}

#[test]
fn each_line_of_the_table_that_is_ours_leads_where_it_says() {
    for (transport, from, action, to) in TABLE {
        if matches!(action, PeerFinishes | PeerResets) {
            continue;
        }
        let (socket, others) = own(*transport, *from).expect("a state of this table");
        let wait = Wait::at_most(Duration::from_millis(1));
        let name = format!("{transport:?} {} {}", from.name(), action.name());
        let done = match action {
            Close => {
                socket.close();
                Ok(())
            }
            Connect => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let to = listener.local_addr().unwrap().into();
                socket.connect(to, &soon())
            }
            _ => steps(*action)[0](&socket, &wait),
        };
        match done {
            Ok(()) => {}
            // Nobody sends or connects: the step is allowed and has to wait.
            Err(error) if error.code() == Code::TimedOut => {}
            Err(error) if *from == Reset => {
                assert!(
                    matches!(error.code(), Code::Reset | Code::BrokenPipe),
                    "{name}: {error}"
                );
            }
            Err(error) => panic!("{name}: {error}"),
        }
        assert_eq!(socket.state(), *to, "{name}");
        drop(others);
    }
}
