//! `resolve` and `services`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::convert::{audit, family, host_of, numbers, port_of, transport};
use super::endpoint::{PyEndpoint, PyService};
use super::errors;
use super::pause::waiting;
use super::show::shown;
use crate::address::Family;
use crate::ports::SERVICES;
use crate::resolve::{Port, resolve as look_up};

/// The endpoints of a host and a service, in the order in which they should be tried, as a table.
///
/// host is a name or an address in digits, service a name ("http") or a port, kind "tcp" or "udp", family "ipv4", "ipv6" or
/// None for both, timeout seconds or None. The lookup can be ended by its timeout and by Ctrl-C.
/// System call: getaddrinfo(3). Raises NameNotFound, BadHost (a URL, for example), BadPort, TimedOut.
/// Source: lecture 3 (getaddrinfo and its hints), RFC 6724 (the order).
#[pyfunction]
#[pyo3(signature = (host: "str", service: "int | str", *, kind: "Literal['tcp', 'udp']" = "tcp", family: "Literal['ipv4', 'ipv6'] | None" = None, timeout=None))]
pub(super) fn resolve<'py>(
    py: Python<'py>,
    host: &Bound<'py, PyAny>,
    service: &Bound<'py, PyAny>,
    kind: &str,
    family: Option<&str>,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let step = "resolve";
    let (host, port) = (host_of(host, step)?, port_of(service, step)?);
    let transport = transport(kind, step).map_err(|error| errors::raise(py, error))?;
    let wanted = self::family(family, step).map_err(|error| errors::raise(py, error))?;
    audit_lookup(py, &host, &port, transport)?;
    let found = waiting(py, timeout, step, |wait| {
        look_up(&host, &port, transport, wanted, step, wait)
    })?;
    let rows = PyList::new(py, found.into_iter().map(PyEndpoint))?;
    let columns = [
        ("ip", "ip"),
        ("port", "port"),
        ("family", "family"),
        ("scope", "scope"),
    ];
    table(&rows, &columns, &format!("the endpoints of {host}"))
}

/// The audit event of a lookup.
pub(super) fn audit_lookup(
    py: Python<'_>,
    host: &str,
    port: &Port,
    transport: crate::ports::Transport,
) -> PyResult<()> {
    let service = match port {
        Port::Number(number) => number.to_string(),
        Port::Service(name) => name.clone(),
    };
    let (_, kind, _) = numbers(transport, Family::Ipv4);
    audit(py, ("socket.getaddrinfo", host, service, 0, kind, 0))
}

/// The well-known ports, as a table: name, port, transports, purpose. Source: lecture 5, the IANA registry (RFC 6335).
#[pyfunction]
pub(super) fn services(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let rows = PyList::new(py, SERVICES.iter().map(PyService))?;
    let columns = [
        ("port", "port"),
        ("service", "name"),
        ("over", "kinds"),
        ("what it is for", "purpose"),
    ];
    table(&rows, &columns, "well-known ports")
}

/// A list that shows itself as a table, of these columns: title and attribute.
fn table<'py>(
    rows: &Bound<'py, PyList>,
    titles: &[(&str, &str)],
    caption: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let py = rows.py();
    let columns = PyDict::new(py);
    for (title, attribute) in titles {
        columns.set_item(title, attribute)?;
    }
    let named = PyDict::new(py);
    named.set_item("columns", columns)?;
    named.set_item("caption", caption)?;
    shown(py, "listing", "Table", (rows,), Some(&named))
}
