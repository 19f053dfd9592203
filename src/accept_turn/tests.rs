//! The sign of life in each state of the turn. One thread plays all slots, so nothing depends on time.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use super::*;
use crate::config::Config;
use crate::listener;
use crate::scoreboard::{Board, Scoreboard};

/// A turn with the address at which it accepts, once it is open.
struct Fixture {
    turn: Arc<Turn>,
    listeners: Vec<Listener>,
    address: String,
}

impl Fixture {
    fn new(slots: usize, quick: bool) -> Self {
        let board = Board::map().unwrap();
        let mut scoreboard = Scoreboard::new(board);
        let rows = board.rows(scoreboard.lend(0, 1, slots).unwrap());
        let listen = vec![crate::config::Address::parse("127.0.0.1:0").unwrap()];
        let config = Config { listen, ..Config::default() };
        let listeners = listener::open_all(&config, &[], true, || scoreboard.gate()).unwrap();
        let address = listeners[0].place().to_string();
        let turn = Arc::new(Turn::new(slots, quick, rows.worker).unwrap());
        turn.first_slot();
        Self { turn, listeners, address }
    }

    /// A turn at which somebody may accept.
    fn open(slots: usize, quick: bool) -> Self {
        let mut fixture = Self::new(slots, quick);
        fixture.turn.open(std::mem::take(&mut fixture.listeners)).unwrap();
        fixture
    }

    /// Asks, and says whether the answer is there at once.
    fn answers(&self) -> bool {
        self.turn.ask(Instant::now());
        self.has_answered()
    }

    fn has_answered(&self) -> bool {
        self.turn.take_reports().contains(&Report::Alive)
    }

    fn lead(&self) -> Lead {
        self.turn.lead(None).expect("it is open")
    }

    /// A client comes, and is accepted; then the door is handed on.
    fn serve(&self, mut lead: Lead) -> TcpStream {
        let client = TcpStream::connect(&self.address).unwrap();
        let accepted = self.turn.accept(&mut lead, Some).unwrap().expect("somebody waits");
        self.turn.pass(lead.door, accepted.at);
        client
    }

    /// Many have ended at once, and another one is about to.
    fn learn_that_connections_are_short(&self) {
        let mut state = self.turn.state();
        for _ in 0..200 {
            state.brevity.begin();
            state.brevity.end(Duration::ZERO);
        }
        state.brevity.begin();
    }

