//! Host and service to endpoints, in the order in which they should be tried. getaddrinfo(3).
//!
//! The lookup runs in a thread of its own that can be left behind: neither a timeout nor Ctrl-C reaches into getaddrinfo.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use dns_lookup::{AddrInfoHints, LookupError, SockType};

use crate::address::{Endpoint, Family, check_host};
use crate::error::{Code, Error, Result};
use crate::ports::{self, Transport};
use crate::sys::Waker;
use crate::wait::{Ended, Wait, Waiters, until_woken};

/// A port as a caller gives it: a number, or the name of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// 0 to 65535.
    Number(u16),
    /// "http".
    Service(String),
}

/// The endpoints of a host and a service, in the order of getaddrinfo (RFC 6724).
///
/// # Errors
/// `NameNotFound` with getaddrinfo's number, `BadHost`, `TimedOut`, `Interrupted`.
pub fn resolve(
    host: &str,
    port: &Port,
    transport: Transport,
    family: Option<Family>,
    step: &'static str,
    wait: &Wait<'_>,
) -> Result<Vec<Endpoint>> {
    resolve_for(&Waiters::new(), host, port, transport, family, step, wait)
}

/// The same for a socket: its `close` ends the lookup.
///
/// # Errors
/// Those of [`resolve`], and `Closed`.
pub fn resolve_for(
    waiters: &Waiters,
    host: &str,
    port: &Port,
    transport: Transport,
    family: Option<Family>,
    step: &'static str,
    wait: &Wait<'_>,
) -> Result<Vec<Endpoint>> {
    check_host(host, step)?;
    let number = match port {
        Port::Number(number) => Some(*number),
        Port::Service(name) => known_service(name, transport, step)?,
    };
    if let Some(endpoint) = number.and_then(|number| Endpoint::from_digits(host, number)) {
        if family.is_some_and(|family| family != endpoint.family()) {
            return Err(other_family(host, endpoint, step));
        }
        return Ok(vec![endpoint]);
    }
    let question = Question {
        host: host.to_owned(),
        service: number.map_or_else(|| service_name(port), |number| number.to_string()),
        transport,
        family,
    };
    let named = format!("{host}:{}", service_name(port));
    let answer = ask(question, step, waiters, wait).map_err(|error| error.at(Some(&named)))?;
    answer.map_err(|error| not_found(&error, host, port, family, step).at(Some(named)))
}

fn service_name(port: &Port) -> String {
    match port {
        Port::Number(number) => number.to_string(),
        Port::Service(name) => name.clone(),
    }
}

/// The port of a service by our own table or by its digits; `None`: getaddrinfo has to know it.
fn known_service(name: &str, transport: Transport, step: &'static str) -> Result<Option<u16>> {
    if name.is_empty() || name.contains('\0') {
        return Err(Error::new(
            Code::BadPort,
            step,
            format!("{name:?} is neither a port nor a service"),
            "a number from 0 to 65535, or a name such as \"http\"",
        ));
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return name.parse().map(Some).map_err(|_| bad_port(name, step));
    }
    Ok(ports::by_name(name, transport).map(|service| service.port))
}

/// The error of a number that is no port.
#[must_use]
pub fn bad_port(port: &str, step: &'static str) -> Error {
    Error::new(
        Code::BadPort,
        step,
        format!("{port} is not a port: a port is a 16-bit number"),
        "a port from 1 to 65535 (or 0 to bind a free one)",
    )
}

/// The error of an address of the other family than the socket's.
pub(crate) fn other_family(host: &str, endpoint: Endpoint, step: &'static str) -> Error {
    let (has, wants) = match endpoint.family() {
        Family::Ipv4 => ("IPv4", "IPv6"),
        Family::Ipv6 => ("IPv6", "IPv4"),
    };
    Error::new(
        Code::NameNotFound,
        step,
        format!("{host} is an {has} address, and {wants} is asked for"),
        format!(
            "family=\"{}\", or an {wants} address",
            endpoint.family().name()
        ),
    )
    .with_errno(EAI_ADDRFAMILY)
    .at(Some(endpoint))
}

/// getaddrinfo's "address family for hostname not supported" (what it says to a literal of the other family).
#[cfg(target_os = "linux")]
const EAI_ADDRFAMILY: i32 = -9;
#[cfg(not(target_os = "linux"))]
const EAI_ADDRFAMILY: i32 = 1;

struct Question {
    host: String,
    service: String,
    transport: Transport,
    family: Option<Family>,
}

type Answer = std::result::Result<Vec<Endpoint>, LookupError>;

