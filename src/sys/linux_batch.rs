//! Linux: sendmmsg(2), recvmmsg(2), `UDP_SEGMENT`, `UDP_GRO`.
//!
//! By libc, since nobody else has all of it: socket2 and rustix have no recvmmsg, rustix's sendmmsg takes no `UDP_SEGMENT`, and
//! quinn-udp wants the segments copied together, has no sendmmsg, and drops datagrams that were cut.
#![allow(unsafe_code)]

use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_int, c_void, cmsghdr, iovec, mmsghdr, msghdr, socklen_t};
use socket2::{SockAddr, SockAddrStorage, Socket};

use super::{Pack, ROOM, Slot};

/// The name of the call that sends.
pub const SEND_CALL: &str = "sendmmsg";
/// The name of the call that receives.
pub const RECEIVE_CALL: &str = "recvmmsg";
/// The most datagrams that the kernel cuts one pack into: `UDP_MAX_SEGMENTS` of linux/udp.h (128 from Linux 6.9 on).
pub const SEGMENTS: usize = 64;

/// Room for a control message with one `int`, aligned as the kernel wants it, and to spare for those of other options.
#[repr(C)]
union Control {
    header: cmsghdr,
    bytes: [u8; 64],
}

/// Sends the packs in their order: how many of them the kernel took. sendmmsg(2), with `UDP_SEGMENT` where a pack has one.
///
/// # Errors
/// That of the first pack. One of a later pack ends the call after those before it; where it was an ICMP answer, it is not told again.
pub fn send(socket: &Socket, packs: &[Pack<'_>]) -> io::Result<usize> {
    let mut controls: Vec<Control> = Vec::with_capacity(packs.len());
    for pack in packs {
        controls.push(segment_control(pack.segment.unwrap_or(0)));
    }
    let mut messages: Vec<mmsghdr> = Vec::with_capacity(packs.len());
    for (pack, control) in packs.iter().zip(&mut controls) {
        let mut header = no_message();
        if let Some(to) = pack.to {
            header.msg_name = to.as_ptr().cast_mut().cast();
            header.msg_namelen = to.len();
        }
        // An IoSlice has the layout of an iovec (std::io::IoSlice).
        header.msg_iov = pack.parts.as_ptr().cast_mut().cast::<iovec>();
        header.msg_iovlen = pack.parts.len() as _;
        if pack.segment.is_some() {
            header.msg_control = ptr::from_mut(control).cast::<c_void>();
            header.msg_controllen = space(size_of::<u16>()) as _;
        }
        messages.push(mmsghdr {
            msg_hdr: header,
            msg_len: 0,
        });
    }
    // SAFETY: each header points to an address, to slices and to a control message that `packs` and `controls` keep alive over
    // the call, with their true lengths; the kernel only reads them, and writes `msg_len` of `messages`. The descriptor is open,
    // because `socket` is borrowed.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            count(messages.len()),
            super::super::SEND as _,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Receives into the slots what is there, without waiting: how many of them were filled. recvmmsg(2).
///
/// # Errors
/// What the kernel says; `EAGAIN` when nothing is there. An error after the first is told by the next call (recvmmsg(2)).
pub fn receive(socket: &Socket, slots: &mut [Slot]) -> io::Result<usize> {
    let most = slots.len();
    let mut rooms: Vec<iovec> = Vec::with_capacity(most);
    for slot in &mut *slots {
        slot.bytes.clear();
        slot.bytes.try_reserve(ROOM)?;
        rooms.push(iovec {
            iov_base: slot.bytes.as_mut_ptr().cast::<c_void>(),
            iov_len: ROOM,
        });
    }
    let mut senders: Vec<SockAddrStorage> = Vec::with_capacity(most);
    let mut controls: Vec<MaybeUninit<Control>> = Vec::with_capacity(most);
    let mut messages: Vec<mmsghdr> = Vec::with_capacity(most);
    for room in &mut rooms {
        senders.push(SockAddrStorage::zeroed());
        controls.push(MaybeUninit::uninit());
        let mut header = no_message();
        header.msg_iov = room;
        header.msg_iovlen = 1;
        messages.push(mmsghdr {
            msg_hdr: header,
            msg_len: 0,
        });
    }
    // The vectors do not move any more.
    for ((message, sender), control) in messages.iter_mut().zip(&mut senders).zip(&mut controls) {
        let header = &mut message.msg_hdr;
        header.msg_name = ptr::from_mut(sender).cast::<c_void>();
        header.msg_namelen = sender.size_of();
        header.msg_control = control.as_mut_ptr().cast::<c_void>();
        header.msg_controllen = size_of::<Control>() as _;
    }
    // SAFETY: each header points to one room of ROOM bytes, one address and one control buffer, exclusively ours until the call
    // ends, with their true lengths; the kernel writes no further. The descriptor is open, because `socket` is borrowed. A null
    // timeout is allowed: the flags say not to wait.
    let filled = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            count(most),
            (super::super::RECEIVE | super::super::TRUE_LENGTH) as _,
            ptr::null_mut(),
        )
    };
    let filled = usize::try_from(filled).map_err(|_| io::Error::last_os_error())?;
    for ((slot, message), sender) in slots.iter_mut().zip(&messages).zip(senders).take(filled) {
        slot.length = message.msg_len as usize;
        // SAFETY: the kernel wrote that many bytes at the start of the slot's memory, of which at least ROOM are ours.
        unsafe { slot.bytes.set_len(slot.length.min(ROOM)) };
        // SAFETY: its control messages were written by the call that has just succeeded, into memory that is still there.
        slot.piece = unsafe { coalesced(&message.msg_hdr) };
        let length = message.msg_hdr.msg_namelen;
        slot.sender = if length == 0 {
            None
        } else {
            // SAFETY: the kernel wrote an address there, and its length.
            unsafe { SockAddr::new(sender, length) }.as_socket()
        };
    }
    Ok(filled)
}

