//! What a service manager is told over its socket, in the words of `sd_notify(3)`.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::reload::{POOL, reload};
use crate::support::{
    PATIENCE, TestServer, askers, begun_by, children, eventually, field, lives, meanwhile, server_command,
};

/// A service manager, as far as it listens.
pub(crate) struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { folder, socket }
    }

    fn start(&self) -> TestServer {
        self.start_command(server_command(), POOL)
    }

    pub(crate) fn start_command(&self, mut command: Command, configuration: &str) -> TestServer {
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        TestServer::configured_command(command, configuration)
    }

    /// Starts a service whose main process is to give signs of life.
    pub(crate) fn start_watched(&self, interval: Duration, configuration: &str) -> TestServer {
        self.start_watched_command(interval, &server_command(), configuration)
    }

    /// The same with another program.
    pub(crate) fn start_watched_command(
        &self,
        interval: Duration,
        command: &Command,
        configuration: &str,
    ) -> TestServer {
        // The number of the process that the shell comes to be.
        let mut command = begun_by(&["sh", "-c", "WATCHDOG_PID=$$ exec \"$0\" \"$@\""], command);
        command.env("WATCHDOG_USEC", interval.as_micros().to_string());
        self.start_command(command, configuration)
    }

    /// The next message, whatever it is.
    #[track_caller]
    fn hear_any(&self) -> String {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).expect("something is said");
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// The next message but those that only show the pool, which may come or not: at most once a second, and only when
    /// the master is awake anyway.
    #[track_caller]
    pub(crate) fn hear(&self) -> String {
        loop {
            let message = self.hear_any();
            if !message.starts_with("STATUS=") {
                return message;
            }
            assert_shows(&message);
        }
    }

    /// Waits until the pool is shown like this, where N stands for any number. Nothing else is said before.
    #[track_caller]
    fn hear_status(&self, form: &str) -> String {
        loop {
            let message = self.hear_any();
            assert_shows(&message);
            if form_of(&message) == format!("STATUS={form}\n") {
                return message;
            }
        }
    }

    /// What is said in a time, but for those that only show the pool.
    pub(crate) fn hear_for(&self, time: Duration) -> Vec<String> {
        let end = Instant::now() + time;
        let mut heard = Vec::new();
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.socket.set_read_timeout(Some(left)).unwrap();
            let mut message = [0; 4096];
            if let Ok(length) = self.socket.recv(&mut message) {
                heard.push(String::from_utf8(message[..length].to_vec()).unwrap());
            }
        }
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        heard.retain(|message| !message.starts_with("STATUS="));
        heard
    }

    /// Fails if there is another message.
    #[track_caller]
    pub(crate) fn assert_silence(&self) {
        while let Some(message) = self.heard() {
            assert_shows(&message);
        }
    }

    /// The next message, if it is there already.
    fn heard(&self) -> Option<String> {
        self.socket.set_nonblocking(true).unwrap();
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message);
        self.socket.set_nonblocking(false).unwrap();
        Some(String::from_utf8(message[..length.ok()?].to_vec()).unwrap())
    }

    /// Fails unless the next message says that a reload begins, and that it does now.
    #[track_caller]
    fn hear_of_reload(&self, since: u128) {
        let message = self.hear();
        let rest = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&message);
        let (time, status) = rest.split_once('\n').expect(&message);
        assert!((since..=micros()).contains(&time.parse().unwrap()), "{message}");
        assert_eq!(status, "STATUS=reloading: 0 of 4 slots busy, 0 waiting\n");
    }
}

/// A message with N for each number.
fn form_of(message: &str) -> String {
    let mut form = String::new();
    for character in message.chars() {
        match character {
            '0'..='9' if form.ends_with('N') => (),
            '0'..='9' => form.push('N'),
            other => form.push(other),
        }
    }
    form
}

