//! A reload is a transaction: whoever asked is told how it went, and one that fails leaves everything as it was.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use prefork_client::Connection;
use serde_json::Value;

use crate::load::{Conversations, Load};
use crate::random::Random;
use crate::support::{
    TestServer, beside_server, eventually, folder_for_all, lives, meanwhile, open_files, program,
    server_command,
};

pub(crate) const POOL: &str = "[pool]\nworkers = 2\nthreads = 2\n";

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Reloads, and fails unless that took effect.
#[track_caller]
pub(crate) fn reload(server: &TestServer) {
    let output = server.ask(&["reload"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Reloads, and fails unless that was refused with these words and changed nothing.
#[track_caller]
fn assert_refused(server: &TestServer, words: &[&str]) {
    let (workers, before) = (server.workers(), server.status());
    let output = server.ask(&["reload"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    for word in words {
        assert!(stderr(&output).contains(word), "no {word:?} in {}", stderr(&output));
    }
    // The new ones, if there were any, are gone when the answer comes, or about to be.
    eventually("the old workers to be alone", || (server.workers() == workers).then_some(()));
    let after = server.status();
    assert_eq!(after["master"]["generation"], before["master"]["generation"]);
    assert_eq!(after["listeners"].as_array().unwrap().len(), before["listeners"].as_array().unwrap().len());
    assert_eq!(after["pool"]["capacity"], before["pool"]["capacity"]);
    assert!(workers.into_iter().all(lives), "no zombie");
    server.served().finish().unwrap();
}

/// The worker that serves the connection with this port at the other end: pid and generation.
#[track_caller]
pub(crate) fn server_of(server: &TestServer, port: u16) -> (u64, u64) {
    let peer = format!("127.0.0.1:{port}");
    let has_it = |worker: &&Value| {
        worker["connections"].as_array().unwrap().iter().any(|connection| connection["peer"] == peer)
    };
    // A status that was dear to make is shown again for a while.
    eventually("the connection in the status", || {
        let status = server.status();
        let worker = status["workers"].as_array().unwrap().iter().find(has_it)?;
        Some((worker["pid"].as_u64().unwrap(), worker["generation"].as_u64().unwrap()))
    })
}

/// A connection that a worker of this generation serves.
#[track_caller]
fn served_by_generation(server: &TestServer, generation: u64) -> Connection {
    // Workers of the one before may take somebody in as long as they do not know that they retire.
    eventually("the generation to serve", || {
        let connection = server.served();
        let serving = server_of(server, connection.local_port().unwrap()).1;
        (serving == generation).then_some(connection)
    })
}

#[test]
fn a_reload_has_taken_effect_when_it_answers() {
    let server = TestServer::configured(POOL);
    let old = server.workers();
    let output = server.ask(&["reload"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    let status = server.status();
    assert_eq!((&status["master"]["generation"], &status["totals"]["reloads"]), (&2.into(), &1.into()));
    assert_eq!((&status["pool"]["workers"], &status["pool"]["capacity"]), (&2.into(), &4.into()));
    eventually("the old workers to leave", || old.iter().all(|pid| !lives(*pid)).then_some(()));
    assert!(server.workers().iter().all(|pid| !old.contains(pid)));
    server.served().finish().unwrap();
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn a_reload_brings_new_values() {
    let server = TestServer::configured(POOL);
    server.configure("transform = \"none\"\n[pool]\nworkers = 3\nthreads = 5\n");
    reload(&server);
    let pool = &server.status()["pool"];
    assert_eq!((&pool["workers"], &pool["threads"], &pool["capacity"]), (&3.into(), &5.into(), &15.into()));
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"as it is").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(io::read_to_string(stream).unwrap(), "as it is");
    server.configure("[pool]\nworkers = 1\nthreads = 1\n");
    reload(&server);
    eventually("one worker", || (server.workers().len() == 1).then_some(()));
    server.served().finish().unwrap();
    assert_eq!(server.status()["pool"]["capacity"], 1);
}

#[test]
fn whoever_is_served_at_a_reload_stays_with_its_worker_and_finishes_there() {
    let server = TestServer::configured("[pool]\nworkers = 2\nthreads = 8\n");
    let conversations = Conversations::start(&server.address, 8);
    let ports = conversations.ports.clone();
    let served_by = || -> Vec<(u64, u64)> { ports.iter().map(|port| server_of(&server, *port)).collect() };
    let before = served_by();
    for _ in 0..3 {
        reload(&server);
        assert_eq!(served_by(), before);
    }
    drop(served_by_generation(&server, 4));
    assert!(conversations.stop().unwrap() > 0);
    server.wait_for_status("the old workers to be gone", |status| {
        status["workers"].as_array().unwrap().iter().all(|worker| worker["generation"] == 4)
    });
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn nobody_who_comes_after_the_answer_meets_a_worker_of_before() {
    let server = TestServer::configured(POOL);
    for generation in 2..=30 {
        reload(&server);
        let connection = server.served();
        assert_eq!(server_of(&server, connection.local_port().unwrap()).1, generation);
    }
}

#[test]
fn whoever_waits_at_a_reload_is_served() {
    let server = TestServer::configured("[pool]\nworkers = 1\nthreads = 1\n");
    let held = server.served();
    let mut waiting: Vec<Connection> = (0..3).map(|_| server.connect()).collect();
    for connection in &mut waiting {
        connection.send(b"hello").unwrap();
    }
    reload(&server);
    // By the new generation, although the old one has its slot still taken.
    for mut connection in waiting {
        connection.receive(b"hello").unwrap();
        connection.finish().unwrap();
    }
    drop(held);
}

#[test]
fn an_address_that_is_added_serves_and_one_that_stays_keeps_its_port() {
    let server = TestServer::configured(POOL);
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", folder.path().join("echo.sock").display());
    server.configure(&format!("listen = [\"127.0.0.1:0\", \"127.0.0.2:0\", \"{unix}\"]\n{POOL}"));
    reload(&server);
    let status = server.status();
    let addresses: Vec<&str> = status["listeners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|listener| listener["address"].as_str().unwrap())
        .collect();
    assert_eq!((addresses[0], addresses[2], addresses.len()), (server.address.as_str(), unix.as_str(), 3));
    let load = Load::start(&addresses, 4, Random::seed());
    load.wait_for(60);
    load.stop().assert_nobody_lost(60);
}

#[test]
fn whoever_waits_at_an_address_that_is_removed_is_served_and_who_comes_later_is_refused() {
    let text = |listen: &str| format!("listen = [{listen}]\n[pool]\nworkers = 1\nthreads = 1\n");
    let server = TestServer::configured(&text("\"127.0.0.1:0\", \"127.0.0.2:0\""));
    let removed = server.status()["listeners"][1]["address"].as_str().unwrap().to_owned();
    let held = server.served();
    let mut waiting: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(&removed).unwrap()).collect();
    for stream in &mut waiting {
        stream.write_all(b"hello").unwrap();
    }
    server.configure(&text("\"127.0.0.1:0\""));
    thread::scope(|scope| {
        let asker = scope.spawn(|| reload(&server));
        eventually("the new worker", || (asker.is_finished() || server.workers().len() == 2).then_some(()));
        // Whether the reload waits for the queue is its own business; both have to come to their end.
        drop(held);
        for mut stream in waiting {
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"HELLO");
        }
        asker.join().unwrap();
    });
    let address = removed.parse().unwrap();
    eventually("the address to be closed", || {
        let late = TcpStream::connect_timeout(&address, Duration::from_millis(50));
        late.err().filter(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    });
    server.served().finish().unwrap();
    assert_eq!(server.status()["listeners"].as_array().unwrap().len(), 1);
}

#[test]
fn a_mistake_in_the_file_is_refused_where_it_is() {
    let server = TestServer::configured(POOL);
    // Below the line that says where to listen.
    server.configure("[pool]\nworkrs = 3\n");
    let place = format!("{}:3:1: unknown key", server.file().display());
    assert_refused(&server, &[&place, "workrs", "pool.workers"]);
    server.configure("[pool]\nworkers = 0\n");
    assert_refused(&server, &["config.toml:3:11", "from 1 to 1024"]);
    fs::remove_file(server.file()).unwrap();
    assert_refused(&server, &["cannot read", "config.toml"]);
    server.configure(POOL);
    reload(&server);
}

#[test]
fn a_mistake_in_the_file_is_logged_when_a_signal_asked() {
    let server = TestServer::configured(POOL);
    server.configure("[pool]\nworkrs = 3\n");
    let workers = server.workers();
    server.signal(Signal::SIGHUP);
    server.wait_for_log("config.toml:3:1");
    server.served().finish().unwrap();
    assert_eq!(server.workers(), workers);
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let server = TestServer::configured(POOL);
    let taken = TcpListener::bind("127.0.0.3:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // The one before it is bound and has to be given back.
    server.configure(&format!("listen = [\"127.0.0.1:0\", \"127.0.0.2:0\", \"{address}\"]\n{POOL}"));
    assert_refused(&server, &[&address, "in use"]);
    let files = open_files(server.pid());
    for _ in 0..5 {
        assert_refused(&server, &[&address, "in use"]);
    }
    // The connection of whoever asked is closed a moment later.
    eventually("everything to be given back", || (open_files(server.pid()) <= files).then_some(()));
    drop(taken);
    reload(&server);
    assert_eq!(server.status()["listeners"][2]["address"], address);
}

/// The service that fails when the file says so, with a short time to start.
fn faulty(folder: &Path) -> TestServer {
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.join("how"));
    TestServer::configured_command(command, &format!("{POOL}[timeouts]\nstart = \"500ms\"\n"))
}

#[test]
fn workers_that_do_not_get_ready_change_nothing() {
    let folder = folder_for_all();
    let server = faulty(folder.path());
    let mut held = server.served();
    for (how, cause) in [("fail", "exited with code 70"), ("abort", "SIGABRT"), ("hang", "timeouts.start")] {
        fs::write(folder.path().join("how"), how).unwrap();
        assert_refused(&server, &[cause]);
        held.exchange(b"still there?").unwrap();
    }
    fs::remove_file(folder.path().join("how")).unwrap();
    reload(&server);
    held.exchange(b"still there?").unwrap();
}

#[test]
fn a_reload_helps_a_pool_whose_workers_keep_dying() {
    let folder = folder_for_all();
    let server = faulty(folder.path());
    fs::write(folder.path().join("how"), "fail").unwrap();
    for worker in server.workers() {
        kill(worker, Signal::SIGKILL).unwrap();
    }
    server.wait_for_log("respawning in 800ms");
    assert_eq!(server.ask(&["reload"]).status.code(), Some(1));
    fs::remove_file(folder.path().join("how")).unwrap();
    reload(&server);
    assert_eq!(server.status()["pool"]["capacity"], 4);
    server.served().finish().unwrap();
}

#[test]
fn a_stop_ends_a_reload_that_is_under_way() {
    let folder = folder_for_all();
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.path().join("how"));
    let mut server = TestServer::configured_command(command, &format!("{POOL}[timeouts]\nstart = \"1m\"\n"));
    fs::write(folder.path().join("how"), "hang").unwrap();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["reload"]));
        eventually("the new workers", || (server.workers().len() == 4).then_some(()));
        server.signal(Signal::SIGTERM);
        let output = asker.join().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    });
    let (code, log) = server.end();
    assert_eq!(code, 0, "{log:?}");
}

#[test]
fn a_reload_while_the_pool_stops_is_refused() {
    let server = TestServer::configured(POOL);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    let output = server.ask(&["reload"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    drop(held);
}

#[test]
fn without_a_master_a_reload_says_so() {
    let output = server_command().args(["reload", "--control", "@prefork-echo-nobody"]).output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
}

#[test]
fn a_hangup_in_a_drain_changes_nothing() {
    let mut server = TestServer::configured(POOL);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    server.signal(Signal::SIGHUP);
    meanwhile("it drains", Duration::from_millis(300), || lives(server.pid()));
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_reload_waits_while_as_many_generations_drain_as_may() {
    let server = TestServer::configured(&format!("{POOL}[limits]\ngenerations = 2\n"));
    let mut first = server.served();
    reload(&server);
    let second = served_by_generation(&server, 2);
    reload(&server);
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["reload"]));
        // It says for whom.
        server.wait_for_log("limits.generations");
        meanwhile("it waits", Duration::from_millis(300), || !asker.is_finished());
        let later = scope.spawn(|| server.ask(&["reload"]));
        meanwhile("it waits too", Duration::from_millis(300), || !later.is_finished());
        first.exchange(b"still there?").unwrap();
        first.finish().unwrap();
        let output = asker.join().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        for output in [output, later.join().unwrap()] {
            assert!(stderr(&output).contains("limits.generations"), "{}", stderr(&output));
        }
    });
    assert_eq!(server.status()["master"]["generation"], 4);
    drop(second);
}

/// A server with a second address, and what that is; the third is the text without it.
fn with_second_address() -> (TestServer, String, String) {
    let text = |listen: &str| format!("listen = [{listen}]\n{POOL}");
    let server = TestServer::configured(&text("\"127.0.0.1:0\", \"127.0.0.2:0\""));
    let second = server.status()["listeners"][1]["address"].as_str().unwrap().to_owned();
    (server, second, text("\"127.0.0.1:0\""))
}

#[test]
fn an_address_where_somebody_waits_is_not_taken_out_while_nobody_would_serve_them() {
    let (server, second, without) = with_second_address();
    assert!(server.ask(&["drain"]).status.success());
    let mut waiting: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(&second).unwrap()).collect();
    server.configure(&without);
    let output = server.ask(&["reload"]);
    assert_eq!(output.status.code(), Some(1));
    for words in [&second, "clients wait there", "`scale` first"] {
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    assert!(server.ask(&["scale", "1"]).status.success());
    for stream in &mut waiting {
        stream.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
        stream.shutdown(Shutdown::Write).unwrap();
    }
    reload(&server);
    assert_eq!(server.status()["listeners"].as_array().unwrap().len(), 1);
}

#[test]
fn an_address_that_was_taken_out_can_be_added_again_while_somebody_is_served_who_came_there() {
    let (server, second, without) = with_second_address();
    let mut held = TcpStream::connect(&second).unwrap();
    let mut exchange = || {
        held.write_all(b"hello").unwrap();
        held.read_exact(&mut [0; 5]).unwrap();
    };
    exchange();
    server.configure(&without);
    reload(&server);
    server.configure(&format!("listen = [\"127.0.0.1:0\", \"{second}\"]\n{POOL}"));
    let begin = Instant::now();
    // Whoever serves there yet needs a moment to see that nobody waits.
    eventually("the address to be free", || server.ask(&["reload"]).status.success().then_some(()));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    let load = Load::start(&[&second], 2, Random::seed());
    load.wait_for(10);
    load.stop().assert_nobody_lost(10);
    exchange();
}

#[test]
fn a_pool_that_has_grown_keeps_its_size_over_a_reload() {
    let pool = "[pool]\nworkers = { min = 1, max = 4 }\nthreads = 1\ngrow_after = \"50ms\"\n";
    let server = TestServer::configured(pool);
    let _held: Vec<_> = (0..3).map(|_| server.served()).collect();
    let size = server.status()["pool"]["workers"].as_u64().unwrap();
    assert!(size >= 3, "{size}");
    reload(&server);
    let status = server.status();
    assert_eq!((&status["master"]["generation"], &status["pool"]["workers"]), (&2.into(), &size.into()));
    let of_new = |worker: &&Value| worker["generation"] == 2;
    assert_eq!(status["workers"].as_array().unwrap().iter().filter(of_new).count() as u64, size);
}

#[test]
fn a_pipe_in_the_place_of_the_file_is_refused_at_once() {
    let server = TestServer::configured(POOL);
    fs::remove_file(server.file()).unwrap();
    mkfifo(&server.file(), Mode::S_IRWXU).unwrap();
    let begin = Instant::now();
    // Whoever asks would wait for as long as the master does.
    server.signal(Signal::SIGHUP);
    server.wait_for_log("config.toml is a pipe");
    assert_refused(&server, &["config.toml is a pipe"]);
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}
