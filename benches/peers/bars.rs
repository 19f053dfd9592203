//! What this server promises to reach beside its peers, and whether it does.

use std::fmt::Write as _;

use crate::peer::Peer;
use crate::results::Results;
use crate::workload::Workload;

/// A demand: a figure of ours, by that of a peer where there is one, at most or at least so much.
struct Bar {
    what: &'static str,
    figure: (Workload, &'static str),
    peer: Option<(Peer, Workload)>,
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
const ONE_STREAM: Workload = Workload::Bulk { connections: 1 };
const FOUR_STREAMS: Workload = Workload::Bulk { connections: 4 };

const BARS: [Bar; 12] = [
    cpu("CPU per connection, 64 clients on 2 × 64 slots, to tokio", MANY, (Peer::Tokio, MANY), 0.9),
    cpu("the same, to Go", MANY, (Peer::Go, MANY), 0.65),
    cpu("CPU per connection, 8 clients on 2 × 4 slots, to tokio", FEW, (Peer::Tokio, FEW), 0.85),
    cpu("CPU per connection, 8 clients on 2 × 32 slots, to tokio", FEW_OF_MANY, (Peer::Tokio, FEW), 1.0),
    ping_pong("CPU per message, 16 connections, to Go", Workload::PingPong(16)),
    ping_pong("CPU per message, 64 connections, to Go", Workload::PingPong(64)),
    ping_pong("CPU per message, 256 connections, to Go", Workload::PingPong(256)),
    throughput("Bulk throughput, one connection, to tokio", ONE_STREAM),
    throughput("Bulk throughput, four connections, to tokio", FOUR_STREAMS),
    own("Start to READY with 4 workers, ms", Workload::Start, "ready_ms", 20.0),
    own("An idle slot, KiB", Workload::Memory, "left_kib", 12.0),
    own(
        "An open, quiet connection: 12 KiB and a page of its buffer, KiB",
        Workload::Memory,
        "open_kib",
        16.0,
    ),
];

const fn cpu(what: &'static str, ours: Workload, peer: (Peer, Workload), most: f64) -> Bar {
    Bar { what, figure: (ours, "cpu_us"), peer: Some(peer), demand: Demand::AtMost(most) }
}

const fn ping_pong(what: &'static str, workload: Workload) -> Bar {
    cpu(what, workload, (Peer::Go, workload), 1.0)
}

const fn throughput(what: &'static str, workload: Workload) -> Bar {
    let peer = Some((Peer::Tokio, workload));
    Bar { what, figure: (workload, "mib_per_second"), peer, demand: Demand::AtLeast(1.0) }
}

const fn own(what: &'static str, workload: Workload, figure: &'static str, most: f64) -> Bar {
    Bar { what, figure: (workload, figure), peer: None, demand: Demand::AtMost(most) }
}

impl Demand {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
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
    let mut text = "| | measured | bar | |\n|---|---|---|---|\n".to_owned();
    for bar in &BARS {
        let (measured, verdict) = match bar.measured(results) {
            Some(value) if bar.demand.is_met(value) => (format!("{value:.2}"), "met"),
            Some(value) => (format!("{value:.2}"), "**missed**"),
            None => ("-".to_owned(), "not measured"),
        };
        writeln!(text, "| {} | {measured} | {} | {verdict} |", bar.what, bar.demand)
            .expect("a string takes everything");
    }
    text
}

impl Bar {
    /// The medians' ratio, or the median.
    fn measured(&self, results: &Results) -> Option<f64> {
        let (workload, figure) = self.figure;
        let ours = results.get(workload, Peer::Prefork, figure)?.median;
        match self.peer {
            None => Some(ours),
            Some((peer, workload)) => Some(ours / results.get(workload, peer, figure)?.median),
        }
    }
}
