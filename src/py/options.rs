//! `socket.options`: what can be set, by name, each with its meaning.

use std::net::IpAddr;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList};

use super::errors;
use super::show::shown;
use crate::error::{Code, Error};
use crate::socket::{OPTIONS, OptionName, Socket, Value};

/// The options of one socket, by name: socket.options.no_delay = True.
///
/// Printed, it is a table of every option with its value and its meaning. Setting raises BadArgument for a value that the option
/// cannot have, SocketClosed, or what the system says. System calls: setsockopt(2), getsockopt(2), socket(7), tcp(7), ip(7).
#[pyclass(frozen, name = "Options", module = "netsteps")]
pub(super) struct PyOptions(pub(super) Arc<Socket>);

impl PyOptions {
    fn get(&self, py: Python<'_>, name: OptionName) -> PyResult<Value> {
        self.0
            .option(name)
            .map_err(|error| errors::raise(py, error))
    }

    fn set(&self, py: Python<'_>, name: OptionName, value: Value) -> PyResult<()> {
        self.0
            .set_option(name, value)
            .map_err(|error| errors::raise(py, error))
    }

    fn switch(&self, py: Python<'_>, name: OptionName) -> PyResult<bool> {
        Ok(matches!(self.get(py, name)?, Value::Switch(true)))
    }

    fn number(&self, py: Python<'_>, name: OptionName) -> PyResult<i64> {
        match self.get(py, name)? {
            Value::Number(number) => Ok(number),
            _ => Ok(0),
        }
    }
}

#[pymethods]
impl PyOptions {
    /// Bind although old connections of this port are still in TIME_WAIT (SO_REUSEADDR; set before bind).
    #[getter]
    fn reuse_address(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::ReuseAddress)
    }

    #[setter]
    fn set_reuse_address(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::ReuseAddress, Value::Switch(on))
    }

    /// Several sockets of one user share an address, and the kernel spreads the clients (SO_REUSEPORT; set before bind).
    #[getter]
    fn reuse_port(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::ReusePort)
    }

    #[setter]
    fn set_reuse_port(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::ReusePort, Value::Switch(on))
    }

    /// Send small writes at once instead of collecting them while an acknowledgement is due (TCP_NODELAY, RFC 896).
    #[getter]
    fn no_delay(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::NoDelay)
    }

    #[setter]
    fn set_no_delay(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::NoDelay, Value::Switch(on))
    }

    /// Ask an idle peer now and then whether it is still there (SO_KEEPALIVE, RFC 9293 section 3.8.4).
    #[getter]
    fn keepalive(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::KeepAlive)
    }

    #[setter]
    fn set_keepalive(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::KeepAlive, Value::Switch(on))
    }

    /// How close treats what is not yet sent, in seconds: None sends it in the background, 0 throws it away and resets (SO_LINGER).
    #[getter]
    fn linger(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        match self.get(py, OptionName::Linger)? {
            Value::Seconds(seconds) => Ok(seconds),
            _ => Ok(None),
        }
    }

    #[setter]
    fn set_linger(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<()> {
        self.set(py, OptionName::Linger, Value::Seconds(seconds))
    }

    /// Bytes that may wait to be read; Linux reports twice what was set, its own overhead with it (SO_RCVBUF).
    #[getter]
    fn receive_buffer(&self, py: Python<'_>) -> PyResult<i64> {
        self.number(py, OptionName::ReceiveBuffer)
    }

    #[setter]
    fn set_receive_buffer(&self, py: Python<'_>, size: &Bound<'_, PyInt>) -> PyResult<()> {
        self.set(
            py,
            OptionName::ReceiveBuffer,
            Value::Number(number_of(size)),
        )
    }

    /// Bytes that may wait to be sent and acknowledged; Linux reports twice what was set (SO_SNDBUF).
    #[getter]
    fn send_buffer(&self, py: Python<'_>) -> PyResult<i64> {
        self.number(py, OptionName::SendBuffer)
    }

    #[setter]
    fn set_send_buffer(&self, py: Python<'_>, size: &Bound<'_, PyInt>) -> PyResult<()> {
        self.set(py, OptionName::SendBuffer, Value::Number(number_of(size)))
    }

    /// Datagrams may go to a broadcast address (SO_BROADCAST).
    #[getter]
    fn broadcast(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::Broadcast)
    }

    #[setter]
    fn set_broadcast(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::Broadcast, Value::Switch(on))
    }

    /// An IPv6 socket does not take IPv4 peers as well (IPV6_V6ONLY; set before bind).
    #[getter]
    fn ipv6_only(&self, py: Python<'_>) -> PyResult<bool> {
        self.switch(py, OptionName::Ipv6Only)
    }

    #[setter]
    fn set_ipv6_only(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.set(py, OptionName::Ipv6Only, Value::Switch(on))
    }

    /// How many routers a packet may pass, 1 to 255 (IP_TTL; IPv6: the hop limit).
    #[getter]
    fn ttl(&self, py: Python<'_>) -> PyResult<i64> {
        self.number(py, OptionName::Ttl)
    }

    #[setter]
    fn set_ttl(&self, py: Python<'_>, hops: &Bound<'_, PyInt>) -> PyResult<()> {
        self.set(py, OptionName::Ttl, Value::Number(number_of(hops)))
    }

    /// Receive what is sent to a multicast group, an address as text (IP_ADD_MEMBERSHIP, RFC 1112).
    fn join_group(&self, py: Python<'_>, group: &str) -> PyResult<()> {
        let group = group_of(py, group, "join_group")?;
        self.0
            .join_group(group)
            .map_err(|error| errors::raise(py, error))
    }

    /// Receive it no more (IP_DROP_MEMBERSHIP).
    fn leave_group(&self, py: Python<'_>, group: &str) -> PyResult<()> {
        let group = group_of(py, group, "leave_group")?;
        self.0
            .leave_group(group)
            .map_err(|error| errors::raise(py, error))
    }

    /// Every option as a row of name, value, the kernel's name, and meaning; those that this kind of socket does not have, without a value.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for (name, word, kernel, _, meaning) in OPTIONS {
            let value = match self.0.option(*name) {
                Ok(Value::Switch(on)) => on.to_string(),
                Ok(Value::Number(number)) => number.to_string(),
                Ok(Value::Seconds(None)) => "None".to_owned(),
                Ok(Value::Seconds(Some(seconds))) => format!("{seconds} s"),
                Err(_) => String::new(),
            };
            rows.append((*word, value, *kernel, *meaning))?;
        }
        Ok(rows)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        shown(py, "tables", "text_table", (TITLES, self.rows(py)?), None)?.extract()
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let named = PyDict::new(py);
        named.set_item("caption", "options")?;
        let rows = (TITLES, self.rows(py)?);
        shown(py, "tables", "html_table", rows, Some(&named))?.extract()
    }
}

/// A number far outside every range stands for one that does not fit: the core refuses it by name.
fn number_of(value: &Bound<'_, PyInt>) -> i64 {
    value.extract().unwrap_or(i64::MAX)
}

const TITLES: [&str; 4] = ["option", "value", "in C", "meaning"];

fn group_of(py: Python<'_>, group: &str, step: &'static str) -> PyResult<IpAddr> {
    group.parse().map_err(|_| {
        errors::raise(
            py,
            Error::new(
                Code::BadArgument,
                step,
                format!("{group:?} is no IP address"),
                "an address of 224.0.0.0/4 or ff00::/8",
            ),
        )
    })
}
