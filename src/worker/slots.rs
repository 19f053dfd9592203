//! The slots of a worker: a thread each, which accepts when it is its turn, and serves.

use std::cell::Cell;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::access::Access;
use super::admit::reset_at_close;
use crate::accept_turn::{Ended, Turn};
use crate::admission::Admission;
use crate::buffer::{Buffer, SMALL_BYTES, Spares};
use crate::config::Config;
use crate::connection::{Clock, Connection, Delivery, Introduce, ReadTimeout};
use crate::door::Accepted;
use crate::ending::Ending;
use crate::handler::Handler;
use crate::listener::Peer;
use crate::logging::seconds;
use crate::parting::Parting;
use crate::patience::{Awaited, Patience, Terms};
use crate::scoreboard::{Rows, Traffic};
use crate::title::WorkerTitle;
use crate::wear::{Memory, Wearing};

/// The stack of a connection's thread. Only what is touched takes memory.
const STACK_BYTES: usize = 256 * 1024;

/// What the threads of a worker share.
pub(super) struct Shared<H> {
    pub(super) id: usize,
    pub(super) generation: u64,
    pub(super) config: Arc<Config>,
    pub(super) handler: Arc<H>,
    pub(super) turn: Turn,
    pub(super) rows: Rows,
    pub(super) admission: Admission,
    pub(super) wearing: Wearing,
    pub(super) title: WorkerTitle,
    pub(super) access: Access,
    pub(super) memory: Memory,
    /// What a connection may take.
    pub(super) terms: Terms,
    /// Memory for those whose data flows.
    pub(super) spares: Spares,
    /// With `timeouts.drain_idle`.
    pub(super) parting: Option<Parting>,
    /// The connection of each slot, so that the first thread can close it.
    pub(super) sockets: Vec<Mutex<Option<Arc<Socket>>>>,
    /// Set when the time of all connections is up.
    pub(super) cutting: AtomicBool,
}

impl<H: Handler> Shared<H> {
    /// Starts the thread of a slot. It lasts as long as the worker.
    pub(super) fn start_thread(self: &Arc<Self>, slot: usize) -> io::Result<()> {
        let shared = Arc::clone(self);
        let serve = move || {
            // What a handler throws is caught with its connection. Anything else is a bug of ours: it ends the worker.
            if catch_unwind(AssertUnwindSafe(|| shared.serve_slot(slot))).is_err() {
                process::exit(101);
            }
        };
        thread::Builder::new().name(format!("slot-{slot}")).stack_size(STACK_BYTES).spawn(serve).map(drop)
    }

    /// A slot: one connection after the other.
    fn serve_slot(&self, slot: usize) {
        self.rows.worker.note_thread(slot);
        // Not on the stack, which would need a page more for it.
        let mut small = vec![0; SMALL_BYTES];
        let mut ended = None;
        while let Some(mut lead) = self.turn.lead(ended.take()) {
            let admit = |accepted| self.admit(accepted, slot, &mut small);
            let accepted = match self.turn.accept(&mut lead, admit) {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return self.turn.close_door(lead.door),
                Err(broken) => {
                    tracing::error!(worker = self.id, "{broken}");
                    process::exit(1);
                }
            };
            self.turn.pass(lead.door, accepted.at);
            ended = Some(self.serve(accepted, slot, &mut Buffer::new(&mut small, &self.spares)));
        }
    }

    /// Starts the threads that are to take the door.
    pub(super) fn start_wanted_threads(self: &Arc<Self>) {
        while let Some(slot) = self.turn.take_wanted_thread() {
            if let Err(error) = self.start_thread(slot) {
                tracing::warn!(
                    worker = self.id,
                    slot,
                    "cannot start another thread: {error}; serving with fewer slots"
                );
                self.turn.note_refused_thread(slot, Instant::now());
            }
        }
    }

