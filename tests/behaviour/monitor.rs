//! The monitor: a process beside the pool that shows it by HTTP, and whose death harms nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{PATIENCE, TestServer, children, eventually, lives, meanwhile};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Connection;
use serde_json::Value;

const FLAGS: [&str; 6] = ["--workers", "2", "--threads", "2", "--monitor-listen", "127.0.0.1:0"];

/// Asks by HTTP; status code and body.
pub(crate) fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = open(address, path)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    code.zip(body).ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))
}

fn open(address: &str, path: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    Ok(stream)
}

/// The metrics that are whole numbers, by `name{labels}`.
fn metrics(address: &str) -> BTreeMap<String, u64> {
    let (code, text) = get(address, "/metrics").unwrap();
    assert_eq!(code, 200);
    parse(&text)
}

fn parse(text: &str) -> BTreeMap<String, u64> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

fn sum(metrics: &BTreeMap<String, u64>, name: &str) -> u64 {
    metrics.iter().filter(|(key, _)| key.split('{').next() == Some(name)).map(|(_, value)| value).sum()
}

fn monitor(server: &TestServer) -> Pid {
    let status = server.status();
    let workers: Vec<i64> =
        status["workers"].as_array().unwrap().iter().filter_map(|worker| worker["pid"].as_i64()).collect();
    let is_worker = |pid: &Pid| workers.contains(&pid.as_raw().into());
    eventually("a monitor", || children(server.pid()).into_iter().find(|pid| !is_worker(pid) && lives(*pid)))
}

#[test]
fn every_face_says_that_four_are_busy_and_six_wait() {
    let server = TestServer::start(&FLAGS);
    let address = server.monitor();
    let _held: Vec<Connection> = (0..4).map(|_| server.served()).collect();
    let waiters: Vec<Connection> = (0..6).map(|_| server.connect()).collect();
    let metrics = metrics(&address);
    assert_eq!(sum(&metrics, "prefork_connections_active"), 4);
    assert_eq!(sum(&metrics, "prefork_capacity_connections"), 4);
    assert_eq!(sum(&metrics, "prefork_accept_queue_length"), 6);
    let (code, body) = get(&address, "/status.json").unwrap();
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (code, shown["pool"]["busy"].as_u64(), shown["pool"]["waiting"].as_u64()),
        (200, Some(4), Some(6))
    );
    let asked = server.status();
    // In one jiffy they may change places.
    let peers = |status: &Value| -> BTreeSet<String> {
        let peers = status["waiting"].as_array().unwrap().iter();
        peers.map(|peer| peer["peer"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(peers(&shown), peers(&asked));
    assert_eq!(peers(&shown).len(), waiters.len());
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(get(&address, path).unwrap().0, 200, "{path}");
    }
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    let server = TestServer::start(&FLAGS);
    server.served().finish().unwrap();
    let (_, text) = get(&server.monitor(), "/metrics").unwrap();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}\n{text}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_monitor_that_is_killed_is_back_at_once_and_nobody_notices() {
    let server = TestServer::start(&FLAGS);
    let address = server.monitor();
    let mut client = server.served();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                // It fails while there is no monitor.
                let Ok((200, text)) = get(&address, "/metrics") else { continue };
                let messages = sum(&parse(&text), "prefork_messages_total");
                assert!(messages >= last, "counters go on: {last}, then {messages}");
                last = messages;
            }
            last
        });
        for _ in 0..3 {
            let victim = monitor(&server);
            kill(victim, Signal::SIGKILL).unwrap();
            client.exchange(b"hello").unwrap();
            eventually("the next monitor to answer", || {
                get(&address, "/healthz").ok().filter(|answer| answer.0 == 200)
            });
            assert_ne!(monitor(&server), victim);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(scraper.join().unwrap() >= 1);
    });
    let deaths = server.wait_for_logs("the monitor died: was killed by SIGKILL; respawning", 3);
    assert_eq!(deaths.len(), 3);
    assert!(
        deaths[0].contains("; respawning; the pool goes on"),
        "the first time without a pause: {deaths:?}"
    );
    assert_eq!(server.status()["totals"]["messages"], 4);
    assert_eq!(server.status()["totals"]["respawns"], 0, "it is no worker");
}

#[test]
fn a_monitor_asked_to_leave_is_replaced() {
    let server = TestServer::start(&FLAGS);
    let address = server.monitor();
    let victim = monitor(&server);
    assert_eq!(get(&address, "/healthz").unwrap().0, 200);
    kill(victim, Signal::SIGTERM).unwrap();
    server.wait_for_log("the monitor died: exited with code 0");
    eventually("the next one", || get(&address, "/healthz").ok());
}

