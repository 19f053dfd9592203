//! How many files this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Allows this process as many open files as it may allow itself.
///
/// The usual limit is 1,024, which is fewer than the connections that one may ask for.
pub(crate) fn raise_limit() {
    // Where this fails, `socket` will fail too and say so.
    let _ = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
}
