//! What a service manager is told over its socket, in the words of `sd_notify(3)`.

use std::io;
use std::os::unix::net::UnixDatagram;

use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::reload::{POOL, reload};
use crate::support::{PATIENCE, TestServer, children, eventually, field, lives, server_command};

/// A service manager, as far as it listens.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { folder, socket }
    }

    fn start(&self) -> TestServer {
        let mut command = server_command();
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        TestServer::configured_command(command, POOL)
    }

    /// The next message.
    #[track_caller]
    fn hear(&self) -> String {
        let mut message = [0; 256];
        let length = self.socket.recv(&mut message).expect("something is said");
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// Fails if there is another message.
    #[track_caller]
    fn assert_silence(&self) {
        self.socket.set_nonblocking(true).unwrap();
        let silence = self.socket.recv(&mut [0; 256]).unwrap_err();
        assert_eq!(silence.kind(), io::ErrorKind::WouldBlock);
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Fails unless the next message says that a reload begins, and that it does now.
    #[track_caller]
    fn hear_of_reload(&self, since: u128) {
        let message = self.hear();
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&message);
        assert!((since..=micros()).contains(&time.trim_end().parse().unwrap()), "{message}");
    }
}

fn micros() -> u128 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    std::time::Duration::from(now).as_micros()
}

fn ready(pid: Pid) -> String {
    format!("READY=1\nMAINPID={pid}\n")
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
    assert_eq!(manager.hear(), ready(server.pid()));
    let held = server.served();
    manager.assert_silence();
    server.signal(Signal::SIGTERM);
    assert_eq!(manager.hear(), "STOPPING=1\n");
    assert!(lives(server.pid()), "at its begin");
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
    manager.assert_silence();
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
fn after_a_reload_that_fails_the_service_is_ready_too() {
    let manager = Manager::new();
    let server = manager.start();
    assert_eq!(manager.hear(), ready(server.pid()));
    server.configure("[pool]\nworkrs = 3\n");
    let before = micros();
    assert_eq!(server.ask(&["reload"]).status.code(), Some(1));
    manager.hear_of_reload(before);
    assert_eq!(manager.hear(), ready(server.pid()));
    manager.assert_silence();
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
    assert_eq!(manager.hear(), "STOPPING=1\n");
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
