//! What reads the bytes of others, one function for each fuzz target: whatever they are, what is asserted here holds.
//!
//! `fuzz/` makes programs of these; a test tries the inputs that are kept there.

use std::str;

use crate::channel::{Message, Order, Report};
use crate::handover::Word;
use crate::snapshot::Observer;
use crate::{cgroup, config, control, face, logging, monitor, proxy_header, queue, scoreboard};

/// Reads bytes, and panics if what has to hold does not.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
pub const TARGETS: [(&str, Target); 12] = [
    ("answer", answer),
    ("cgroup", cgroup),
    ("config_file", config_file),
    ("config_value", config_value),
    ("control_request", control_request),
    ("line", line),
    ("log", log),
    ("monitor_request", monitor_request),
    ("netlink", netlink),
    ("procfs", procfs),
    ("proxy_header", proxy_header),
    ("scoreboard", scoreboard),
];

/// What a master answers at its control socket, as its own commands read and show it.
pub fn answer(bytes: &[u8]) {
    control::fuzz::outcome(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        face::fuzz::answer(text);
    }
}

/// What the kernel tells of the cgroup.
pub fn cgroup(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        cgroup::fuzz::texts(text);
    }
}

/// The configuration's file.
pub fn config_file(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        config::fuzz::text(text);
    }
}

/// A variable of the environment, or a flag: the first byte says of which key.
pub fn config_value(bytes: &[u8]) {
    if let Some((number, text)) = bytes.split_first()
        && let Ok(text) = str::from_utf8(text)
    {
        config::fuzz::value(*number, text);
    }
}

/// What somebody sends to the control socket: the first byte says in pieces of what length.
pub fn control_request(bytes: &[u8]) {
    if let Some((piece, request)) = bytes.split_first() {
        control::fuzz::request(request, (*piece).into());
    }
}

/// What processes of a pool, and two masters, say to each other.
pub fn line(bytes: &[u8]) {
    is_written_as_read::<Order>(bytes);
    is_written_as_read::<Report>(bytes);
    if let Ok(word) = serde_json::from_slice::<Word>(bytes) {
        let written = serde_json::to_vec(&word).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<Word>(&written).expect("we wrote it"), word);
    }
}

fn is_written_as_read<M: Message>(datagram: &[u8]) {
    if let Some(message) = M::decode(datagram) {
        assert_eq!(message.encode(), datagram);
    }
}

/// A text of others in the log.
pub fn log(bytes: &[u8]) {
    logging::fuzz::message(&String::from_utf8_lossy(bytes));
}

/// A request at the monitor.
pub fn monitor_request(bytes: &[u8]) {
    monitor::fuzz::request(bytes);
}

/// The kernel's list of sockets, by netlink.
pub fn netlink(bytes: &[u8]) {
    queue::fuzz::datagram(bytes);
}

/// The same in /proc.
pub fn procfs(bytes: &[u8]) {
    queue::fuzz::texts(bytes);
}

/// The header of the PROXY protocol.
pub fn proxy_header(bytes: &[u8]) {
    proxy_header::fuzz::header(bytes);
}

/// Shared memory in which a worker wrote that is not its own master any more.
pub fn scoreboard(bytes: &[u8]) {
    let captured = scoreboard::fuzz::captured(bytes);
    if let Some(sample) = Observer::new(captured.board(), Vec::new()).look() {
        monitor::fuzz::sample(&sample);
        face::fuzz::status(&sample.status);
        face::fuzz::events(&sample.events);
    }
    captured.go_on();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_input_that_is_kept_is_borne() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
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
        let ours: BTreeSet<String> = kept.filter(|name| !name.starts_with("client_")).collect();
        assert_eq!(ours, TARGETS.map(|(name, _)| name.to_owned()).into(), "each corpus has its target");
    }

    #[test]
    fn every_corpus_has_a_program_that_calls_its_target() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let manifest: toml::Table = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap().parse().unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let programs = manifest["bin"].as_array().unwrap().iter();
        let programs: BTreeSet<_> = programs.map(|bin| (text(&bin["name"]), text(&bin["path"]))).collect();
        let corpora = fs::read_dir(fuzz.join("corpus")).unwrap();
        let corpora = corpora.map(|folder| folder.unwrap().file_name().into_string().unwrap());
        assert_eq!(programs, corpora.map(|name| (name.clone(), format!("targets/{name}.rs"))).collect());
        for (name, path) in programs {
            let client =
                name.strip_prefix("client_").map(|function| format!("prefork_client::fuzzing::{function}"));
            let target = client.unwrap_or_else(|| format!("prefork_echo::fuzzing::{name}"));
            let program =
                format!("#![no_main]\n\nlibfuzzer_sys::fuzz_target!(|bytes: &[u8]| {target}(bytes));\n");
            assert_eq!(fs::read_to_string(fuzz.join(path)).unwrap(), program, "{name}");
        }
    }
}
