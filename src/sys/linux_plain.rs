//! Linux: getsockopt(2), setsockopt(2), close(2) and socket addresses as rows of bytes, which socket2 and rustix hide for good reasons;
//! the standard library's interface has them all.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd};
use std::ptr;

use libc::socklen_t;
use socket2::{SockAddr, SockAddrStorage, Socket};

use crate::sys::raw_options as raw;

/// recv(2): wait until the whole buffer is full.
pub const ALL_OF_IT: i32 = libc::MSG_WAITALL;
/// recv(2), send(2): do not wait in this call.
pub const DO_NOT_WAIT: i32 = libc::MSG_DONTWAIT;

/// Reads an option into `room`, and tells how many bytes of it the kernel filled. getsockopt(2).
///
/// # Errors
/// What the kernel says.
pub fn option(socket: &Socket, level: i32, name: i32, room: &mut [u8]) -> io::Result<usize> {
    raw::option(socket, level, name, room)
}

/// Sets an option to these bytes. setsockopt(2).
///
/// # Errors
/// What the kernel says.
pub fn set_option(socket: &Socket, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    set(socket, level, name, value.as_ptr(), length(value.len()))
}

/// Sets an option to no bytes, of which it is said that there are so many. setsockopt(2) with a null pointer.
///
/// # Errors
/// What the kernel says.
pub fn set_option_empty(socket: &Socket, level: i32, name: i32, size: u32) -> io::Result<()> {
    set(socket, level, name, ptr::null(), size)
}

fn set(socket: &Socket, level: i32, name: i32, value: *const u8, size: u32) -> io::Result<()> {
    // SAFETY: the kernel reads at most `size` bytes from `value`, which is a slice that lives over the call and has so many, or
    // null, which it takes for none or refuses (EFAULT). The descriptor is open, because `socket` is borrowed.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value.cast(), size) };
    told(done)
}

/// Takes charge of a descriptor, if it is a socket's. The caller of Python's own `fileno=` says that it is theirs to give.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`: then nothing was taken.
pub fn adopt(number: i32) -> io::Result<Socket> {
    let mut kind: libc::c_int = 0;
    let mut size = length(size_of::<libc::c_int>());
    // SAFETY: the kernel writes one int, to a local one, and its size; it checks the number itself.
    let done = unsafe {
        libc::getsockopt(
            number,
            libc::SOL_SOCKET,
            libc::SO_TYPE,
            (&raw mut kind).cast(),
            &raw mut size,
        )
    };
    told(done)?;
    // SAFETY: it is an open socket. That nobody else closes it is what `socket(fileno=)` asks of its caller (Python's documentation);
    // who breaks that gets EBADF from the kernel, as with every C program, and no memory is touched through it.
    Ok(unsafe { Socket::from_raw_fd(number) })
}

/// Gives a descriptor to somebody else, who has to close it: its number.
#[must_use]
pub fn hand_over(socket: Socket) -> i32 {
    socket.into_raw_fd()
}

/// Another descriptor of an open file. dup(2).
///
/// # Errors
/// `EBADF`, `EMFILE`.
pub fn file_of(number: i32) -> io::Result<File> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: it is borrowed for one call, which fails for a number that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    Ok(File::from(borrowed.try_clone_to_owned()?))
}

/// Closes a descriptor, and tells what the kernel says to it. close(2).
///
/// # Errors
/// `EBADF` when somebody else had closed it before.
pub fn close(socket: Socket) -> io::Result<()> {
    // SAFETY: the number was owned by `socket`, which is no more.
    told(unsafe { libc::close(socket.into_raw_fd()) })
}

/// Parts with a socket whose descriptor cannot be closed, because a value that nobody will ever drop owns it: the number stands for
/// /dev/null from then on. dup3(2).
pub fn let_go(socket: &Socket) {
    if let Ok(nothing) = File::open("/dev/null") {
        // SAFETY: both numbers are open, because both are borrowed; the second stays open and owned by `socket`, and what it stands
        // for is no memory. It fails only where nothing is lost but the closing.
        unsafe { libc::dup3(nothing.as_raw_fd(), socket.as_raw_fd(), libc::O_CLOEXEC) };
    }
}

/// Makes the descriptor blocking, or not, in one call. ioctl(2) with `FIONBIO`.
///
/// # Errors
/// `EBADF`.
pub fn set_blocking(socket: &Socket, on: bool) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(socket.as_fd(), !on)?)
}

/// Whether the descriptor is a non-blocking one: somebody may have made it so beside us. fcntl(2) with `F_GETFL`.
#[must_use]
pub fn is_nonblocking(socket: &Socket) -> bool {
    rustix::fs::fcntl_getfl(socket).is_ok_and(|flags| flags.contains(rustix::fs::OFlags::NONBLOCK))
}

/// The bytes of an address, its family first.
#[must_use]
pub fn raw_bytes(address: &SockAddr) -> &[u8] {
    let size = usize::try_from(address.len()).unwrap_or(0);
    let size = size.min(size_of::<SockAddrStorage>());
    // SAFETY: a SockAddr holds a whole sockaddr_storage, zeroed before anything was written to it; `size` is within.
    unsafe { std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), size) }
}

/// An address of these bytes, its family first; `None` when they are too many.
#[must_use]
pub fn raw_address(bytes: &[u8]) -> Option<SockAddr> {
    let mut storage = SockAddrStorage::zeroed();
    if bytes.len() > size_of::<SockAddrStorage>() {
        return None;
    }
    // SAFETY: the storage is larger than `bytes`, ours alone, and any bytes are a valid value of it.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut storage).cast::<u8>(), bytes.len());
    }
    // SAFETY: so many bytes of it were written; none at all means that there is no address.
    Some(unsafe { SockAddr::new(storage, length(bytes.len())) })
}

/// Receives into several places, with ancillary data: how many bytes, how many of `control`, the flags, the sender. recvmsg(2).
///
/// # Errors
/// What the kernel says.
pub fn receive_message(
    socket: &Socket,
    rooms: &mut [&mut [MaybeUninit<u8>]],
    control: &mut [MaybeUninit<u8>],
    flags: i32,
) -> io::Result<(usize, usize, i32, SockAddr)> {
    let mut places: Vec<libc::iovec> = rooms
        .iter_mut()
        .map(|room| libc::iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: room.len(),
        })
        .collect();
    let mut sender = SockAddrStorage::zeroed();
    // SAFETY: a struct of integers and pointers, of which zero and null are valid values that mean "none".
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = (&raw mut sender).cast();
    header.msg_namelen = sender.size_of();
    header.msg_iov = places.as_mut_ptr();
    header.msg_iovlen = places.len() as _;
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = control.len() as _;
    }
    // SAFETY: the header points to an address, to `rooms` and to `control`, exclusively ours until the call ends, with their true
    // lengths; the kernel writes no further. The descriptor is open, because `socket` is borrowed.
    let size = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
    let size = usize::try_from(size).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel wrote an address of that length there, or none.
    let sender = unsafe { SockAddr::new(sender, header.msg_namelen) };
    Ok((
        size,
        header.msg_controllen as usize,
        header.msg_flags,
        sender,
    ))
}

fn told(done: i32) -> io::Result<()> {
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn length(size: usize) -> socklen_t {
    socklen_t::try_from(size).unwrap_or(socklen_t::MAX)
}
