//! What a caller gives to make a packet.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyString, PyTuple};

use super::convert::Address;
use super::endpoint::PyEndpoint;
use super::errors;
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::packet::{Draft, Over, Segment, TcpOption, flags, mac};
use crate::ports;
use crate::resolve::Port;

const STEP: &str = "packet";

type Argument<'py> = Option<Bound<'py, PyAny>>;

/// The arguments of `Packet`, as they were given.
pub(super) struct Given<'py> {
    pub(super) py: Python<'py>,
    pub(super) source: Argument<'py>,
    pub(super) destination: Argument<'py>,
    pub(super) protocol: Argument<'py>,
    pub(super) ttl: Argument<'py>,
    pub(super) identification: Argument<'py>,
    pub(super) dont_fragment: bool,
    pub(super) ethernet: Argument<'py>,
    pub(super) vlan: Argument<'py>,
    pub(super) flags: Argument<'py>,
    pub(super) seq: Argument<'py>,
    pub(super) ack: Argument<'py>,
    pub(super) window: Argument<'py>,
    pub(super) urgent: Argument<'py>,
    pub(super) options: Argument<'py>,
    pub(super) kind: Argument<'py>,
    pub(super) code: Argument<'py>,
    pub(super) identifier: Argument<'py>,
    pub(super) sequence: Argument<'py>,
}

impl<'py> Given<'py> {
    /// What the packet is to say.
    pub(super) fn draft(&self) -> PyResult<Draft> {
        let protocol = self.protocol_name()?;
        let ported = matches!(protocol.as_deref(), Some("udp" | "tcp"));
        let Some(destination) = &self.destination else {
            return Err(self.bad(
                "the destination is missing: nobody could deliver it".into(),
                "destination=(\"127.0.0.1\", 6666)",
            ));
        };
        let destination = self.endpoint(destination, ported)?;
        let source = match &self.source {
            Some(source) => self.endpoint(source, ported)?,
            None => Endpoint::unspecified(destination.family()),
        };
        let over = self.over(protocol.as_deref(), destination)?;
        self.check_names(&over)?;
        Ok(Draft {
            source,
            destination,
            over,
            ttl: small(number(&self.ttl, "ttl", 8, 64)?),
            identification: medium(number(&self.identification, "identification", 16, 0)?),
            dont_fragment: self.dont_fragment,
            ethernet: self.cards()?,
            vlan: match self.vlan {
                Some(_) => Some(medium(number(&self.vlan, "vlan", 12, 0)?)),
                None => None,
            },
        })
    }

    fn bad(&self, cause: String, remedy: &str) -> PyErr {
        errors::raise(self.py, Error::new(Code::BadArgument, STEP, cause, remedy))
    }

    /// The protocol's name; none for a number.
    fn protocol_name(&self) -> PyResult<Option<String>> {
        match &self.protocol {
            None => Ok(Some("udp".into())),
            Some(number) if number.is_instance_of::<PyInt>() => Ok(None),
            Some(name) => Ok(Some(name.extract()?)),
        }
    }

    fn over(&self, protocol: Option<&str>, destination: Endpoint) -> PyResult<Over> {
        Ok(match protocol {
            None => Over::Ip(small(number(&self.protocol, "protocol", 8, 0)?)),
            Some("udp") => Over::Udp,
            Some("tcp") => Over::Tcp(Segment {
                flags: self.flag_bits()?,
                seq: number(&self.seq, "seq", 32, 0)?,
                ack: number(&self.ack, "ack", 32, 0)?,
                window: medium(number(&self.window, "window", 16, 64_240)?),
                urgent: medium(number(&self.urgent, "urgent", 16, 0)?),
                options: self.tcp_options()?,
            }),
            Some("icmp" | "icmpv6") => {
                let echo = match destination.ip() {
                    std::net::IpAddr::V4(_) if protocol == Some("icmpv6") => {
                        return Err(self.bad(
                            "ICMPv6 goes over IPv6, and these are IPv4 addresses".into(),
                            "protocol=\"icmp\"",
                        ));
                    }
                    std::net::IpAddr::V4(_) => 8,
                    std::net::IpAddr::V6(_) => 128,
                };
                let identifier = medium(number(&self.identifier, "identifier", 16, 0)?);
                let sequence = medium(number(&self.sequence, "sequence", 16, 0)?);
                let ([a, b], [c, d]) = (identifier.to_be_bytes(), sequence.to_be_bytes());
                Over::Icmp {
                    kind: small(number(&self.kind, "type", 8, echo)?),
                    code: small(number(&self.code, "code", 8, 0)?),
                    rest: [a, b, c, d],
                }
            }
            Some("arp") => Over::Arp(medium(number(&self.kind, "type", 16, 1)?)),
            Some(other) => {
                return Err(self.bad(
                    format!("there is no protocol {other:?} that is built here"),
                    "\"udp\", \"tcp\", \"icmp\", \"arp\", or the number of another protocol over IP",
                ));
            }
        })
    }