/// Lets the kernel hand over several datagrams of one size and sender together, or no more. setsockopt(2), `UDP_GRO`.
///
/// # Errors
/// What the kernel says: before Linux 5.0 it does not know the option.
pub fn coalesce(socket: &Socket, on: bool) -> io::Result<()> {
    let value = c_int::from(on);
    // SAFETY: the kernel reads one int, which lives over the call. The descriptor is open, because `socket` is borrowed.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_GRO,
            (&raw const value).cast::<c_void>(),
            size::<c_int>(),
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Whether the kernel does not cut such packs: it does not know how, the device on the way cannot count their checksums, a
/// segment is larger than a packet of the path, or the socket has its checksums off. Single datagrams may pass all the same.
#[must_use]
pub fn segments_refused(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EIO
                | libc::EINVAL
                | libc::EMSGSIZE
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::ENOSYS
        )
    )
}

/// The size of the datagrams that the kernel put together; `None` when it did not.
///
/// # Safety
/// The header and its control buffer are as a successful recvmsg left them.
unsafe fn coalesced(header: &msghdr) -> Option<usize> {
    // SAFETY: as above; the macros of cmsg(3) go no further than `msg_controllen`.
    let mut control = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !control.is_null() {
        // SAFETY: not null, so it is a whole header inside the buffer.
        let told = unsafe { control.read_unaligned() };
        if (told.cmsg_level, told.cmsg_type) == (libc::SOL_UDP, libc::UDP_GRO) {
            // SAFETY: the kernel writes an int there (udp_cmsg_recv).
            let size = unsafe { libc::CMSG_DATA(control).cast::<c_int>().read_unaligned() };
            return usize::try_from(size).ok().filter(|size| *size > 0);
        }
        // SAFETY: as for the first.
        control = unsafe { libc::CMSG_NXTHDR(header, control) };
    }
    None
}

/// A control message that asks for datagrams of this size.
fn segment_control(size: u16) -> Control {
    let mut control = Control { bytes: [0; 64] };
    // SAFETY: a struct of integers, of which zero is a valid value; musl's has padding that cannot be named.
    let mut header: cmsghdr = unsafe { zeroed() };
    // SAFETY: arithmetic on a length.
    header.cmsg_len = unsafe { libc::CMSG_LEN(length::<u16>()) } as _;
    header.cmsg_level = libc::SOL_UDP;
    header.cmsg_type = libc::UDP_SEGMENT;
    control.header = header;
    // SAFETY: any bytes are valid; the data of a control message follows its header, which is a multiple of its alignment long.
    let bytes = unsafe { &mut control.bytes };
    let at = size_of::<cmsghdr>();
    bytes[at..at + 2].copy_from_slice(&size.to_ne_bytes());
    control
}

fn no_message() -> msghdr {
    // SAFETY: a struct of integers and pointers, of which zero and null are valid values that mean "none".
    unsafe { zeroed() }
}

fn space(data: usize) -> usize {
    // SAFETY: arithmetic on a length.
    unsafe { libc::CMSG_SPACE(u32::try_from(data).unwrap_or(0)) as usize }
}

fn length<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(0)
}

fn size<T>() -> socklen_t {
    socklen_t::try_from(size_of::<T>()).unwrap_or(0)
}

fn count(count: usize) -> libc::c_uint {
    libc::c_uint::try_from(count).unwrap_or(libc::c_uint::MAX)
}
