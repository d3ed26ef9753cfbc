//! What callers give as hosts, ports, kinds and sizes.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyString, PyTuple};

use super::callback::call_back;
use super::endpoint::PyEndpoint;
use super::errors;
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::resolve::{Port, bad_port};

/// An address as it was given: in digits already, or a host and a port to be looked up.
pub(super) enum Address {
    Endpoint(Endpoint),
    Named(String, Port),
}

impl Address {
    /// Of the two arguments `host, port`, of one tuple, or of one Endpoint.
    pub(super) fn of(
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
        step: &'static str,
    ) -> PyResult<Self> {
        let py = host.py();
        let wrong = |cause: String| {
            // A packet is no step, and a relay is told its target: each is one argument.
            let remedy = if step == "packet" {
                "(\"127.0.0.1\", 6666), \"127.0.0.1:6666\" or an Endpoint".to_owned()
            } else if step == "relay" {
                "(\"localhost\", 6666), \"127.0.0.1:6666\" or server.endpoint".to_owned()
            } else {
                format!(
                    "{step}(\"127.0.0.1\", 6666), {step}((\"127.0.0.1\", 6666)) or {step}(endpoint)"
                )
            };
            errors::raise(py, Error::new(Code::BadType, step, cause, remedy))
        };
        if let Some(port) = port {
            return Ok(Self::Named(host_of(host, step)?, port_of(port, step)?));
        }
        if let Ok(endpoint) = host.cast::<PyEndpoint>() {
            return Ok(Self::Endpoint(endpoint.get().0));
        }
        if let Ok(text) = host.cast::<PyString>() {
            let text = text.to_str().unwrap_or_default();
            // "127.0.0.1:80" says both; a URL is told what it is.
            if let Ok(endpoint) = text.parse() {
                return Ok(Self::Endpoint(endpoint));
            }
            if text.contains("://") {
                crate::address::check_host(text, step).map_err(|error| errors::raise(py, error))?;
            }
        }
        let Ok(pair) = host.cast::<PyTuple>() else {
            return Err(wrong(format!(
                "there is no port: {} alone is no address",
                shown(host)
            )));
        };
        match pair.len() {
            2 => Ok(Self::Named(
                host_of(&pair.get_item(0)?, step)?,
                port_of(&pair.get_item(1)?, step)?,
            )),
            // The standard library's IPv6 form: host, port, flow, zone.
            4 => {
                let zone: u32 = pair.get_item(3)?.extract()?;
                let host = host_of(&pair.get_item(0)?, step)?;
                let host = if zone == 0 {
                    host
                } else {
                    format!("{host}%{zone}")
                };
                Ok(Self::Named(host, port_of(&pair.get_item(1)?, step)?))
            }
            other => Err(wrong(format!("a tuple of {other} is no address"))),
        }
    }

    /// The host and the port.
    pub(super) fn parts(self) -> (String, Port) {
        match self {
            Self::Endpoint(endpoint) => (endpoint.ip_text(), Port::Number(endpoint.port())),
            Self::Named(host, port) => (host, port),
        }
    }

    /// The same as a tuple, for an audit event.
    pub(super) fn given<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Endpoint(endpoint) => (endpoint.ip_text(), endpoint.port()).into_pyobject(py),
            Self::Named(host, port) => given(py, host, port),
        }
    }
}

/// An address as an audit event carries it: as it was given.
pub(super) fn given<'py>(
    py: Python<'py>,
    host: &str,
    port: &Port,
) -> PyResult<Bound<'py, PyTuple>> {
    match port {
        Port::Number(port) => (host, *port).into_pyobject(py),
        Port::Service(name) => (host, name).into_pyobject(py),
    }
}

pub(super) fn shown(value: &Bound<'_, PyAny>) -> String {
    let text = value
        .repr()
        .map_or_else(|_| "this".to_owned(), |text| text.to_string());
    if text.chars().count() <= 60 {
        text
    } else {
        text.chars().take(60).chain(['…']).collect()
    }
}

/// A host: text.
pub(super) fn host_of(host: &Bound<'_, PyAny>, step: &'static str) -> PyResult<String> {
    let error = |code, cause: String, remedy: &str| {
        Err(errors::raise(
            host.py(),
            Error::new(code, step, cause, remedy),
        ))
    };
    let Ok(text) = host.cast::<PyString>() else {
        let cause = format!("a host is text, and {} is not", shown(host));
        return error(Code::BadType, cause, "\"127.0.0.1\", or a name in quotes");
    };
    match text.to_str() {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => error(
            Code::BadHost,
            format!("{} holds characters that no name can have", shown(host)),
            "the name as it is written",
        ),
    }
}

/// A port: a number, or the name of a service.
pub(super) fn port_of(port: &Bound<'_, PyAny>, step: &'static str) -> PyResult<Port> {
    let py = port.py();
    if port.is_instance_of::<PyInt>() {
        return match port.extract::<u16>() {
            Ok(number) => Ok(Port::Number(number)),
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                Err(errors::raise(py, bad_port(&shown(port), step)))
            }
            Err(error) => Err(error),
        };
    }
    if let Ok(text) = port.cast::<PyString>() {
        return Ok(Port::Service(text.to_str()?.to_owned()));
    }
    let cause = format!(
        "a port is a whole number or the name of a service, and {} is neither",
        shown(port)
    );
    Err(errors::raise(
        py,
        Error::new(Code::BadType, step, cause, "6666, or \"http\""),
    ))
}

/// "tcp" or "udp".
pub(super) fn transport(kind: &str, step: &'static str) -> Result<Transport> {
    match kind {
        "tcp" => Ok(Transport::Tcp),
        "udp" => Ok(Transport::Udp),
        other => Err(Error::new(
            Code::BadArgument,
            step,
            format!("there is no kind {other:?}"),
            "\"tcp\" (a stream) or \"udp\" (datagrams)",
        )),
    }
}

/// "ipv4", "ipv6" or none.
pub(super) fn family(name: Option<&str>, step: &'static str) -> Result<Option<Family>> {
    name.map(|name| Family::from_name(name, step)).transpose()
}

/// A size or a count: not negative.
pub(super) fn size(value: i64, what: &str, least: i64, step: &'static str) -> Result<usize> {
    usize::try_from(value)
        .ok()
        .filter(|_| value >= least)
        .ok_or_else(|| {
            let remedy = if what == "size" && value == 0 {
                format!(
                    "{what} from {least} on: reading nothing would look like the end of the stream"
                )
            } else {
                format!("{what} from {least} on")
            };
            Error::new(
                Code::BadArgument,
                step,
                format!("{what}={value} cannot be meant"),
                remedy,
            )
        })
}

static AUDIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Raises an audit event (PEP 578), as the standard library does at the same place.
pub(super) fn audit<'py>(
    py: Python<'py>,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<()> {
    let audit = AUDIT.get_or_try_init(py, || {
        PyResult::Ok(py.import("sys")?.getattr("audit")?.unbind())
    })?;
    call_back(py, || audit.bind(py).call1(arguments)).map(drop)
}

/// The numbers that audit events carry for family, type and protocol.
pub(super) fn numbers(transport: Transport, family: Family) -> (i32, i32, i32) {
    use socket2::{Domain, Protocol, Type};
    let family = match family {
        Family::Ipv4 => Domain::IPV4,
        Family::Ipv6 => Domain::IPV6,
    };
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
    };
    (family.into(), kind.into(), protocol.into())
}
