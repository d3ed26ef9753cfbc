//! Addresses as the standard library writes them: tuples and paths, and what the kernel makes of them.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString, PyTuple};
use socket2::{Domain, SockAddr};

use super::errors::calling;
use crate::address::Family;
use crate::py::memory::Payload;
use crate::socket::plain::PlainSocket;
use crate::sys::plain::{raw_address, raw_bytes};

/// `AF_NETLINK` of linux/socket.h.
const NETLINK: i32 = 16;

/// The address that a call was given, for the family of its socket.
pub(super) fn given(
    socket: &PlainSocket,
    address: &Bound<'_, PyAny>,
    step: &'static str,
) -> PyResult<SockAddr> {
    match Domain::from(socket.domain()) {
        Domain::IPV4 => {
            let pair = tuple(address, step, "AF_INET")?;
            if pair.len() != 2 {
                return Err(PyTypeError::new_err(
                    "AF_INET address must be a pair (host, port)",
                ));
            }
            let host = host_of(&pair.get_item(0)?)?;
            let port = port_of(&pair.get_item(1)?, step)?;
            match ip(socket, address.py(), &host, Family::Ipv4, step)? {
                SocketAddr::V4(found) => Ok(SocketAddrV4::new(*found.ip(), port).into()),
                SocketAddr::V6(_) => Err(mismatched()),
            }
        }
        Domain::IPV6 => {
            let parts = tuple(address, step, "AF_INET6")?;
            if !(2..=4).contains(&parts.len()) {
                return Err(PyTypeError::new_err(
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
                ));
            }
            let number = |index: usize| -> PyResult<u32> {
                parts
                    .get_item(index)
                    .ok()
                    .map_or(Ok(0), |part| part.extract())
            };
            let host = host_of(&parts.get_item(0)?)?;
            let port = port_of(&parts.get_item(1)?, step)?;
            let (flow, scope) = (number(2)?, number(3)?);
            if flow > 0xf_ffff {
                return Err(PyOverflowError::new_err(format!(
                    "{step}(): flowinfo must be 0-1048575."
                )));
            }
            match ip(socket, address.py(), &host, Family::Ipv6, step)? {
                SocketAddr::V6(found) => {
                    let scope = if scope == 0 { found.scope_id() } else { scope };
                    let flow = flow.to_be();
                    Ok(SocketAddrV6::new(*found.ip(), port, flow, scope).into())
                }
                SocketAddr::V4(_) => Err(mismatched()),
            }
        }
        Domain::UNIX => {
            let path = if address.is_instance_of::<PyString>() {
                let path: OsString = address.extract()?;
                path.into_vec()
            } else {
                Payload::plain(address)?.bytes().to_vec()
            };
            SockAddr::unix(OsString::from_vec(path))
                .map_err(|_| PyOSError::new_err("AF_UNIX path too long"))
        }
        other if i32::from(other) == NETLINK => {
            let pair = tuple(address, step, "AF_NETLINK")?;
            let (process, groups): (u32, u32) = pair.extract()?;
            let mut bytes = Vec::with_capacity(12);
            bytes.extend_from_slice(&16_u16.to_ne_bytes());
            bytes.extend_from_slice(&[0; 2]);
            bytes.extend_from_slice(&process.to_ne_bytes());
            bytes.extend_from_slice(&groups.to_ne_bytes());
            raw_address(&bytes).ok_or_else(mismatched)
        }
        _ => Err(PyOSError::new_err(format!("{step}(): bad family"))),
    }
}

fn mismatched() -> PyErr {
    PyOSError::new_err("address family mismatched")
}

fn tuple<'a, 'py>(
    address: &'a Bound<'py, PyAny>,
    step: &str,
    family: &str,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    address.cast::<PyTuple>().map_err(|_| {
        let kind = address.get_type().name();
        let kind = kind.map_or_else(|_| String::new(), |kind| kind.to_string());
        PyTypeError::new_err(format!(
            "{step}(): {family} address must be tuple, not {kind}"
        ))
    })
}

