//! `Endpoint`: an IP address and a port, printed, parsed and classified.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use crate::error::{Code, Error, Result};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Four bytes: 127.0.0.1 (RFC 791).
    Ipv4,
    /// Sixteen bytes: `::1` (RFC 8200, text form RFC 5952).
    Ipv6,
}

impl Family {
    /// "ipv4" or "ipv6".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    /// The family of that name.
    ///
    /// # Errors
    /// `BadArgument` for another word.
    pub fn from_name(name: &str, step: &'static str) -> Result<Self> {
        match name {
            "ipv4" => Ok(Self::Ipv4),
            "ipv6" => Ok(Self::Ipv6),
            other => Err(Error::new(
                Code::BadArgument,
                step,
                format!("there is no family {other:?}"),
                "\"ipv4\" or \"ipv6\"",
            )),
        }
    }

    /// The family of an address.
    #[must_use]
    pub const fn of(address: &SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Self::Ipv4,
            SocketAddr::V6(_) => Self::Ipv6,
        }
    }
}

/// How far an address reaches (RFC 6890, the IANA special-purpose registries).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All addresses of this machine (0.0.0.0, `::`): only to bind.
    Any,
    /// This machine itself (127.0.0.0/8, `::1`).
    Loopback,
    /// This network segment only (169.254.0.0/16, `fe80::/10`).
    LinkLocal,
    /// A private network, behind a router (RFC 1918, RFC 4193, and RFC 6598).
    Private,
    /// A group of receivers (224.0.0.0/4, `ff00::/8`).
    Multicast,
    /// Everybody on this network segment (255.255.255.255).
    Broadcast,
    /// For examples in texts (RFC 5737, RFC 3849): nobody has it.
    Documentation,
    /// Reserved (240.0.0.0/4 and others).
    Reserved,
    /// The Internet.
    Public,
}

impl Scope {
    /// The scope in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Reserved => "reserved",
            Self::Public => "public",
        }
    }
}

/// An IP address and a port: where to, and who for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(SocketAddr);

impl Endpoint {
    /// The endpoint of this address and port.
    #[must_use]
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self(SocketAddr::new(ip, port))
    }

    /// No address at all (0.0.0.0, `::`) and port 0.
    #[must_use]
    pub const fn unspecified(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            Family::Ipv6 => Self::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
        }
    }

    /// The address without the port.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.0.ip()
    }

    /// The address as text, with the zone of a link-local IPv6 address (`fe80::1%2`).
    #[must_use]
    pub fn ip_text(&self) -> String {
        match self.0 {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
            other => other.ip().to_string(),
        }
    }

    /// The port, 0 to 65535.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.0.port()
    }

    /// IPv4 or IPv6.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(&self.0)
    }

    /// How far the address reaches.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.0.ip() {
            IpAddr::V4(ip) => scope_v4(ip),
            IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| scope_v6(ip), scope_v4),
        }
    }

    /// For the system calls.
    #[must_use]
    pub const fn socket_addr(&self) -> SocketAddr {
        self.0
    }

    /// Of an IP address in digits, with an optional zone. A name is not looked up here.
    #[must_use]
    pub fn from_digits(host: &str, port: u16) -> Option<Self> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Some(Self::new(ip, port));
        }
        let (ip, zone) = host.split_once('%')?;
        let (ip, zone) = (ip.parse::<Ipv6Addr>().ok()?, zone.parse().ok()?);
        Some(Self(SocketAddrV6::new(ip, port, 0, zone).into()))
    }
}

fn scope_v4(ip: Ipv4Addr) -> Scope {
    let octets = ip.octets();
    match octets {
        _ if ip.is_unspecified() => Scope::Any,
        _ if ip.is_broadcast() => Scope::Broadcast,
        _ if ip.is_loopback() => Scope::Loopback,
        _ if ip.is_link_local() => Scope::LinkLocal,
        _ if ip.is_private() => Scope::Private,
        [100, second, ..] if second & 0xc0 == 64 => Scope::Private,
        _ if ip.is_multicast() => Scope::Multicast,
        _ if ip.is_documentation() => Scope::Documentation,
        [0 | 240..=255, ..] => Scope::Reserved,
        _ => Scope::Public,
    }
}