/// Asks in a thread, and leaves it behind when the time is over.
fn ask(
    question: Question,
    step: &'static str,
    waiters: &Waiters,
    wait: &Wait<'_>,
) -> Result<Answer> {
    let no_thread = |error: std::io::Error| {
        Error::new(
            Code::System,
            step,
            format!("no thread could be started for the lookup ({error})"),
            "fewer threads at once, or the address in digits",
        )
    };
    let waker = Arc::new(Waker::new().map_err(no_thread)?);
    let (sender, receiver) = mpsc::channel();
    let theirs = Arc::clone(&waker);
    thread::Builder::new()
        .name("netsteps lookup".into())
        .spawn(move || {
            // Nobody listens any more when the caller's time was over first.
            let _ = sender.send(look_up(&question));
            theirs.wake();
        })
        .map_err(no_thread)?;
    match until_woken(&waker, waiters, wait) {
        Ok(()) => receiver.recv().map_err(|_| {
            Error::new(
                Code::System,
                step,
                "the lookup ended without an answer",
                "it again",
            )
        }),
        Err(Ended::TimedOut) => Err(Error::new(
            Code::TimedOut,
            step,
            "the name server did not answer in the time given",
            "more time, the address in digits, or another name server",
        )),
        Err(Ended::Closed) => Err(Error::new(
            Code::Closed,
            step,
            "another thread closed this socket during the lookup",
            "ending the thread that waits before closing, if that was not meant",
        )),
        // The last two are of a turn, and there is none here.
        Err(Ended::Stopped | Ended::Inside | Ended::Occupied) => Err(Error::new(
            Code::Interrupted,
            step,
            "a signal handler raised",
            "",
        )),
        Err(Ended::Failed(error)) => Err(Error::new(
            Code::System,
            step,
            format!("the wait for the lookup failed ({error})"),
            "it again",
        )),
    }
}

fn look_up(question: &Question) -> Answer {
    let kind = match question.transport {
        Transport::Tcp => SockType::Stream,
        Transport::Udp => SockType::DGram,
    };
    let family = match question.family {
        None => 0,
        Some(Family::Ipv4) => socket2::Domain::IPV4.into(),
        Some(Family::Ipv6) => socket2::Domain::IPV6.into(),
    };
    let hints = AddrInfoHints {
        socktype: kind.into(),
        address: family,
        ..AddrInfoHints::default()
    };
    let answers =
        dns_lookup::getaddrinfo(Some(&question.host), Some(&question.service), Some(hints))?;
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for endpoint in answers
        .flatten()
        .map(|answer| Endpoint::from(answer.sockaddr))
    {
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    Ok(endpoints)
}

fn not_found(
    error: &LookupError,
    host: &str,
    port: &Port,
    family: Option<Family>,
    step: &'static str,
) -> Error {
    use dns_lookup::LookupErrorKind as Kind;
    let (cause, remedy) = match error.kind() {
        Kind::Service => (
            format!("this machine knows no service {:?}", service_name(port)),
            "the port as a number".to_owned(),
        ),
        Kind::Again => (
            format!("no name server answered the question for {host:?}"),
            "again in a moment; without a network only localhost and digits work".to_owned(),
        ),
        _ if family.is_some() => (
            format!(
                "no {} address is known for the name {host:?}",
                if family == Some(Family::Ipv4) {
                    "IPv4"
                } else {
                    "IPv6"
                }
            ),
            "the spelling of the name, or the other family (resolve tells what there is)"
                .to_owned(),
        ),
        _ => (
            format!("no address is known for the name {host:?}"),
            "the spelling of the name, or the address in digits".to_owned(),
        ),
    };
    Error::new(Code::NameNotFound, step, cause, remedy).with_errno(error.error_num())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn resolved(host: &str, port: &str, family: Option<Family>) -> Result<Vec<Endpoint>> {
        let port = Port::Service(port.to_owned());
        let wait = Wait::at_most(Duration::from_secs(10));
        resolve(host, &port, Transport::Tcp, family, "resolve", &wait)
    }

    #[test]
    fn digits_and_services_need_no_lookup() {
        let endpoints = resolved("127.0.0.1", "http", None).expect("an endpoint");
        assert_eq!(endpoints, ["127.0.0.1:80".parse().expect("an endpoint")]);
        let endpoints = resolved("::1", "65535", None).expect("an endpoint");
        assert_eq!(endpoints[0].to_string(), "[::1]:65535");
    }

    #[test]
    fn localhost_is_this_machine() {
        let endpoints = resolved("localhost", "6666", Some(Family::Ipv4)).expect("endpoints");
        assert_eq!(endpoints[0].to_string(), "127.0.0.1:6666");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (host, port, code) in [
            ("127.0.0.1", "65536", Code::BadPort),
            ("127.0.0.1", "", Code::BadPort),
            ("http://localhost", "80", Code::BadHost),
            ("127.0.0.1", "no-such-service", Code::NameNotFound),
        ] {
            let error = resolved(host, port, None).expect_err("an error");
            assert_eq!(error.code(), code, "{error}");
        }
        let error = resolved("::1", "80", Some(Family::Ipv4)).expect_err("an error");
        assert_eq!(error.code(), Code::NameNotFound);
    }
}
