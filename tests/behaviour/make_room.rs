//! With `timeouts.idle_saturated` who says nothing makes room for who waits: as many as wait, those silent longest first.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use prefork_client::Connection;
use socket2::Socket;

use crate::admission::try_connect_from;
use crate::support::{
    PATIENCE, TestServer, answered, eventually, field, has_answer, meanwhile, wait_for_service,
};
use crate::taker::Taker;

fn start(workers: &str, threads: &str, flags: &[&str]) -> TestServer {
    start_with("300ms", workers, threads, flags)
}

/// A pool of which so much silence may cost the slot.
fn start_with(silence: &str, workers: &str, threads: &str, flags: &[&str]) -> TestServer {
    let pool = ["--workers", workers, "--threads", threads, "--timeouts-idle-saturated", silence];
    TestServer::start(&[&pool, flags].concat())
}

fn made_room(server: &TestServer) -> u64 {
    server.status()["ended"]["made_room"].as_u64().unwrap()
}

/// Waits until the status, which may be a little old, says that so many made room.
#[track_caller]
fn wait_for_room(server: &TestServer, count: u64) {
    eventually("the count", || (made_room(server) == count).then_some(()));
}

/// Connections that were served once, in this order, with a pause between two.
fn served_in_turn(server: &TestServer, count: usize) -> Vec<Connection> {
    let one = |_| {
        let connection = server.served();
        // So that one of them has been silent for longer than the next.
        thread::sleep(Duration::from_millis(20));
        connection
    };
    (0..count).map(one).collect()
}

#[test]
fn the_longest_silent_makes_room_for_one_who_waits_and_nobody_else_does() {
    let server = start("2", "2", &[]);
    let silent = served_in_turn(&server, 4);
    meanwhile("nobody waits, nobody is closed", Duration::from_millis(800), || answered(&silent) == 0);
    let begin = Instant::now();
    let mut waiting = server.asker(b"hello");
    waiting.receive(b"hello").unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(has_answer(&silent[0]), "it was silent longest");
    meanwhile("one waited, one is closed", Duration::from_millis(500), || answered(&silent) == 1);
    wait_for_room(&server, 1);
    let line = server.wait_for_log("connection closed");
    assert_eq!(field(&line, "reason"), "made room");
}

#[test]
fn whoever_has_spoken_lately_stays_although_others_wait() {
    // Far longer than the pauses below, also on a machine that has much else to do.
    let server = start_with("3s", "1", "2", &[]);
    let mut talkers = [server.served(), server.served()];
    let waiting = server.asker(b"hello");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(4) {
        for talker in &mut talkers {
            talker.exchange(b"x").unwrap();
        }
        // A pause that is no silence.
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!has_answer(&waiting), "it has to wait");
    wait_for_room(&server, 0);
    drop(talkers);
    wait_for_service("it", [&waiting]);
}

#[test]
fn as_many_end_as_wait() {
    let server = start("4", "4", &[]);
    let silent = served_in_turn(&server, 16);
    thread::sleep(Duration::from_millis(300));
    let mut waiting: Vec<Connection> = (0..5).map(|_| server.asker(b"hello")).collect();
    for connection in &mut waiting {
        connection.receive(b"hello").unwrap();
    }
    meanwhile("and no more", Duration::from_millis(600), || answered(&silent) == 5);
    assert_eq!(silent[..5].iter().filter(|connection| has_answer(connection)).count(), 5, "the first five");
    wait_for_room(&server, 5);
}

#[test]
fn the_silent_of_one_worker_make_room_also_if_those_of_another_talk() {
    let server = start("2", "1", &[]);
    let (mut one, silent) = (server.served(), server.served());
    thread::sleep(Duration::from_millis(400));
    one.exchange(b"x").unwrap();
    let mut waiting = server.asker(b"hello");
    let answer = thread::spawn(move || waiting.receive(b"hello").map(drop));
    while !answer.is_finished() {
        one.exchange(b"x").unwrap();
        // A pause that is no silence.
        thread::sleep(Duration::from_millis(10));
    }
    answer.join().unwrap().unwrap();
    assert!(has_answer(&silent));
    wait_for_room(&server, 1);
}

#[test]
fn what_has_come_before_the_end_is_answered() {
    let server = start_with("1ms", "1", "1", &[]);
    for _ in 0..10 {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut waiting = server.asker(b"hello");
        let mut sent = 0;
        // It speaks without listening until it is told to go; whatever it was told has been served in order.
        while !has_answer(&waiting) {
            if stream.write_all(b"abc").is_err() {
                break;
            }
            sent += 3;
            // A little longer than the kernel puts off to say that an answer has come, 40 ms: before, it is not silent.
            thread::sleep(Duration::from_millis(50));
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.len() <= sent && answer.chunks(3).all(|part| b"ABC".starts_with(part)));
        drop(stream);
        waiting.receive(b"hello").unwrap();
    }
}

