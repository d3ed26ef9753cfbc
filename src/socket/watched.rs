//! A socket of datagrams in an event loop: its descriptor, and the poll that tells when something came.

use std::io;
use std::ops::Deref;
use std::sync::Arc;

use mio::{Interest, Registry, Token};
use socket2::Socket as Handle;

use super::Socket;

/// The descriptor, held as long as this is. The loop does the calls itself, and records them.
#[derive(Debug)]
pub struct Watched {
    handle: Arc<Handle>,
    /// Where the poll takes no descriptor that is not its own.
    #[cfg(not(unix))]
    copy: Option<mio::net::UdpSocket>,
}

impl Socket {
    /// Has the poll tell when datagrams or errors come. In the manner of epoll's edges: once, until the kernel has said that there are
    /// no more.
    ///
    /// # Errors
    /// What the kernel says, and for a socket that is closed.
    pub fn watch_datagrams(&self, registry: &Registry, token: Token) -> io::Result<Watched> {
        let handle = self.handle.get().ok_or(io::ErrorKind::NotConnected)?;
        #[cfg(unix)]
        {
            use std::os::fd::AsRawFd;
            let number = handle.as_raw_fd();
            registry.register(&mut mio::unix::SourceFd(&number), token, Interest::READABLE)?;
            Ok(Watched { handle })
        }
        #[cfg(not(unix))]
        {
            let mut copy = mio::net::UdpSocket::from_std(handle.try_clone()?.into());
            registry.register(&mut copy, token, Interest::READABLE)?;
            let copy = Some(copy);
            Ok(Watched { handle, copy })
        }
    }
}

impl Watched {
    /// The descriptor, for a call during which this cannot be borrowed.
    #[must_use]
    pub fn held(&self) -> Arc<Handle> {
        Arc::clone(&self.handle)
    }

    /// Has the poll tell no more.
    pub fn unwatch(&mut self, registry: &Registry) {
        // It fails for a descriptor that the poll does not know: then there is nothing to do.
        #[cfg(unix)]
        {
            use std::os::fd::AsRawFd;
            let number = self.handle.as_raw_fd();
            let _ = registry.deregister(&mut mio::unix::SourceFd(&number));
        }
        #[cfg(not(unix))]
        if let Some(mut copy) = self.copy.take() {
            let _ = registry.deregister(&mut copy);
        }
    }
}

impl Deref for Watched {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}
