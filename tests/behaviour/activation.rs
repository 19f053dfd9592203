//! Socket activation, `sd_listen_fds(3)`: the pool serves at sockets that somebody else has opened and keeps.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use prefork_client::Connection;
use socket2::{Domain, SockRef, Socket, Type};

use crate::load::Load;
use crate::monitor::get;
use crate::reload::{POOL, reload, stderr};
use crate::support::{
    PATIENCE, TestServer, askers, eventually, has_answer, lives, meanwhile, program, server_after,
};

/// One slot: whoever comes second waits.
const ONE: &str = "[pool]\nworkers = 1\nthreads = 1\n";
/// Two connections may wait, and one more.
const BACKLOG: i32 = 2;

/// What makes the shell's standard input the descriptor 3, and passes it as a service manager does.
const PASSED: &str = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=echo;";

/// The server with one socket that was passed.
fn passing(socket: impl Into<OwnedFd>) -> Command {
    let mut command = server_after(PASSED);
    command.stdin(socket.into());
    command
}

/// What a service manager keeps.
pub(crate) struct Kept(TcpListener);

impl Kept {
    pub(crate) fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// One that takes few.
    fn small() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        socket.listen(BACKLOG).unwrap();
        Self(socket.into())
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// What starts the service, but for its arguments.
    pub(crate) fn passing(&self) -> Command {
        passing(self.0.try_clone().unwrap())
    }

    /// Starts the service.
    fn start(&self, configuration: &str) -> TestServer {
        let server = TestServer::configured_command(self.passing(), configuration);
        assert_eq!(server.address, self.address(), "in the place of what is configured");
        server
    }
}

