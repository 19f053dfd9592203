//! What a connection may take: `timeouts.first_byte`, `timeouts.lifetime`, `limits.min_rate`. Who keeps to it is never ended.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, TestServer, eventually, field, has_answer, meanwhile};
use crate::taker::Taker;

/// A pool of one worker and two slots.
fn start(flags: &[&str]) -> TestServer {
    TestServer::start(&[&["--workers", "1", "--threads", "2"], flags].concat())
}

fn open(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn talk(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])
}

/// Waits for an orderly end, and returns when it came.
fn end_of(stream: &mut impl Read) -> Instant {
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "an orderly end");
    Instant::now()
}

/// Why the first connection of the log ended.
fn reason(server: &TestServer) -> String {
    field(&server.wait_for_log("connection closed"), "reason").to_owned()
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn who_says_nothing_is_ended_after_the_time_of_the_first_byte() {
    let server = start(&["--timeouts-first-byte", "300ms"]);
    let begin = Instant::now();
    let mut silent = open(&server);
    let at = end_of(&mut silent);
    assert!(at >= begin + millis(300), "after its time");
    assert!(at < begin + Duration::from_secs(5), "and not after that of the idle");
    drop(silent);
    assert_eq!(reason(&server), "no first byte");
}

#[test]
fn who_has_said_something_may_be_silent_for_longer() {
    let server = start(&["--timeouts-first-byte", "300ms"]);
    let mut peer = open(&server);
    talk(&mut peer).unwrap();
    meanwhile("it is kept", millis(800), || server.log().iter().all(|line| !line.contains("closed")));
    talk(&mut peer).unwrap();
    drop(peer);
    assert_eq!(reason(&server), "peer closed");
}

#[test]
fn the_time_in_the_queue_is_not_that_of_the_first_byte() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1", "--timeouts-first-byte", "300ms"]);
    let holder = server.served();
    let mut waiting = open(&server);
    meanwhile("it waits", millis(600), || !server.log().iter().any(|line| line.contains("closed")));
    drop(holder);
    talk(&mut waiting).unwrap();
}

#[test]
fn a_connection_that_has_lasted_as_long_as_it_may_is_ended_however_busy_it_is() {
    let server = start(&["--timeouts-lifetime", "500ms"]);
    let begin = Instant::now();
    let mut silent = open(&server);
    let mut talker = open(&server);
    let mut answers = 0;
    while talk(&mut talker).is_ok() {
        answers += 1;
    }
    assert!(begin.elapsed() >= millis(500) && begin.elapsed() < Duration::from_secs(5));
    assert!(answers > 100, "{answers} answers until then");
    assert!(end_of(&mut silent) >= begin + millis(500));
    drop((silent, talker));
    for line in server.wait_for_logs("connection closed", 2) {
        assert_eq!(field(&line, "reason"), "lifetime");
    }
}

#[test]
fn who_sends_without_a_pause_is_not_served_for_ever() {
    for more in [&[][..], &["--timeouts-drain-idle", "5s"]] {
        let server = start(&[&["--timeouts-lifetime", "500ms"], more].concat());
        let begin = Instant::now();
        let mut sender = open(&server);
        let mut reader = sender.try_clone().unwrap();
        let echo = thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        while sender.write_all(&[b'x'; 4096]).is_ok() {
            assert!(begin.elapsed() < PATIENCE, "it ends");
        }
        drop(sender);
        let _ = echo.join().unwrap();
        assert_eq!(reason(&server), "lifetime");
    }
}

#[test]
fn a_lifetime_ends_after_the_answer_to_what_is_in_work() {
    let server = start(&["--timeouts-lifetime", "200ms", "--sleep", "700ms"]);
    let mut peer = open(&server);
    peer.write_all(b"in work").unwrap();
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"IN WORK");
    drop(peer);
    assert_eq!(reason(&server), "lifetime");
}

/// Sends until the server takes no more, without reading any of the answers.
fn stuff(stream: &mut TcpStream) {
    stream.set_write_timeout(Some(millis(300))).unwrap();
    while stream.write(&[b'x'; 4096]).is_ok() {}
}

