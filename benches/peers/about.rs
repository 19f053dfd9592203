//! On what, of what and when the figures were made, and what else the machine did then.

use std::env;
use std::fs;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value, json};

use crate::accounts;
use crate::peer::{Peer, said};

/// A run that has begun.
pub(crate) struct Run {
    facts: Map<String, Value>,
    began: Instant,
    others: Duration,
    load: f64,
    processors: f64,
}

/// What a reader must know of a run to compare its figures with others.
pub(crate) struct About {
    /// Names and values, in the order of the page.
    pub(crate) facts: Map<String, Value>,
    /// Why its figures are worth little, if they are.
    pub(crate) warning: Option<String>,
}

impl Run {
    /// Here it begins.
    pub(crate) fn begin(rounds: u32) -> Self {
        let processor = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned()))
            .unwrap_or_default();
        let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
        let command = format!("cargo bench --bench peers -- {}", arguments.join(" "));
        let processors = available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
        let load = read("/proc/loadavg");
        let facts = [
            ("processor", json!(processor)),
            ("processors", json!(processors)),
            ("kernel", json!(read("/proc/sys/kernel/osrelease"))),
            ("compiler", json!(said(Command::new("rustc").arg("--version")))),
            ("commit", json!(commit())),
            ("date", json!(humantime::format_rfc3339_seconds(SystemTime::now()).to_string())),
            ("command", json!(command.trim_end_matches([' ', '-']))),
            ("rounds", json!(rounds)),
            ("load before", json!(load)),
        ];
        Self {
            facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            began: Instant::now(),
            others: taken_by_others(),
            load: load.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or(f64::NAN),
            processors: processors.into(),
        }
    }

    /// Here it ends.
    pub(crate) fn end(mut self) -> About {
        let others = taken_by_others().saturating_sub(self.others).as_secs_f64();
        let busy = others / self.began.elapsed().as_secs_f64();
        let text = format!("{busy:.2} processors on average");
        self.facts.insert("taken by others during it".to_owned(), json!(text));
        let warning = (self.load.max(busy) > self.processors / 2.0).then(|| {
            format!(
                "the machine was busy with something else. Of {} processors others took {busy:.2} during the run, and its load before was {:.2}: \
                 these figures show that the comparison works, and little more.",
                self.processors, self.load
            )
        });
        About { facts: self.facts, warning }
    }
}

/// A row for each server.
pub(crate) fn versions(peers: &[Peer]) -> Vec<[String; 4]> {
    let row =
        |peer: &Peer| [peer.name(), peer.description(), peer.buffer(), &peer.version()].map(str::to_owned);
    peers.iter().map(row).collect()
}

/// What the processors of this machine have done that was not for this program and its children that have ended; what the hypervisor
/// took is in it.
fn taken_by_others() -> Duration {
    let text = read("/proc/stat");
    let ticks = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user, nice, system, idle, iowait, irq, softirq, steal: `proc_stat(5)`.
    let busy = ticks.take(8).enumerate().filter(|(index, _)| ![3, 4].contains(index));
    let busy: f64 = busy.filter_map(|(_, ticks)| ticks.parse::<f64>().ok()).sum();
    accounts::tick().mul_f64(busy).saturating_sub(accounts::own() + accounts::children())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        said(
            Command::new("git")
                .args(["-C", env!("CARGO_MANIFEST_DIR"), "-c", "safe.directory=*"])
                .args(arguments),
        )
    };
    let built = ["status", "--porcelain", "--", "src", "benches", "client", "Cargo.toml", "Cargo.lock"];
    let changes = if git(&built).is_empty() { "" } else { ", and changes" };
    git(&["rev-parse", "--short=12", "HEAD"]) + changes
}
