//! The well-known ports, and the names of their services.
//!
//! A machine's own list (`/etc/services`) is asked first where a name is looked up; this table answers where a small machine has none.

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A stream of bytes (RFC 9293).
    Tcp,
    /// Single datagrams (RFC 768).
    Udp,
}

impl Transport {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];

    /// "tcp" or "udp".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A service and its port, as IANA registers them (RFC 6335).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name, as getaddrinfo takes it.
    pub name: &'static str,
    /// The port.
    pub port: u16,
    /// It is used over TCP.
    pub tcp: bool,
    /// It is used over UDP.
    pub udp: bool,
    /// What it is for.
    pub purpose: &'static str,
}

const fn service(
    name: &'static str,
    port: u16,
    over: &'static [u8],
    purpose: &'static str,
) -> Service {
    let (mut tcp, mut udp, mut i) = (false, false, 0);
    while i < over.len() {
        tcp |= over[i] == b't';
        udp |= over[i] == b'u';
        i += 1;
    }
    Service {
        name,
        port,
        tcp,
        udp,
        purpose,
    }
}

/// The ports that lessons and everyday work meet, by number.
pub const SERVICES: &[Service] = &[
    service("echo", 7, b"tu", "sends back what it gets (RFC 862)"),
    service(
        "discard",
        9,
        b"tu",
        "takes everything, says nothing (RFC 863)",
    ),
    service("daytime", 13, b"tu", "the time as text (RFC 867)"),
    service("chargen", 19, b"tu", "characters without end (RFC 864)"),
    service("ftp-data", 20, b"t", "File Transfer Protocol, the files"),
    service("ftp", 21, b"t", "File Transfer Protocol, the commands"),
    service("ssh", 22, b"t", "Secure Shell"),
    service("telnet", 23, b"t", "a terminal over the network, in clear"),
    service("smtp", 25, b"t", "Simple Mail Transfer Protocol"),
    service("time", 37, b"tu", "the time as a number (RFC 868)"),
    service("whois", 43, b"t", "who holds a name or an address"),
    service("domain", 53, b"tu", "names to addresses: DNS"),
    service("bootps", 67, b"u", "DHCP, the server's side"),
    service("bootpc", 68, b"u", "DHCP, the client's side"),
    service("tftp", 69, b"u", "Trivial File Transfer Protocol"),
    service("gopher", 70, b"t", "menus of documents, before the web"),
    service("http", 80, b"t", "HyperText Transfer Protocol"),
    service("pop3", 110, b"t", "fetch mail: Post Office Protocol"),
    service("ntp", 123, b"u", "Network Time Protocol"),
    service("imap2", 143, b"t", "read mail where it lies: IMAP"),
    service("snmp", 161, b"u", "Simple Network Management Protocol"),
    service("ldap", 389, b"t", "directories"),
    service("https", 443, b"tu", "HTTP over TLS (over UDP: HTTP/3)"),
    service("syslog", 514, b"u", "log lines"),
    service("submission", 587, b"t", "hand mail in"),
    service("imaps", 993, b"t", "IMAP over TLS"),
    service("pop3s", 995, b"t", "POP3 over TLS"),
    service("mysql", 3306, b"t", "MySQL and MariaDB"),
    service("ms-wbt-server", 3389, b"tu", "Remote Desktop"),
    service("mdns", 5353, b"u", "names in the local network"),
    service("postgresql", 5432, b"t", "PostgreSQL"),
    service("redis", 6379, b"t", "Redis"),
    service("http-alt", 8080, b"t", "HTTP, the usual second choice"),
];

/// The service of that name over that transport.
#[must_use]
pub fn by_name(name: &str, transport: Transport) -> Option<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.name == name && service.over(transport))
}

/// The service of that port over that transport (`None`: over either).
#[must_use]
pub fn by_port(port: u16, transport: Option<Transport>) -> Option<&'static Service> {
    SERVICES.iter().find(|service| {
        service.port == port && transport.is_none_or(|transport| service.over(transport))
    })
}

impl Service {
    /// Whether it is used over this transport.
    #[must_use]
    pub const fn over(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.tcp,
            Transport::Udp => self.udp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_without_twins() {
        assert!(SERVICES.windows(2).all(|pair| pair[0].port < pair[1].port));
        assert!(SERVICES.iter().all(|service| service.tcp || service.udp));
    }

    #[test]
    fn finds_both_ways() {
        assert_eq!(by_name("http", Transport::Tcp).map(|s| s.port), Some(80));
        assert_eq!(by_name("http", Transport::Udp), None);
        assert_eq!(by_port(53, None).map(|s| s.name), Some("domain"));
    }
}