#[test]
fn those_who_wait_at_a_unix_socket_count_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let listen = format!("127.0.0.1:0,unix:{}", path.display());
    let server = start("1", "2", &["--listen", &listen]);
    let open = || {
        let stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let talk = |mut stream: &UnixStream| {
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
    };
    let (mut silent, tcp) = (open(), server.served());
    // So that it has been silent for less than the other one.
    thread::sleep(Duration::from_millis(50));
    talk(&silent);
    let waiting = open();
    talk(&waiting);
    eventually("the end of one", || has_answer(&tcp).then_some(()));
    let another = open();
    talk(&another);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    wait_for_room(&server, 2);
}

#[test]
fn a_worker_that_is_stopped_is_not_waited_for() {
    let server = start("2", "1", &[]);
    let both = [server.served(), server.served()];
    let status = server.status();
    let pid = |slot: usize| {
        i32::try_from(status["workers"][slot]["pid"].as_i64().unwrap()).map(nix::unistd::Pid::from_raw)
    };
    let first = pid(0).unwrap();
    nix::sys::signal::kill(first, Signal::SIGSTOP).unwrap();
    let mut waiting = server.asker(b"hello");
    waiting.receive(b"hello").unwrap();
    nix::sys::signal::kill(first, Signal::SIGCONT).unwrap();
    meanwhile("one has gone", Duration::from_millis(500), || answered(&both) == 1);
}

#[test]
fn with_a_drain_that_parts_from_the_silent_and_other_limits_it_is_the_same() {
    let flags = ["--timeouts-drain-idle", "5s", "--timeouts-lifetime", "1m"];
    let server = start("1", "1", &flags);
    let silent = server.served();
    let mut waiting = server.asker(b"hello");
    waiting.receive(b"hello").unwrap();
    assert!(has_answer(&silent));
    wait_for_room(&server, 1);
}

#[test]
fn without_the_key_who_waits_waits() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let silent = server.served();
    let waiting = server.asker(b"hello");
    meanwhile("it is kept", Duration::from_secs(1), || !has_answer(&silent) && !has_answer(&waiting));
    drop(silent);
    wait_for_service("it", [&waiting]);
}

#[test]
fn those_who_may_not_enter_do_not_end_one_each() {
    let server = start("2", "6", &["--limits-deny", "127.0.0.9/32"]);
    let silent = served_in_turn(&server, 12);
    thread::sleep(Duration::from_millis(300));
    let strangers: Vec<_> = (0..60).map(|_| try_connect_from("127.0.0.9", &server.address)).collect();
    server.wait_for_status("all refused", |status| status["refused"]["denied"] == 60);
    let ended = answered(&silent);
    assert!((1..=3).contains(&ended), "room for one lets all of them be refused, {ended} have ended");
    drop(strangers);
}

#[test]
fn those_who_are_gone_do_not_end_one_each() {
    let server = start("2", "6", &[]);
    let silent = served_in_turn(&server, 12);
    thread::sleep(Duration::from_millis(300));
    for _ in 0..60 {
        let gone = TcpStream::connect(&server.address).unwrap();
        Socket::from(gone).set_linger(Some(Duration::ZERO)).unwrap();
    }
    eventually("the end of one", || (made_room(&server) > 0).then_some(()));
    meanwhile("and of few more", Duration::from_millis(500), || answered(&silent) <= 3);
}

#[test]
fn who_leaves_anyway_makes_room_too() {
    let server = start("1", "12", &["--timeouts-first-byte", "800ms"]);
    let silent = served_in_turn(&server, 6);
    thread::sleep(Duration::from_millis(300));
    let dumb: Vec<Connection> = (0..6).map(|_| server.connect()).collect();
    eventually("their ends", || (answered(&dumb) == 6).then_some(()));
    // They do not close, so their slots are taken for a while.
    let mut waiting: Vec<Connection> = (0..6).map(|_| server.asker(b"hello")).collect();
    for connection in &mut waiting {
        connection.receive(b"hello").unwrap();
    }
    assert_eq!((answered(&silent), made_room(&server)), (0, 0));
}

#[test]
fn a_pool_that_may_grow_makes_no_room() {
    let server = start("1..2", "1", &[]);
    let silent = server.served();
    thread::sleep(Duration::from_millis(400));
    let mut second = server.asker(b"hello");
    second.receive(b"hello").unwrap();
    assert!(!has_answer(&silent), "there is another worker instead");
    let mut third = server.asker(b"hello");
    third.receive(b"hello").unwrap();
    assert!(has_answer(&silent), "there is no other any more");
    wait_for_room(&server, 1);
}

#[test]
fn who_takes_its_answer_is_not_silent() {
    let server = start("1", "2", &[]);
    let mut taker = Taker::of(&server, 400_000);
    let silent = server.served();
    let begin = Instant::now();
    let mut waiting = None;
    while begin.elapsed() < Duration::from_millis(2500) {
        taker.take();
        if begin.elapsed() > Duration::from_secs(1) {
            waiting.get_or_insert_with(|| server.asker(b"hello"));
        }
    }
    waiting.unwrap().receive(b"hello").unwrap();
    assert!(has_answer(&silent), "it said nothing for a shorter time, but it took nothing either");
    taker.say(b"more");
    taker.take_all();
    assert_eq!(taker.next(), b"MORE");
    wait_for_room(&server, 1);
}
