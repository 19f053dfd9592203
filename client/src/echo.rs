//! What the server should send back, and whether it does.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

use crate::Failure;

/// What a server that refuses says instead of an echo.
const BUSY: &[u8] = b"busy\n";
/// So many bytes are compared at once; they stay in the cache.
const BLOCK: usize = 4096;

/// What the server does to every byte before it sends it back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Transform {
    /// ASCII letters become upper case, every other byte stays as it is
    #[default]
    Uppercase,
    /// Nothing: the echo of RFC 862
    None,
}

impl Transform {
    /// The name, as in the arguments and the server's configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uppercase => "uppercase",
            Self::None => "none",
        }
    }

    /// The byte that comes back for one that was sent.
    #[must_use]
    pub fn apply(self, byte: u8) -> u8 {
        match self {
            Self::Uppercase => byte.to_ascii_uppercase(),
            Self::None => byte,
        }
    }

    /// Whether these bytes become those, which are as many. Fast: it knows of whole blocks, not of single bytes.
    fn gives(self, sent: &[u8], got: &[u8]) -> bool {
        if self == Self::None {
            return sent == got;
        }
        let mut expected = [0; BLOCK];
        sent.chunks(BLOCK).zip(got.chunks(BLOCK)).all(|(sent, got)| {
            let expected = &mut expected[..sent.len()];
            expected.copy_from_slice(sent);
            expected.make_ascii_uppercase();
            expected == got
        })
    }
}

/// The echo of one message, as it comes in.
#[derive(Debug)]
pub(crate) struct Echo<'message> {
    message: &'message [u8],
    transform: Transform,
    received: usize,
}

impl<'message> Echo<'message> {
    /// Expects the echo of this message.
    pub(crate) fn of(message: &'message [u8], transform: Transform) -> Self {
        Self { message, transform, received: 0 }
    }

    /// Takes the next bytes that came and compares each with the one that should have come.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let rest = &self.message[self.received..];
        if bytes.len() <= rest.len() && self.transform.gives(&rest[..bytes.len()], bytes) {
            self.received += bytes.len();
            return Ok(());
        }
        let differs = |(sent, &got): (&u8, &u8)| self.transform.apply(*sent) != got;
        if let Some(at) = rest.iter().zip(bytes).position(differs) {
            // Of a message of one byte, two are read at most.
            if self.received == 0 && bytes.len() > 1 && BUSY.starts_with(bytes) {
                return Err(Failure::Busy);
            }
            let offset = (self.received + at) as u64;
            return Err(Failure::Wrong { offset, expected: self.transform.apply(rest[at]), got: bytes[at] });
        }
        // Nothing differs, so there are too many.
        Err(Failure::Extra { count: (bytes.len() - rest.len()) as u64 })
    }

    /// Whether all of it has come.
    pub(crate) fn is_complete(&self) -> bool {
        self.received == self.message.len()
    }

    /// How many bytes have come.
    pub(crate) fn received(&self) -> u64 {
        self.received as u64
    }

    /// How many bytes there will be.
    pub(crate) fn expected(&self) -> u64 {
        self.message.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::Kind;

    #[test]
    fn a_server_that_is_busy_has_sent_no_wrong_byte() {
        let answer = |message: &[u8], answer: &[u8]| {
            Echo::of(message, Transform::Uppercase).take(answer).map_err(|failure| failure.kind())
        };
        assert_eq!(answer(b"hello, server", b"busy\n"), Err(Kind::Busy));
        assert_eq!(answer(b"x", b"bu"), Err(Kind::Busy));
        assert_eq!(answer(b"busy\n", b"BUSY\n"), Ok(()));
        assert_eq!(answer(b"hello, server", b"busy\n\n"), Err(Kind::Wrong));
        let mut echo = Echo::of(b"A busy\n", Transform::Uppercase);
        echo.take(b"A ").unwrap();
        assert_eq!(
            echo.take(b"busy\n").unwrap_err().kind(),
            Kind::Wrong,
            "later it is an answer, and a wrong one"
        );
    }

    fn transforms() -> impl Strategy<Value = Transform> {
        prop_oneof![Just(Transform::Uppercase), Just(Transform::None)]
    }

    fn applied(transform: Transform, message: &[u8]) -> Vec<u8> {
        message.iter().map(|&byte| transform.apply(byte)).collect()
    }

    #[test]
    fn upper_case_changes_the_26_letters_and_no_other_byte() {
        for byte in 0..=u8::MAX {
            let expected = if byte.is_ascii_lowercase() { byte - 32 } else { byte };
            assert_eq!(Transform::Uppercase.apply(byte), expected);
            assert_eq!(Transform::None.apply(byte), byte);
        }
    }

    proptest! {
        #[test]
        fn a_right_echo_is_accepted_however_it_is_split(
            message in vec(any::<u8>(), 1..2000), transform in transforms(), cuts in vec(any::<Index>(), 0..8),
        ) {
            let echoed = applied(transform, &message);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(echoed.len() + 1)).collect();
            cuts.extend([0, echoed.len()]);
            cuts.sort_unstable();
            let mut echo = Echo::of(&message, transform);
            for pair in cuts.windows(2) {
                prop_assert!(echo.take(&echoed[pair[0]..pair[1]]).is_ok());
            }
            prop_assert!(echo.is_complete());
        }

        #[test]
        fn one_changed_byte_is_found_where_it_is(
            message in vec(any::<u8>(), 1..2000), transform in transforms(),
            at in any::<Index>(), change in 1..=u8::MAX, cut in any::<Index>(),
        ) {
            let mut echoed = applied(transform, &message);
            let (at, cut) = (at.index(echoed.len()), cut.index(echoed.len() + 1));
            echoed[at] ^= change;
            let mut echo = Echo::of(&message, transform);
            let failure = echo.take(&echoed[..cut]).and_then(|()| echo.take(&echoed[cut..])).unwrap_err();
            let expected = transform.apply(message[at]);
            let found = matches!(
                failure,
                Failure::Wrong { offset, expected: e, got } if (offset, e, got) == (at as u64, expected, echoed[at])
            );
            prop_assert!(found, "{failure:?}");
        }

        #[test]
        fn bytes_that_nobody_sent_are_counted(message in vec(any::<u8>(), 0..100), extra in 1..100_usize) {
            let mut echoed = applied(Transform::Uppercase, &message);
            echoed.resize(message.len() + extra, b'!');
            let failure = Echo::of(&message, Transform::Uppercase).take(&echoed).unwrap_err();
            let counted = matches!(failure, Failure::Extra { count } if count == extra as u64);
            prop_assert!(counted, "{failure:?}");
        }
    }
}