    /// What one protocol has and this one has not is refused, not ignored.
    fn check_names(&self, over: &Over) -> PyResult<()> {
        let is_tcp = matches!(over, Over::Tcp(_));
        let is_icmp = matches!(over, Over::Icmp { .. });
        for (given, name, fits, of) in [
            (&self.flags, "flags", is_tcp, "TCP"),
            (&self.seq, "seq", is_tcp, "TCP"),
            (&self.ack, "ack", is_tcp, "TCP"),
            (&self.window, "window", is_tcp, "TCP"),
            (&self.urgent, "urgent", is_tcp, "TCP"),
            (&self.options, "options", is_tcp, "TCP"),
            (
                &self.kind,
                "type",
                is_icmp || matches!(over, Over::Arp(_)),
                "ICMP and ARP",
            ),
            (&self.code, "code", is_icmp, "ICMP"),
            (&self.identifier, "identifier", is_icmp, "ICMP"),
            (&self.sequence, "sequence", is_icmp, "ICMP"),
        ] {
            if given.is_some() && !fits {
                return Err(self.bad(
                    format!("{name} is a field of {of}, and this packet has none"),
                    &format!("without {name}, or another protocol"),
                ));
            }
        }
        Ok(())
    }

    /// An end: (ip, port), an Endpoint, or where there are no ports an ip alone.
    fn endpoint(&self, given: &Bound<'py, PyAny>, ported: bool) -> PyResult<Endpoint> {
        if let Ok(endpoint) = given.cast::<PyEndpoint>() {
            return Ok(endpoint.get().0);
        }
        if let Ok(text) = given.cast::<PyString>()
            && !ported
            && let Some(endpoint) = text
                .to_str()
                .ok()
                .and_then(|text| Endpoint::from_digits(text, 0))
        {
            return Ok(endpoint);
        }
        let (host, port) = match Address::of(given, None, STEP)? {
            Address::Endpoint(endpoint) => return Ok(endpoint),
            named @ Address::Named(..) => named.parts(),
        };
        let number = match &port {
            Port::Number(number) => Some(*number),
            Port::Service(name) => ports::SERVICES
                .iter()
                .find(|service| service.name == *name)
                .map(|service| service.port),
        };
        let Some(number) = number else {
            return Err(self.bad("there is no such service".into(), "the port as a number"));
        };
        Endpoint::from_digits(&host, number).ok_or_else(|| {
            self.bad(
                format!("{host:?} is no IP address, and a packet carries addresses"),
                "resolve(host, service), which looks names up",
            )
        })
    }

    fn cards(&self) -> PyResult<Option<([u8; 6], [u8; 6])>> {
        let Some(given) = &self.ethernet else {
            return Ok(None);
        };
        let wrong = || {
            self.bad(
                "ethernet is the addresses of two network cards".into(),
                "ethernet=(\"02:00:00:00:00:01\", \"02:00:00:00:00:02\"), the sender's first",
            )
        };
        let pair = given.cast::<PyTuple>().map_err(|_| wrong())?;
        if pair.len() != 2 {
            return Err(wrong());
        }
        let card = |at: usize| -> PyResult<[u8; 6]> {
            let item = pair.get_item(at)?;
            if let Ok(bytes) = item.cast::<PyBytes>() {
                return <[u8; 6]>::try_from(bytes.as_bytes()).map_err(|_| wrong());
            }
            let text: String = item.extract().map_err(|_| wrong())?;
            mac(&text).map_err(|error| errors::raise(self.py, error))
        };
        Ok(Some((card(0)?, card(1)?)))
    }

