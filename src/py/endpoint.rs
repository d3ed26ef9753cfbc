//! `Endpoint`, `Datagram` and `Service`.

use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyTuple};

use super::convert::{host_of, port_of};
use super::errors;
use super::memory::{bytes_copied, new_bytes, untracked};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::ports::{self, Service, Transport};
use crate::resolve::Port;
use crate::socket::{Datagram, Received};

/// An IP address and a port: where to, and who for.
///
/// Endpoint("127.0.0.1", 80), or Endpoint("127.0.0.1:80"). ip is an address in digits (names: netsteps.resolve), port a number
/// from 0 to 65535 or the name of a service. It unpacks like the tuple (ip, port) and is equal to it, and connect, bind and send_to
/// take it whole. Raises BadArgument for what is no address, BadPort for what is no port.
/// Source: lecture 1 (the envelope: where to, and who for), RFC 6335.
#[pyclass(frozen, name = "Endpoint", module = "netsteps", sequence)]
#[derive(Clone, Copy)]
pub(super) struct PyEndpoint(pub(super) Endpoint);

impl PyEndpoint {
    fn pair<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.0.ip_text(), self.0.port()).into_pyobject(py)
    }
}

#[pymethods]
impl PyEndpoint {
    #[new]
    #[pyo3(signature = (ip: "str", port: "int | str | None" = None))]
    fn new(ip: &Bound<'_, PyAny>, port: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let step = "endpoint";
        let py = ip.py();
        let text = host_of(ip, step)?;
        let Some(port) = port else {
            return text
                .parse()
                .map(Self)
                .map_err(|error| errors::raise(py, error));
        };
        let number = match port_of(port, step)? {
            Port::Number(number) => Some(number),
            Port::Service(name) => ports::SERVICES
                .iter()
                .find(|service| service.name == name)
                .map(|service| service.port),
        };
        let no = |cause: String, remedy: &str| {
            errors::raise(py, Error::new(Code::BadArgument, step, cause, remedy))
        };
        let number = number.ok_or_else(|| {
            no(
                format!("there is no service {port}"),
                "the port as a number",
            )
        })?;
        Endpoint::from_digits(&text, number)
            .map(Self)
            .ok_or_else(|| {
                no(
                    format!("{text:?} is no IP address"),
                    "resolve(host, service), which looks names up",
                )
            })
    }

    /// The IP address as text: "127.0.0.1", "::1", "fe80::1%2".
    #[getter]
    fn ip(&self) -> String {
        self.0.ip_text()
    }

    /// The port, 0 to 65535.
    #[getter]
    fn port(&self) -> u16 {
        self.0.port()
    }

    /// "ipv4" or "ipv6".
    #[getter]
    fn family(&self) -> &'static str {
        self.0.family().name()
    }

    /// How far the address reaches: "loopback", "private", "link-local", "public", "multicast", "broadcast", "any",
    /// "documentation" or "reserved". Source: lecture 5 (public and local addresses), RFC 6890.
    #[getter]
    fn scope(&self) -> &'static str {
        self.0.scope().name()
    }

    /// The well-known service of the port ("http" for 80), or None. Source: lecture 5, the IANA registry.
    #[getter]
    fn service(&self) -> Option<&'static str> {
        ports::by_port(self.0.port(), None).map(|service| service.name)
    }

    fn __len__(&self) -> usize {
        2
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
        self.pair(py)?.as_any().get_item(index)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyIterator>> {
        self.pair(py)?.as_any().try_iter()
    }

    fn __richcmp__<'py>(
        &self,
        py: Python<'py>,
        other: &Bound<'py, PyAny>,
        comparison: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(other) = other.cast::<Self>() {
            let told = comparison.matches(self.0.cmp(&other.get().0));
            return Ok(PyBool::new(py, told).to_owned().into_any());
        }
        match comparison {
            CompareOp::Eq | CompareOp::Ne => {
                self.pair(py)?.as_any().rich_compare(other, comparison)
            }
            // Endpoints are ordered by their numbers, tuples by their text: there is no order between the two.
            _ => Ok(py.NotImplemented().into_bound(py)),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.pair(py)?.as_any().hash()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Endpoint('{}', {})", self.0.ip_text(), self.0.port())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (String, u16)) {
        (
            py.get_type::<Self>().into_any(),
            (self.0.ip_text(), self.0.port()),
        )
    }
}

/// One datagram, as it arrived: data (bytes), sender (Endpoint), and truncated_from: its true length in bytes where the size
/// given was too small for it, else None. The rest of a cut datagram is lost, and it says so. Source: recvfrom(2), MSG_TRUNC.
#[pyclass(frozen, name = "Datagram", module = "netsteps")]
pub(super) struct PyDatagram {
    data: Py<PyBytes>,
    sender: Endpoint,
    truncated_from: Option<usize>,
}

impl PyDatagram {
    pub(super) fn of(py: Python<'_>, datagram: &Datagram) -> PyResult<Self> {
        Ok(Self {
            data: new_bytes(py, &datagram.data)?.unbind(),
            sender: datagram.sender,
            truncated_from: datagram.truncated_from,
        })
    }

    /// Of one that lies in a batch.
    pub(super) fn received<'py>(
        py: Python<'py>,
        datagram: &Received<'_>,
    ) -> PyResult<Bound<'py, Self>> {
        let data = bytes_copied(py, datagram.data)?.unbind();
        untracked(
            py,
            Self {
                data,
                sender: datagram.sender,
                truncated_from: datagram.truncated_from,
            },
        )
    }
}

#[pymethods]
impl PyDatagram {
    /// Its bytes, as many as there was room for.
    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    /// Who sent it.
    #[getter]
    fn sender(&self) -> PyEndpoint {
        PyEndpoint(self.sender)
    }

    /// Its true length in bytes where it was cut, else None.
    #[getter]
    fn truncated_from(&self) -> Option<usize> {
        self.truncated_from
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.data.as_bytes(py).len()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.data.as_bytes(py) == other.data.as_bytes(py)
                && self.sender == other.sender
                && self.truncated_from == other.truncated_from
        })
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.data.bind(py).hash()
    }

    fn __bytes__(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let data = self.data.bind(py).repr()?;
        let cut = self
            .truncated_from
            .map_or_else(String::new, |length| format!(", truncated_from={length}"));
        Ok(format!("Datagram({data}, sender={}{cut})", self.sender))
    }
}

/// A well-known port: name, port, kinds ("tcp", "udp" or both), purpose. Source: lecture 5, the IANA registry (RFC 6335).
#[pyclass(frozen, name = "Service", module = "netsteps")]
#[derive(Clone, Copy)]
pub(super) struct PyService(pub(super) &'static Service);

#[pymethods]
impl PyService {
    /// The name, as connect and resolve take it in the place of the port.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// The port.
    #[getter]
    fn port(&self) -> u16 {
        self.0.port
    }

    /// Over which transports it is used: a tuple of "tcp", "udp" or both.
    #[getter]
    fn kinds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let used = Transport::ALL
            .into_iter()
            .filter(|transport| self.0.over(*transport))
            .map(Transport::name)
            .collect::<Vec<_>>();
        PyTuple::new(py, used)
    }

    /// What it is for.
    #[getter]
    fn purpose(&self) -> &'static str {
        self.0.purpose
    }

    fn __repr__(&self) -> String {
        format!("Service('{}', {})", self.0.name, self.0.port)
    }
}

impl From<Endpoint> for PyEndpoint {
    fn from(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }
}
