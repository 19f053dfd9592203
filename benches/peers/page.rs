//! The page `docs/peers.md`, all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::about::{About, versions};
use crate::bars;
use crate::peer::Peer;
use crate::plot::PLOTS;
use crate::results::Results;
use crate::summary::Summary;
use crate::workload::{CROWD, LARGE, MEMORABLE, PAUSE, Pace, SLOTS, Workload};

/// A column of a table: its heading, the figure, and what that is divided by.
type Column = (&'static str, &'static str, f64);

const REPEATED: [Column; 6] = [
    ("CPU, µs", "cpu_us", 1.0),
    ("per second", "per_second", 1.0),
    ("p50, µs", "p50_us", 1.0),
    ("p99, µs", "p99_us", 1.0),
    ("p99.9, µs", "p999_us", 1.0),
    ("client busy", "client_busy", 0.01),
];
const BULK: [Column; 3] = [
    ("MiB/s", "mib_per_second", 1.0),
    ("CPU, ms per GiB", "cpu_ms_per_gib", 1.0),
    ("client busy", "client_busy", 0.01),
];
const SATURATION: [Column; 5] = [
    ("served per second", "per_second", 1.0),
    ("p50, ms", "p50_us", 1e3),
    ("p99, ms", "p99_us", 1e3),
    ("longest, ms", "max_us", 1e3),
    ("longest ÷ p50", "unfairness", 1.0),
];
const MEMORY: [Column; 5] = [
    ("connections", "connections", 1.0),
    ("an open one, kB", "open_kb", 1.0),
    ("the whole ÷ connections, kB", "whole_kb", 1.0),
    ("left by each that closed, kB", "left_kb", 1.0),
    ("before the first, MB", "start_mb", 1.0),
];
const START: [Column; 2] =
    [("first connection served, ms", "served_ms", 1.0), ("says that it listens, ms", "ready_ms", 1.0)];
const RELOAD: [Column; 1] = [("ms", "reload_ms", 1.0)];

const INTRODUCTION: &str = "\
# Beside its peers

