//! What can be set on a socket, by name, each with its meaning: setsockopt(2), getsockopt(2).

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::{InterfaceIndexOrAddress, Socket as Handle};

use super::{Socket, explain};
use crate::error::{Code, Error, Result};
use crate::state::State;

/// The name of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below tells each one's meaning")]
pub enum OptionName {
    ReuseAddress,
    ReusePort,
    NoDelay,
    KeepAlive,
    Linger,
    ReceiveBuffer,
    SendBuffer,
    Broadcast,
    Ipv6Only,
    Ttl,
}

/// What kind of value an option has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// On or off.
    Switch,
    /// A number.
    Number,
    /// Seconds, or off.
    Seconds,
}

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A number, in the option's unit.
    Number(i64),
    /// Seconds, or off.
    Seconds(Option<f64>),
}

/// An option: name, the kernel's name, kind of value, meaning.
type Row = (
    OptionName,
    &'static str,
    &'static str,
    OptionKind,
    &'static str,
);

/// Every option with its meaning.
pub const OPTIONS: &[Row] = &[
    (
        OptionName::ReuseAddress,
        "reuse_address",
        "SO_REUSEADDR",
        OptionKind::Switch,
        "bind although old connections of this port are still in TIME_WAIT (set before bind)",
    ),
    (
        OptionName::ReusePort,
        "reuse_port",
        "SO_REUSEPORT",
        OptionKind::Switch,
        "several sockets of one user share an address, and the kernel spreads the clients (set before bind)",
    ),
    (
        OptionName::NoDelay,
        "no_delay",
        "TCP_NODELAY",
        OptionKind::Switch,
        "send small writes at once instead of collecting them while an acknowledgement is due (Nagle, RFC 896)",
    ),
    (
        OptionName::KeepAlive,
        "keepalive",
        "SO_KEEPALIVE",
        OptionKind::Switch,
        "ask an idle peer now and then whether it is still there (RFC 9293, 3.8.4)",
    ),
    (
        OptionName::Linger,
        "linger",
        "SO_LINGER",
        OptionKind::Seconds,
        "how close treats what is not yet sent: None sends it in the background, 0 throws it away and resets",
    ),
    (
        OptionName::ReceiveBuffer,
        "receive_buffer",
        "SO_RCVBUF",
        OptionKind::Number,
        "bytes that may wait to be read (Linux counts its own overhead in: it reports twice what was set)",
    ),
    (
        OptionName::SendBuffer,
        "send_buffer",
        "SO_SNDBUF",
        OptionKind::Number,
        "bytes that may wait to be sent and acknowledged (Linux reports twice what was set)",
    ),
    (
        OptionName::Broadcast,
        "broadcast",
        "SO_BROADCAST",
        OptionKind::Switch,
        "datagrams may go to a broadcast address",
    ),
    (
        OptionName::Ipv6Only,
        "ipv6_only",
        "IPV6_V6ONLY",
        OptionKind::Switch,
        "an IPv6 socket does not take IPv4 peers as well (set before bind)",
    ),
    (
        OptionName::Ttl,
        "ttl",
        "IP_TTL",
        OptionKind::Number,
        "how many routers a packet may pass (IPv6: the hop limit)",
    ),
];

fn row(name: OptionName) -> &'static Row {
    OPTIONS
        .iter()
        .find(|row| row.0 == name)
        .unwrap_or(&OPTIONS[0])
}

impl Socket {
    fn with_handle<T>(
        &self,
        name: &'static str,
        work: impl FnOnce(&Handle) -> std::io::Result<T>,
    ) -> Result<T> {
        let Some(handle) = self.handle.get() else {
            return Err(crate::state::out_of_order(
                self.transport,
                State::Closed,
                crate::state::Action::Read,
                name,
            ));
        };
        work(&handle).map_err(|error| {
            explain::other(&error, name, "whether this kind of socket has that option")
        })
    }

    /// The value of an option now, as the kernel has it.
    ///
    /// # Errors
    /// `Closed`; `System` when this kind of socket does not have it.
    pub fn option(&self, name: OptionName) -> Result<Value> {
        self.with_handle(row(name).1, |handle| {
            Ok(match name {
                OptionName::ReuseAddress => Value::Switch(handle.reuse_address()?),
                OptionName::ReusePort => Value::Switch(reuse_port(handle)?),
                OptionName::NoDelay => Value::Switch(handle.tcp_nodelay()?),
                OptionName::KeepAlive => Value::Switch(handle.keepalive()?),
                OptionName::Linger => {
                    Value::Seconds(handle.linger()?.map(|time| time.as_secs_f64()))
                }
                OptionName::ReceiveBuffer => Value::Number(whole(handle.recv_buffer_size()?)),
                OptionName::SendBuffer => Value::Number(whole(handle.send_buffer_size()?)),
                OptionName::Broadcast => Value::Switch(handle.broadcast()?),
                OptionName::Ipv6Only => Value::Switch(handle.only_v6()?),
                OptionName::Ttl => Value::Number(i64::from(match self.family {
                    crate::address::Family::Ipv4 => handle.ttl_v4()?,
                    crate::address::Family::Ipv6 => handle.unicast_hops_v6()?,
                })),
            })
        })
    }