    /// Waits for the sign, as the first thread does.
    fn wait_for_answer(&self) {
        while !self.has_answered() {
            let mut files = [PollFd::new(self.turn.changed().as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut files, nix::poll::PollTimeout::from(20_000_u16)).unwrap();
            assert_eq!(ready, 1, "no sign of life");
            self.turn.quiet();
        }
    }
}

#[test]
fn before_the_order_to_accept_the_first_thread_answers() {
    let fixture = Fixture::new(2, false);
    assert!(fixture.answers());
    assert!(!fixture.has_answered(), "once for each question");
}

#[test]
fn who_waits_at_the_door_comes_round_and_answers() {
    let fixture = Fixture::open(2, false);
    let turn = Arc::clone(&fixture.turn);
    let leader = thread::spawn(move || {
        let mut lead = turn.lead(None).unwrap();
        assert!(turn.accept(&mut lead, Some).unwrap().is_none());
        turn.close_door(lead.door);
    });
    for _ in 0..100 {
        fixture.turn.ask(Instant::now());
        fixture.wait_for_answer();
    }
    fixture.turn.drain();
    fixture.turn.ask(Instant::now());
    fixture.wait_for_answer();
    leader.join().unwrap();
    assert!(fixture.answers(), "when the door is closed there is nobody to wait for");
}

#[test]
fn a_leader_that_hangs_gives_no_sign_until_it_goes_on() {
    let fixture = Fixture::open(2, false);
    let lead = fixture.lead();
    assert!(!fixture.answers());
    assert!(!fixture.answers());
    let _client = fixture.serve(lead);
    assert!(fixture.has_answered());
}

#[test]
fn a_leader_that_is_to_close_the_door_answers_when_it_has() {
    let fixture = Fixture::open(2, false);
    let lead = fixture.lead();
    fixture.turn.close();
    assert!(!fixture.answers());
    fixture.turn.close_door(lead.door);
    assert!(fixture.has_answered());
}

#[test]
fn where_all_slots_are_busy_the_first_thread_answers() {
    let fixture = Fixture::open(1, false);
    let _client = fixture.serve(fixture.lead());
    assert!(fixture.answers());
}

#[test]
fn a_thread_that_was_called_is_waited_for() {
    let fixture = Fixture::open(2, false);
    let _client = fixture.serve(fixture.lead());
    assert_eq!(fixture.turn.take_wanted_thread(), Some(1));
    assert!(!fixture.answers(), "it may hang on its way");
    let _lead = fixture.lead();
    assert!(fixture.has_answered());
}

#[test]
fn a_thread_that_the_system_refuses_is_not_waited_for() {
    let fixture = Fixture::open(2, false);
    let _client = fixture.serve(fixture.lead());
    assert_eq!(fixture.turn.take_wanted_thread(), Some(1));
    assert!(!fixture.answers());
    fixture.turn.note_refused_thread(1, Instant::now());
    assert!(fixture.has_answered());
    assert!(fixture.answers(), "nor until it is asked for again");
    let later = Instant::now() + GROW_AGAIN_AFTER;
    fixture.turn.ask(later);
    assert_eq!(fixture.turn.take_wanted_thread(), Some(1), "which a question does");
}

#[test]
fn a_door_that_was_left_for_brief_connections_is_taken_by_a_new_thread() {
    let fixture = Fixture::open(2, true);
    fixture.learn_that_connections_are_short();
    let _client = fixture.serve(fixture.lead());
    assert_eq!(fixture.turn.take_wanted_thread(), None, "the door is left");
    assert!(!fixture.answers());
    assert_eq!(fixture.turn.take_wanted_thread(), Some(1));
    let _lead = fixture.lead();
    assert!(fixture.has_answered());
}

#[test]
fn a_door_is_left_no_longer_once_connections_take_longer() {
    let fixture = Fixture::open(50, true);
    let is_left = || {
        let _client = fixture.serve(fixture.lead());
        let state = fixture.turn.state();
        assert!(state.door.is_some());
        let is_left = state.wanted_threads.is_empty();
        drop(state);
        while fixture.turn.take_wanted_thread().is_some() {}
        is_left
    };
    fixture.learn_that_connections_are_short();
    assert!(is_left());
    for _ in 0..20 {
        fixture.turn.state().brevity.begin();
        fixture.turn.state().busy += 1;
        let lead = fixture.turn.lead(Some(Ended { brief: Some(Duration::from_millis(2)) })).unwrap();
        fixture.turn.state().door = Some(lead.door);
    }
    assert!(!is_left(), "of those that end after 2 ms");
    fixture.learn_that_connections_are_short();
    assert!(is_left());
    let now = Instant::now();
    for _ in 0..2 {
        fixture.turn.last(now, now + Duration::from_millis(8));
        assert!(fixture.turn.take_wanted_thread().is_some(), "who waits for it waits for another one");
    }
    assert!(!is_left(), "of those that last");
}

#[test]
fn a_door_that_was_left_for_brief_connections_is_taken_by_who_slept() {
    let fixture = Fixture::open(2, true);
    fixture.learn_that_connections_are_short();
    let lead = fixture.lead();
    assert_eq!(fixture.turn.state().unmanned.pop(), Some(1));
    let turn = Arc::clone(&fixture.turn);
    let sleeper = thread::spawn(move || turn.lead(None).is_some());
    while fixture.turn.state().idle.is_empty() {
        thread::yield_now();
    }
    let _client = fixture.serve(lead);
    assert_eq!(fixture.turn.take_wanted_thread(), None, "the door is left");
    fixture.turn.ask(Instant::now());
    assert_eq!(fixture.turn.take_wanted_thread(), None);
    fixture.wait_for_answer();
    assert!(sleeper.join().unwrap());
}

#[test]
fn a_close_answers_for_a_door_that_nobody_has_taken() {
    let fixture = Fixture::open(2, false);
    let _client = fixture.serve(fixture.lead());
    assert!(!fixture.answers());
    fixture.turn.close();
    assert!(fixture.has_answered());
}

#[test]
fn a_leader_that_sits_out_a_shortage_is_alive() {
    let fixture = Fixture::open(2, false);
    let mut lead = fixture.lead();
    let turn = Arc::clone(&fixture.turn);
    let leader = thread::spawn(move || {
        turn.sit_out(&mut lead.door, lead.mode, Duration::from_secs(3600));
        turn.close_door(lead.door);
    });
    for _ in 0..10 {
        fixture.turn.ask(Instant::now());
        fixture.wait_for_answer();
    }
    fixture.turn.close();
    leader.join().unwrap();
}

#[test]
fn who_calls_does_not_prolong_the_end_of_a_drain() {
    let fixture = Fixture::open(2, false);
    let turn = Arc::clone(&fixture.turn);
    let leader = thread::spawn(move || {
        let mut lead = turn.lead(None).unwrap();
        turn.accept(&mut lead, Some).unwrap().is_none()
    });
    fixture.turn.drain();
    let patience = Instant::now() + 100 * SETTLE;
    while !leader.is_finished() {
        assert!(Instant::now() < patience, "it waits for ever");
        fixture.turn.poke();
        fixture.turn.ask(Instant::now());
        thread::yield_now();
    }
    assert!(leader.join().unwrap());
}

#[test]
fn a_leader_that_refuses_all_who_come_answers_and_leaves_when_told() {
    let fixture = Fixture::open(2, false);
    let turn = Arc::clone(&fixture.turn);
    let (first_refused, first) = mpsc::channel();
    let leader = thread::spawn(move || {
        let mut lead = turn.lead(None).unwrap();
        let refuse = |_| {
            let _ = first_refused.send(());
            None
        };
        assert!(turn.accept(&mut lead, refuse).unwrap().is_none());
        turn.close_door(lead.door);
    });
    let (address, came) = (fixture.address.clone(), Arc::new(AtomicBool::new(true)));
    let storm = {
        let came = Arc::clone(&came);
        thread::spawn(move || while came.load(Ordering::Relaxed) && TcpStream::connect(&address).is_ok() {})
    };
    first.recv().expect("who comes is refused");
    for _ in 0..200 {
        fixture.turn.ask(Instant::now());
        fixture.wait_for_answer();
        assert_eq!(fixture.turn.status(), (Mode::Accepting, 0), "nobody got a slot");
    }
    fixture.turn.retire();
    leader.join().unwrap();
    came.store(false, Ordering::Relaxed);
    storm.join().unwrap();
}
