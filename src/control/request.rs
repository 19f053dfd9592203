//! What a client asks for in one line, and the answers that are not a status.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::WORKERS_MAX;

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// A question, answered at once.
    Ask(Question),
    /// A change of the pool, answered when it has taken effect or failed.
    Change(Change),
    /// Open the log's file anew, answered when that is done.
    Reopen,
    /// Serve who is there, then end; answered at the end.
    Stop {
        /// Do not wait for anybody.
        now: bool,
    },
}

/// What a client may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The pool at this moment.
    Status,
    /// The same without the connections that are served, which may be many.
    Queue,
    /// What happened last.
    Events,
    /// Whether it is ready.
    Health,
}

/// A change of the pool: one at a time, in the order in which they were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Read the configuration again, and serve by it with a new generation of workers.
    Reload,
    /// Have another number of workers.
    Scale(Size),
    /// Start the program again as it is now on disk, and let that serve.
    Upgrade,
    /// Let the workers finish and leave, and stay; answered when they have left.
    Rest,
}

/// A number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// So many.
    Exactly(usize),
    /// So many more, or less.
    By(i64),
}

impl Size {
    /// Reads "4", "+1" or "-1".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected a number of workers from 1 to {WORKERS_MAX}, or \"+1\" or \"-1\", found {text:?}"
            )
        };
        let most = i64::try_from(WORKERS_MAX).unwrap_or(i64::MAX);
        let number: i64 = text.parse().map_err(|_| wrong())?;
        if text.starts_with(['+', '-']) {
            let is_some = number != 0 && number.abs() <= most;
            return is_some.then_some(Self::By(number)).ok_or_else(wrong);
        }
        let count = usize::try_from(number).ok().filter(|count| (1..=WORKERS_MAX).contains(count));
        count.map(Self::Exactly).ok_or_else(wrong)
    }

    /// The number of workers that this makes of another one.
    pub(crate) fn of(self, workers: usize) -> Option<usize> {
        let count = match self {
            Self::Exactly(count) => count,
            Self::By(more) => usize::try_from(i64::try_from(workers).ok()?.checked_add(more)?).ok()?,
        };
        (1..=WORKERS_MAX).contains(&count).then_some(count)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::By(more) => write!(f, "{more:+}"),
        }
    }
}

/// The requests of one word.
const WORDS: [(&str, Request); 10] = [
    ("status", Request::Ask(Question::Status)),
    ("queue", Request::Ask(Question::Queue)),
    ("events", Request::Ask(Question::Events)),
    ("health", Request::Ask(Question::Health)),
    ("reload", Request::Change(Change::Reload)),
    ("upgrade", Request::Change(Change::Upgrade)),
    ("reopen", Request::Reopen),
    ("stop", Request::Stop { now: false }),
    ("stop now", Request::Stop { now: true }),
    ("drain", Request::Change(Change::Rest)),
];
const SCALE: &str = "scale";

impl Request {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        if let Some(size) = line.strip_prefix(SCALE).and_then(|rest| rest.strip_prefix(' ')) {
            return Size::parse(size.trim()).map(|size| Self::Change(Change::Scale(size)));
        }
        let known = WORDS.iter().find(|(word, _)| *word == line).map(|(_, request)| *request);
        known.ok_or_else(|| {
            let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
            format!("unknown request {line:?}: this master knows {}, {SCALE} N", words.join(", "))
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Change(Change::Scale(size)) = self {
            return write!(f, "{SCALE} {size}");
        }
        let word = WORDS.iter().find(|(_, request)| request == self).map(|(word, _)| *word);
        f.write_str(word.unwrap_or_default())
    }
}

/// The answer to [`Question::Health`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    pub(crate) ready: bool,
    /// Why it is not.
    pub(crate) reason: Option<String>,
}

/// What became of a request that changes the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Whether it took effect.
    pub(crate) ok: bool,
    /// What happened, in words.
    pub(crate) text: String,
    /// The generation that serves now.
    pub(crate) generation: u64,
    pub(crate) took_seconds: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_request_is_read_as_it_is_written() {
        let scales =
            [Size::Exactly(4), Size::By(1), Size::By(-3)].map(|size| Request::Change(Change::Scale(size)));
        for request in WORDS.into_iter().map(|(_, request)| request).chain(scales) {
            assert_eq!(Request::parse(&request.to_string()), Ok(request));
        }
        assert!(Request::parse("relaod").unwrap_err().contains("this master knows status, queue"));
    }

    #[test]
    fn a_size_is_a_number_or_a_difference() {
        assert_eq!(Size::parse("3").unwrap().of(2), Some(3));
        assert_eq!(Size::parse("+2").unwrap().of(2), Some(4));
        assert_eq!(Size::parse("-1").unwrap().of(2), Some(1));
        assert_eq!(Size::By(-2).of(2), None, "one worker at least");
        assert_eq!(Size::By(1).of(WORKERS_MAX), None);
        for wrong in ["", "0", "1025", "+0", "many", "1.5", "+99999999999999999999"] {
            assert!(Size::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in ".{0,40}") {
            let _ = Request::parse(&line);
        }
    }
}
