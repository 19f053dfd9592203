//! On what, of what and when the figures were made.

use std::env;
use std::fs;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::peer::{Peer, said};

/// What a reader must know to compare these figures with others: names and values, in the order of the page.
pub(crate) fn about(rounds: u32) -> Map<String, Value> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned()))
        .unwrap_or_default();
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let command = format!("cargo bench --bench peers -- {}", arguments.join(" "));
    let facts = [
        ("processor", json!(processor)),
        ("processors", json!(available_parallelism().map_or(1, Into::into))),
        ("kernel", json!(read("/proc/sys/kernel/osrelease"))),
        ("compiler", json!(said(Command::new("rustc").arg("--version")))),
        ("commit", json!(commit())),
        ("date", json!(humantime::format_rfc3339_seconds(SystemTime::now()).to_string())),
        ("load before", json!(read("/proc/loadavg"))),
        ("command", json!(command.trim_end_matches([' ', '-']))),
        ("rounds", json!(rounds)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A row for each server.
pub(crate) fn versions(peers: &[Peer]) -> Vec<[String; 3]> {
    peers.iter().map(|peer| [peer.name().to_owned(), peer.description().to_owned(), peer.version()]).collect()
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        said(
            Command::new("git")
                .args(["-C", env!("CARGO_MANIFEST_DIR"), "-c", "safe.directory=*"])
                .args(arguments),
        )
    };
    let changes = if git(&["status", "--porcelain", "--", "src", "benches", "client"]).is_empty() {
        ""
    } else {
        ", and changes"
    };
    git(&["rev-parse", "--short=12", "HEAD"]) + changes
}
