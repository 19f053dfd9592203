//! What reads the bytes of others, one function for each fuzz target: whatever they are, what is asserted here holds.
//!
//! `fuzz/` makes programs of these; a test tries the inputs that are kept there.

use std::str;

use crate::pool::Status;
use crate::{Address, Transform, bench, cli, echo, map, talk, watch};

/// Reads bytes, and panics if what has to hold does not.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
pub const TARGETS: [(&str, Target); 7] = [
    ("client_arguments", arguments),
    ("client_baseline", baseline),
    ("client_echo", echo),
    ("client_map", map),
    ("client_plan", plan),
    ("client_status", status),
    ("client_talk", talk),
];

/// A value of an argument.
pub fn arguments(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        cli::fuzz::value(text);
    }
}

/// The result of an earlier run, with which another is compared.
pub fn baseline(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        bench::fuzz::baseline(text);
    }
}

/// A message and its answer: the first bytes say which transform it was, how long the message is, and where the answer is cut.
pub fn echo(bytes: &[u8]) {
    if let [transform, length, cut, rest @ ..] = bytes {
        let transform = if transform % 2 == 0 { Transform::Uppercase } else { Transform::None };
        let (message, answer) = rest.split_at(usize::from(*length).min(rest.len()));
        echo::fuzz::answer(transform, message, answer, (*cut).into());
    }
}

/// What lanes do that send the lines of an input: the first bytes say how many there are, and how long the input is.
pub fn map(bytes: &[u8]) {
    if let [choices, lanes, slots, length, rest @ ..] = bytes {
        let (input, actions) = rest.split_at((4 * usize::from(*length)).min(rest.len()));
        map::fuzz::whatever_happens(choices % 2 == 0, (*lanes).into(), (*slots).into(), input, actions);
    }
}

/// The arguments of `plan`.
pub fn plan(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        cli::fuzz::plan(text);
    }
}

/// What a server tells of itself.
pub fn status(bytes: &[u8]) {
    if let Ok(status) = serde_json::from_slice::<Status>(bytes) {
        let _ = status.is_of(&Address::default());
        for seat in status.seats().into_values() {
            assert!(seat.queue_wait_seconds.is_none_or(|wait| (0.0..1e9).contains(&wait)));
        }
        watch::fuzz::status(status);
    }
}

/// What a server says in a conversation.
pub fn talk(bytes: &[u8]) {
    talk::fuzz::said(bytes);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_input_that_is_kept_is_borne() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        for (name, target) in TARGETS {
            let inputs: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().map(Result::unwrap).collect();
            assert!(!inputs.is_empty(), "{name} has no input");
            for input in inputs {
                eprintln!("{}", input.path().display());
                target(&fs::read(input.path()).unwrap());
            }
        }
        let kept =
            fs::read_dir(corpus).unwrap().map(|folder| folder.unwrap().file_name().into_string().unwrap());
        let ours: BTreeSet<String> = kept.filter(|name| name.starts_with("client_")).collect();
        assert_eq!(ours, TARGETS.map(|(name, _)| name.to_owned()).into(), "each corpus has its target");
    }
}
