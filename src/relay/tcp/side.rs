//! One end of a pair: a connection, and what the poll has told of it.

use mio::event::Event;

use crate::socket::Stream;

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub(super) struct Side {
    pub(super) stream: Stream,
    /// The kernel may have bytes for us, or room.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer's end is there, behind what is still to be read: nothing more will be told.
    pub(super) end_is_there: bool,
    /// The connection is gone.
    pub(super) gone: bool,
    /// A write has told so: what came before can still be read.
    pub(super) broken: bool,
}

impl Side {
    pub(super) fn new(mut stream: Stream) -> Self {
        stream.no_delay();
        stream.is_relayed();
        Self {
            stream,
            // What came before the loop looks is told at once; it is not asked for twice.
            readable: false,
            writable: false,
            end_is_there: false,
            gone: false,
            broken: false,
        }
    }

    pub(super) fn told(&mut self, event: &Event) {
        self.readable |= event.is_readable();
        self.writable |= event.is_writable();
        self.end_is_there |= event.is_read_closed();
        self.gone |= event.is_error();
    }
}
