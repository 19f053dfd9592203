//! A panic in the log: one line, and nothing in it that a peer may have sent.

use std::panic::{self, PanicHookInfo};

/// Has panics of this process logged. The usual words go to standard error without a limit, and may show what a handler
/// was working on: `assert_eq!` prints both sides.
pub(crate) fn tell_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        tracing::error!("panicked at {place}: {}", words(panic));
    }));
}

/// What the panic says, if that is part of the program. What was put together at run time may hold bytes of a peer.
fn words<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    let constant = panic.payload().downcast_ref::<&'static str>().copied();
    constant.unwrap_or("its words are not shown, since they may hold what a peer has sent")
}
