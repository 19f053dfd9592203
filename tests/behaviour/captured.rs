//! What a worker can do that is not its own master any more, and how the pool heals.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use nix::sys::signal::{Signal, kill};

use crate::security::{REFUSED, ask, trespasser};
use crate::support::{TestServer, beside_server, eventually, lives, program};

#[test]
fn a_listener_becomes_no_way_out() {
    let server = TestServer::start_command(trespasser(), &["--workers", "1", "--threads", "1"]);
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let answer = ask(&server, &format!("fastopen {}", outside.local_addr().unwrap()));
    assert!(answer.starts_with("refused: ") && answer.contains(REFUSED), "{answer}");
}

#[test]
fn a_worker_that_hands_descriptors_to_the_master_fills_no_table() {
    let mut command = trespasser();
    // In the sandbox it cannot even try.
    command.env("PREFORK_SECURITY_SANDBOX", "off");
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    let open = || fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    // What it takes to look at the queues stays open.
    server.wait_for_status("the worker", |status| status["pool"]["workers"] == 1);
    let before = open();
    assert_eq!(ask(&server, "hand-over"), "done");
    // The master has heard what was said before.
    assert!(server.ask(&["scale", "2"]).status.success());
    server.wait_for_status("both workers", |status| status["pool"]["workers"] == 2);
    assert!(server.ask(&["scale", "1"]).status.success());
    eventually("the master to have what it had", || (open() <= before).then_some(()));
}

/// A worker shuts down the listener that all share; a reload opens it anew.
fn shut_down_and_reload(server: &TestServer, deed: impl Fn() -> String, works: impl Fn() -> bool) {
    assert_eq!(deed(), "done");
    let line = server.wait_for_log("cannot accept on ");
    assert!(line.contains("does not listen any more") && line.contains("a reload opens it anew"), "{line}");
    server.wait_for_log("worker died");
    kill(server.pid(), Signal::SIGHUP).unwrap();
    server.wait_for_log("opening it anew");
    server.wait_for_log("generation 2 serves");
    assert!(works());
}

#[test]
fn a_listener_that_a_worker_has_shut_down_is_opened_anew_by_a_reload() {
    let server = TestServer::start_command(trespasser(), &["--workers", "2", "--threads", "1"]);
    shut_down_and_reload(&server, || ask(&server, "deaf"), || ask(&server, "hello") == "? hello");
    assert_eq!(server.stop().0, 0);
}

#[test]
fn a_unix_listener_that_a_worker_has_shut_down_is_opened_anew_by_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listen = format!("unix:{}", path.display());
    let flags = ["--listen", &listen, "--workers", "2", "--threads", "1"];
    let server = TestServer::start_command(trespasser(), &flags);
    let ask = |deed: &str| {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(deed.as_bytes()).unwrap();
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    shut_down_and_reload(&server, || ask("deaf"), || ask("hello") == "? hello");
    assert_eq!(server.stop().0, 0);
}

/// Without seccomp the answers are Landlock's own.
#[test]
fn landlock_alone_refuses_what_it_knows() {
    let mut command = program(&beside_server("examples/old_kernel"));
    command.arg("seccomp").arg(beside_server("examples/trespasser"));
    command.env("PREFORK_SECURITY_SANDBOX", "preferred");
    let server = TestServer::start_command(command, &["--workers", "2", "--threads", "1"]);
    let (tcp, name) = (TcpListener::bind("127.0.0.1:0").unwrap(), format!("landlocked-{}", server.pid()));
    let _listening = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let workers = server.workers();
    for (deed, words) in [
        ("open /etc/passwd".to_owned(), "Permission denied"),
        ("list /proc".to_owned(), "Permission denied"),
        (format!("connect {}", tcp.local_addr().unwrap()), "Permission denied"),
        (format!("connect-abstract {name}"), REFUSED),
        (format!("signal {} {}", workers[0], workers[1]), REFUSED),
    ] {
        let answer = ask(&server, &deed);
        assert!(answer.starts_with("refused: ") && answer.contains(words), "{deed}: {answer}");
    }
    assert!(workers.into_iter().all(lives));
}