#[test]
fn it_shows_the_drain_and_ends_with_the_pool() {
    let mut server = TestServer::start(&FLAGS);
    let address = server.monitor();
    let monitor = monitor(&server);
    let held = server.served();
    assert_eq!(get(&address, "/readyz").unwrap().0, 200);
    server.signal(Signal::SIGTERM);
    let (code, reason) =
        eventually("the drain", || get(&address, "/readyz").ok().filter(|answer| answer.0 != 200));
    assert_eq!(code, 503);
    assert!(reason.contains("draining"), "{reason}");
    assert_eq!(get(&address, "/healthz").unwrap().0, 200);
    drop(held);
    assert_eq!(server.end().0, 0);
    assert!(!lives(monitor));
}

#[test]
fn it_dies_with_a_master_that_is_killed() {
    let server = TestServer::start(&FLAGS);
    let monitor = monitor(&server);
    get(&server.monitor(), "/healthz").unwrap();
    kill(server.pid(), Signal::SIGKILL).unwrap();
    eventually("its end", || (!lives(monitor)).then_some(()));
}

#[test]
fn it_holds_no_listener_of_the_pool() {
    let server = TestServer::start(&FLAGS);
    get(&server.monitor(), "/healthz").unwrap();
    let port: u16 = server.address.rsplit(':').next().unwrap().parse().unwrap();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    // Local address, state 0A for LISTEN, and in the tenth column the inode: proc_net_tcp in the kernel's documentation.
    let listening = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listener =
        listening.clone().find(|line| line[1].ends_with(&format!(":{port:04X}")) && line[3] == "0A");
    let name = format!("socket:[{}]", listener.unwrap()[9]);
    let holds = |pid: Pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| target.as_os_str() == name.as_str())
    };
    assert!(holds(server.pid()), "{name}");
    let monitor = monitor(&server);
    assert!(!holds(monitor), "{name}");
    let files = crate::support::open_files(monitor);
    assert!(files < 16, "{files} open files");
    let threads = fs::read_dir(format!("/proc/{monitor}/task")).unwrap().count();
    assert_eq!(threads, 1);
}

#[test]
fn events_come_as_they_happen() {
    let server = TestServer::start(&FLAGS);
    let mut lines = BufReader::new(open(&server.monitor(), "/events").unwrap()).lines().map_while(Result::ok);
    let mut next = |kind: &str| -> Value {
        let name = format!("event: {kind}");
        lines.by_ref().find(|line| *line == name).unwrap();
        let data = lines.by_ref().find(|line| line.starts_with("data:")).unwrap();
        serde_json::from_str(data.trim_start_matches("data:").trim()).unwrap()
    };
    assert_eq!(next("event")["kind"], "spawned");
    let sample = next("sample");
    assert_eq!(sample["status"]["pool"]["capacity"], 4);
    let victim = i32::try_from(sample["status"]["workers"][1]["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(victim), Signal::SIGKILL).unwrap();
    let died = std::iter::repeat_with(|| next("event")).find(|event| event["kind"] == "died").unwrap();
    assert_eq!((died["worker"].as_u64(), died["pid"].as_i64()), (Some(1), Some(victim.into())));
    assert!(died["text"].as_str().unwrap().contains("was killed by SIGKILL"), "{died}");
}

#[test]
fn an_address_that_is_taken_ends_the_start() {
    let first = TestServer::start(&FLAGS);
    let mut second =
        TestServer::spawn(crate::support::server_command(), &["--monitor-listen", &first.monitor()]);
    let (code, log) = second.end();
    assert_eq!(code, 69);
    assert!(log[0].contains("cannot listen on the monitor's address"), "{log:?}");
}

#[test]
fn without_viewers_it_sleeps() {
    let server = TestServer::start(&FLAGS);
    get(&server.monitor(), "/metrics").unwrap();
    let monitor = monitor(&server);
    let switches = || -> String {
        let status = fs::read_to_string(format!("/proc/{monitor}/status")).unwrap();
        status.lines().filter(|line| line.starts_with("voluntary_ctxt_switches")).collect()
    };
    let settled = eventually("it to settle", || {
        let before = switches();
        // Long enough for what is still under way, the time that an idle connection may take included.
        thread::sleep(Duration::from_millis(300));
        Some(before).filter(|before| *before == switches())
    });
    meanwhile("nothing ticks", Duration::from_secs(1), || switches() == settled);
}
