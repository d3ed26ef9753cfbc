//! What Linux tells in /proc (proc(5)): who holds a port, and which addresses are the machine's own.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::Holder;
use super::super::kernel::STATES;

/// Who holds this port, from /proc/net and /proc/PID/fd (proc(5)).
#[must_use]
pub fn holders(port: u16, tcp: bool) -> Vec<Holder> {
    let mut found = Vec::new();
    for table in if tcp {
        ["tcp", "tcp6"]
    } else {
        ["udp", "udp6"]
    } {
        let Ok(file) = File::open(format!("/proc/net/{table}")) else {
            continue;
        };
        let lines = BufReader::new(file).lines().map_while(io::Result::ok);
        for found_one in lines.skip(1).filter_map(|line| holder(&line, port, tcp)) {
            // The listeners stand first. A busy server has tens of thousands of lines after them, which tell no more.
            let enough = found_one.0.state == "LISTEN";
            found.push(found_one);
            if enough {
                break;
            }
        }
    }
    let owners = owners(&found.iter().map(|(_, inode)| *inode).collect::<Vec<_>>());
    let named = |(mut holder, inode): (Holder, u64)| {
        holder.process = owners
            .iter()
            .find(|(own, _)| *own == inode)
            .map(|(_, who)| who.clone());
        holder
    };
    found.into_iter().map(named).collect()
}

/// One line of /proc/net/tcp: `sl local remote state queues timer:when retransmits uid timeout inode`.
fn holder(line: &str, port: u16, tcp: bool) -> Option<(Holder, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let local = socket_address(fields.get(1)?)?;
    if local.port() != port {
        return None;
    }
    let state = usize::from_str_radix(fields.get(3)?, 16).ok()?;
    let state = if tcp {
        STATES.get(state).copied()?
    } else {
        "UDP"
    };
    let (_, when) = fields.get(5)?.split_once(':')?;
    // In clock ticks of user space, of which Linux has 100 a second everywhere.
    let ticks = u32::from_str_radix(when, 16).ok()?;
    let seconds_left = (state == "TIME_WAIT").then(|| f64::from(ticks) / 100.0);
    let inode = fields.get(9)?.parse().ok()?;
    Some((
        Holder {
            local,
            state,
            process: None,
            seconds_left,
        },
        inode,
    ))
}

/// `0100007F:1A0A`: the address as 32-bit words in the machine's byte order, and the port.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words: Vec<[u8; 4]> = (0..address.len() / 8)
        .map(|i| u32::from_str_radix(address.get(i * 8..i * 8 + 8)?, 16).ok())
        .map(|word| word.map(u32::to_ne_bytes))
        .collect::<Option<_>>()?;
    let ip: IpAddr = match words.as_slice() {
        [v4] => Ipv4Addr::from(*v4).into(),
        [_, _, _, _] => Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

/// The processes that have a descriptor of these sockets: as many as this user may see.
fn owners(inodes: &[u64]) -> Vec<(u64, (u32, String))> {
    let mut owners = Vec::new();
    if inodes.iter().all(|inode| *inode == 0) {
        return owners;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return owners;
    };
    for process in processes.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            let Ok(target) = std::fs::read_link(descriptor.path()) else {
                continue;
            };
            let inode = target
                .to_str()
                .and_then(|name| name.strip_prefix("socket:["))
                .and_then(|name| name.strip_suffix(']'))
                .and_then(|inode| inode.parse::<u64>().ok());
            if let Some(inode) = inode.filter(|inode| inodes.contains(inode)) {
                let name = std::fs::read_to_string(process.path().join("comm"));
                // The name is the program's own choice: no control characters into a terminal.
                let name = name.unwrap_or_default().trim().escape_debug().to_string();
                owners.push((inode, (pid, name)));
            }
        }
    }
    owners
}

/// The addresses that the kernel counts as its own: /proc/net/fib_trie and /proc/net/if_inet6.
#[must_use]
pub fn local_addresses() -> Option<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    let trie = std::fs::read_to_string("/proc/net/fib_trie").ok()?;
    let mut leaf = None;
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL") {
            addresses.extend(leaf.map(IpAddr::from));
        }
    }
    for line in std::fs::read_to_string("/proc/net/if_inet6")
        .unwrap_or_default()
        .lines()
    {
        let address = line
            .get(..32)
            .and_then(|digits| u128::from_str_radix(digits, 16).ok());
        addresses.extend(address.map(|bits| IpAddr::from(Ipv6Addr::from(bits))));
    }
    Some(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_proc_net_tcp() {
        let line = "   0: 0100007F:1A0A 00000000:0000 06 00000000:00000000 03:00000400 00000000  0  0 77 1";
        let (holder, inode) = holder(line, 6666, true).expect("a holder");
        assert_eq!((holder.state, inode), ("TIME_WAIT", 77));
        assert_eq!(holder.local, "127.0.0.1:6666".parse().expect("an address"));
        assert_eq!(holder.seconds_left, Some(10.24));
        assert_eq!(super::holder(line, 6667, true), None);
        for broken in [
            "",
            "0:",
            "0: zz:1A0A",
            "0: 0100007F:1A0A 0:0 0A",
            "0: 0100007F:1A0A 0:0 ff 0:0 0:0",
        ] {
            assert_eq!(super::holder(broken, 6666, true), None, "{broken}");
        }
    }

    #[test]
    fn names_the_process_that_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let holders = holders(port, true);
        assert_eq!(holders.len(), 1);
        assert_eq!(holders[0].state, "LISTEN");
        assert_eq!(
            holders[0].process.as_ref().map(|(pid, _)| *pid),
            Some(std::process::id())
        );
    }

    #[test]
    fn loopback_is_an_address_of_this_machine() {
        let addresses = local_addresses().expect("addresses");
        assert!(
            addresses.contains(&IpAddr::from(Ipv4Addr::LOCALHOST)),
            "{addresses:?}"
        );
    }
}