/// Fails unless a message shows the pool in known words, and nothing else.
#[track_caller]
fn assert_shows(message: &str) {
    let form = form_of(message);
    let words = form.strip_prefix("STATUS=").and_then(|rest| rest.strip_suffix('\n')).expect(message);
    let (words, remark) = words.split_once("; ").unwrap_or((words, ""));
    let slots = "N of N slots busy, N waiting";
    let before = ["", "saturated for Ns: ", "reloading: ", "upgrading: ", "stopping, and still accepting: "];
    let others = ["draining, N connections left", "at rest, N connections left, N waiting"];
    let is_slots = words.strip_suffix(slots).is_some_and(|rest| before.contains(&rest));
    assert!(is_slots || others.contains(&words), "{message}");
    let remarks = ["", "degraded: workers die again and again"];
    assert!(remarks.contains(&remark) || remark.starts_with("the last reload failed: "), "{message}");
}

fn micros() -> u128 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_micros()
}

fn ready(pid: Pid) -> String {
    format!("READY=1\nMAINPID={pid}\nSTATUS=0 of 4 slots busy, 0 waiting\n")
}

fn stopping(connections: u32) -> String {
    format!("STOPPING=1\nSTATUS=draining, {connections} connections left\n")
}

/// A master that no fixture has started. It ends with this, workers and all.
pub(crate) struct Successor(Pid);

