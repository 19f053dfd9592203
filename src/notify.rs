//! What systemd, or another service manager, is told: ready, reloading, stopping, another main process; see `sd_notify(3)`.

mod glance;
mod watchdog;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use sd_notify::NotifyState;

use crate::printable;
pub(crate) use glance::{Doing, Glance};
use watchdog::{Beat, Watchdog};

/// Where the service manager listens: a path, or `@` and an abstract name.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// How often the state of the pool is looked at, and told if it is another one.
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// The longest account of a failure: systemd takes messages of 4 KiB, `NOTIFY_BUFFER_MAX` in src/core/manager.c.
const FAILURE_CHARS_MAX: usize = 500;

/// The variable that names the process whose watchdog it is. A successor is another one, and comes to be the main process.
pub(crate) const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The service manager, if there is one. That it cannot be told something is no reason to serve worse: it is logged at debug.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    socket: Option<OsString>,
    /// What it shows, and when that was last looked at.
    shown: Option<(String, Instant)>,
    /// Why the last reload failed.
    failure: Option<String>,
    /// How often it wants a sign of life, and what comes of that once the service is ready.
    interval: Option<Duration>,
    watchdog: Option<Watchdog>,
}

impl ServiceManager {
    /// Whom the environment names. The variables stay, since a successor needs them too.
    pub(crate) fn of_environment() -> Self {
        let interval = sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero());
        Self::at(env::var_os(VARIABLE).filter(|socket| !socket.is_empty()), interval)
    }

    fn at(socket: Option<OsString>, interval: Option<Duration>) -> Self {
        let interval = interval.filter(|_| socket.is_some());
        Self { socket, shown: None, failure: None, interval, watchdog: None }
    }

    /// The service is ready, after its start or a reload, and this is its main process.
    pub(crate) fn ready(&mut self, pid: Pid, glance: &Glance, now: Instant) {
        self.tell_with(&[NotifyState::Ready, main_process(pid)], glance, now);
        if let (None, Some(interval)) = (&self.watchdog, self.interval) {
            self.watchdog = Some(Watchdog::new(interval, now));
        }
    }

    /// What was said may not have been heard: it is said again when the pool is looked at next.
    pub(crate) fn say_again(&mut self) {
        if let Some((shown, _)) = &mut self.shown {
            shown.clear();
        }
    }

    /// Another process is the main one. Only the one before can say so: systemd's `NotifyAccess=main` hears nobody else.
    /// What else there is to say is said by that one, if it is heard already: so its workers' being ready counts here.
    pub(crate) fn yield_to(&mut self, pid: Pid) {
        let fed = self.watchdog.as_ref().map(|_| NotifyState::Watchdog);
        self.tell(&[Some(main_process(pid)), fed].into_iter().flatten().collect::<Vec<_>>());
        *self = Self::at(None, None);
    }

    /// The service reloads, until it is ready again.
    pub(crate) fn reloading(&mut self, glance: &Glance, now: Instant) {
        // With `Type=notify-reload` systemd compares the time with that of its own request.
        let time = NotifyState::monotonic_usec_now();
        let states: Vec<_> = [Some(NotifyState::Reloading), time.ok()].into_iter().flatten().collect();
        self.failure = None;
        self.tell_with(&states, glance, now);
    }

    /// Notes what came of a reload, which is shown until the next.
    pub(crate) fn note_reload(&mut self, failure: Option<&String>) {
        // A message is made of lines, and shown by systemctl as it is.
        let first_line = |cause: &String| printable::lines(cause.lines().next().unwrap_or_default());
        let failure = failure.map(first_line);
        self.failure = failure.map(|cause| cause.chars().take(FAILURE_CHARS_MAX).collect());
    }

    /// The service is on its way to its end.
    pub(crate) fn stopping(&mut self, glance: &Glance, now: Instant) {
        self.tell_with(&[NotifyState::Stopping], glance, now);
    }

    /// Whether it is time to look at the pool.
    pub(crate) fn wants_glance(&self, now: Instant) -> bool {
        let is_ready = self.shown.as_ref().filter(|_| self.socket.is_some());
        is_ready.is_some_and(|(_, looked)| now - *looked >= SHOW_EVERY)
    }

    /// Shows the pool, if it is not as it is shown already.
    pub(crate) fn show(&mut self, glance: &Glance, now: Instant) {
        let text = self.in_words(glance);
        match &mut self.shown {
            Some((shown, looked)) if *shown == text => *looked = now,
            _ => self.tell_with(&[], glance, now),
        }
    }

    /// A worker has given a sign of life, and goes on with its work.
    pub(crate) fn note_life(&mut self) {
        self.watchdog.iter_mut().for_each(Watchdog::note_life);
    }

    /// Feeds the watchdog if that is due, and says whether the workers are to be asked for signs of life.
    pub(crate) fn beat(&mut self, is_excused: bool, now: Instant) -> bool {
        let Some(watchdog) = &mut self.watchdog else { return false };
        let Beat { feeds, asks } = watchdog.look(is_excused, now);
        if feeds {
            self.tell(&[NotifyState::Watchdog]);
        }
        asks
    }

    /// When the watchdog is to be looked after.
    pub(crate) fn next_beat(&self) -> Option<Instant> {
        self.watchdog.as_ref().map(Watchdog::next)
    }

    fn in_words(&self, glance: &Glance) -> String {
        match &self.failure {
            Some(cause) => format!("{glance}; the last reload failed: {cause}"),
            None => glance.to_string(),
        }
    }

    fn tell_with(&mut self, states: &[NotifyState<'_>], glance: &Glance, now: Instant) {
        let text = self.in_words(glance);
        self.tell(&[states, &[NotifyState::Status(&text)]].concat());
        self.shown = Some((text, now));
    }

    fn tell(&self, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        let lines: Vec<String> = states.iter().map(ToString::to_string).collect();
        // One message, so that none of it is heard without the rest.
        if let Err(error) = send(socket, (lines.join("\n") + "\n").as_bytes()) {
            let (what, socket) = (lines.join(" "), socket.display());
            tracing::debug!("cannot tell the service manager at {socket} {what}: {error}");
        }
    }
}

