//! The catalogue of errors: each code has an example here, made by what really causes it.

use std::io::Write;

use netsteps::address::Family;
use netsteps::error::{Code, Error};
use netsteps::packet::{First, parse};
use netsteps::ports::Transport;
use netsteps::resolve::{Port, resolve};
use netsteps::socket::{OptionName, Socket, Value};
use netsteps::state::{Action, State, out_of_order};
use netsteps::wait::{Deadline, Pause, Stop, Wait};

use crate::ends::{
    bound_udp, dead_port, listener, milliseconds, pair, read, reset, soon, tcp, udp,
};

/// An error of this code.
type Example = fn() -> Error;

/// Examples by their codes.
const EXAMPLES: &[(Code, Example)] = &[
    (Code::Refused, || {
        let dead = dead_port(Family::Ipv4);
        tcp(Family::Ipv4)
            .connect(dead.endpoint, &soon())
            .unwrap_err()
    }),
    (Code::TimedOut, || {
        let (socket, _stream) = pair();
        read_nothing(&socket, &milliseconds(5))
    }),
    (Code::Unreachable, || {
        let broadcast = "127.255.255.255:9".parse().unwrap();
        tcp(Family::Ipv4).connect(broadcast, &soon()).unwrap_err()
    }),
    (Code::AddressInUse, || {
        let (_listener, endpoint) = listener(Family::Ipv4);
        tcp(Family::Ipv4).bind(endpoint).unwrap_err()
    }),
    (Code::AddressNotLocal, || {
        tcp(Family::Ipv4)
            .bind("203.0.113.7:0".parse().unwrap())
            .unwrap_err()
    }),
    (Code::NoPermission, || {
        let broadcast = "127.255.255.255:9".parse().unwrap();
        udp(Family::Ipv4)
            .send_to(b"x", broadcast, &soon())
            .unwrap_err()
    }),
    (Code::NameNotFound, || {
        let port = Port::Number(80);
        let family = Some(Family::Ipv4);
        resolve("::1", &port, Transport::Tcp, family, "resolve", &soon()).unwrap_err()
    }),
    (Code::BadHost, || {
        let port = Port::Number(80);
        Socket::open("http://localhost/", &port, Transport::Tcp, &soon()).unwrap_err()
    }),
    (Code::BadPayload, || made(Code::BadPayload)),
    (Code::BadType, || made(Code::BadType)),
    (Code::BadPort, || {
        let port = Port::Service("65536".into());
        Socket::open("localhost", &port, Transport::Tcp, &soon()).unwrap_err()
    }),
    (Code::BadArgument, || {
        tcp(Family::Ipv4)
            .set_option(OptionName::Ttl, Value::Number(0))
            .unwrap_err()
    }),
    (Code::Reset, || {
        let (socket, stream) = pair();
        reset(stream);
        read(&socket, 1).unwrap_err()
    }),
    (Code::BrokenPipe, || {
        let (socket, stream) = pair();
        drop(stream);
        std::iter::repeat_with(|| socket.write(b"x", &soon()))
            .find_map(Result::err)
            .unwrap()
    }),
    (Code::DatagramTooLarge, || {
        let (socket, endpoint) = bound_udp(Family::Ipv4);
        socket.send_to(&[0; 65_508], endpoint, &soon()).unwrap_err()
    }),
    (Code::DatagramCut, || {
        let (socket, endpoint) = bound_udp(Family::Ipv4);
        socket.send_to(b"long", endpoint, &soon()).unwrap();
        read(&socket, 1).unwrap_err()
    }),
    (Code::MessageTooLarge, || {
        let (socket, mut stream) = pair();
        stream.write_all(&[0xff; 4]).unwrap();
        socket.read_message(10, &soon()).unwrap_err()
    }),
    (Code::UnexpectedEnd, || {
        let (socket, stream) = pair();
        drop(stream);
        socket.read_exactly(1, &soon()).unwrap_err()
    }),
    (Code::OutOfOrder, || {
        tcp(Family::Ipv4).accept(&soon()).unwrap_err()
    }),
    (Code::NotWritable, || {
        tcp(Family::Ipv4).write(b"x", &soon()).unwrap_err()
    }),
    (Code::Closed, || {
        let socket = tcp(Family::Ipv4);
        socket.close();
        socket.write(b"x", &soon()).unwrap_err()
    }),
    // Made by the kernel in `starved.rs`, in a process of its own.
    (Code::TooManyFiles, || made(Code::TooManyFiles)),
    (Code::Forked, || made(Code::Forked)),
    (Code::TooSlow, || made(Code::TooSlow)),
    (Code::Interrupted, || {
        let (socket, _stream) = pair();
        read_nothing(
            &socket,
            &Wait {
                deadline: Deadline::NEVER,
                pause: &Raises,
            },
        )
    }),
    (Code::BadPacket, || {
        parse(&[0x45, 0, 0, 20], First::Ip).unwrap_err().into()
    }),
    (Code::System, || {
        // A stream has no groups of receivers.
        let socket = tcp(Family::Ipv4);
        socket
            .join_group("224.0.0.251".parse().unwrap())
            .unwrap_err()
    }),
];

