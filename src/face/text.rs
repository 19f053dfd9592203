//! The pool in text: what one reads at a glance, and everybody who waits.

use super::line::{Line, Tone};
use super::{Style, human, tables};
use crate::snapshot::{Status, WaitingPeer, WorkerStatus};

/// What lies below something else is moved by this.
const INDENT: usize = 2;

/// The pool at a glance.
pub(crate) fn status(status: &Status, style: Style) -> String {
    let mut lines = tables::master(status).rows(style);
    lines.extend(tables::pool(&status.pool, (style.width / 3).min(40), style).rows(style));
    lines.extend(tables::queues(status).rows(style));
    lines.extend(tables::refused(status).rows(style));
    lines.extend(tables::ended(status).rows(style));
    lines.extend(tables::log(&status.totals).rows(style));
    lines.push(Line::default());
    lines.extend(workers(&status.workers, style));
    lines.push(Line::default());
    if !status.waiting.is_empty() {
        lines.extend(waiting(status, style));
        lines.push(Line::default());
    }
    lines.extend(tables::waits(status).rows(style));
    written(&lines, style)
}

/// Everybody who waits, by queue, the longest first.
pub(crate) fn queue(status: &Status, style: Style) -> String {
    // Nobody is left out, even if the queue of a peer should not be listed.
    let mut addresses: Vec<&str> = Vec::new();
    let of_listeners = status.listeners.iter().map(|listener| listener.address.as_str());
    for address in of_listeners.chain(status.waiting.iter().map(|peer| peer.listener.as_str())) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let mut lines = Vec::new();
    for address in addresses {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(tables::queue_heading(status, address).rows(style));
        lines.extend(queue_of(status, address, style.with_width(style.width - INDENT)).map(indented));
    }
    written(&lines, style)
}

/// Who waits at one address.
fn queue_of(status: &Status, address: &str, style: Style) -> impl Iterator<Item = Line> {
    let peers: Vec<&WaitingPeer> = status.waiting.iter().filter(|peer| peer.listener == address).collect();
    let listener = status.listeners.iter().find(|listener| listener.address == address);
    let total = listener.and_then(|listener| listener.waiting);
    let listed = peers.len() as u64;
    let end = match total {
        None if listed == 0 => Some("who waits here is unknown".to_owned()),
        Some(0) if listed == 0 => Some("nobody waits".to_owned()),
        Some(total) if total > listed && listed == 0 => Some("who they are is not told".to_owned()),
        Some(total) if total > listed => {
            Some(format!("{} and {} more", style.ellipsis(), human::count(total - listed)))
        }
        _ => None,
    };
    let table = tables::waiting(peers, true, false).lay(style);
    let heading = (listed > 0).then_some(table.heading);
    let end = end.map(move |end| Line::new(Tone::Faint, &end).cut(style));
    heading.into_iter().chain(table.rows).chain(end)
}

/// The workers, each with its busy slots below it.
fn workers(workers: &[WorkerStatus], style: Style) -> Vec<Line> {
    if workers.is_empty() {
        return vec![Line::new(Tone::Faint, "no workers")];
    }
    let (shown, rest) = workers.split_at(workers.len().min(style.limits.workers));
    let table = tables::workers(shown, (style.width / 8).min(16), style).lay(style);
    let slots = shown.iter().flat_map(|worker| worker.connections.iter().take(style.limits.slots));
    let mut slots = tables::connections(slots).rows(style.with_width(style.width - INDENT)).into_iter();
    let mut lines = vec![table.heading];
    for (worker, line) in shown.iter().zip(table.rows) {
        lines.push(line);
        let listed = worker.connections.len().min(style.limits.slots);
        lines.extend(slots.by_ref().take(listed).map(indented));
        if worker.busy > listed {
            let more = format!("{} and {} more busy", style.ellipsis(), human::size(worker.busy - listed));
            lines.push(indented(Line::new(Tone::Faint, &more)));
        }
    }
    lines.extend(more_workers(rest, style));
    lines
}

