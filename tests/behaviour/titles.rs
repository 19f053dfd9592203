//! What `ps` shows of the pool.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::support::{TestServer, children, eventually, field, meanwhile};

/// The command line, as `ps` has it.
fn title(pid: Pid) -> String {
    let text = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8(text).unwrap().trim_end_matches('\0').to_owned()
}

#[track_caller]
fn wait_for(pid: Pid, what: &str) {
    eventually(&format!("{what:?} of {pid}, which is {:?}", title(pid)), || {
        title(pid).starts_with(what).then_some(())
    });
}

fn worker_of(server: &TestServer) -> Pid {
    let pid = server.status()["workers"][0]["pid"].as_i64().unwrap();
    Pid::from_raw(pid.try_into().unwrap())
}

#[test]
fn each_process_says_who_it_is() {
    let flags = ["--workers", "2", "--threads", "4", "--monitor-listen", "127.0.0.1:0"];
    let server = TestServer::start(&flags);
    wait_for(server.pid(), "prefork-echo: master gen 1 [2 workers]: ");
    assert!(title(server.pid()).contains(" --workers 2 --threads 4 "), "{}", title(server.pid()));
    let all = || {
        let mut all: Vec<String> = children(server.pid()).into_iter().map(title).collect();
        all.sort();
        all
    };
    let wanted = [
        "prefork-echo: monitor",
        "prefork-echo: worker 0 gen 1 [0/4 busy]",
        "prefork-echo: worker 1 gen 1 [0/4 busy]",
    ];
    eventually("the titles of the children", || (all() == wanted).then_some(()));
    let ps = Command::new("ps").args(["-o", "args=", "-p", &server.pid().to_string()]).output().unwrap();
    assert!(String::from_utf8_lossy(&ps.stdout).starts_with("prefork-echo: master gen 1 [2 workers]: "));
    let name = fs::read_to_string(format!("/proc/{}/comm", server.pid())).unwrap();
    assert_eq!(name, "prefork-echo\n", "as it was");
}

#[test]
fn a_worker_says_how_busy_it_is_and_that_it_drains() {
    let server = TestServer::configured("timeouts.stuck = \"3s\"\n[pool]\nworkers = 1\nthreads = 4\n");
    let worker = worker_of(&server);
    let mut held = server.served();
    wait_for(worker, "prefork-echo: worker 0 gen 1 [");
    wait_for(worker, "prefork-echo: worker 0 gen 1 [1/4 busy]");
    assert!(server.ask(&["reload"]).status.success());
    wait_for(worker, "prefork-echo: worker 0 gen 1 [1/4 busy, draining]");
    wait_for(server.pid(), "prefork-echo: master gen 2 [1 worker]: ");
    wait_for(worker_of(&server), "prefork-echo: worker 0 gen 2 [0/4 busy]");
    held.exchange(b"here").unwrap();
    drop(held);
    server.signal(Signal::SIGWINCH);
    wait_for(server.pid(), "prefork-echo: master gen 2 [1 worker, resting]: ");
}

#[test]
fn counts_change_once_a_second_at_most() {
    let server = TestServer::start(&["--workers", "1", "--threads", "4"]);
    let worker = worker_of(&server);
    let began = Instant::now();
    let (mut changes, mut last) = (0, title(worker));
    let mut held = Vec::new();
    meanwhile("it serves", Duration::from_millis(3500), || {
        held.push(server.served());
        let now = title(worker);
        changes += u64::from(std::mem::replace(&mut last, now) != last);
        if held.len() == 3 {
            held.clear();
        }
        true
    });
    assert!(changes <= began.elapsed().as_secs() + 1, "{changes} changes in {:?}", began.elapsed());
    assert!(changes > 0);
    // It is right once the last change is a second ago and somebody comes or goes.
    held.clear();
    let mut two = || {
        held.clear();
        held.extend([server.served(), server.served()]);
        title(worker)
    };
    eventually("the count", || (two() == "prefork-echo: worker 0 gen 1 [2/4 busy]").then_some(()));
}

#[test]
fn a_successor_has_titles_and_the_arguments_of_the_start() {
    let server = TestServer::configured("[pool]\nworkers = 1\n[log]\naccess = true\n");
    assert!(server.ask(&["upgrade"]).status.success());
    let line = server.wait_for_logs("listening on ", 2).remove(1);
    let successor = Pid::from_raw(field(&line, "pid").parse().unwrap());
    assert_ne!(successor, server.pid());
    wait_for(successor, "prefork-echo: master gen 2 [1 worker]: ");
    assert!(title(successor).ends_with(&format!(" --config {}", server.file().display())));
}