    fn serve(&self, accepted: Accepted, slot: usize, buffer: &mut Buffer<'_>) -> Ended {
        let Accepted { socket, peer, queue_wait, at } = accepted;
        let row = &self.rows.slots[slot];
        row.open(peer, queue_wait);
        self.title.show_busy(self.rows.worker.busy(), at);
        if let Some(wait) = queue_wait {
            self.rows.worker.queue_wait.record(wait);
        }
        if self.wearing.note_accepted() {
            self.turn.call_first();
        }
        let silence = self.config.timeouts.idle_saturated.map(|_| &self.rows.silences[slot]);
        if let Some(silence) = silence {
            silence.clear();
        }
        let socket = Arc::new(socket);
        *self.socket(slot) = Some(Arc::clone(&socket));
        if self.cutting.load(Ordering::SeqCst) {
            // The first thread may have gone past this slot before the socket was in it.
            let _ = socket.shutdown(Shutdown::Write);
        }
        let lasts = || self.turn.last(at, Instant::now());
        let (proxy, introduced) = (self.proxy(peer), Cell::new(peer));
        let introduce = proxy.map(|proxy| {
            let introduced = &introduced;
            move |told| self.introduce(proxy, told, slot, introduced)
        });
        let mut connection = Connection {
            socket: &socket,
            work: self.config.work,
            idle: self.config.timeouts.idle,
            read_timeout: ReadTimeout::of_accepted(),
            clock: self.clock(at, proxy.is_some()),
            delivery: Delivery::default(),
            introduce: introduce.as_ref().map(|introduce| introduce as Introduce<'_>),
            silence,
            parting: self.parting.as_ref(),
            cutting: &self.cutting,
            row,
            lasts: Some(&lasts),
        };
        let ending = connection.serve(&*self.handler, buffer);
        let is_brief = connection.lasts.is_some();
        let told = (introduced.get(), proxy);
        if let Ending::Refused(why) = ending {
            self.rows.worker.note_turned_away(why);
            reset_at_close(&socket);
        }
        let open = self.part(slot, ending, at);
        self.log_end(slot, told, queue_wait, open, ending);
        drop(socket);
        Ended { brief: is_brief.then_some(open) }
    }

    /// The clock of a connection, if its terms need one.
    fn clock(&self, accepted: Instant, is_from_proxy: bool) -> Option<Clock> {
        (is_from_proxy || self.terms.need_a_clock()).then(|| {
            let awaited = if is_from_proxy { Awaited::Header } else { Awaited::FirstByte };
            Clock::new(Patience::new(self.terms, accepted, awaited), self.config.timeouts.write)
        })
    }

    /// Takes a connection that has ended out of its slot, and says how long it was there.
    fn part(&self, slot: usize, ending: Ending, accepted: Instant) -> Duration {
        *self.socket(slot) = None;
        self.rows.slots[slot].close(ending == Ending::Cut);
        self.rows.worker.note_ended(ending);
        self.rows.peers.leave(slot);
        let now = Instant::now();
        let open = now.saturating_duration_since(accepted);
        self.rows.worker.duration.record(open);
        // This one is counted still.
        self.title.show_busy(self.rows.worker.busy().saturating_sub(1), now);
        if self.wearing.note_ended(now, || self.memory.resident_bytes()) {
            self.turn.call_first();
        }
        open
    }

    /// Writes the line of a connection that has ended, of this peer, and of this proxy if it came through one.
    fn log_end(
        &self,
        slot: usize,
        (peer, proxy): (Peer, Option<SocketAddr>),
        queue_wait: Option<Duration>,
        open: Duration,
        ending: Ending,
    ) {
        if ending == Ending::HandlerPanicked {
            tracing::error!(worker = self.id, slot, %peer, "the handler panicked, its connection is closed");
        }
        if let Ending::Refused(why) = ending {
            return self.log_refused((peer, proxy), queue_wait, why);
        }
        let Some(line) = self.access.line(ending) else { return };
        let Traffic { messages, bytes_in, bytes_out } = self.rows.slots[slot].traffic();
        tracing::info!(
            target: "access",
            %peer,
            proxy = proxy.map(display),
            worker = self.id,
            slot,
            generation = self.generation,
            queue_wait = queue_wait.map(seconds),
            open = seconds(open),
            messages,
            bytes_in,
            bytes_out,
            reason = ending.reason(),
            sample = line.sample(),
            "connection closed"
        );
    }

    /// Closes every connection, for writing or altogether. From here on an end is no longer the peer's.
    pub(super) fn cut(&self, how: Shutdown) {
        self.cutting.store(true, Ordering::SeqCst);
        for slot in 0..self.sockets.len() {
            if let Some(socket) = &*self.socket(slot) {
                // It fails when the peer is gone, which is as good.
                let _ = socket.shutdown(how);
            }
        }
    }
}

impl<H> Shared<H> {
    /// The connection of a slot.
    pub(super) fn socket(&self, slot: usize) -> MutexGuard<'_, Option<Arc<Socket>>> {
        self.sockets[slot].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
