//! What is read from the scoreboard, whoever writes or dies meanwhile.

use std::sync::atomic::AtomicBool;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::listener::Peer;

const GENERATION: u64 = 1;

fn scoreboard(workers: usize, threads: usize) -> Scoreboard {
    let scoreboard = Scoreboard::new(Board::map().unwrap());
    scoreboard.set_pool(GENERATION, workers, threads);
    scoreboard
}

/// A connection of a slot, from its begin to its end.
fn serve(rows: Rows, slot: usize, bytes: usize) {
    let row = &rows.slots[slot];
    rows.worker.note_thread(slot);
    row.open(Peer::Unix, Some(Duration::from_millis(4)));
    rows.worker.queue_wait.record(Duration::from_millis(4));
    row.note_read(bytes);
    row.note_written(bytes);
    row.close(false);
    rows.worker.duration.record(Duration::from_millis(9));
    rows.worker.note_refused(Refusal::PerPeer);
}

fn totals(picture: &Picture) -> Tally {
    let mut all = Tally::default();
    let living = picture.workers.iter().map(|worker| worker.tally);
    living.chain(picture.ids.iter().map(|(tally, _)| *tally)).for_each(|tally| all += tally);
    all
}

#[test]
fn a_worker_is_seen_with_its_connections() {
    let mut scoreboard = scoreboard(2, 4);
    let lease = scoreboard.lend(1, GENERATION, 4).unwrap();
    let rows = scoreboard.board().rows(lease);
    scoreboard.note_pid(lease, 77);
    assert!(scoreboard.note_standing(lease, Standing::Ready));
    assert!(!scoreboard.note_standing(lease, Standing::Ready), "that is not new");
    serve(rows, 0, 10);
    rows.worker.note_thread(2);
    rows.slots[2].open(Peer::Unix, None);
    rows.worker.set_busy(1, 0);
    let picture = scoreboard.board().read().unwrap();
    let [worker] = &picture.workers[..] else { panic!("{picture:?}") };
    assert_eq!((worker.id, worker.pid, worker.standing, worker.slots), (1, 77, Standing::Ready, 4));
    assert_eq!(worker.connections.iter().map(|(slot, _)| *slot).collect::<Vec<_>>(), [2]);
    assert_eq!((worker.tally.accepted, worker.tally.closed, worker.tally.bytes_in), (2, 1, 10));
    assert_eq!((scoreboard.idle(), scoreboard.idle_of(lease)), (3, 3));
    rows.worker.set_busy(1, 2);
    assert_eq!((scoreboard.idle(), scoreboard.board().read().unwrap().workers[0].lacking), (1, 2));
    scoreboard.note_stopped(lease, true);
    assert_eq!((scoreboard.idle(), scoreboard.board().read().unwrap().workers[0].lacking), (0, 3));
}

#[test]
fn a_worker_that_was_stopped_while_a_connection_ended_has_no_idle_slot() {
    let mut scoreboard = scoreboard(1, 2);
    let lease = scoreboard.lend(0, GENERATION, 2).unwrap();
    let rows = scoreboard.board().rows(lease);
    serve(rows, 0, 10);
    // It has not come to say that it is busy no more.
    rows.worker.set_busy(1, 0);
    scoreboard.note_stopped(lease, true);
    let picture = scoreboard.board().read().unwrap();
    assert_eq!((picture.workers[0].connections.len(), picture.workers[0].lacking), (0, 2));
}

#[test]
fn what_the_dead_did_is_counted_for_their_id_and_what_they_held_is_closed() {
    let mut scoreboard = scoreboard(1, 2);
    let lease = scoreboard.lend(0, GENERATION, 2).unwrap();
    let rows = scoreboard.board().rows(lease);
    serve(rows, 0, 5);
    rows.worker.note_thread(1);
    rows.slots[1].open(Peer::Unix, None);
    let tally = scoreboard.take_back(lease);
    assert_eq!((tally.accepted, tally.closed), (2, 1));
    let picture = scoreboard.board().read().unwrap();
    assert!(picture.workers.is_empty());
    assert_eq!((picture.ids[0].0.accepted, picture.ids[0].0.closed), (2, 2));
    assert_eq!(picture.ids[0].0.refused, [0, 1, 0, 0]);
    assert_eq!((picture.queue_wait.count(), picture.duration.count()), (1, 1));
    let again = scoreboard.lend(0, GENERATION, 2).unwrap();
    assert_eq!(again, lease, "the rows are free again");
    let picture = scoreboard.board().read().unwrap();
    assert_eq!(picture.workers[0].tally, Tally::default(), "and empty");
    assert_eq!(totals(&picture).accepted, 2);
}

