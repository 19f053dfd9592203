//! What a pool does with its clients' bytes: the trait [`Handler`], and [`Echo`], the service of this program.

use std::error::Error;

use crate::config::Transform;

/// A service: bytes in, bytes out. It knows neither processes nor sockets.
///
/// One handler is made before the first fork and shared by all threads of all workers, each worker having its copy of
/// it in memory of its own. What belongs to one connection lives in [`Handler::Session`].
pub trait Handler: Send + Sync + 'static {
    /// What the service remembers of one connection, from its first byte to its last.
    type Session: Default;

    /// Prepares a worker, once in each, before it takes connections: the place to open what must not be shared
    /// across a fork. An error ends the worker; the master tries again, ever more slowly.
    ///
    /// It runs as the user of the workers (`security.user`), and it is the last occasion to open anything: after it the
    /// worker goes into its sandbox (`security.sandbox`), where what is open can be used, and nothing else can be opened,
    /// connected to, started or signalled. It must leave no thread running, which would stand outside: threads can be
    /// started later, in [`Handler::reply`]. SECURITY.md says what is refused, and what ends the worker.
    fn start(&self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }

    /// Whether [`Handler::reply`] never waits for anything, and takes microseconds. The pool then lets a new connection
    /// wait for a thread that is about to be free, rather than wake one that sleeps: for a few milliseconds at most, and
    /// only while short connections come thick.
    fn is_quick(&self) -> bool {
        false
    }

    /// Answers what the peer sent: whatever one read gave, with no regard to lines or messages.
    ///
    /// The answer may be the input itself, changed in place, or bytes that the session keeps. The call may block: it
    /// has a thread of its own. A panic ends this one connection.
    fn reply<'a>(&self, session: &'a mut Self::Session, input: &'a mut [u8]) -> Reply<'a>;

    /// Gives the last bytes, after the peer has sent its last: what was held back for the rest of a line, say.
    fn finish<'a>(&self, session: &'a mut Self::Session) -> &'a [u8] {
        let _ = session;
        &[]
    }
}

/// What a handler answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// Send these bytes, none at all perhaps, and go on reading.
    Send(&'a [u8]),
    /// Send these bytes and close the connection.
    Close(&'a [u8]),
}

/// The built-in service: sends back what it reads, in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    transform: Transform,
}

impl Echo {
    /// An echo that does this to the bytes.
    #[must_use]
    pub fn new(transform: Transform) -> Self {
        Self { transform }
    }
}

impl Handler for Echo {
    type Session = ();

    fn is_quick(&self) -> bool {
        true
    }

    fn reply<'a>(&self, (): &'a mut (), input: &'a mut [u8]) -> Reply<'a> {
        match self.transform {
            // ASCII alone: the length stays, and a UTF-8 character split between two reads stays whole.
            Transform::Uppercase => input.make_ascii_uppercase(),
            Transform::None => (),
        }
        Reply::Send(input)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn echo(transform: Transform, mut input: Vec<u8>) -> Vec<u8> {
        match Echo::new(transform).reply(&mut (), &mut input) {
            Reply::Send(bytes) | Reply::Close(bytes) => bytes.to_vec(),
        }
    }

    proptest! {
        #[test]
        fn only_ascii_letters_change(input: Vec<u8>) {
            let output = echo(Transform::Uppercase, input.clone());
            prop_assert_eq!(output.len(), input.len());
            for (before, after) in input.iter().zip(&output) {
                prop_assert_eq!(*after, if before.is_ascii_lowercase() { before - 32 } else { *before });
            }
        }

        #[test]
        fn where_the_bytes_are_split_changes_nothing(input: Vec<u8>, at: prop::sample::Index) {
            let (head, tail) = input.split_at(at.index(input.len() + 1));
            let parts = [head, tail].map(|part| echo(Transform::Uppercase, part.to_vec())).concat();
            prop_assert_eq!(parts, echo(Transform::Uppercase, input));
        }

        #[test]
        fn without_a_transform_every_byte_comes_back(input: Vec<u8>) {
            prop_assert_eq!(echo(Transform::None, input.clone()), input);
        }
    }
}
