//! What holds for whatever comes back: the first byte that is wrong is found, however the bytes come in.

use super::{BUSY, Echo, Transform};
use crate::Failure;

/// A message and an answer to it, which comes in two pieces.
pub(crate) fn answer(transform: Transform, message: &[u8], answer: &[u8], cut: usize) {
    let (one, two) = answer.split_at(cut.min(answer.len()));
    let mut echo = Echo::of(message, transform);
    let taken = echo.take(one).and_then(|()| echo.take(two));
    let differs = message.iter().zip(answer).position(|(sent, got)| transform.apply(*sent) != *got);
    match taken {
        Ok(()) => {
            assert!(differs.is_none() && answer.len() <= message.len());
            assert_eq!(echo.received(), answer.len() as u64);
            assert_eq!(echo.is_complete(), answer.len() == message.len());
        }
        Err(Failure::Wrong { offset, expected, got }) => {
            let at = differs.expect("one differs");
            assert_eq!((offset, expected, got), (at as u64, transform.apply(message[at]), answer[at]));
        }
        Err(Failure::Extra { count }) => {
            assert!(differs.is_none());
            // Of what comes later nothing is read any more.
            let taken = if one.len() > message.len() { one.len() } else { answer.len() };
            assert_eq!(count, (taken - message.len()) as u64);
        }
        Err(Failure::Busy) => {
            let first = if one.is_empty() { two } else { one };
            assert!(differs.is_some() && first.len() > 1 && BUSY.starts_with(first));
        }
        Err(other) => panic!("{other:?}"),
    }
}