    /// Sets an option.
    ///
    /// # Errors
    /// `BadArgument` for a value of another kind or out of range; `Closed`; `System`.
    pub fn set_option(&self, name: OptionName, value: Value) -> Result<()> {
        let (_, step, ..) = *row(name);
        let bad = |what: &str| {
            let given = match value {
                Value::Switch(on) => on.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Seconds(seconds) => {
                    seconds.map_or_else(|| "None".to_owned(), |seconds| seconds.to_string())
                }
            };
            Error::new(
                Code::BadArgument,
                step,
                format!("{given} is not {what}"),
                row(name).4,
            )
        };
        // The kernel takes an int.
        let number = |value: i64| {
            i32::try_from(value)
                .ok()
                .and_then(|value| usize::try_from(value).ok())
                .ok_or_else(|| bad("a number of bytes from 0 to 2,147,483,647"))
        };
        match (name, value) {
            (OptionName::ReuseAddress, Value::Switch(on)) => {
                self.with_handle(step, |handle| handle.set_reuse_address(on))
            }
            (OptionName::ReusePort, Value::Switch(on)) => {
                self.with_handle(step, |handle| set_reuse_port(handle, on))
            }
            (OptionName::NoDelay, Value::Switch(on)) => {
                self.with_handle(step, |handle| handle.set_tcp_nodelay(on))
            }
            (OptionName::KeepAlive, Value::Switch(on)) => {
                self.with_handle(step, |handle| handle.set_keepalive(on))
            }
            (OptionName::Linger, Value::Seconds(seconds)) => {
                // The kernel counts whole seconds: rounded up, as 0 means something else.
                let time = seconds
                    .map(|seconds| {
                        // Before it is rounded: -0.5 is no 0.
                        Duration::try_from_secs_f64(seconds)
                            .and_then(|_| Duration::try_from_secs_f64(seconds.ceil()))
                            .ok()
                            .filter(|time| i32::try_from(time.as_secs()).is_ok())
                            .ok_or_else(|| bad("a number of seconds from 0 on, or None"))
                    })
                    .transpose()?;
                self.with_handle(step, |handle| handle.set_linger(time))?;
                self.lingers
                    .store(time.is_some_and(|time| !time.is_zero()), Ordering::Relaxed);
                Ok(())
            }
            (OptionName::ReceiveBuffer, Value::Number(size)) => {
                let size = number(size)?;
                self.with_handle(step, |handle| handle.set_recv_buffer_size(size))
            }
            (OptionName::SendBuffer, Value::Number(size)) => {
                let size = number(size)?;
                self.with_handle(step, |handle| handle.set_send_buffer_size(size))
            }
            (OptionName::Broadcast, Value::Switch(on)) => {
                self.with_handle(step, |handle| handle.set_broadcast(on))
            }
            (OptionName::Ipv6Only, Value::Switch(on)) => {
                self.with_handle(step, |handle| handle.set_only_v6(on))
            }
            (OptionName::Ttl, Value::Number(hops)) => {
                let hops = u32::try_from(hops)
                    .ok()
                    .filter(|hops| (1..=255).contains(hops))
                    .ok_or_else(|| bad("a number from 1 to 255"))?;
                self.with_handle(step, |handle| match self.family {
                    crate::address::Family::Ipv4 => handle.set_ttl_v4(hops),
                    crate::address::Family::Ipv6 => handle.set_unicast_hops_v6(hops),
                })
            }
            _ => Err(bad("a value of this option")),
        }
    }

    /// Receives what is sent to a group, on the interface that the system picks (RFC 1112, RFC 3678).
    ///
    /// # Errors
    /// `BadArgument` when the address is no group or of the other family; `Closed`; `System`.
    pub fn join_group(&self, group: IpAddr) -> Result<()> {
        self.group("join_group", group, true)
    }

    /// Receives it no more.
    ///
    /// # Errors
    /// Those of `join_group`.
    pub fn leave_group(&self, group: IpAddr) -> Result<()> {
        self.group("leave_group", group, false)
    }

    fn group(&self, step: &'static str, group: IpAddr, join: bool) -> Result<()> {
        let any = InterfaceIndexOrAddress::Index(0);
        match (group, self.family) {
            (IpAddr::V4(group), crate::address::Family::Ipv4) if group.is_multicast() => self
                .with_handle(step, |handle| {
                    if join {
                        handle.join_multicast_v4_n(&group, &any)
                    } else {
                        handle.leave_multicast_v4_n(&group, &any)
                    }
                }),
            (IpAddr::V6(group), crate::address::Family::Ipv6) if group.is_multicast() => self
                .with_handle(step, |handle| {
                    if join {
                        handle.join_multicast_v6(&group, 0)
                    } else {
                        handle.leave_multicast_v6(&group, 0)
                    }
                }),
            _ => Err(Error::new(
                Code::BadArgument,
                step,
                format!("{group} is not a multicast group of this socket's family"),
                "an address of 224.0.0.0/4 on an IPv4 socket, of ff00::/8 on an IPv6 one",
            )),
        }
    }
}

fn whole(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn reuse_port(handle: &Handle) -> std::io::Result<bool> {
    handle.reuse_port()
}

#[cfg(unix)]
fn set_reuse_port(handle: &Handle, on: bool) -> std::io::Result<()> {
    handle.set_reuse_port(on)
}

/// Winsock has no such option: its `SO_REUSEADDR` does that, which is why servers there must not set it.
#[cfg(windows)]
fn reuse_port(_: &Handle) -> std::io::Result<bool> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(windows)]
fn set_reuse_port(_: &Handle, _: bool) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
