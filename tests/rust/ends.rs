//! Both ends of connections, and ports that are dead or silent for as long as a test needs them so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netsteps::address::{Endpoint, Family};
use netsteps::error::Result;
use netsteps::ports::Transport;
use netsteps::socket::{OptionName, Socket, Value};
use netsteps::wait::Wait;
use socket2::{Domain, SockRef, Type};

/// Longer than any step of a test takes, unless something hangs.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// For a step that is not about time.
pub(crate) fn soon() -> Wait<'static> {
    Wait::at_most(LONG)
}

/// For a step that has to be possible at once.
pub(crate) fn now() -> Wait<'static> {
    Wait::at_most(Duration::ZERO)
}

pub(crate) fn milliseconds(count: u64) -> Wait<'static> {
    Wait::at_most(Duration::from_millis(count))
}

/// Those that this machine has: a container is sometimes without IPv6.
pub(crate) fn families() -> Vec<Family> {
    let mut families = vec![Family::Ipv4, Family::Ipv6];
    families.retain(|family| UdpSocket::bind(loopback(*family).socket_addr()).is_ok());
    families
}

/// A free port of this machine itself.
pub(crate) fn loopback(family: Family) -> Endpoint {
    let ip: IpAddr = match family {
        Family::Ipv4 => Ipv4Addr::LOCALHOST.into(),
        Family::Ipv6 => Ipv6Addr::LOCALHOST.into(),
    };
    Endpoint::new(ip, 0)
}

pub(crate) fn tcp(family: Family) -> Socket {
    Socket::new(Transport::Tcp, family).expect("a socket")
}

pub(crate) fn udp(family: Family) -> Socket {
    Socket::new(Transport::Udp, family).expect("a socket")
}

/// A listener of the standard library.
pub(crate) fn listener(family: Family) -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind(loopback(family).socket_addr()).expect("a listener");
    let endpoint = listener.local_addr().expect("its address").into();
    (listener, endpoint)
}

/// A listener of the core.
pub(crate) fn listening(family: Family) -> (Socket, Endpoint) {
    let socket = tcp(family);
    socket.bind(loopback(family)).expect("an address");
    socket.listen(128, false).expect("a listener");
    let endpoint = socket.local().expect("its address");
    (socket, endpoint)
}

/// A client of the core, and the connection that the standard library accepted.
pub(crate) fn pair() -> (Socket, TcpStream) {
    pair_of(Family::Ipv4)
}

pub(crate) fn pair_of(family: Family) -> (Socket, TcpStream) {
    let (listener, endpoint) = listener(family);
    let socket = tcp(family);
    socket.connect(endpoint, &soon()).expect("a connection");
    let (stream, _) = listener.accept().expect("the other end");
    stream.set_read_timeout(Some(LONG)).expect("a time limit");
    stream.set_write_timeout(Some(LONG)).expect("a time limit");
    stream.set_nodelay(true).expect("no delay");
    (socket, stream)
}

/// Two connected sockets of the core: the client's and the server's.
pub(crate) fn own_pair() -> (Socket, Socket) {
    let (listener, endpoint) = listening(Family::Ipv4);
    let client = tcp(Family::Ipv4);
    client.connect(endpoint, &soon()).expect("a connection");
    let server = listener.accept(&soon()).expect("the other end");
    (client, server)
}

/// A UDP socket of the core with an address.
pub(crate) fn bound_udp(family: Family) -> (Socket, Endpoint) {
    let socket = udp(family);
    socket.bind(loopback(family)).expect("an address");
    let endpoint = socket.local().expect("its address");
    (socket, endpoint)
}

/// A UDP socket of the standard library with an address.
pub(crate) fn std_udp(family: Family) -> (UdpSocket, Endpoint) {
    let socket = UdpSocket::bind(loopback(family).socket_addr()).expect("a socket");
    socket.set_read_timeout(Some(LONG)).expect("a time limit");
    let endpoint = socket.local_addr().expect("its address").into();
    (socket, endpoint)
}

/// At most so many bytes that come in one call.
pub(crate) fn read(socket: &Socket, size: usize) -> Result<Vec<u8>> {
    read_in(socket, size, &soon())
}

