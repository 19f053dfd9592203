//! What is sent, and what has to come back.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Transform;

/// The bytes that messages are made of: letters, which the server changes, and digits.
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Messages begin at so many different places of the pattern.
const PLACES: usize = 4093;

/// All messages of a run, which lie in memory before it begins.
///
/// Each is another window of one random text, so that neighbours differ: an echo that was sent to the wrong
/// connection, or twice, or a byte too late, is not the right one.
#[derive(Debug)]
pub(super) struct Messages {
    sent: Vec<u8>,
    expected: Vec<u8>,
    size: usize,
    places: usize,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'messages> {
    /// What is sent.
    pub(super) sent: &'messages [u8],
    /// What has to come back.
    pub(super) expected: &'messages [u8],
}

impl Messages {
    /// Random messages of this many bytes.
    pub(super) fn random(size: usize, transform: Transform) -> Self {
        let mut random = StdRng::seed_from_u64(0);
        let sent = (0..size + PLACES).map(|_| ALPHABET[random.random_range(0..ALPHABET.len())]).collect();
        Self::new(sent, size, transform)
    }

    /// This text, again and again.
    pub(super) fn text(text: &str, transform: Transform) -> Self {
        Self::new(text.as_bytes().to_vec(), text.len(), transform)
    }

    fn new(sent: Vec<u8>, size: usize, transform: Transform) -> Self {
        let expected = sent.iter().map(|&byte| transform.apply(byte)).collect();
        let places = (sent.len() - size).max(1);
        Self { sent, expected, size, places }
    }

    /// The message with this number.
    pub(super) fn get(&self, number: u64) -> Message<'_> {
        let places = self.places as u64;
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of places")]
        let place = (number % places) as usize;
        let window = place..place + self.size;
        Message { sent: &self.sent[window.clone()], expected: &self.expected[window] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_and_the_echo_is_the_message_in_upper_case() {
        let messages = Messages::random(16, Transform::Uppercase);
        for number in 0..10_000 {
            let message = messages.get(number);
            assert_eq!(message.sent.len(), 16);
            assert_eq!(message.expected, message.sent.to_ascii_uppercase());
            for other in 1..20 {
                assert_ne!(message.sent, messages.get(number + other).sent);
            }
        }
    }

    #[test]
    fn a_text_is_always_the_same() {
        let messages = Messages::text("hello", Transform::None);
        assert_eq!((messages.get(0).sent, messages.get(99).expected), (&b"hello"[..], &b"hello"[..]));
    }
}
