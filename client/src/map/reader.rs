//! Standard input, cut where lines end.

use std::io::{self, Read};

use super::Order;
use super::batch::{Batch, count_lines};
use super::unfinished::Unfinished;

/// The longest line that stays whole where lines may leave in any order.
pub(super) const LINE_BYTES_MAX: usize = 16 << 20;

/// Cuts the input into batches of whole lines, each with what one `read` gave. In the order of the input a line that is
/// longer than a chunk goes in pieces; in any order it must be whole.
pub(super) struct Reader<R> {
    input: R,
    order: Order,
    chunk_bytes: usize,
    buffer: Vec<u8>,
    filled: usize,
    offset: u64,
    line: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R, order: Order, chunk_bytes: usize) -> Self {
        Self { input, order, chunk_bytes, buffer: vec![0; chunk_bytes], filled: 0, offset: 0, line: 1 }
    }

    /// The next batch, or `None` at the end of the input.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, Unfinished> {
        // What is left from the last time has no line end.
        let mut searched = self.filled;
        loop {
            if self.filled == self.buffer.len() {
                if self.order == Order::Input {
                    return Ok(Some(self.take(self.filled)));
                }
                self.grow()?;
            }
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) if self.filled == 0 => return Ok(None),
                Ok(0) => return Ok(Some(self.take(self.filled))),
                Ok(length) => self.filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Unfinished::Input(error)),
            }
            if let Some(last) = self.buffer[searched..self.filled].iter().rposition(|&byte| byte == b'\n') {
                return Ok(Some(self.take(searched + last + 1)));
            }
            searched = self.filled;
        }
    }

    fn grow(&mut self) -> Result<(), Unfinished> {
        if self.buffer.len() >= LINE_BYTES_MAX {
            return Err(Unfinished::LongLine { line: self.line, bytes_max: LINE_BYTES_MAX });
        }
        self.buffer.resize((self.buffer.len() * 2).min(LINE_BYTES_MAX), 0);
        Ok(())
    }

    /// Takes so many bytes from the front of the buffer, which is then as small as it was.
    fn take(&mut self, length: usize) -> Batch {
        let batch = Batch::new(self.buffer[..length].to_vec(), self.offset, self.line);
        self.offset += length as u64;
        self.line += count_lines(batch.bytes());
        self.buffer.copy_within(length..self.filled, 0);
        self.filled -= length;
        if self.buffer.len() > self.chunk_bytes && self.filled < self.chunk_bytes {
            self.buffer.truncate(self.chunk_bytes);
            self.buffer.shrink_to_fit();
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Gives so many bytes at a time.
    struct Drip<'a>(&'a [u8], Vec<usize>);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.pop().unwrap_or(usize::MAX).min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn all(mut reader: Reader<impl Read>) -> Vec<Batch> {
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }

    #[test]
    fn what_was_read_is_there_at_once_and_an_unfinished_line_waits() {
        let reader = Reader::new(Drip(b"one\ntwo\nthree", vec![5, 3, 3]), Order::Input, 64);
        let lines: Vec<Vec<u8>> = all(reader).iter().map(|batch| batch.bytes().to_vec()).collect();
        assert_eq!(lines, [&b"one\n"[..], b"two\n", b"three"]);
    }

    #[test]
    fn in_any_order_a_line_that_is_too_long_is_an_error_with_its_number() {
        let input = [b"short\n".to_vec(), vec![b'x'; LINE_BYTES_MAX + 1]].concat();
        let mut reader = Reader::new(&input[..], Order::Any, 1 << 20);
        assert_eq!(reader.next().unwrap().unwrap().bytes(), b"short\n");
        assert!(matches!(reader.next(), Err(Unfinished::LongLine { line: 2, .. })));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_lines_stay_whole(
            input in vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..500), mut steps in vec(1..40_usize, 0..100),
            any_order: bool,
        ) {
            steps.retain(|&step| step > 0);
            let order = if any_order { Order::Any } else { Order::Input };
            let batches = all(Reader::new(Drip(&input, steps), order, 16));
            let mut seen = Vec::new();
            for (index, batch) in batches.iter().enumerate() {
                prop_assert_eq!((batch.offset(), batch.line()), (seen.len() as u64, 1 + count_lines(&seen)));
                seen.extend(batch.bytes());
                let is_whole = batch.bytes().ends_with(b"\n") || index + 1 == batches.len();
                prop_assert!(is_whole || (order == Order::Input && batch.len() == 16));
            }
            prop_assert_eq!(seen, input);
        }
    }
}
