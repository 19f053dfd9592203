//! Whole lines of the input, which travel together.

use std::ops::Range;
use std::sync::Arc;

/// What an entry costs beside its bytes: the records about it, generously.
const RECORDS_BYTES: usize = 256;

/// Bytes of the input, as they were read: whole lines, or a piece of one that is too long.
#[derive(Debug)]
struct Chunk {
    bytes: Vec<u8>,
    /// Where in the input they begin.
    offset: u64,
    /// The number of the line in which they begin, from 1.
    line: u64,
}

/// A part of a chunk, which one connection sends as a whole.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    chunk: Arc<Chunk>,
    range: Range<usize>,
    /// How often it was lost with its connection, or came back wrong.
    pub(super) losses: u32,
    /// How often it was the first on that connection, and so may be to blame.
    pub(super) failures: u32,
}

impl Batch {
    /// All bytes of a chunk that begins at this offset of the input, in this line.
    pub(super) fn new(bytes: Vec<u8>, offset: u64, line: u64) -> Self {
        let range = 0..bytes.len();
        Self { chunk: Arc::new(Chunk { bytes, offset, line }), range, losses: 0, failures: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.chunk.bytes[self.range.clone()]
    }

    pub(super) fn len(&self) -> usize {
        self.range.len()
    }

    /// Where in the input it begins.
    pub(super) fn offset(&self) -> u64 {
        self.chunk.offset + self.range.start as u64
    }

    /// The number of its first line.
    pub(super) fn line(&self) -> u64 {
        self.chunk.line + count_lines(&self.chunk.bytes[..self.range.start])
    }

    /// Takes lines from the front: as many as fit into so many bytes, but one at least. The rest, if any, stays.
    pub(super) fn cut(mut self, bytes_max: usize) -> (Self, Option<Self>) {
        let bytes = self.bytes();
        if bytes.len() <= bytes_max {
            return (self, None);
        }
        let is_end = |&byte: &u8| byte == b'\n';
        let at = match bytes[..bytes_max].iter().rposition(is_end) {
            Some(last) => last + 1,
            None => match bytes[bytes_max..].iter().position(is_end) {
                Some(first) => bytes_max + first + 1,
                None => bytes.len(),
            },
        };
        if at == bytes.len() {
            return (self, None);
        }
        let mut rest = self.clone();
        rest.range.start += at;
        self.range.end = self.range.start + at;
        (self, Some(rest))
    }
}

/// What so many bytes cost while they are here.
pub(super) fn cost(bytes: usize) -> usize {
    bytes + RECORDS_BYTES
}

/// The line ends among these bytes.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    // A count that fits a byte is one that the processor makes of many bytes at once.
    let in_block = |block: &[u8]| block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>();
    bytes.chunks(u8::MAX.into()).map(|block| u64::from(in_block(block))).sum()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_takes_the_lines_that_fit_and_one_at_least() {
        let cut = |bytes_max| {
            let (head, rest) = Batch::new(b"one\ntwo\nthree".to_vec(), 100, 7).cut(bytes_max);
            (head.bytes().to_vec(), rest.map(|rest| (rest.bytes().to_vec(), rest.offset(), rest.line())))
        };
        assert_eq!(cut(1), (b"one\n".to_vec(), Some((b"two\nthree".to_vec(), 104, 8))));
        assert_eq!(cut(7), (b"one\n".to_vec(), Some((b"two\nthree".to_vec(), 104, 8))));
        assert_eq!(cut(8), (b"one\ntwo\n".to_vec(), Some((b"three".to_vec(), 108, 9))));
        assert_eq!(cut(13), (b"one\ntwo\nthree".to_vec(), None));
    }

    proptest! {
        #[test]
        fn cutting_loses_nothing_and_splits_no_line(
            bytes in vec(prop_oneof![Just(b'\n'), any::<u8>()], 1..200), sizes in vec(1..50_usize, 1..200),
        ) {
            let mut rest = Some(Batch::new(bytes.clone(), 0, 1));
            let mut seen = Vec::new();
            for size in sizes {
                let Some(batch) = rest.take() else { break };
                prop_assert_eq!(batch.line(), 1 + count_lines(&seen));
                prop_assert_eq!(batch.offset(), seen.len() as u64);
                let (head, tail) = batch.cut(size);
                seen.extend(head.bytes());
                prop_assert!(seen.ends_with(b"\n") || tail.is_none());
                rest = tail;
            }
            seen.extend(rest.iter().flat_map(|rest| rest.bytes().to_vec()));
            prop_assert_eq!(seen, bytes);
        }
    }
}
