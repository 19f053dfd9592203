//! What this server promises to reach beside its peers, and whether it does.

use std::fmt::Write as _;

use crate::peer::Peer;
use crate::results::Results;
use crate::summary::Summary;
use crate::workload::Workload;

/// A demand: a figure of ours, by that of a peer where there is one, at most or at least so much.
struct Bar {
    what: &'static str,
    workload: Workload,
    figure: &'static str,
    peer: Option<Peer>,
    demand: Demand,
}

#[derive(Clone, Copy)]
enum Demand {
    AtMost(f64),
    AtLeast(f64),
}

const MANY: Workload = Workload::ShortConnections { clients: 64, threads: 64 };
const FEW: Workload = Workload::ShortConnections { clients: 8, threads: 4 };
const FEW_OF_MANY: Workload = Workload::ShortConnections { clients: 8, threads: 32 };

const BARS: [Bar; 12] = [
    cpu("CPU per connection, 64 clients on 2 × 64 slots, to tokio", MANY, Peer::Tokio, 0.9),
    cpu("the same, to Go", MANY, Peer::Go, 0.65),
    cpu("CPU per connection, 8 clients on 2 × 4 slots, to tokio", FEW, Peer::Tokio, 0.85),
    cpu("CPU per connection, 8 clients on 2 × 32 slots, to tokio", FEW_OF_MANY, Peer::Tokio, 1.0),
    cpu("CPU per message, 16 connections, to Go", Workload::PingPong(16), Peer::Go, 1.0),
    cpu("CPU per message, 64 connections, to Go", Workload::PingPong(64), Peer::Go, 1.0),
    cpu("CPU per message, 256 connections, to Go", Workload::PingPong(256), Peer::Go, 1.0),
    throughput("Bulk throughput, one connection, to tokio", 1),
    throughput("Bulk throughput, four connections, to tokio", 4),
    own("Start to READY with 4 workers, ms", Workload::Start, "ready_ms", 20.0),
    own("An idle slot whose connection has moved 64 KiB, kB", Workload::Memory, "left_kb", 12.0),
    own(
        "An open connection, quiet after 64 KiB: 12 kB and its buffer of 1.5 KiB, kB",
        Workload::Memory,
        "open_kb",
        13.536,
    ),
];

/// What no run of this compares: one server has both, and the comparison without is a patch.
const BY_HAND: &str = "| The scoreboard and the time in the queue, of a connection's CPU | \
    by hand: [PERFORMANCE.md](../PERFORMANCE.md#what-was-tried) | at most 2 % | | |\n";

const fn cpu(what: &'static str, workload: Workload, peer: Peer, most: f64) -> Bar {
    Bar { what, workload, figure: "cpu_us", peer: Some(peer), demand: Demand::AtMost(most) }
}

const fn throughput(what: &'static str, connections: usize) -> Bar {
    let workload = Workload::Bulk { connections };
    let demand = Demand::AtLeast(1.0);
    Bar { what, workload, figure: "mib_per_second", peer: Some(Peer::Tokio), demand }
}

const fn own(what: &'static str, workload: Workload, figure: &'static str, most: f64) -> Bar {
    Bar { what, workload, figure, peer: None, demand: Demand::AtMost(most) }
}

impl Demand {
    /// Met or missed where all rounds say so, or there is only one.
    fn verdict(self, Summary { least, most, .. }: Summary) -> &'static str {
        let (is_met, is_missed) = match self {
            Self::AtMost(bar) => (most <= bar, least > bar),
            Self::AtLeast(bar) => (least >= bar, most < bar),
        };
        match (is_met, is_missed) {
            (true, _) => "met",
            (_, true) => "**missed**",
            _ => "within the noise",
        }
    }
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

/// A row for each.
pub(crate) fn table(results: &Results) -> String {
    let mut text = "| | this server | bar | | C threads |\n|---|---|---|---|---|\n".to_owned();
    let show = |measured: Option<Summary>| measured.map_or("-".to_owned(), show);
    for bar in &BARS {
        let ours = bar.measured(results, Peer::Prefork);
        let verdict = ours.map_or("not measured", |ours| bar.demand.verdict(ours));
        // Its memory and its start are those of another program; what a thread per connection costs in CPU is the same.
        let plain = bar.peer.and_then(|_| bar.measured(results, Peer::Threads));
        writeln!(text, "| {} | {} | {} | {verdict} | {} |", bar.what, show(ours), bar.demand, show(plain))
            .expect("a string takes everything");
    }
    text + BY_HAND
}

impl Bar {
    /// What this server reached: of each round the ratio to the peer, or the figure.
    fn measured(&self, results: &Results, server: Peer) -> Option<Summary> {
        match self.peer {
            None => results.get(self.workload, server, self.figure),
            Some(peer) => results.ratio(self.workload, server, peer, self.figure),
        }
    }
}

/// The median, and the ends where they differ from it.
fn show(Summary { median, least, most }: Summary) -> String {
    if least < most { format!("{median:.2} ({least:.2} to {most:.2})") } else { format!("{median:.2}") }
}