/// The workers that are not listed, in one line.
fn more_workers(rest: &[WorkerStatus], style: Style) -> Option<Line> {
    if rest.is_empty() {
        return None;
    }
    let busy = rest.iter().fold(0, |busy: usize, worker| busy.saturating_add(worker.busy));
    let (number, states, busy) = (human::size(rest.len()), tables::states(rest), human::size(busy));
    let more = format!("{} and {number} more: {states}; {busy} busy", style.ellipsis());
    Some(Line::new(Tone::Faint, &more).cut(style))
}

/// The first of those who wait, and how many more there are.
fn waiting(status: &Status, style: Style) -> Vec<Line> {
    let shown = status.waiting.len().min(style.limits.waiting);
    let has_several = status.listeners.len() > 1;
    let table = tables::waiting(&status.waiting[..shown], false, has_several).lay(style);
    let mut lines = vec![table.heading];
    lines.extend(table.rows);
    let listed = status.waiting.len() as u64;
    let more = status.pool.waiting.unwrap_or(listed).max(listed) - shown as u64;
    if more > 0 {
        let more = Line::new(Tone::Faint, &format!("{} and {} more", style.ellipsis(), human::count(more)));
        let hinted = more.clone().then(Tone::Faint, " (`prefork-echo queue` lists them)");
        let has_hint = status.waiting.len() > shown && hinted.width() <= style.width;
        lines.push(if has_hint { hinted } else { more });
    }
    lines
}

fn indented(line: Line) -> Line {
    line.indented(INDENT)
}