`cargo bench --bench peers` has made this page, all of it; what its figures mean, and what they do not, is in
[PERFORMANCE.md](../PERFORMANCE.md#beside-its-peers). All figures are of one run, in which the servers took turns, each time in another
order: the median of the rounds, then the least and the most in brackets. The load came from one thread on the same machine, which compared
every byte. *Client busy* is the part of a core, in per cent, that this thread took: from 90 on it may be what limits throughput and latency, not the server.
CPU is user and system time of all of a server's processes, also of those that have ended.

*C threads* is there for what this server's design costs without anything else: a thread for each connection, which reads and answers, with no limit, no
timeout, no count and no second process. Per connection it starts a thread, where this server has one that waits. *C epoll* is as little as any
server does. Every figure of every round is in [peers.json](peers.json).
";

/// Puts it together.
pub(crate) fn render(results: &Results, about: &About, peers: &[Peer], pace: &Pace) -> String {
    let mut whole = Page { text: INTRODUCTION.to_owned(), results, peers, pace };
    if let Some(warning) = &about.warning {
        whole.line(&format!("\n**Beware: {warning}**"));
    }
    whole.bars();
    whole.line("\n## Pictures\n");
    for plot in &PLOTS {
        whole.line(&format!("![{}](peers/{}.svg)\n", plot.title, plot.file));
    }
    whole.ping_pong();
    whole.short_connections();
    whole.bulk();
    whole.saturation();
    whole.memory();
    whole.line("## Start\n\nFrom before the process is made to the end of the first exchange; this server with 4 workers.\n");
    whole.table(Workload::Start, &START);
    whole.line("## Reload\n\nThe command `prefork-echo reload`, which tells the outcome, from its start to its end; 2 × 64 slots, nobody connected.\n");
    whole.table(Workload::Reload, &RELOAD);
    whole.machine(about);
    whole.text.trim_end().to_owned() + "\n"
}

struct Page<'run> {
    text: String,
    results: &'run Results,
    peers: &'run [Peer],
    pace: &'run Pace,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        writeln!(self.text, "{text}").expect("a string takes everything");
    }

    fn bars(&mut self) {
        self.line(
            "\n## Bars\n\nWhat this server is to reach: ratios to a peer in the same round, or figures of its own. *Within the noise*: some rounds reach \
             the bar and some do not. The last column has C threads beside the same peer: \
             a bar per message that it misses as well is missed by a plain thread per connection.\n",
        );
        self.text += &bars::table(self.results);
    }

    fn machine(&mut self, about: &About) {
        self.line("\n## Machine and servers\n\n| | |\n|---|---|");
        for (name, value) in &about.facts {
            self.line(&format!("| {name} | {} |", value.as_str().map_or(value.to_string(), str::to_owned)));
        }
        self.line("\n| server | what it is | reads into | version |\n|---|---|---|---|");
        for [name, description, buffer, version] in versions(self.peers) {
            self.line(&format!("| {name} | {description} | {buffer} | {version} |"));
        }
        self.line("\nAll but ncat, which cannot, send without delay (`TCP_NODELAY`). What is C was compiled with `-O3`.");
    }

    fn ping_pong(&mut self) {
        self.line(
            "## Ping-pong\n\nA message of 64 bytes and its echo, again and again on connections that stay; this server has 2 workers \
             with a slot for each connection, at least 4. CPU is per message.\n",
        );
        for workload in Workload::ALL {
            if let Workload::PingPong(connections) = workload {
                let heading = if connections == 1 {
                    "1 connection".to_owned()
                } else {
                    format!("{connections} connections")
                };
                self.heading_and_table(&heading, workload, &REPEATED);
            }
        }
    }

    fn short_connections(&mut self) {
        self.line(
            "## Connect, send, close\n\nA message of 64 bytes and its echo on a connection of its own; the client closes its side, waits until the \
             server has closed too, and connects again. Latency is from `connect` to the first byte. CPU is per connection.\n",
        );
        for workload in Workload::ALL {
            if let Workload::ShortConnections { clients, threads } = workload {
                let heading = format!("{clients} clients, this server with 2 × {threads} slots");
                self.heading_and_table(&heading, workload, &REPEATED);
            }
        }
    }

    fn bulk(&mut self) {
        self.line(&format!(
            "## Bulk\n\n{} MiB, in messages of {LARGE} MiB that are read while they are written; {} MiB through those that start processes.\n",
            self.pace.bulk, self.pace.slow_bulk
        ));
        self.heading_and_table("One connection", Workload::Bulk { connections: 1 }, &BULK);
        self.heading_and_table("Four connections", Workload::Bulk { connections: 4 }, &BULK);
    }

    fn memory(&mut self) {
        self.line(&format!(
            "## Memory\n\nOf all processes: before the first connection, with so many connections open and quiet after {} KiB on each, and after they have \
             closed. A kB has 1,000 bytes. It is the proportional set size, so what the kernel keeps is in none of these figures: a stack of 16 KiB for \
             each thread, its records of threads and processes, page tables, sockets. Who has a thread or a process for each connection takes that \
             much more.\n",
            MEMORABLE / 1024
        ));
        self.table(Workload::Memory, &MEMORY);
    }

    fn saturation(&mut self) {
        let ideal = PAUSE.as_secs_f64() * 1e3 * f64::from(u32::try_from(CROWD / SLOTS).expect("it is small"));
        let best = f64::from(u32::try_from(SLOTS).expect("it is small")) / PAUSE.as_secs_f64();
        self.line(&format!(
            "## Saturation\n\n{CROWD} clients, {SLOTS} slots, each held for {} ms: connect, a message, its echo, close, and again. Times are from \
             `connect` to the first byte, of which a perfect queue takes {ideal:.0} ms for everybody, at {best:.0} per second. The longest by the \
             median tells how fair it is: 1 where all wait alike.\n",
            PAUSE.as_millis(),
        ));
        self.table(Workload::Saturation, &SATURATION);
    }

    fn heading_and_table(&mut self, heading: &str, workload: Workload, columns: &[Column]) {
        self.line(&format!("### {heading}\n"));
        self.table(workload, columns);
    }

    /// A row for each server that was put through it, and why others were not.
    fn table(&mut self, workload: Workload, columns: &[Column]) {
        let headings: Vec<_> = columns.iter().map(|(heading, ..)| *heading).collect();
        self.line(&format!("| | {} |\n|---{}|", headings.join(" | "), "|---".repeat(columns.len())));
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for &peer in self.peers {
            if let Some(reason) = self.results.missing(workload, peer) {
                reasons.entry(reason).or_default().push(peer.name());
                continue;
            }
            let cell = |&(_, figure, unit): &Column| {
                self.results.get(workload, peer, figure).map_or("-".to_owned(), |summary| show(summary, unit))
            };
            let cells: Vec<String> = columns.iter().map(cell).collect();
            self.line(&format!("| {} | {} |", peer.name(), cells.join(" | ")));
        }
        let reasons: Vec<String> =
            reasons.into_iter().map(|(reason, names)| format!("{} ({reason})", names.join(", "))).collect();
        self.line(&if reasons.is_empty() {
            String::new()
        } else {
            format!("\nNot measured: {}.\n", reasons.join("; "))
        });
    }
}

/// The median, and the ends where they differ from it.
fn show(summary: Summary, unit: f64) -> String {
    let [median, least, most] =
        [summary.median, summary.least, summary.most].map(|value| number(value / unit));
    if least == most { median } else { format!("{median} ({least} to {most})") }
}

/// Three digits that mean something, in groups.
fn number(value: f64) -> String {
    let text = match value {
        100.0.. => format!("{value:.0}"),
        10.0.. if value.fract() > 0.0 => format!("{value:.1}"),
        10.0.. => format!("{value}"),
        _ => format!("{value:.2}"),
    };
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}
