//! The clients that are there all the time, each on a thread: they connect, play a script, and tell what became of it.

pub(crate) mod script;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use prefork_client::Transform;
use rand::RngExt;

use crate::seeds;
use crate::verdict::losses::Outcome;
use script::{Play, Script};

/// How many clients there are at most.
pub(crate) const CLIENTS_MAX: usize = 64;
/// The part of the seed that is theirs.
const CLIENTS: u64 = 1;
/// The longest pause of a client between two connections.
const PAUSE_MAX_MILLISECONDS: u64 = 60;

/// Where clients find the server, and what they expect of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) transform: Transform,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    outcomes: Receiver<Outcome>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    began: Instant,
}

#[derive(Debug)]
struct State {
    /// How many of them may be there.
    most: usize,
    playing: usize,
    is_over: bool,
}

impl Crowd {
    /// All clients, of whom nobody comes yet. Their scripts follow from the seed.
    pub(crate) fn new(server: Server, seed: u64, began: Instant) -> Self {
        let state = Mutex::new(State { most: 0, playing: 0, is_over: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new(), began });
        let (told, outcomes) = mpsc::channel();
        let client = |index: usize| {
            let (shared, told) = (Arc::clone(&shared), told.clone());
            thread::spawn(move || live(server, index, seed, &shared, &told))
        };
        let threads = (0..CLIENTS_MAX).map(client).collect();
        Self { shared, outcomes, threads }
    }

    /// So many of them come and go from now on.
    pub(crate) fn come(&self, most: usize) {
        self.shared.state().most = most;
        self.shared.changed.notify_all();
    }

    /// How many there may be.
    pub(crate) fn size(&self) -> usize {
        self.shared.state().most
    }

    /// Asks those who are there to come to an end, and waits for it; how many are left then.
    pub(crate) fn leave(&self, within: Duration) -> usize {
        let mut state = self.shared.state();
        state.most = 0;
        let left = self.shared.changed.wait_timeout_while(state, within, |state| state.playing > 0);
        left.expect("no client panics").0.playing
    }

    /// What became of those who have ended since.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes.try_iter().collect()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // One that waits for a server that hangs would hold up the report; it ends with the process.
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    /// Whether a client is asked to come to an end.
    fn is_in_hurry(&self, index: usize) -> bool {
        let state = self.state();
        state.is_over || index >= state.most
    }
}

fn live(server: Server, index: usize, seed: u64, shared: &Shared, told: &Sender<Outcome>) {
    for play in 0.. {
        let state = shared.state();
        let mut state = shared
            .changed
            .wait_while(state, |state| !state.is_over && index >= state.most)
            .expect("nobody panics with it");
        if state.is_over {
            return;
        }
        state.playing += 1;
        drop(state);
        let mut random = seeds::random(seed, &[CLIENTS, index as u64, play]);
        let script = Script::choose(&mut random);
        let hurry = || shared.is_in_hurry(index);
        let outcome = Play { server, began: shared.began, hurry: &hurry }.run(script, &mut random);
        // Before it counts as gone, so that whoever waits for that finds it.
        let is_heard = told.send(outcome).is_ok();
        shared.state().playing -= 1;
        shared.changed.notify_all();
        if !is_heard {
            return;
        }
        thread::sleep(Duration::from_millis(random.random_range(0..PAUSE_MAX_MILLISECONDS)));
    }
}
