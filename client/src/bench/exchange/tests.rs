use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bench::message::Messages;

/// A stream that takes and gives as it pleases, and echoes what it took in upper case.
#[derive(Debug, Default)]
struct Whimsical {
    /// How many bytes the next calls let through; 0 would block.
    moods: VecDeque<usize>,
    /// What is to come back.
    echo: VecDeque<u8>,
    /// How many bytes it holds at most, as the buffers of a kernel do.
    capacity: usize,
}

impl Whimsical {
    fn mood(&mut self) -> usize {
        let mood = self.moods.pop_front().unwrap_or(1);
        self.moods.push_back(mood);
        mood
    }
}

impl Read for Whimsical {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.mood().min(self.echo.len()).min(buffer.len());
        if length == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buffer.iter_mut().zip(self.echo.drain(..length)).for_each(|(to, from)| *to = from);
        Ok(length)
    }
}

impl Write for Whimsical {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.mood().min(self.capacity - self.echo.len()).min(bytes.len());
        if length == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.echo.extend(bytes[..length].to_ascii_uppercase());
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const BOTH: Readiness = Readiness { readable: true, writable: true, ended: false };

/// Advances until it ends, with a limit that a right exchange stays below.
fn finish(stream: &mut Whimsical, exchange: &mut Exchange<'_>, buffer: &mut [u8]) -> Result<(), Failure> {
    for _ in 0..100_000 {
        if exchange.advance(stream, BOTH, buffer)? == Progress::Complete {
            return Ok(());
        }
    }
    panic!("it makes no progress: {exchange:?} {stream:?}");
}

proptest! {
    #[test]
    fn a_message_larger_than_all_buffers_comes_through_however_it_is_split(
        size in 1..5_000_usize, capacity in 1..700_usize, room in 1..300_usize,
        moods in vec(0..200_usize, 1..20),
    ) {
        prop_assume!(moods.iter().any(|&mood| mood > 0));
        // An odd number of moods, so that neither reading nor writing meets the same ones for ever.
        let mut moods = VecDeque::from(moods);
        if moods.len().is_multiple_of(2) {
            moods.push_back(1);
        }
        let messages = Messages::random(size, Transform::Uppercase);
        let mut stream = Whimsical { moods, capacity, ..Whimsical::default() };
        let mut exchange = Exchange::of(messages.get(7));
        let finished = finish(&mut stream, &mut exchange, &mut vec![0; room]);
        prop_assert!(finished.is_ok(), "{finished:?}");
        prop_assert!(stream.echo.is_empty());
    }

    #[test]
    fn one_changed_byte_is_found_where_it_is(
        size in 1..2_000_usize, at in any::<prop::sample::Index>(), room in 1..300_usize, change in 1..=u8::MAX,
    ) {
        let messages = Messages::random(size, Transform::Uppercase);
        let message = messages.get(3);
        let at = at.index(size);
        let mut stream = Whimsical { moods: [size].into(), capacity: size, ..Whimsical::default() };
        let mut exchange = Exchange::of(message);
        let writable = Readiness { writable: true, ..Readiness::default() };
        exchange.advance(&mut stream, writable, &mut []).unwrap();
        stream.echo[at] ^= change;
        let failure = finish(&mut stream, &mut exchange, &mut vec![0; room]).unwrap_err();
        let found = matches!(failure, Failure::Wrong { offset, .. } if offset == at as u64);
        prop_assert!(found, "{failure:?}");
    }
}

/// A stream at whose end the server has closed.
struct Closed<'echo>(&'echo [u8]);

impl Read for Closed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Closed<'_> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_server_that_closed_early_is_told_by_how_much_came() {
    let messages = Messages::text("hello", Transform::Uppercase);
    for (echo, got) in [(&b""[..], 0), (b"HEL", 3)] {
        let mut exchange = Exchange::of(messages.get(0));
        let ended = Readiness { ended: true, ..BOTH };
        let failure = exchange.advance(&mut Closed(echo), ended, &mut [0; 100]).unwrap_err();
        let told = matches!(failure, Failure::Short { got: g, expected: 5 } if g == got);
        assert!(told, "{failure:?}");
    }
}

#[test]
fn a_byte_too_many_is_noticed_with_the_last_one() {
    let messages = Messages::text("hello", Transform::Uppercase);
    let mut exchange = Exchange::of(messages.get(0));
    let failure = exchange.advance(&mut Closed(b"HELLO!"), BOTH, &mut [0; 100]).unwrap_err();
    assert!(matches!(failure, Failure::Extra { count: 1 }), "{failure:?}");
}