/// What a server says and how it ends that cannot use what it was passed.
#[track_caller]
fn refused(mut command: Command) -> String {
    let output = command.args(["--config", "/dev/null", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn what_was_passed_takes_the_place_of_listen_and_keeps_its_backlog() {
    let kept = Kept::small();
    let server = kept.start(ONE);
    let line = server.wait_for_log("the service manager has passed");
    assert!(line.ends_with(&format!("passed {} (echo), in the place of `listen`", kept.address())), "{line}");
    server.served().finish().unwrap();
    let listeners = server.status()["listeners"].clone();
    assert_eq!(listeners.as_array().unwrap().len(), 1);
    assert_eq!(
        (&listeners[0]["address"], &listeners[0]["backlog"]),
        (&kept.address().into(), &BACKLOG.into())
    );
    server.configure(&format!("backlog = 99\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n{POOL}"));
    reload(&server);
    assert_eq!(server.status()["listeners"], listeners, "nor does a reload change it");
    assert_eq!(server.status()["pool"]["capacity"], 4);
}

#[test]
fn what_accepted_connections_inherit_is_set() {
    let kept = Kept::new();
    let _server = kept.start(ONE);
    let socket = SockRef::from(&kept.0);
    assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
    assert_eq!(socket.write_timeout().unwrap(), Some(Duration::from_secs(30)));
}

#[test]
fn a_stop_leaves_the_queue_and_the_next_start_serves_it_in_order() {
    let kept = Kept::new();
    let mut server = kept.start(&format!("{ONE}[log]\nlevel = \"debug\"\n"));
    let mut held = server.served();
    let waiting = askers(&server, 3);
    server.signal(Signal::SIGTERM);
    server.wait_for_log("serving who is connected, 30s at most; who waits is left to the service manager");
    // Until then it may take one in.
    server.wait_for_log("worker drains");
    held.exchange(b"still there?").unwrap();
    // The gate is open: it is not this pool's.
    let late = server.asker(b"late");
    held.finish().unwrap();
    let (code, log) = server.end();
    let last = log.iter().find(|line| line.contains("stopped: ")).unwrap();
    let words = "stopped: 1 connection served in all, 0 cut, 4 left in the queue for the service manager ";
    assert!(code == 0 && last.contains(words), "{last}");
    assert!(!waiting.iter().chain([&late]).any(has_answer));
    let server = kept.start(ONE);
    for (mut connection, message) in waiting.into_iter().zip([b"hello"; 3]) {
        connection.receive(message).unwrap();
        assert!(!has_answer(&late), "each has to wait for those before it");
        connection.finish().unwrap();
    }
    let mut late = late;
    late.receive(b"late").unwrap();
    late.finish().unwrap();
    assert_eq!(server.stop().0, 0);
}

#[test]
fn nobody_is_lost_while_the_service_stops_and_starts_under_load() {
    let kept = Kept::new();
    let load = Load::start(&[&kept.address()], 8, 1);
    for _ in 0..5 {
        let server = kept.start(ONE);
        load.wait_for(50);
        // Nobody is there now but those who hold the socket.
        assert_eq!(server.stop().0, 0);
    }
    let server = kept.start(POOL);
    load.wait_for(50);
    load.stop().assert_nobody_lost(300);
    drop(server);
}

#[test]
fn a_stop_at_once_leaves_the_queue_too() {
    let kept = Kept::new();
    let mut server = kept.start(ONE);
    let held = server.served();
    let mut waiting = server.asker(b"hello");
    assert!(server.ask(&["stop", "--now"]).status.success());
    assert_eq!(server.wait().code(), Some(0));
    drop(held);
    let _next = kept.start(ONE);
    waiting.receive(b"hello").unwrap();
}

#[test]
fn a_master_that_is_killed_leaves_the_queue_too() {
    let kept = Kept::new();
    let mut server = kept.start(ONE);
    let held = server.served();
    let mut waiting = server.asker(b"hello");
    let worker = server.workers()[0];
    server.signal(Signal::SIGKILL);
    server.wait();
    server.wait_for_log("the master is gone, leaving");
    held.finish().unwrap();
    eventually("the worker to leave", || (!lives(worker)).then_some(()));
    let _next = kept.start(ONE);
    waiting.receive(b"hello").unwrap();
}

#[test]
fn until_the_time_of_grace_is_over_the_pool_accepts() {
    let kept = Kept::new();
    let mut server = kept.start(&format!("{ONE}[timeouts]\ngrace = \"300ms\"\n"));
    server.signal(Signal::SIGTERM);
    server.wait_for_log("still accepting for 300ms");
    server.served().finish().unwrap();
    server.wait_for_log("is left to the service manager");
    assert_eq!(server.wait().code(), Some(0));
    drop(TcpStream::connect(kept.address()).expect("it listens still"));
}

#[test]
fn reloads_upgrades_and_a_rest_go_on_with_it_and_lose_nobody() {
    let kept = Kept::new();
    let mut server = kept.start(POOL);
    let load = Load::start(&[&kept.address()], 8, 2);
    for _ in 0..3 {
        load.wait_for(20);
        reload(&server);
    }
    let output = server.ask(&["upgrade"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(server.wait().code(), Some(0));
    load.wait_for(20);
    let successor = server.master();
    let environment = fs::read_to_string(format!("/proc/{successor}/environ")).unwrap();
    assert!(!environment.contains("LISTEN_"), "they were about another process: {environment}");
    reload(&server);
    assert!(server.ask(&["drain"]).status.success());
    assert!(server.ask(&["scale", "2"]).status.success());
    load.wait_for(20);
    // The successor knows whose the queue is, too.
    assert!(server.ask(&["stop"]).status.success());
    server.wait_for_log("left in the queue for the service manager");
    eventually("its end", || (!lives(successor)).then_some(()));
    let _next = kept.start(POOL);
    load.wait_for(20);
    load.stop().assert_nobody_lost(100);
}

#[test]
fn a_unix_sockets_file_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let kept = UnixListener::bind(&path).unwrap();
    let control = folder.path().join("control");
    let text = format!("control = \"{}\"\n{ONE}", control.display());
    let start = || {
        let server = TestServer::configured_command(passing(kept.try_clone().unwrap()), &text);
        server.wait_for_log(&format!("listening on unix:{}", path.display()));
        server
    };
    let shout = |mut stream: UnixStream| {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let send = || {
        let mut stream = UnixStream::connect(&path).unwrap();
        std::io::Write::write_all(&mut stream, b"hello").unwrap();
        stream
    };
    let server = start();
    assert_eq!(shout(send()), "HELLO");
    server.stop();
    let waiting = send();
    let server = start();
    assert_eq!(shout(waiting), "HELLO");
    server.stop();
    assert!(path.exists() && !control.exists());
}

#[test]
fn a_socket_with_the_monitors_name_is_the_monitors() {
    let (kept, page) = (Kept::new(), Kept::new());
    let mut command = server_after(
        "exec 3<&0 4<&1 </dev/null >/dev/null; export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=echo:monitor;",
    );
    command.stdin(OwnedFd::from(kept.0.try_clone().unwrap()));
    command.stdout(OwnedFd::from(page.0.try_clone().unwrap()));
    let server = TestServer::configured_command(command, ONE);
    assert_eq!((&server.address, server.monitor()), (&kept.address(), page.address()));
    let is_ready = || get(&page.address(), "/readyz").is_ok_and(|(code, _)| code == 200);
    assert!(is_ready());
    server.configure(&format!("{ONE}[monitor]\nlisten = \"127.0.0.1:0\"\n"));
    reload(&server);
    eventually("it to serve where it did", || is_ready().then_some(()));
    assert!(server.ask(&["upgrade"]).status.success());
    eventually("it to serve where it did", || is_ready().then_some(()));
}

#[test]
fn what_is_meant_for_another_process_is_ignored() {
    let kept = Kept::new();
    let mut command = server_after("exec 3<&0 </dev/null; export LISTEN_PID=1 LISTEN_FDS=1;");
    command.stdin(OwnedFd::from(kept.0.try_clone().unwrap()));
    let server = TestServer::configured_command(command, ONE);
    assert_ne!(server.address, kept.address());
    server.served().finish().unwrap();
}

#[test]
fn what_cannot_be_served_is_refused_by_name() {
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let words = refused(passing(datagrams));
    assert!(words.contains("cannot listen on descriptor 3 (\"echo\") of the service manager"), "{words}");
    assert!(words.contains("it is no stream socket; its .socket unit wants ListenStream="), "{words}");
    // As with Accept=yes.
    let kept = Kept::new();
    let connected = TcpStream::connect(kept.address()).unwrap();
    assert!(refused(passing(connected)).contains("it does not listen"));
    let mut twice = server_after("exec 3<&0 4<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=2;");
    twice.stdin(OwnedFd::from(kept.0.try_clone().unwrap()));
    let words = refused(twice);
    assert!(
        words.contains(&format!(
            "descriptor 4 (\"unknown\") of the service manager: {} was passed twice",
            kept.address()
        )),
        "{words}"
    );
    let words = refused(server_after("export LISTEN_PID=$$ LISTEN_FDS=7;"));
    assert!(words.contains("cannot listen on the sockets of the service manager"), "{words}");
    assert!(refused(server_after("export LISTEN_PID=$$ LISTEN_FDS=many;")).contains("invalid LISTEN_FDS"));
}

#[test]
fn systemd_socket_activate_starts_it_with_the_first_connection() {
    // Somebody else may take the port meanwhile, as with any program that cannot be told to take a free one.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = program(Path::new("systemd-socket-activate"));
    command.arg(format!("--listen={port}"));
    // It passes on nothing else of its environment.
    let told: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    for (name, value) in told {
        command.arg("--setenv").arg([name, value].join(OsStr::new("=")));
    }
    command.arg(env!("CARGO_BIN_EXE_prefork-echo"));
    let activator =
        TestServer::spawn(command, &["--listen", "127.0.0.1:0", "--workers", "1", "--threads", "1"]);
    let address = port.to_string().parse().unwrap();
    let mut first = eventually("it to listen", || Connection::open(&address, &<_>::default()).ok());
    first.exchange(b"hello").unwrap();
    activator.wait_for_log(&format!("listening on {port}"));
    let waiting = Connection::open(&address, &<_>::default()).unwrap();
    meanwhile("one has the only slot", Duration::from_millis(50), || !has_answer(&waiting));
    first.finish().unwrap();
    let mut waiting = waiting;
    waiting.exchange(b"me too").unwrap();
    waiting.finish().unwrap();
    // By exec(2) it has become the server.
    assert_eq!(activator.stop().0, 0);
}
