//! getsockopt(2) of an option that is a row of bytes, and ioctl(2) of a count: what socket2 and rustix have no safe call for.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsRawFd;

use socket2::Socket;

/// Reads an option into `room`, and tells how many bytes of it the kernel filled.
pub(super) fn option(socket: &Socket, level: i32, name: i32, room: &mut [u8]) -> io::Result<usize> {
    let mut length = libc::socklen_t::try_from(room.len()).unwrap_or(libc::socklen_t::MAX);
    // SAFETY: the kernel writes at most `length` bytes at the start of `room`, which is exclusively ours and has at least as
    // many, initialised before; any bytes are valid ones. Then it sets `length` to how many it wrote. The descriptor is open,
    // because `socket` is borrowed.
    let told = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            room.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if told != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(room.len()))
}

/// Asks for a count of bytes.
pub(super) fn count(socket: &Socket, request: libc::Ioctl) -> io::Result<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: the requests of this room (FIONREAD, SIOCOUTQ, SIOCOUTQNSD) write one int, to the address that they are given;
    // it is that of a local int. The descriptor is open, because `socket` is borrowed.
    let told = unsafe { libc::ioctl(socket.as_raw_fd(), request, &raw mut count) };
    if told != 0 {
        return Err(io::Error::last_os_error());
    }
    u64::try_from(count).map_err(|_| io::ErrorKind::InvalidData.into())
}
