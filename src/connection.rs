//! One client on one thread: read, answer, write, watch the clock, and close without destroying what is in flight.

mod clock;
mod delivery;

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::libc;
use socket2::Socket;

use crate::buffer::Buffer;
use crate::config::Work;
use crate::ending::Ending;
use crate::handler::{Handler, Reply};
use crate::listener::BRIEF;
use crate::parting::{Parting, Waited};
use crate::patience::Wait;
use crate::pretence;
use crate::proxy_header::ProxyHeader;
use crate::refusal::Refusal;
use crate::scoreboard::{Silence, SlotRow, State};
use crate::sys::{self, Moment};
pub(crate) use clock::{Clock, ReadTimeout};
pub(crate) use delivery::Delivery;
use delivery::Progress;

/// How long a connection that we close waits for its peer to close too. Closing earlier, with bytes of the peer still
/// to come, makes the kernel answer them with a reset, which may destroy what the peer has not read yet. A peer that still
/// takes its answer has this time again and again.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Takes whom a proxy has told, if it has told anybody, or what is wrong with its header, and says whether the connection
/// goes on.
pub(crate) type Introduce<'a> = &'a dyn Fn(Result<Option<SocketAddr>, &'static str>) -> Result<(), Refusal>;

/// A connection in progress.
pub(crate) struct Connection<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) work: Work,
    /// How long the peer may send nothing.
    pub(crate) idle: Option<Duration>,
    pub(crate) read_timeout: ReadTimeout,
    /// What else it may take, if there is more than the timeouts of its socket.
    pub(crate) clock: Option<Clock>,
    /// How much of what was written the peer has taken.
    pub(crate) delivery: Delivery,
    /// Where it comes from a proxy, whose header is no part of what the handler gets.
    pub(crate) introduce: Option<Introduce<'a>>,
    /// Where its silence is seen, if it may cost it the slot.
    pub(crate) silence: Option<&'a Silence>,
    /// How to wait, where silence ends a connection of a worker that drains.
    pub(crate) parting: Option<&'a Parting>,
    /// Set when the worker closes all that is left.
    pub(crate) cutting: &'a AtomicBool,
    /// Where it says what it does.
    pub(crate) row: &'a SlotRow,
    /// What to call when the connection turns out to last; `None` once it has. Until then nothing here may take long.
    pub(crate) lasts: Option<&'a dyn Fn()>,
}

