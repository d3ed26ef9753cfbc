//! Elsewhere than on Linux: not supported, and said so by the kernel's own word for it.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;

use socket2::{SockAddr, Socket};

/// recv(2): wait until the whole buffer is full.
pub const ALL_OF_IT: i32 = 0;
/// recv(2), send(2): do not wait in this call.
pub const DO_NOT_WAIT: i32 = 0;

fn unsupported<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Reads an option.
///
/// # Errors
/// Always.
pub fn option(_socket: &Socket, _level: i32, _name: i32, _room: &mut [u8]) -> io::Result<usize> {
    unsupported()
}

/// Sets an option to these bytes.
///
/// # Errors
/// Always.
pub fn set_option(_socket: &Socket, _level: i32, _name: i32, _value: &[u8]) -> io::Result<()> {
    unsupported()
}

/// Sets an option to no bytes.
///
/// # Errors
/// Always.
pub fn set_option_empty(_socket: &Socket, _level: i32, _name: i32, _size: u32) -> io::Result<()> {
    unsupported()
}

/// Takes charge of a descriptor.
///
/// # Errors
/// Always.
pub fn adopt(_number: i32) -> io::Result<Socket> {
    unsupported()
}

/// Gives a descriptor to somebody else: -1, and it stays open.
#[must_use]
pub fn hand_over(socket: Socket) -> i32 {
    std::mem::forget(socket);
    -1
}

/// Another descriptor of an open file.
///
/// # Errors
/// Always.
pub fn file_of(_number: i32) -> io::Result<File> {
    unsupported()
}

/// Closes a descriptor.
///
/// # Errors
/// Never.
pub fn close(socket: Socket) -> io::Result<()> {
    drop(socket);
    Ok(())
}

/// Parts with a socket whose descriptor cannot be closed: it stays open.
pub fn let_go(_socket: &Socket) {}

/// Makes the descriptor blocking, or not.
///
/// # Errors
/// What the system says.
pub fn set_blocking(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_nonblocking(!on)
}

/// Whether the descriptor is a non-blocking one: not told.
#[must_use]
pub fn is_nonblocking(_socket: &Socket) -> bool {
    false
}

/// Receives into several places, with ancillary data.
///
/// # Errors
/// Always.
pub fn receive_message(
    _socket: &Socket,
    _rooms: &mut [&mut [MaybeUninit<u8>]],
    _control: &mut [MaybeUninit<u8>],
    _flags: i32,
) -> io::Result<(usize, usize, i32, SockAddr)> {
    unsupported()
}

/// The bytes of an address: not told.
#[must_use]
pub fn raw_bytes(_address: &SockAddr) -> &[u8] {
    &[]
}

/// An address of these bytes: not known.
#[must_use]
pub fn raw_address(_bytes: &[u8]) -> Option<SockAddr> {
    None
}