    fn flag_bits(&self) -> PyResult<u8> {
        let Some(given) = &self.flags else {
            return Ok(0);
        };
        let text: String = if given.is_instance_of::<PyString>() {
            given.extract()?
        } else {
            let words: Vec<String> = given
                .try_iter()?
                .map(|word| word?.extract())
                .collect::<PyResult<_>>()?;
            words.join(" ")
        };
        flags(&text).map_err(|error| errors::raise(self.py, error))
    }

    fn tcp_options(&self) -> PyResult<Vec<TcpOption>> {
        let Some(given) = &self.options else {
            return Ok(Vec::new());
        };
        if let Ok(bytes) = given.cast::<PyBytes>() {
            return Ok(vec![TcpOption::Raw(bytes.as_bytes().to_vec())]);
        }
        let Ok(named) = given.cast::<PyDict>() else {
            return Err(self.bad(
                "options is a dict of names and values, or bytes".into(),
                "options={\"mss\": 1460, \"window scale\": 7}",
            ));
        };
        let mut options = Vec::new();
        for (name, value) in named.iter() {
            let name: String = name.extract()?;
            if let Some(option) = self.tcp_option(&name, &value)? {
                options.push(option);
            }
        }
        Ok(options)
    }

    /// None for an option that is not wanted: "sack permitted": False.
    fn tcp_option(&self, name: &str, value: &Bound<'py, PyAny>) -> PyResult<Option<TcpOption>> {
        let number = |bits| number(&Some(value.clone()), name, bits, 0);
        let wrong = |form: &str| {
            self.bad(
                format!("the option {name:?} cannot have this value"),
                &format!("options={{\"{name}\": {form}}}"),
            )
        };
        Ok(match name.replace('_', " ").as_str() {
            "mss" => Some(TcpOption::MaximumSegmentSize(medium(number(16)?))),
            "window scale" => Some(TcpOption::WindowScale(small(number(8)?))),
            "sack permitted" => value
                .cast::<PyBool>()
                .map_err(|_| wrong("True"))?
                .is_true()
                .then_some(TcpOption::SackPermitted),
            "sack" => Some(TcpOption::Sack(
                value.extract().map_err(|_| wrong("[(1000, 2000)]"))?,
            )),
            "timestamps" => {
                let (clock, echo) = value.extract().map_err(|_| wrong("(1, 0)"))?;
                Some(TcpOption::Timestamps(clock, echo))
            }
            _ => {
                return Err(self.bad(
                    format!("there is no option {name:?}"),
                    "\"mss\", \"window scale\", \"sack permitted\", \"sack\", \"timestamps\", or all of them as bytes",
                ));
            }
        })
    }
}

/// A whole number of so many bits, or what it is where it was not given.
fn number(given: &Argument<'_>, name: &str, bits: u32, default: u32) -> PyResult<u32> {
    let Some(given) = given else {
        return Ok(default);
    };
    let most = u32::MAX >> (32 - bits);
    let wrong = |code, cause| {
        let remedy = format!("{name} from 0 to {most}");
        Err(errors::raise(
            given.py(),
            Error::new(code, STEP, cause, remedy),
        ))
    };
    if !given.is_instance_of::<PyInt>() {
        return wrong(Code::BadType, format!("{name} is a whole number"));
    }
    match given.extract::<u32>() {
        Ok(number) if number <= most => Ok(number),
        _ => wrong(
            Code::BadArgument,
            format!("{name}={given} does not fit into its {bits} bits"),
        ),
    }
}

/// A number that was made of 8 bits.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// A number that was made of 16 bits.
fn medium(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