#[test]
fn sums_never_go_back_while_workers_come_and_go() {
    let mut scoreboard = scoreboard(4, 2);
    let board = scoreboard.board();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut last, mut looks) = (Tally::default(), 0);
            while !done.load(Ordering::Relaxed) {
                let Some(picture) = board.read() else { continue };
                let now = totals(&picture);
                assert!(now.accepted >= last.accepted && now.closed >= last.closed, "{last:?}, then {now:?}");
                assert!(now.refused >= last.refused, "{last:?}, then {now:?}");
                assert!(
                    now.bytes_in >= last.bytes_in && now.messages >= last.messages,
                    "{last:?}, then {now:?}"
                );
                (last, looks) = (now, looks + 1);
            }
            looks
        });
        for round in 0..3000 {
            let lease = scoreboard.lend(round % 4, GENERATION, 2).unwrap();
            let rows = board.rows(lease);
            for slot in 0..2 {
                serve(rows, slot, 100);
            }
            scoreboard.take_back(lease);
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    assert_eq!(totals(&board.read().unwrap()).accepted, 6000);
    assert_eq!(scoreboard.folded().bytes_in, 600_000);
    assert_eq!(scoreboard.folded().refused, [0, 6000, 0, 0]);
    assert_eq!(scoreboard.queue_waits().count(), 6000);
}

#[test]
fn sums_never_go_back_when_the_pool_gets_smaller() {
    let mut scoreboard = scoreboard(4, 2);
    let lease = scoreboard.lend(3, GENERATION, 2).unwrap();
    serve(scoreboard.board().rows(lease), 0, 100);
    scoreboard.set_pool(GENERATION, 1, 2);
    scoreboard.take_back(lease);
    assert_eq!(totals(&scoreboard.board().read().unwrap()).accepted, 1);
}

#[test]
fn saturation_adds_up() {
    let scoreboard = scoreboard(1, 1);
    for (begin, end) in [(5, 25), (30, 31)] {
        scoreboard.begin_saturation(Moment::at(begin));
        assert_eq!(scoreboard.board().read().unwrap().saturated_since, Some(Moment::at(begin)));
        scoreboard.end_saturation(Moment::at(end));
    }
    let picture = scoreboard.board().read().unwrap();
    assert_eq!((picture.saturated_since, picture.saturated), (None, Duration::from_nanos(21)));
}

/// What PERFORMANCE.md says of a message: run it with --release --ignored --nocapture.
#[test]
#[ignore = "prints a figure, and asserts nothing"]
fn what_a_message_costs() {
    const MESSAGES: u32 = 20_000_000;
    let mut scoreboard = scoreboard(1, 1);
    let lease = scoreboard.lend(0, GENERATION, 1).unwrap();
    let row = &scoreboard.board().rows(lease).slots[0];
    let mut rounds: Vec<Duration> = (0..7)
        .map(|_| {
            let began = std::time::Instant::now();
            for _ in 0..MESSAGES {
                let row = std::hint::black_box(row);
                row.note_read(64);
                row.turn_to(State::Writing);
                row.note_written(64);
                row.turn_to(State::Reading);
            }
            began.elapsed()
        })
        .collect();
    rounds.sort();
    println!("{:.2} ns per message", rounds[3].as_secs_f64() * 1e9 / f64::from(MESSAGES));
}

proptest! {
    // Each case maps a board for good.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_garbage_in_shared_memory_breaks_a_reader(words in prop::collection::vec(any::<u64>(), 64)) {
        let mut scoreboard = scoreboard(2, 4);
        let lease = scoreboard.lend(0, GENERATION, 4).unwrap();
        let (board, row) = (scoreboard.board(), &scoreboard.board().workers[lease.row]);
        let mut words = words.into_iter();
        let targets = [&row.id, &row.pid, &row.generation, &row.first_slot, &row.slots, &row.slots_used, &row.stage];
        let master = [&board.master.workers, &board.master.threads, &board.master.rows_used, &board.master.phase];
        for word in targets.into_iter().chain(master) {
            set(word, words.next().unwrap_or_default());
        }
        let _ = board.read();
    }
}