pub(crate) fn read_in(socket: &Socket, size: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
    let mut buffer = vec![0; size];
    let size = socket.read_into(&mut buffer, wait)?;
    buffer.truncate(size);
    Ok(buffer)
}

/// Cuts the connection: close(2) with `SO_LINGER` 0 sends a reset.
pub(crate) fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .expect("an option");
    drop(stream);
}

/// A client whose peer takes nothing any more, since nobody reads there.
///
/// The buffers are small and of a fixed size: those that the kernel grows by itself still take something after a while,
/// when it has asked the peer for room (the persist timer, RFC 9293, 3.8.6.1) and the peer has packed what it holds.
pub(crate) fn full_pair() -> (Socket, TcpStream) {
    const SMALL: usize = 4096;
    let listener = raw(Family::Ipv4, Type::STREAM);
    listener.set_recv_buffer_size(SMALL).expect("an option");
    let here = loopback(Family::Ipv4).socket_addr();
    listener.bind(&here.into()).expect("an address");
    listener.listen(1).expect("a listener");
    let socket = tcp(Family::Ipv4);
    socket
        .set_option(OptionName::SendBuffer, Value::Number(4096))
        .expect("an option");
    socket
        .connect(address_of(&listener), &soon())
        .expect("a connection");
    let stream: TcpStream = listener.accept().expect("the other end").0.into();
    stream.set_read_timeout(Some(LONG)).expect("a time limit");
    // Longer than the peer may put off an acknowledgement.
    for size in [SMALL, 1] {
        while socket.send(&vec![b'x'; size], &milliseconds(150)).is_ok() {}
    }
    (socket, stream)
}

/// A port that refuses every client for as long as this lives: it is taken, and does not listen.
pub(crate) struct Dead {
    pub(crate) endpoint: Endpoint,
    _holder: socket2::Socket,
}

pub(crate) fn dead_port(family: Family) -> Dead {
    let holder = raw(family, Type::STREAM);
    holder
        .bind(&loopback(family).socket_addr().into())
        .expect("an address");
    Dead {
        endpoint: address_of(&holder),
        _holder: holder,
    }
}

/// The same for UDP: its holder takes nothing but from one peer that sends nothing.
pub(crate) fn dead_udp_port(family: Family) -> Dead {
    let holder = raw(family, Type::DGRAM);
    holder
        .bind(&loopback(family).socket_addr().into())
        .expect("an address");
    let nobody = Endpoint::new(loopback(family).ip(), 1);
    holder
        .connect(&nobody.socket_addr().into())
        .expect("a peer");
    Dead {
        endpoint: address_of(&holder),
        _holder: holder,
    }
}

/// A listener that answers no new client: its queue is full, and nobody accepts.
pub(crate) struct Silent {
    pub(crate) endpoint: Endpoint,
    _listener: socket2::Socket,
    _queued: Vec<socket2::Socket>,
}

pub(crate) fn silent_listener(at: Endpoint) -> Silent {
    let family = at.family();
    let listener = raw(family, Type::STREAM);
    listener.bind(&at.socket_addr().into()).expect("an address");
    listener.listen(0).expect("a listener");
    let endpoint = address_of(&listener);
    let mut queued = Vec::new();
    loop {
        let client = raw(family, Type::STREAM);
        let time = Duration::from_millis(100);
        let full = client
            .connect_timeout(&endpoint.socket_addr().into(), time)
            .is_err();
        if full {
            return Silent {
                endpoint,
                _listener: listener,
                _queued: queued,
            };
        }
        queued.push(client);
    }
}

fn raw(family: Family, kind: Type) -> socket2::Socket {
    let domain = match family {
        Family::Ipv4 => Domain::IPV4,
        Family::Ipv6 => Domain::IPV6,
    };
    socket2::Socket::new(domain, kind, None).expect("a socket")
}

fn address_of(socket: &socket2::Socket) -> Endpoint {
    let address: Option<SocketAddr> = socket.local_addr().expect("its address").as_socket();
    address.expect("an address of IP").into()
}