fn written(lines: &[Line], style: Style) -> String {
    lines.iter().fold(String::new(), |text, line| text + &line.write(style))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::{Limits, example};

    const PLAIN: Style = Style { width: 80, colour: false, unicode: true, limits: Limits::GLANCE };

    #[test]
    fn a_saturated_pool_at_a_glance() {
        let expected = "\
running  pid 8304  generation 1  up 12m 05s  prefork-echo 0.1.0
pool   [██]  2/2 busy  saturated for 12 s
queue  127.0.0.1:8080  2 waiting of 511  longest 3.2 s  0 vanished  0 dropped

worker   pid  state  busy      accepted       in      out   uptime
0       8305  ready  [██] 2/2     1,204  12.3 kB  12.3 kB  12m 04s
  127.0.0.1:40000  reading  waited 0 ms   open 3.2 s  1 message
  127.0.0.1:40001  working  waited 1.2 s  open 3.2 s  2 messages

waiting          waited  sent
127.0.0.1:52710   3.2 s   6 B
127.0.0.1:52711   2.9 s   6 B  half-closed

waits  p50 0 ms  p90 1.2 s  p99 3.1 s  max 3.4 s  of 2,408 connections
";
        assert_eq!(status(&example::busy(1, 2, 2, 2), PLAIN), expected);
    }

    #[test]
    fn what_the_log_has_lost_is_told_and_nothing_where_that_is_nothing() {
        let mut pool = example::busy(1, 2, 2, 2);
        assert!(!status(&pool, PLAIN).contains("\nlog"));
        pool.totals.log_lines_lost = 3;
        assert!(status(&pool, PLAIN).contains("\nlog    lines: 3 lost\n"), "{}", status(&pool, PLAIN));
        (pool.totals.log_lines_lost, pool.totals.log_lines_left_out) = (18_514, 2);
        assert!(status(&pool, PLAIN).contains("\nlog    lines: 18,514 lost, 2 left out\n"));
    }

    #[test]
    fn who_was_refused_or_ended_is_told_by_reason() {
        let mut pool = example::idle(1, 1);
        assert!(!status(&pool, PLAIN).contains("refused"));
        (pool.refused.denied, pool.refused.queue_wait) = (1_204, 3);
        assert!(status(&pool, PLAIN).contains("\nrefused  1,204 denied  3 queue wait\n"));
        assert!(!status(&pool, PLAIN).contains("ended"));
        (pool.ended.first_byte, pool.ended.made_room) = (7, 1);
        assert!(status(&pool, PLAIN).contains("\nended  7 first byte  1 made room\n"));
    }

    #[test]
    fn a_narrow_terminal_gets_what_matters() {
        let expected = "\
degraded  pid 8304  up 12m 05s
[##]  2/2 busy  saturated for 12 s
127.0.0.1:8080  0 waiting of 511

worker  state      busy
0       ready      [##] 2/2
  127.0.0.1:40000  reading  waited 0 ms
  127.0.0.1:40001  working  waited 1.2 s
1       throttled  respawn in 1.6 s

waits  p50 0 ms  p99 3.1 s  max 3.4 s
";
        assert_eq!(status(&example::degraded(), Style { width: 40, unicode: false, ..PLAIN }), expected);
    }

    #[test]
    fn a_worker_that_leaves_stands_after_its_replacement() {
        let text = status(&example::draining(), PLAIN);
        assert!(text.contains("\npool   [██░░░░░░▒▒▒]  2/8 busy  3 draining\n"));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(['0', '1'])).collect();
        let starts = [
            "0       8305  ready     [█░░░] 1/4",
            "0       7001  draining  [▒▒▒] 3/4",
            "1       8306  ready",
        ];
        assert!(rows.iter().zip(starts).all(|(row, start)| row.starts_with(start)), "{text}");
    }

    #[test]
    fn what_is_unknown_is_never_zero() {
        let text = status(&example::unknown(), Style { width: 200, ..PLAIN });
        for line in text.lines().filter(|line| line.contains("unix:") || line.contains("127.0.0.1:527")) {
            assert!(line.contains("unknown") && !line.contains(" 0 "), "{line}");
        }
        let text = queue(&example::unknown(), PLAIN);
        assert!(text.contains("unix:/run/prefork.sock  waiting unknown  vanished unknown  dropped unknown"));
        assert!(text.ends_with("  who waits here is unknown\n"));
    }

    #[test]
    fn a_huge_pool_is_folded() {
        let text = status(&example::busy(1024, 64, 20, 1064), PLAIN);
        assert!(text.lines().count() < 200);
        assert_eq!(text.matches("… and 12 more busy").count(), Limits::GLANCE.workers);
        assert!(text.contains("\n… and 1,008 more: 1,008 ready; 20,160 busy\n"));
        assert!(text.contains("\n… and 1,054 more (`prefork-echo queue` lists them)\n"));
        let all = status(&example::busy(1024, 64, 20, 1000), Style { limits: Limits::NONE, ..PLAIN });
        assert!(!all.contains('…'));
    }

    #[test]
    fn an_empty_pool_is_shown_too() {
        let text = status(&example::idle(0, 0), PLAIN);
        assert!(text.contains("no worker is ready\n") && text.contains("\nno workers\n"));
        assert!(text.ends_with("waits  no connection yet\n"));
    }

    #[test]
    fn the_queue_lists_everybody_in_order() {
        let expected = "\
127.0.0.1:8080  1,001 waiting of 511  longest 3.2 s  0 vanished  0 dropped
         waiting          waited  sent
      1  127.0.0.1:52710   3.2 s   6 B
      2  127.0.0.1:52711   2.9 s   6 B  half-closed
";
        let text = queue(&example::busy(2, 2, 2, 1001), PLAIN);
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(text.lines().count(), 2 + 1000 + 1);
        assert!(text.ends_with("\n  … and 1 more\n"));
        assert!(queue(&example::idle(2, 2), PLAIN).ends_with("dropped\n  nobody waits\n"));
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_or_steers_the_terminal(
            pool in example::whatever(), width in 40..=200_usize, unicode: bool, lists_all: bool
        ) {
            let limits = if lists_all { Limits::NONE } else { Limits::GLANCE };
            let style = Style { width, colour: false, unicode, limits };
            for text in [status(&pool, style), queue(&pool, style)] {
                prop_assert!(unicode || text.is_ascii());
                for line in text.lines() {
                    prop_assert!(Line::plain(line).width() <= width, "{}", line);
                    prop_assert!(!line.contains(char::is_control), "{:?}", line);
                }
            }
        }
    }
}