#[test]
fn a_lifetime_ends_an_answer_that_nobody_takes() {
    let server = start(&["--timeouts-lifetime", "1s"]);
    let begin = Instant::now();
    let mut peer = open(&server);
    stuff(&mut peer);
    assert_eq!(reason(&server), "lifetime");
    assert!(begin.elapsed() >= Duration::from_secs(1) && begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_byte_now_and_then_is_too_slow() {
    let server = start(&["--limits-min-rate", "1KiB", "--limits-min-rate-after", "1s"]);
    let begin = Instant::now();
    let mut slow = open(&server);
    let end = eventually("its end", || {
        let spoken = slow.write_all(b"x").and_then(|()| slow.read(&mut [0]));
        // Between two bytes of somebody who wants a slot for as little as possible.
        thread::sleep(millis(100));
        (!matches!(spoken, Ok(1))).then(Instant::now)
    });
    assert!(end >= begin + Duration::from_secs(1), "it had an allowance");
    assert!(end < begin + Duration::from_secs(10));
    drop(slow);
    assert_eq!(reason(&server), "too slow");
}

#[test]
fn who_keeps_the_rate_goes_on_and_our_own_time_does_not_count() {
    let flags = ["--limits-min-rate", "1KiB", "--limits-min-rate-after", "1s", "--sleep", "1300ms"];
    let server = start(&flags);
    let mut peer = open(&server);
    for _ in 0..3 {
        talk(&mut peer).unwrap();
    }
    drop(peer);
    assert_eq!(reason(&server), "peer closed");
    let server = start(&flags[..4]);
    let mut peer = open(&server);
    let begin = Instant::now();
    while begin.elapsed() < millis(2500) {
        peer.write_all(&[b'x'; 512]).unwrap();
        peer.read_exact(&mut [0; 512]).unwrap();
        // Less than 512 bytes are worth.
        thread::sleep(millis(100));
    }
    drop(peer);
    assert_eq!(reason(&server), "peer closed");
}

#[test]
fn who_takes_its_answers_too_slowly_is_too_slow() {
    let server = start(&["--limits-min-rate", "1MiB", "--limits-min-rate-after", "1s"]);
    let mut peer = open(&server);
    stuff(&mut peer);
    assert_eq!(reason(&server), "too slow");
}

#[test]
fn unix_sockets_are_no_exception() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let listen = format!("127.0.0.1:0,unix:{}", path.display());
    let limits = ["--timeouts-first-byte", "200ms", "--timeouts-lifetime", "600ms"];
    let server = start(&[&["--listen", listen.as_str()], &limits[..]].concat());
    let begin = Instant::now();
    let mut silent = UnixStream::connect(&path).unwrap();
    assert!(end_of(&mut silent) >= begin + millis(200));
    drop(silent);
    assert_eq!(reason(&server), "no first byte");
    let begin = Instant::now();
    let mut talker = UnixStream::connect(&path).unwrap();
    talker.write_all(b"x").unwrap();
    talker.read_exact(&mut [0]).unwrap();
    assert!(end_of(&mut talker) >= begin + millis(600));
    drop(talker);
    let lines = server.wait_for_logs("connection closed", 2);
    assert_eq!(field(&lines[1], "reason"), "lifetime");
}

#[test]
fn with_a_drain_that_parts_from_the_silent_all_of_it_holds_too() {
    let server = start(&["--timeouts-drain-idle", "5s", "--timeouts-first-byte", "300ms"]);
    let begin = Instant::now();
    let mut silent = open(&server);
    assert!(end_of(&mut silent) >= begin + millis(300));
    drop(silent);
    assert_eq!(reason(&server), "no first byte");
}

#[test]
fn who_speaks_up_too_late_gets_no_reset() {
    let server = start(&["--timeouts-first-byte", "200ms"]);
    let mut peer = open(&server);
    end_of(&mut peer);
    for _ in 0..10 {
        // Between two packets.
        thread::sleep(millis(10));
        peer.write_all(b"too late").unwrap();
    }
    assert_eq!(peer.take_error().unwrap().map(|error| error.kind()), None);
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(reason(&server), "no first byte");
}

#[test]
fn without_these_keys_nobody_is_ended() {
    let server = start(&[]);
    let (silent, talker) = (server.connect(), server.served());
    meanwhile("both are kept", millis(1500), || !has_answer(&silent) && !has_answer(&talker));
}

/// A connection that takes an answer for far longer than a limit is not what the limit is for.
#[track_caller]
fn goes_on(limit: &[&str]) {
    let server = start(limit);
    let mut taker = Taker::of(&server, 400_000);
    taker.take_for(millis(2500));
    taker.say(b"more");
    taker.take_all();
    assert_eq!(taker.next(), b"MORE", "with {limit:?}");
    drop(taker);
    assert_eq!(reason(&server), "peer closed", "with {limit:?}");
}

#[test]
fn who_takes_its_answer_faster_than_the_rate_goes_on_although_it_was_written_long_ago() {
    let rate = ["--limits-min-rate", "1KiB", "--limits-min-rate-after", "1s"];
    goes_on(&rate);
    goes_on(&[&rate[..], &["--timeouts-drain-idle", "5s"]].concat());
}

#[test]
fn who_takes_its_answer_is_not_idle() {
    goes_on(&["--timeouts-idle", "500ms"]);
    goes_on(&["--timeouts-idle", "500ms", "--timeouts-lifetime", "1m"]);
    goes_on(&["--timeouts-idle", "500ms", "--timeouts-drain-idle", "5s"]);
}

#[test]
fn who_takes_some_all_the_time_meets_no_write_timeout() {
    let limit = ["--timeouts-write", "1s"];
    for more in [&[][..], &["--timeouts-lifetime", "1m"]] {
        let server = start(&[&limit, more].concat());
        let mut taker = Taker::with_room(64 * 1024, &server, 16_000_000);
        // So that the server's kernel has room for much, and wakes the server only when much of that is free.
        taker.take_fast(8_000_000);
        taker.take_for(millis(3500));
        taker.take_all();
        drop(taker);
        assert_eq!(reason(&server), "peer closed");
    }
}

#[test]
fn an_end_of_ours_destroys_nothing_that_is_still_taken() {
    let server = start(&["--timeouts-lifetime", "300ms"]);
    let mut taker = Taker::of(&server, 400_000);
    // Beyond the second in which what it says is awaited anyway.
    taker.take_for(millis(2500));
    taker.say(b"more");
    taker.take_all();
    assert_eq!(taker.next(), b"", "what comes after the end has no answer");
    drop(taker);
    assert_eq!(reason(&server), "lifetime");
}

#[test]
fn who_takes_nothing_has_no_longer_end_than_others() {
    let server = start(&["--timeouts-lifetime", "300ms"]);
    let begin = Instant::now();
    let taker = Taker::of(&server, 400_000);
    assert_eq!(reason(&server), "lifetime");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    drop(taker);
}
