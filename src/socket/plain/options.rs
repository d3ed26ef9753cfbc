//! getsockopt and setsockopt, whatever the option.

use super::PlainSocket;
use crate::error::Result;
use crate::sys::plain;
use std::sync::atomic::Ordering;

/// `SOL_SOCKET` and `SO_LINGER`: from then on a close may wait.
const LINGER: (i32, i32) = (1, 13);
/// `SOL_SOCKET` and `SO_ERROR`: how a connect that nobody waited for has ended.
const ERROR: (i32, i32) = (1, 4);

impl PlainSocket {
    /// Reads an option into `room`: how many bytes of it the kernel filled. getsockopt(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn option(&self, level: i32, name: i32, room: &mut [u8]) -> Result<usize> {
        let handle = self.held("getsockopt")?;
        let size = plain::option(&handle, level, name, room)
            .map_err(|error| self.refused(&error, "getsockopt"))?;
        if (level, name) == ERROR && self.connecting.is_under_way() {
            let told = room
                .first_chunk()
                .map_or(0, |told| i32::from_ne_bytes(*told));
            self.connecting_looked_at(&handle);
            self.connecting_told(told);
        }
        Ok(size)
    }

    /// Sets an option to these bytes. setsockopt(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<()> {
        let handle = self.held("setsockopt")?;
        plain::set_option(&handle, level, name, value)
            .map_err(|error| self.refused(&error, "setsockopt"))?;
        if (level, name) == LINGER {
            self.lingers.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sets an option to nothing, of a size. setsockopt(2) with a null pointer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_option_empty(&self, level: i32, name: i32, size: u32) -> Result<()> {
        let handle = self.held("setsockopt")?;
        plain::set_option_empty(&handle, level, name, size)
            .map_err(|error| self.refused(&error, "setsockopt"))
    }
}