fn scope_v6(ip: Ipv6Addr) -> Scope {
    match ip.segments() {
        _ if ip.is_unspecified() => Scope::Any,
        _ if ip.is_loopback() => Scope::Loopback,
        _ if ip.is_multicast() => Scope::Multicast,
        _ if ip.is_unicast_link_local() => Scope::LinkLocal,
        _ if ip.is_unique_local() => Scope::Private,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Scope::Documentation,
        [0x2000..=0x3fff, ..] => Scope::Public,
        _ => Scope::Reserved,
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl From<SocketAddrV4> for Endpoint {
    fn from(address: SocketAddrV4) -> Self {
        Self(address.into())
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    /// "127.0.0.1:80" or "[::1]:80".
    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|_| {
            Error::new(
                Code::BadArgument,
                "endpoint",
                format!("{text:?} is not an address and a port"),
                "the form 127.0.0.1:80 or [::1]:80",
            )
        })
    }
}

/// Refuses what can be no host, before anything is looked up.
///
/// # Errors
/// `BadHost` for a URL, an empty name, one with a NUL, a space or a port in it, or one longer than DNS allows (RFC 1035: 253).
pub fn check_host(host: &str, step: &'static str) -> Result<()> {
    let bad = |cause: String, remedy: String| {
        Err(Error::new(Code::BadHost, step, cause, remedy).at(Some(shortened(host))))
    };
    if let Some((scheme, rest)) = host.split_once("://") {
        let name = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let (name, port) = name
            .rsplit_once(':')
            .map_or((name, scheme), |(name, port)| (name, port));
        return bad(
            "a URL is not a host name".into(),
            format!("the host {name:?} and the port or service {port:?} of it"),
        );
    }
    if host.is_empty() {
        return bad(
            "the host is empty".into(),
            "\"127.0.0.1\" for this machine (only bind knows more: \"0.0.0.0\" is all its addresses)".into(),
        );
    }
    if host.contains('\0') {
        return bad(
            "a host name holds no NUL byte".into(),
            "the name up to it".into(),
        );
    }
    if host.len() > 253 {
        let cause = format!(
            "{} characters are more than a name may have, 253",
            host.len()
        );
        return bad(cause, "a shorter name".into());
    }
    if host.contains(char::is_whitespace) {
        return bad(
            "a host name holds no white space".into(),
            "the name without it".into(),
        );
    }
    if let Some(endpoint) = host.parse::<SocketAddr>().ok().map(Endpoint::from) {
        return bad(
            "the port stands in the host".into(),
            format!(
                "the host {:?} and the port {} apart",
                endpoint.ip_text(),
                endpoint.port()
            ),
        );
    }
    if let Some((name, path)) = host.split_once('/') {
        return bad(
            format!("a host name holds no path (/{path})"),
            format!("the host {name:?}"),
        );
    }
    Ok(())
}

fn shortened(host: &str) -> String {
    if host.chars().count() <= 60 {
        host.escape_debug().to_string()
    } else {
        format!(
            "{}…",
            host.chars().take(60).collect::<String>().escape_debug()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_what_the_lectures_name() {
        for (ip, scope) in [
            ("127.0.0.1", Scope::Loopback),
            ("::1", Scope::Loopback),
            ("192.168.1.7", Scope::Private),
            ("172.31.0.1", Scope::Private),
            ("172.32.0.1", Scope::Public),
            ("100.64.0.1", Scope::Private),
            ("100.128.0.1", Scope::Public),
            ("169.254.1.1", Scope::LinkLocal),
            ("fe80::1", Scope::LinkLocal),
            ("fd00::1", Scope::Private),
            ("224.0.0.1", Scope::Multicast),
            ("ff02::1", Scope::Multicast),
            ("255.255.255.255", Scope::Broadcast),
            ("0.0.0.0", Scope::Any),
            ("::", Scope::Any),
            ("203.0.113.9", Scope::Documentation),
            ("2001:db8::1", Scope::Documentation),
            ("240.0.0.1", Scope::Reserved),
            ("8.8.8.8", Scope::Public),
            ("2606:4700::1", Scope::Public),
            ("::ffff:10.0.0.1", Scope::Private),
        ] {
            let endpoint = Endpoint::from_digits(ip, 0).map(|endpoint| endpoint.scope());
            assert_eq!(endpoint, Some(scope), "{ip}");
        }
    }

    #[test]
    fn a_zone_survives_the_way_there_and_back() {
        let endpoint = Endpoint::from_digits("fe80::1%7", 80);
        assert_eq!(endpoint.map(|e| e.ip_text()).as_deref(), Some("fe80::1%7"));
        assert_eq!(
            endpoint.map(|e| e.to_string()).as_deref(),
            Some("[fe80::1%7]:80")
        );
    }

    #[test]
    fn a_url_is_not_a_host() {
        let error = check_host("http://example.org/index.html", "connect").unwrap_err();
        assert_eq!(error.code(), Code::BadHost);
        assert!(error.to_string().contains("\"example.org\""), "{error}");
        assert!(
            check_host("http://example.org:81/", "connect")
                .unwrap_err()
                .to_string()
                .contains("\"81\"")
        );
        for host in ["", "a\0b", "a b", "127.0.0.1:80", "a/b", &"a".repeat(300)] {
            assert!(check_host(host, "connect").is_err(), "{host:?}");
        }
        assert!(check_host("localhost", "connect").is_ok());
    }
}