/// One that only the binding (or a process of its own) can cause.
fn made(code: Code) -> Error {
    Error::new(code, "a step", "a cause", "a remedy")
}

fn read_nothing(socket: &Socket, wait: &Wait<'_>) -> Error {
    socket.read_exactly(1, wait).unwrap_err()
}

/// A signal handler that raises at once.
struct Raises;

impl Pause for Raises {
    fn pause(&self, _: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        Err(Stop)
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    fn slice(&self) -> Option<std::time::Duration> {
        None
    }
}

#[test]
fn each_code_has_an_example_that_says_four_things() {
    for code in Code::ALL {
        let example = EXAMPLES.iter().find(|(own, _)| own == code);
        let (_, example) = example.unwrap_or_else(|| panic!("no example of {code:?}"));
        let error = example();
        assert_eq!(error.code(), *code, "{error}");
        let details = error.details();
        let text = error.to_string();
        assert!(
            !details.step.is_empty() && text.starts_with(details.step),
            "{text}"
        );
        assert!(
            !details.cause.is_empty() && text.contains(&details.cause),
            "{text}"
        );
        assert!(text.contains(&details.remedy), "{text}");
        // After a signal the handler's own exception goes on; there is nothing to try.
        assert_eq!(
            details.remedy.is_empty(),
            *code == Code::Interrupted,
            "{text}"
        );
        for part in [&details.cause, &details.remedy] {
            assert!(!part.ends_with('.') && !part.contains("os error"), "{text}");
        }
    }
    assert_eq!(EXAMPLES.len(), Code::ALL.len(), "one example each");
}

#[test]
fn an_error_of_the_net_names_the_address() {
    for (code, example) in EXAMPLES {
        let error = example();
        let has_none = matches!(
            code,
            // Of an argument, or of a socket that has no address.
            Code::BadPort
                | Code::BadArgument
                | Code::BadPacket
                | Code::BadPayload
                | Code::BadType
                | Code::OutOfOrder
                | Code::NotWritable
                | Code::Closed
                | Code::TooManyFiles
                | Code::Forked
                | Code::TooSlow
                | Code::Interrupted
                | Code::System
        );
        assert_eq!(
            error.details().endpoint.is_none(),
            has_none,
            "{code:?}: {error}"
        );
    }
}

#[test]
fn what_the_kernel_said_keeps_its_number() {
    use netsteps::sys::errno;
    for (code, number) in [
        (Code::Refused, errno::ECONNREFUSED),
        (Code::TimedOut, errno::ETIMEDOUT),
        (Code::Unreachable, errno::ENETUNREACH),
        (Code::AddressInUse, errno::EADDRINUSE),
        (Code::AddressNotLocal, errno::EADDRNOTAVAIL),
        (Code::NoPermission, errno::EACCES),
        (Code::Reset, errno::ECONNRESET),
        (Code::BrokenPipe, errno::EPIPE),
        (Code::NotWritable, errno::EPIPE),
        (Code::DatagramTooLarge, errno::EMSGSIZE),
        (Code::Closed, errno::EBADF),
        (Code::Interrupted, errno::EINTR),
    ] {
        let (_, example) = EXAMPLES.iter().find(|(own, _)| *own == code).unwrap();
        assert_eq!(example().details().errno, Some(number), "{code:?}");
    }
}

#[test]
fn a_closed_socket_says_so_whatever_is_asked_of_it() {
    for transport in [Transport::Tcp, Transport::Udp] {
        for action in Action::ALL {
            let error = out_of_order(transport, State::Closed, action, action.name());
            assert_eq!(error.code(), Code::Closed);
        }
    }
}

#[test]
fn an_option_of_a_closed_socket_is_closed_too() {
    let socket = tcp(Family::Ipv4);
    socket.close();
    let error = socket.option(OptionName::Ttl).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
    let error = socket
        .set_option(OptionName::Ttl, Value::Number(1))
        .unwrap_err();
    assert_eq!(error.code(), Code::Closed);
    let error = socket.join_group("224.0.0.1".parse().unwrap()).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
}