impl Successor {
    /// Has a server upgraded, and returns the master that has taken over with its pid.
    #[track_caller]
    pub(crate) fn of(server: &TestServer) -> (Self, Pid) {
        let output = server.ask(&["upgrade"]);
        let line = server.wait_for_log("another master gets ready");
        let pid = Pid::from_raw(field(&line, "pid").parse().unwrap());
        let successor = Self(pid);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.wait_for_status("the new master", |status| status["master"]["pid"] == pid.as_raw());
        (successor, pid)
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        for pid in [vec![self.0], children(self.0)].concat() {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

#[test]
fn a_start_and_a_stop_are_told() {
    let manager = Manager::new();
    let mut server = manager.start();
    assert_eq!(manager.hear_any(), ready(server.pid()), "and nothing before");
    let held = server.served();
    manager.assert_silence();
    server.signal(Signal::SIGTERM);
    assert_eq!(manager.hear(), stopping(1));
    assert!(lives(server.pid()), "at its begin");
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
    manager.assert_silence();
}

#[test]
fn a_stop_is_told_once_however_often_it_is_asked_for() {
    let manager = Manager::new();
    let mut server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    let _held = [server.served(), server.served()];
    server.signal(Signal::SIGTERM);
    assert_eq!(manager.hear(), stopping(2));
    // What comes sooner counts as the same request.
    meanwhile("it drains", Duration::from_millis(300), || lives(server.pid()));
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end().0, 0);
    manager.assert_silence();
}

#[test]
fn a_stop_at_once_is_told_too() {
    let manager = Manager::new();
    let mut server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    assert!(server.ask(&["stop", "--now"]).status.success());
    assert_eq!(manager.hear(), stopping(0));
    assert_eq!(server.wait().code(), Some(0));
    manager.assert_silence();
}

#[test]
fn a_stop_with_a_time_of_grace_is_told_at_its_begin() {
    let manager = Manager::new();
    let text = format!("{POOL}[timeouts]\ngrace = \"200ms\"\n");
    let mut server = manager.start_command(server_command(), &text);
    assert_eq!(manager.hear(), ready(server.pid()));
    server.signal(Signal::SIGTERM);
    let words = "STOPPING=1\nSTATUS=stopping, and still accepting: 0 of 4 slots busy, 0 waiting\n";
    assert_eq!(manager.hear(), words);
    assert_eq!(server.end().0, 0);
    manager.assert_silence();
}

#[test]
fn a_saturated_pool_is_shown_with_who_waits_once_a_second_at_most() {
    let manager = Manager::new();
    let server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    let held: Vec<_> = (0..4).map(|_| server.served()).collect();
    let waiting = askers(&server, 2);
    let form = "saturated for Ns: N of N slots busy, N waiting";
    let mut last = None;
    for _ in 0..3 {
        let message = manager.hear_status(form);
        let (time, rest) = message.split_once("s: ").unwrap();
        assert_eq!(rest, "4 of 4 slots busy, 2 waiting\n");
        let seconds: u64 = time.strip_prefix("STATUS=saturated for ").unwrap().parse().unwrap();
        assert!(last < Some(seconds), "{last:?} {message}");
        last = Some(seconds);
    }
    drop((held, waiting));
    eventually("an idle pool to be shown", || {
        // Who asks wakes the master: by itself a quiet pool says nothing.
        server.status();
        let message = manager.heard()?;
        assert_shows(&message);
        (message == "STATUS=0 of 4 slots busy, 0 waiting\n").then_some(())
    });
}

#[test]
fn a_reload_is_told_with_its_begin_and_its_end() {
    let manager = Manager::new();
    let server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    let before = micros();
    reload(&server);
    manager.hear_of_reload(before);
    assert_eq!(manager.hear(), ready(server.pid()));
    // As systemd asks with Type=notify-reload.
    let before = micros();
    server.signal(Signal::SIGHUP);
    manager.hear_of_reload(before);
    assert_eq!(manager.hear(), ready(server.pid()));
    manager.assert_silence();
}

#[test]
fn after_a_reload_that_fails_the_service_is_ready_too_and_shows_why_until_the_next() {
    let manager = Manager::new();
    let server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    server.configure("[pool]\nworkrs = 3\n");
    let before = micros();
    assert_eq!(server.ask(&["reload"]).status.code(), Some(1));
    manager.hear_of_reload(before);
    let message = manager.hear();
    let cause = message.strip_prefix(ready(server.pid()).trim_end()).expect(&message);
    assert!(cause.starts_with("; the last reload failed: "), "{message}");
    assert!(cause.ends_with(":3:1: unknown key `pool.workrs`\n"), "{message}");
    server.configure(POOL);
    let before = micros();
    reload(&server);
    manager.hear_of_reload(before);
    assert_eq!(manager.hear(), ready(server.pid()));
    manager.assert_silence();
}

#[test]
fn a_crash_loop_that_ends_the_pool_is_told_with_its_reason() {
    let manager = Manager::new();
    let text = format!("{POOL}[limits]\nrespawns = 1\ncrash_loop = \"exit\"\n");
    let mut server = manager.start_command(server_command(), &text);
    assert_eq!(manager.hear(), ready(server.pid()));
    for worker in server.workers() {
        kill(worker, Signal::SIGKILL).unwrap();
    }
    let words = stopping(0).replace(" left", " left; degraded: workers die again and again");
    assert_eq!(manager.hear(), words);
    assert_eq!(server.wait().code(), Some(1));
    manager.assert_silence();
}

#[test]
fn a_manager_may_have_an_abstract_name() {
    let name = format!("prefork-test-manager-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let manager = Manager { socket: UnixDatagram::bind_addr(&address).unwrap(), ..Manager::new() };
    manager.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = server_command();
    command.env("NOTIFY_SOCKET", format!("@{name}"));
    let server = TestServer::configured_command(command, POOL);
    assert_eq!(manager.hear(), ready(server.pid()));
}

#[test]
fn the_master_that_takes_over_in_an_upgrade_is_told_by_the_one_before() {
    let manager = Manager::new();
    let mut server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    let (_successor, new) = Successor::of(&server);
    // Which of the two speaks first is up to chance. Only the one before is heard with NotifyAccess=main.
    let mut told = [manager.hear(), manager.hear()];
    told.sort();
    assert_eq!(told, [format!("MAINPID={new}\n"), ready(new)]);
    // That the one before ends is no end of the service.
    assert_eq!(server.wait().code(), Some(0));
    manager.assert_silence();
    kill(new, Signal::SIGTERM).unwrap();
    assert_eq!(manager.hear(), stopping(0));
    eventually("its end", || (!lives(new)).then_some(()));
}

#[test]
fn a_manager_that_is_gone_or_reads_nothing_holds_nobody_up() {
    let manager = Manager::new();
    let server = manager.start();
    for _ in 0..30 {
        // Nobody takes what is said of these.
        reload(&server);
    }
    drop(manager);
    reload(&server);
    server.served().finish().unwrap();
    assert_eq!(server.stop().0, 0);
}
