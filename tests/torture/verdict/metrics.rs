//! Whether what Prometheus scrapes fits the totals, and only grows where it may only grow.

use std::collections::HashMap;

use super::picture::Picture;

/// What the names of those end in that never go back: counters, and the parts of histograms.
const GROW: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];

/// The last scrape.
#[derive(Debug, Default)]
pub(crate) struct Scrapes {
    /// Of which master, and its series with their values.
    last: Option<(i32, HashMap<String, f64>)>,
}

impl Scrapes {
    /// Whether a scrape follows the one before and says what the status says.
    pub(crate) fn check(&mut self, text: &str, pool: &Picture) -> Result<(), String> {
        let pid = pool.master.pid;
        let now: HashMap<String, f64> = series(text)
            .map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect::<Option<_>>()
            .ok_or("there is a series without a number")?;
        let before = self.last.take().filter(|(before, _)| *before == pid);
        for (name, before) in before.iter().flat_map(|(_, series)| series) {
            let grows = GROW.iter().any(|end| family(name).ends_with(end));
            if let Some(now) = now.get(name).filter(|now| grows && *now < before) {
                return Err(format!("{name} of master {pid} went back from {before} to {now}"));
            }
        }
        self.last = Some((pid, now));
        sums(text, pool)
    }
}

/// Whether the series of each family come to what the status says.
fn sums(text: &str, pool: &Picture) -> Result<(), String> {
    let totals = pool.totals;
    for (name, due) in [
        ("prefork_connections_accepted_total", totals.accepted),
        ("prefork_connections_active", (pool.pool.busy + pool.pool.draining) as u64),
        ("prefork_capacity_connections", pool.pool.capacity as u64),
        ("prefork_messages_total", totals.messages),
        ("prefork_received_bytes_total", totals.bytes_in),
        ("prefork_sent_bytes_total", totals.bytes_out),
        ("prefork_worker_respawns_total", totals.respawns),
        ("prefork_reloads_total{result=\"ok\"}", totals.reloads),
        ("prefork_log_lines_lost_total", totals.log_lines_lost),
        ("prefork_generation", pool.master.generation),
        ("prefork_ready", 1),
    ] {
        let its = series(text).filter(|(series, _)| *series == name || family(series) == name);
        let sum: Option<u64> = its.map(|(_, value)| value.parse::<u64>().ok()).sum();
        if sum != Some(due) {
            return Err(format!("{name} comes to {sum:?} in the metrics, and to {due} in the status"));
        }
    }
    Ok(())
}

/// Names with labels, and values, as the text format 0.0.4 has them.
fn series(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '))
}

fn family(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}
