//! What systemd, or another service manager, is told: ready, reloading, stopping, another main process; see `sd_notify(3)`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::unistd::Pid;
use sd_notify::NotifyState;

/// Where the service manager listens: a path, or `@` and an abstract name.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// The service manager, if there is one. That it cannot be told something is no reason to serve worse: it is logged at debug.
#[derive(Debug, Clone)]
pub(crate) struct ServiceManager {
    socket: Option<OsString>,
}

impl ServiceManager {
    /// Whom the environment names. The variable stays, since a successor needs it too.
    pub(crate) fn of_environment() -> Self {
        Self { socket: env::var_os(VARIABLE).filter(|socket| !socket.is_empty()) }
    }

    /// The service is ready, after its start or a reload, and this is its main process.
    pub(crate) fn ready(&self, pid: Pid) {
        self.tell(&[NotifyState::Ready, main_process(pid)]);
    }

    /// Another process is the main one. Only the one before can say so: systemd's `NotifyAccess=main` hears nobody else.
    pub(crate) fn main_pid(&self, pid: Pid) {
        self.tell(&[main_process(pid)]);
    }

    /// The service reloads, until it is ready again.
    pub(crate) fn reloading(&self) {
        let now = NotifyState::monotonic_usec_now();
        // With `Type=notify-reload` systemd compares the time with that of its own request.
        self.tell(&[Some(NotifyState::Reloading), now.ok()].into_iter().flatten().collect::<Vec<_>>());
    }

    /// The service is on its way to its end.
    pub(crate) fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
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

    /// A service manager at a path, and how it is spoken to.
    fn manager(folder: &tempfile::TempDir) -> (UnixDatagram, ServiceManager) {
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_nonblocking(true).unwrap();
        (manager, ServiceManager { socket: Some(path.into()) })
    }

    fn heard(manager: &UnixDatagram) -> String {
        let mut message = [0; 256];
        let length = manager.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    #[test]
    fn each_state_is_one_message_in_the_words_of_the_protocol() {
        let folder = tempfile::tempdir().unwrap();
        let (manager, told) = manager(&folder);
        told.ready(Pid::from_raw(17));
        assert_eq!(heard(&manager), "READY=1\nMAINPID=17\n");
        told.main_pid(Pid::from_raw(4_194_304));
        assert_eq!(heard(&manager), "MAINPID=4194304\n");
        told.stopping();
        assert_eq!(heard(&manager), "STOPPING=1\n");
    }

    #[test]
    fn a_reload_is_told_with_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let (manager, told) = manager(&folder);
        let micros = || u128::from(Moment::now().nanos() / 1000);
        let before = micros();
        told.reloading();
        let message = heard(&manager);
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!((before..=micros()).contains(&time.trim_end().parse().unwrap()), "{message}");
    }

    #[test]
    fn it_may_have_an_abstract_name() {
        let name = format!("prefork-test-notify-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        ServiceManager { socket: Some(format!("@{name}").into()) }.stopping();
        assert_eq!(heard(&manager), "STOPPING=1\n");
    }

    #[test]
    fn a_manager_that_reads_nothing_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let (manager, told) = manager(&folder);
        // No queue is longer: net.unix.max_dgram_qlen is 10, or systemd's 512, and the sender's buffer has an end too.
        let mut sent = (0..100_000).map(|_| send(told.socket.as_deref().unwrap(), b"STOPPING=1\n"));
        let full = sent.find(Result::is_err).unwrap();
        told.ready(Pid::this());
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(heard(&manager), "STOPPING=1\n");
    }

    #[test]
    fn without_a_manager_nothing_happens_and_with_a_dead_one_as_little() {
        assert_eq!(ServiceManager::of_environment().socket, env::var_os("NOTIFY_SOCKET"));
        ServiceManager { socket: None }.ready(Pid::this());
        let folder = tempfile::tempdir().unwrap();
        let (manager, told) = manager(&folder);
        drop(manager);
        told.ready(Pid::this());
        for wrong in ["/no/such/socket", "relative", "vsock:2:1", "@", &"/x".repeat(200)] {
            ServiceManager { socket: Some(wrong.into()) }.stopping();
        }
    }
}