/// A host as text: names with other letters in their international form (IDNA).
fn host_of(host: &Bound<'_, PyAny>) -> PyResult<String> {
    let bytes = if let Ok(text) = host.cast::<PyString>() {
        match text.to_str() {
            Ok(text) if text.is_ascii() => text.as_bytes().to_vec(),
            _ => {
                let encoded = text.call_method1("encode", ("idna",));
                let encoded =
                    encoded.map_err(|_| PyTypeError::new_err("encoding of hostname failed"))?;
                encoded.cast::<PyBytes>()?.as_bytes().to_vec()
            }
        }
    } else if let Ok(bytes) = host.cast::<PyBytes>() {
        bytes.as_bytes().to_vec()
    } else if let Ok(bytes) = host.cast::<PyByteArray>() {
        bytes.to_vec()
    } else {
        return Err(PyTypeError::new_err(format!(
            "str, bytes or bytearray expected, not {}",
            host.get_type().name()?
        )));
    };
    if bytes.contains(&0) {
        return Err(PyTypeError::new_err(
            "host name must not contain null character",
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn port_of(port: &Bound<'_, PyAny>, step: &str) -> PyResult<u16> {
    let wrong = || PyOverflowError::new_err(format!("{step}(): port must be 0-65535."));
    match port.extract::<i32>() {
        Ok(number) => u16::try_from(number).map_err(|_| wrong()),
        Err(error) if error.is_instance_of::<PyOverflowError>(port.py()) => Err(wrong()),
        Err(error) => Err(error),
    }
}

fn ip(
    socket: &PlainSocket,
    py: Python<'_>,
    host: &str,
    family: Family,
    step: &'static str,
) -> PyResult<SocketAddr> {
    let known = match (host, family) {
        ("", Family::Ipv4) => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        ("", Family::Ipv6) => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        ("<broadcast>" | "255.255.255.255", Family::Ipv4) => Some(Ipv4Addr::BROADCAST.into()),
        ("<broadcast>" | "255.255.255.255", Family::Ipv6) => return Err(mismatched()),
        (digits, Family::Ipv4) => digits.parse().ok().map(IpAddr::V4),
        (digits, Family::Ipv6) => digits.parse().ok().map(IpAddr::V6),
    };
    match known {
        Some(ip) => Ok(SocketAddr::new(ip, 0)),
        None => calling(py, |pause| socket.look_up(host, family, step, pause)),
    }
}

/// An address as the standard library tells it.
pub(super) fn told<'py>(py: Python<'py>, address: &SockAddr) -> PyResult<Bound<'py, PyAny>> {
    let bytes = raw_bytes(address);
    if bytes.len() < 2 {
        return Ok(py.None().into_bound(py));
    }
    match address.as_socket() {
        Some(SocketAddr::V4(v4)) => {
            let tuple = (v4.ip().to_string(), v4.port()).into_pyobject(py)?;
            return Ok(tuple.into_any());
        }
        Some(SocketAddr::V6(v6)) => {
            let (flow, scope) = (u32::from_be(v6.flowinfo()), v6.scope_id());
            let tuple = (v6.ip().to_string(), v6.port(), flow, scope).into_pyobject(py)?;
            return Ok(tuple.into_any());
        }
        None => {}
    }
    let rest = &bytes[2..];
    match address.domain() {
        Domain::UNIX => {
            if rest.first() == Some(&0) {
                return Ok(PyBytes::new(py, rest).into_any());
            }
            let end = rest.iter().position(|byte| *byte == 0);
            let path = &rest[..end.unwrap_or(rest.len())];
            Ok(std::ffi::OsStr::from_bytes(path)
                .into_pyobject(py)?
                .into_any())
        }
        other if i32::from(other) == NETLINK && bytes.len() >= 12 => {
            let number = |at: usize| {
                let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
                four.map_or(0, u32::from_ne_bytes)
            };
            Ok((number(4), number(8)).into_pyobject(py)?.into_any())
        }
        other => {
            let tuple = (i32::from(other), PyBytes::new(py, rest)).into_pyobject(py)?;
            Ok(tuple.into_any())
        }
    }
}