impl Connection<'_> {
    /// Serves the peer to the end, whatever end it is. The socket's timeouts are those of the configuration.
    pub(crate) fn serve<H: Handler>(&mut self, handler: &H, buffer: &mut Buffer<'_>) -> Ending {
        // What a panic leaves behind is this connection's alone: its session is dropped with it.
        let ending = catch_unwind(AssertUnwindSafe(|| self.converse(handler, buffer)));
        let ending = match ending.unwrap_or(Ending::HandlerPanicked) {
            // After our half-close writes fail, and a read may find an end that is ours.
            Ending::PeerClosed | Ending::Reset | Ending::WriteTimeout if self.is_cut() => Ending::Cut,
            ending => ending,
        };
        if ending.is_ours() {
            self.last();
            self.row.turn_to(State::Closing);
            self.linger(buffer);
        }
        ending
    }

    fn converse<H: Handler>(&mut self, handler: &H, buffer: &mut Buffer<'_>) -> Ending {
        let mut early = match self.introduce.map_or(Ok(0), |introduce| self.take_header(introduce, buffer)) {
            Ok(early) => early,
            Err(ending) => return ending,
        };
        let mut session = H::Session::default();
        let mut is_first = true;
        loop {
            let read = if early == 0 { self.read(buffer, 0) } else { Ok(std::mem::take(&mut early)) };
            let length = match read {
                // Closing a socket on which nothing is unread ends it as a half-close does, so that call is spared.
                Ok(0) => return self.write(handler.finish(&mut session)).err().unwrap_or(Ending::PeerClosed),
                Ok(length) => length,
                Err(ending) => return ending,
            };
            if !is_first {
                // Whoever sends a second message may send a third.
                self.last();
            }
            is_first = false;
            self.row.note_read(length);
            pretence::work(self.work);
            let written = match handler.reply(&mut session, &mut buffer.bytes()[..length]) {
                Reply::Send(bytes) => self.write(bytes),
                Reply::Close(bytes) => self.write(bytes).and(Err(Ending::HandlerClosed)),
            };
            if let Err(ending) = written {
                return ending;
            }
            self.row.turn_to(State::Reading);
        }
    }

    /// Takes the header of a proxy. What has come behind it is left at the begin of the buffer: how many bytes it is.
    fn take_header(&mut self, introduce: Introduce<'_>, buffer: &mut Buffer<'_>) -> Result<usize, Ending> {
        let mut come = 0;
        let header = loop {
            match self.read(buffer, come) {
                // A check whether the port is open, most likely.
                Ok(0) if come == 0 => return Err(Ending::PeerClosed),
                Ok(0) => break Err("it ended within its header"),
                Err(Ending::FirstByteTimeout) => break Err("its header did not come in time"),
                Err(ending) => return Err(ending),
                Ok(length) => come += length,
            }
            match ProxyHeader::read(&buffer.bytes()[..come]) {
                // Whoever sends it in pieces takes its time.
                Ok(None) => self.last(),
                Ok(Some(header)) => break Ok(header),
                Err(why) => break Err(why),
            }
        };
        if header.is_err() && self.is_cut() {
            // What it lacks was perhaps still to come.
            return Err(Ending::Cut);
        }
        introduce(header.map(|header| header.peer)).map_err(Ending::Refused)?;
        let length = header.map_or(come, |header| header.length);
        if let Some(clock) = &mut self.clock {
            clock.patience.note_header(come > length, Instant::now());
        }
        buffer.bytes().copy_within(length..come, 0);
        Ok(come - length)
    }

    /// The connection lasts: others are not to wait for its thread.
    fn last(&mut self) {
        if let Some(call) = self.lasts.take() {
            call();
        }
    }

    /// Reads behind so many bytes of the buffer.
    fn read(&mut self, buffer: &mut Buffer<'_>, behind: usize) -> Result<usize, Ending> {
        let read = self.wait_and_read(buffer, behind);
        if let Some(silence) = self.silence {
            silence.end();
            if read == Ok(0) && silence.is_told() {
                return Err(Ending::MadeRoom);
            }
        }
        read
    }

    /// Reads, and waits for it as long as the peer may be waited for. While it still takes its answer it is neither idle, nor
    /// as slow as what it has sent.
    fn wait_and_read(&mut self, buffer: &mut Buffer<'_>, behind: usize) -> Result<usize, Ending> {
        loop {
            let mut now = self.clock.as_ref().map(|_| Instant::now());
            let wait = self.clock.as_ref().zip(now).map(|(clock, now)| clock.patience.to_read(now));
            let read = self.read_within(wait.as_ref(), &mut now, buffer, behind);
            self.note_moved(wait.zip(now), *read.as_ref().unwrap_or(&0));
            let goes_on = match read {
                Err(Ending::TooSlow) => self.progress().taken > 0,
                Err(Ending::IdleTimeout) => self.progress().is_under_way(),
                _ => false,
            };
            if !goes_on {
                return read;
            }
        }
    }

    /// Reads within a wait, and says what the time is then.
    fn read_within(
        &mut self,
        wait: Option<&Wait>,
        now: &mut Option<Instant>,
        buffer: &mut Buffer<'_>,
        behind: usize,
    ) -> Result<usize, Ending> {
        loop {
            let read = self.read_once(wait.zip(*now), buffer, behind);
            *now = now.map(|_| Instant::now());
            match read? {
                // SIGSTOP and SIGCONT interrupt a call that has a timeout, see signal(7).
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                // Whether its time is up is found out above.
                Err(error) if error.kind() == ErrorKind::WouldBlock && wait.is_some() => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::IdleTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(length) => return Ok(length),
            }
        }
    }

    /// Reads what is there, or waits for the peer first, as long as it may.
    fn read_once(
        &mut self,
        wait: Option<(&Wait, Instant)>,
        buffer: &mut Buffer<'_>,
        behind: usize,
    ) -> Result<io::Result<usize>, Ending> {
        if let Some((wait, now)) = wait {
            // Over is over, whatever has come: who sends without a pause would be served for ever.
            wait.left(now)?;
        }
        if buffer.is_large() {
            // Data flows. The next comes within a moment, or it does not flow any more.
            self.read_timeout.set(self.socket, Some(BRIEF));
            match buffer.read(self.socket, behind) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.last(),
                read => return Ok(read),
            }
            // Of a header that is not whole it keeps what has come.
            if behind == 0 {
                buffer.shrink();
            }
        }
        self.await_bytes(wait)?;
        Ok(buffer.read(self.socket, behind))
    }

    /// Waits for the peer, or lets the next read do so, as long as it may.
    fn await_bytes(&mut self, wait: Option<(&Wait, Instant)>) -> Result<(), Ending> {
        if self.lasts.is_some() {
            return Ok(());
        }
        if let Some(silence) = self.silence {
            silence.begin(Moment::now());
        }
        if self.clock.is_none() {
            self.read_timeout.set(self.socket, self.idle);
        }
        match (self.parting, wait) {
            (Some(parting), _) => {
                let idle = || Wait::of(self.idle, Ending::IdleTimeout, Instant::now());
                match parting.wait(self.socket, &wait.map_or_else(idle, |(wait, _)| *wait)) {
                    Waited::Readable => Ok(()),
                    Waited::Over(ending) => Err(ending),
                    Waited::Parted => Err(Ending::DrainIdle),
                }
            }
            (None, Some((wait, now))) => self.read_timeout.set_by(self.socket, wait, now),
            (None, None) => Ok(()),
        }
    }

    /// Sends all of it.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Ending> {
        self.row.turn_to(State::Writing);
        while !bytes.is_empty() {
            let sent = self.send(bytes)?;
            self.row.note_written(sent);
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// Sends some of it. A peer that takes some of its answer has the whole write timeout again, and a second more of its
    /// lifetime. The thread does not learn of each byte: the kernel wakes it when much room is free (`sk_stream_write_space`).
    fn send(&mut self, bytes: &[u8]) -> Result<usize, Ending> {
        loop {
            let mut now = self.clock.as_ref().map(|_| Instant::now());
            let wait = self.clock.as_ref().zip(now).map(|(clock, now)| clock.patience.to_write(now));
            let sent = self.send_within(wait.as_ref(), &mut now, bytes);
            // What was sent now is taken later.
            self.note_moved(wait.zip(now), 0);
            let ends = matches!(sent, Err(Ending::TooSlow | Ending::WriteTimeout | Ending::Lifetime));
            if !ends || self.progress().taken == 0 {
                return sent;
            }
        }
    }

    /// Sends within a wait, and says what the time is then.
    fn send_within(
        &mut self,
        wait: Option<&Wait>,
        now: &mut Option<Instant>,
        bytes: &[u8],
    ) -> Result<usize, Ending> {
        loop {
            let sent = if self.lasts.is_some() {
                self.socket.send_with_flags(bytes, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT)
            } else {
                if let (Some(clock), Some(wait), Some(now)) = (&mut self.clock, wait, *now) {
                    clock.let_write(self.socket, wait, now)?;
                }
                // No filter has to look at what this is called with, as it has with `send`. SIGPIPE is ignored since
                // before `main`, by Rust's runtime.
                nix::unistd::write(self.socket, bytes).map_err(io::Error::from)
            };
            *now = now.map(|_| Instant::now());
            match sent {
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                // Whether its time is up is found out above.
                Err(error) if error.kind() == ErrorKind::WouldBlock && wait.is_some() => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::WriteTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(sent) => return Ok(sent),
            }
        }
    }

    /// What the peer has taken of its answers since this was last asked, which it is given credit for.
    fn progress(&mut self) -> Progress {
        let progress = self.delivery.progress(self.row.traffic().bytes_out, self.unsent());
        if let Some(clock) = &mut self.clock {
            clock.patience.note_taken(progress.taken);
        }
        progress
    }

    /// How much of what was written the peer has not taken.
    fn unsent(&self) -> u64 {
        sys::unsent(self.socket).unwrap_or_else(|error| {
            tracing::debug!("cannot see what a peer has taken: {error}");
            0
        })
    }

    fn note_moved(&mut self, wait: Option<(Wait, Instant)>, bytes: usize) {
        if let (Some(clock), Some((wait, now))) = (&mut self.clock, wait) {
            clock.patience.note_moved(&wait, bytes, now);
        }
    }

    /// Says that nothing more comes, and takes what the peer still sends until it has closed too: for [`LINGER`], and on as
    /// long as it takes its answer, no more slowly than a peer may.
    fn linger(&self, buffer: &mut Buffer<'_>) {
        let mut open = self.socket.shutdown(Shutdown::Write).is_ok() || self.is_cut();
        let least = self.clock.as_ref().map_or(1, |clock| clock.patience.least_within(LINGER)).max(1);
        let mut unsent = if open { self.unsent() } else { 0 };
        while open && self.discard(buffer, Instant::now() + LINGER) {
            let before = std::mem::replace(&mut unsent, self.unsent());
            open = unsent > 0 && before.saturating_sub(unsent) >= least;
            // That is what it waits for from now on.
            self.row.turn_to(State::Writing);
        }
    }

    /// Takes what the peer sends, until then; whether it has not closed.
    fn discard(&self, buffer: &mut Buffer<'_>, until: Instant) -> bool {
        // If much comes still, it goes on in a large part as always.
        buffer.shrink();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // A timeout of less than a microsecond would be one of zero, which is without end.
            if left < Duration::from_micros(1) {
                return true;
            }
            if self.socket.set_read_timeout(Some(left)).is_err() {
                return false;
            }
            match buffer.read(self.socket, 0) {
                Ok(0) => return false,
                Ok(_) => (),
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => (),
                Err(_) => return false,
            }
        }
    }

    fn is_cut(&self) -> bool {
        self.cutting.load(Ordering::SeqCst)
    }
}

fn lost(error: &io::Error) -> Ending {
    tracing::debug!("connection lost: {error}");
    Ending::Reset
}

#[cfg(test)]
mod tests;