fn main_process(pid: Pid) -> NotifyState<'static> {
    NotifyState::MainPid(pid.as_raw().unsigned_abs())
}

/// Sends a message without waiting for room in the other's queue, for which `sd_notify::notify` would block the master.
fn send(socket: &OsStr, message: &[u8]) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(message, &address).map(|_| ())
}

#[cfg(test)]
mod tests {
    use crate::sys::Moment;

    use super::*;

    const IDLE: Glance = Glance {
        doing: Doing::Serving,
        connections: 0,
        busy: 0,
        capacity: 4,
        waiting: 0,
        saturated: None,
        is_degraded: false,
    };
    const STATUS: &str = "STATUS=0 of 4 slots busy, 0 waiting\n";

    /// A service manager at a path, and how it is spoken to.
    fn manager(folder: &tempfile::TempDir) -> (UnixDatagram, ServiceManager) {
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_nonblocking(true).unwrap();
        (manager, ServiceManager::at(Some(path.into()), Some(Duration::from_secs(10))))
    }

    fn heard(manager: &UnixDatagram) -> Option<String> {
        let mut message = [0; 1024];
        let length = manager.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..length].to_vec()).unwrap())
    }

    #[test]
    fn each_state_is_one_message_in_the_words_of_the_protocol() {
        let folder = tempfile::tempdir().unwrap();
        let ((manager, mut told), now) = (manager(&folder), Instant::now());
        told.ready(Pid::from_raw(17), &IDLE, now);
        assert_eq!(heard(&manager).unwrap(), format!("READY=1\nMAINPID=17\n{STATUS}"));
        told.stopping(&Glance { doing: Doing::Draining, ..IDLE }, now);
        assert_eq!(heard(&manager).unwrap(), "STOPPING=1\nSTATUS=draining, 0 connections left\n");
        told.yield_to(Pid::from_raw(4_194_304));
        assert_eq!(heard(&manager).unwrap(), "MAINPID=4194304\nWATCHDOG=1\n");
        told.stopping(&IDLE, now);
        assert_eq!((heard(&manager), told.next_beat()), (None, None), "another one speaks now");
    }

    #[test]
    fn a_reload_is_told_with_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let (manager, mut told) = manager(&folder);
        let micros = || u128::from(Moment::now().nanos() / 1000);
        let before = micros();
        told.reloading(&Glance { doing: Doing::Reloading, ..IDLE }, Instant::now());
        let message = heard(&manager).unwrap();
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        let time = time.strip_suffix("\nSTATUS=reloading: 0 of 4 slots busy, 0 waiting\n").unwrap();
        assert!((before..=micros()).contains(&time.parse().unwrap()), "{message}");
    }

    #[test]
    fn a_reload_that_failed_is_shown_in_a_line_until_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let ((manager, mut told), now) = (manager(&folder), Instant::now());
        told.note_reload(Some(&"n\x1b[2Jo\nREADY=0".to_owned()));
        told.ready(Pid::from_raw(17), &IDLE, now);
        let words = heard(&manager).unwrap();
        assert!(
            words.ends_with("\nSTATUS=0 of 4 slots busy, 0 waiting; the last reload failed: n\\u{1b}[2Jo\n"),
            "{words}"
        );
        told.reloading(&IDLE, now);
        assert!(heard(&manager).unwrap().ends_with(STATUS));
    }

    #[test]
    fn what_has_changed_is_shown_once_a_second_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let ((manager, mut told), start) = (manager(&folder), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        assert!(!told.wants_glance(start), "it is not ready");
        told.ready(Pid::from_raw(17), &IDLE, start);
        heard(&manager).unwrap();
        assert!(!told.wants_glance(at(999)) && told.wants_glance(at(1000)));
        told.show(&IDLE, at(1000));
        assert_eq!(heard(&manager), None);
        assert!(!told.wants_glance(at(1999)) && told.wants_glance(at(2000)));
        told.say_again();
        told.show(&IDLE, at(1000));
        assert_eq!(heard(&manager).unwrap(), STATUS);
        told.show(&Glance { busy: 1, ..IDLE }, at(2000));
        assert_eq!(heard(&manager).unwrap(), "STATUS=1 of 4 slots busy, 0 waiting\n");
    }

    #[test]
    fn the_watchdog_is_fed_from_when_it_is_ready() {
        let folder = tempfile::tempdir().unwrap();
        let ((manager, mut told), now) = (manager(&folder), Instant::now());
        assert!(!told.beat(false, now) && told.next_beat().is_none());
        told.ready(Pid::from_raw(17), &IDLE, now);
        heard(&manager).unwrap();
        assert!(told.beat(false, now));
        assert_eq!(heard(&manager).unwrap(), "WATCHDOG=1\n");
        assert_eq!(told.next_beat(), Some(now + Duration::from_secs(5)));
        assert!(told.beat(false, now + Duration::from_secs(5)), "they are asked");
        assert_eq!(heard(&manager), None, "nobody has answered");
        told.note_life();
        told.beat(false, now + Duration::from_secs(6));
        assert_eq!(heard(&manager).unwrap(), "WATCHDOG=1\n");
    }

    #[test]
    fn it_may_have_an_abstract_name() {
        let name = format!("prefork-test-notify-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        ServiceManager::at(Some(format!("@{name}").into()), None).yield_to(Pid::from_raw(17));
        assert_eq!(heard(&manager).unwrap(), "MAINPID=17\n");
    }

    #[test]
    fn a_manager_that_reads_nothing_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let (manager, mut told) = manager(&folder);
        // No queue is longer: net.unix.max_dgram_qlen is 10, or systemd's 512, and the sender's buffer has an end too.
        let mut sent = (0..100_000).map(|_| send(told.socket.as_deref().unwrap(), b"STOPPING=1\n"));
        let full = sent.find(Result::is_err).unwrap();
        told.ready(Pid::this(), &IDLE, Instant::now());
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(heard(&manager).unwrap(), "STOPPING=1\n");
    }

    #[test]
    fn without_a_manager_nothing_happens_and_with_a_dead_one_as_little() {
        let now = Instant::now();
        assert_eq!(ServiceManager::of_environment().socket, env::var_os("NOTIFY_SOCKET"));
        let mut nobody = ServiceManager::at(None, Some(Duration::from_secs(10)));
        nobody.ready(Pid::this(), &IDLE, now);
        assert!(nobody.next_beat().is_none() && !nobody.wants_glance(now + SHOW_EVERY));
        let folder = tempfile::tempdir().unwrap();
        let (manager, mut told) = manager(&folder);
        drop(manager);
        told.ready(Pid::this(), &IDLE, now);
        for wrong in ["/no/such/socket", "relative", "vsock:2:1", "@", &"/x".repeat(200)] {
            ServiceManager::at(Some(wrong.into()), None).stopping(&IDLE, now);
        }
    }
}
