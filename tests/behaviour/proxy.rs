//! The PROXY protocol: connections of `proxy_from` begin with a header, which tells the peer; those of others are all data.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{PATIENCE, TestServer, assert_stopped, eventually, field};

const TOLD: &str = "192.0.2.7:4711";
const TEXT: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n";

/// A pool whose proxies are on the loopback interface.
fn start(flags: &[&str]) -> TestServer {
    let pool = ["--workers", "1", "--threads", "4", "--proxy-from", "127.0.0.0/8", "--log-level", "debug"];
    TestServer::start(&[&pool, flags].concat())
}

/// A header of version 2: its command, family, and the rest.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[0x20 | command, family], &length, rest].concat()
}

fn binary_ipv4() -> Vec<u8> {
    binary(1, 0x11, &[192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x67, 0, 80])
}

fn open(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends and reads the answer, which has to be this.
fn talk(stream: &mut TcpStream, sent: &[u8], answer: &[u8]) {
    stream.write_all(sent).unwrap();
    let mut read = vec![0; answer.len()];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(read, answer);
}

fn assert_reset(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

fn refused(server: &TestServer, why: &str, count: u64) {
    server.wait_for_status("the count", |status| status["refused"][why] == count);
}

/// Waits until the status, which may be a little old, shows one connection alone, of this peer.
#[track_caller]
fn shown(server: &TestServer, peer: &str) -> Value {
    eventually(&format!("the connection of {peer}"), || {
        let status = server.status();
        let connections = status["workers"][0]["connections"].as_array()?;
        let [connection] = &connections[..] else { return None };
        (connection["peer"] == peer).then(|| connection.clone())
    })
}

#[test]
fn a_header_of_either_version_tells_the_peer_and_is_no_data() {
    let server = start(&[]);
    let ipv6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[7], &[0; 16], &[0x12, 0x67, 0, 80]].concat();
    let headers = [
        (TEXT.to_vec(), TOLD),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n".to_vec(), "[2001:db8::7]:4711"),
        (binary_ipv4(), TOLD),
        (binary(1, 0x21, &ipv6), "[2001:db8::7]:4711"),
    ];
    for (number, (header, told)) in headers.into_iter().enumerate() {
        let mut stream = open(&server);
        let proxy = stream.local_addr().unwrap().to_string();
        talk(&mut stream, &[&header[..], b"with the header"].concat(), b"WITH THE HEADER");
        talk(&mut stream, b"after it", b"AFTER IT");
        eventually("all bytes but those of the header", || {
            (shown(&server, told)["bytes_in"] == 23).then_some(())
        });
        drop(stream);
        let line = server.wait_for_logs("connection closed", number + 1).remove(number);
        assert_eq!((field(&line, "peer"), field(&line, "proxy")), (told, proxy.as_str()));
        assert_eq!(field(&line, "reason"), "peer closed");
    }
}

#[test]
fn a_header_may_come_byte_by_byte_and_alone() {
    let server = start(&[]);
    for header in [TEXT.to_vec(), binary_ipv4()] {
        let mut stream = open(&server);
        for byte in header {
            stream.write_all(&[byte]).unwrap();
        }
        shown(&server, TOLD);
        talk(&mut stream, b"hello", b"HELLO");
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn a_proxy_that_speaks_for_itself_is_its_own_peer() {
    let server = start(&[]);
    for header in [b"PROXY UNKNOWN\r\n".to_vec(), binary(0, 0, &[]), binary(1, 0x00, b"notes")] {
        let mut stream = open(&server);
        talk(&mut stream, &[&header[..], b"x"].concat(), b"X");
        shown(&server, &stream.local_addr().unwrap().to_string());
        drop(stream);
        server.wait_for_status("its end", |status| status["pool"]["busy"] == 0);
    }
}

#[test]
fn what_is_no_header_is_reset_and_counted() {
    let server = start(&["--timeouts-first-byte", "2s"]);
    let long = binary(1, 0x11, &[0; 5000]);
    let wrong: [&[u8]; 5] =
        [b"GET / HTTP/1.1\r\n\r\n", b"PROXY TCP4 \x1b[31m\r\n", b"\r\n\r\nx", &[0xff; 300], &long];
    for (number, bytes) in (1..).zip(wrong) {
        let mut stream = open(&server);
        stream.write_all(bytes).unwrap();
        assert_reset(&mut stream);
        refused(&server, "proxy_header", number);
    }
    for line in server.wait_for_logs("connection refused", wrong.len()) {
        assert_eq!(field(&line, "reason"), "refused: proxy_header");
    }
    assert!(server.log().iter().all(|line| !line.contains('\x1b')), "its bytes never reach a terminal");
    // One that ends within its header.
    let mut stream = open(&server);
    stream.write_all(&TEXT[..9]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_reset(&mut stream);
    refused(&server, "proxy_header", 6);
    server.wait_for_log("it ended within its header");
    // And the pool goes on.
    talk(&mut open(&server), &[TEXT, b"x"].concat(), b"X");
}

#[test]
fn a_header_that_does_not_come_in_time_is_refused() {
    let server = start(&["--timeouts-first-byte", "500ms"]);
    let begin = Instant::now();
    let (mut silent, mut slow) = (open(&server), open(&server));
    slow.write_all(&TEXT[..5]).unwrap();
    for stream in [&mut silent, &mut slow] {
        assert_reset(stream);
        assert!(begin.elapsed() >= Duration::from_millis(500));
    }
    refused(&server, "proxy_header", 2);
    let server = start(&[]);
    let begin = Instant::now();
    assert_reset(&mut open(&server));
    let waited = begin.elapsed();
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(15), "{waited:?}");
}

#[test]
fn a_proxy_that_only_looks_whether_the_port_is_open_is_not_refused() {
    let server = start(&[]);
    drop(open(&server));
    assert_eq!(field(&server.wait_for_log("connection closed"), "reason"), "peer closed");
    refused(&server, "proxy_header", 0);
}

#[test]
fn the_time_of_the_first_byte_begins_anew_with_the_header() {
    let server = start(&["--timeouts-first-byte", "2s"]);
    let (mut silent, mut brief) = (open(&server), open(&server));
    talk(&mut brief, &[TEXT, b"x"].concat(), b"X");
    // Within the time of the header.
    thread::sleep(Duration::from_secs(1));
    let begin = Instant::now();
    silent.write_all(TEXT).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "an orderly end");
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    let line = server.wait_for_log("connection closed");
    assert_eq!((field(&line, "peer"), field(&line, "reason")), (TOLD, "no first byte"));
    // A byte that came with the header is one.
    talk(&mut brief, b"y", b"Y");
}

#[test]
fn a_header_that_a_drain_cuts_is_not_refused() {
    let server = start(&["--timeouts-drain", "300ms"]);
    let mut stream = open(&server);
    stream.write_all(&TEXT[..9]).unwrap();
    server.wait_for_status("it has a slot", |status| status["pool"]["busy"] == 1);
    let (code, log) = server.stop();
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 1, 0);
}

#[test]
fn whoever_is_no_proxy_may_send_what_it_likes() {
    let server = TestServer::start(&["--proxy-from", "192.0.2.0/24", "--workers", "1"]);
    let mut stream = open(&server);
    talk(&mut stream, b"PROXY TCP4 a\r\n", b"PROXY TCP4 A\r\n");
    shown(&server, &stream.local_addr().unwrap().to_string());
}

#[test]
fn allow_and_deny_are_for_the_peer_and_not_for_the_proxy() {
    let server = start(&["--limits-deny", "127.0.0.1,192.0.2.0/28", "--limits-allow", "192.0.2.0/24"]);
    let mut stream = open(&server);
    stream.write_all(TEXT).unwrap();
    assert_reset(&mut stream);
    refused(&server, "denied", 1);
    let line = server.wait_for_log("connection refused");
    let proxy = stream.local_addr().unwrap().to_string();
    assert_eq!((field(&line, "peer"), field(&line, "proxy")), (TOLD, proxy.as_str()));
    assert_eq!(field(&line, "reason"), "refused: denied");
    let mut let_in = open(&server);
    talk(&mut let_in, b"PROXY TCP4 192.0.2.99 192.0.2.1 1 2\r\nx", b"X");
    let mut stream = open(&server);
    stream.write_all(b"PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n").unwrap();
    assert_reset(&mut stream);
    refused(&server, "denied", 2);
    drop(let_in);
    server.wait_for_status("the end of who was served", |status| status["pool"]["busy"] == 0);
    let (code, log) = server.stop();
    assert_eq!(code, 0);
    let said = "stopped: 1 connection served in all, 0 cut, 0 still queued, 2 refused ";
    assert!(log.iter().any(|line| line.contains(said)), "{log:?}");
}

#[test]
fn a_limit_per_peer_counts_those_behind_a_proxy_and_not_the_proxy() {
    let server = start(&["--limits-per-peer", "2"]);
    let of = |address: &str| {
        let mut stream = open(&server);
        let header = format!("PROXY TCP4 {address} 192.0.2.1 1 2\r\nx");
        stream.write_all(header.as_bytes()).unwrap();
        stream
    };
    let mut held = [of("192.0.2.7"), of("192.0.2.7"), of("192.0.2.8")];
    for stream in &mut held {
        talk(stream, b"", b"X");
    }
    assert_reset(&mut of("192.0.2.7"));
    refused(&server, "per_peer", 1);
    let [first, ..] = held;
    drop(first);
    eventually("room for one more of them", || {
        let mut next = of("192.0.2.7");
        next.read_exact(&mut [0]).ok()
    });
}

#[test]
fn a_listener_of_both_families_knows_its_proxies_by_their_ipv4_addresses() {
    let server = start(&["--listen", "[::]:0"]);
    let port = server.address.rsplit(':').next().unwrap();
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    talk(&mut stream, &[TEXT, b"x"].concat(), b"X");
}

#[test]
fn a_header_of_many_notes_and_data_behind_it_come_in_any_pieces() {
    let server = start(&[]);
    let body = [&[192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x67, 0, 80][..], &[0x04; 4000]].concat();
    let all = [binary(1, 0x11, &body), vec![b'y'; 100_000]].concat();
    for pieces in [1, 17, 1000, 5000] {
        let mut stream = open(&server);
        let mut writer = stream.try_clone().unwrap();
        let all = all.clone();
        let writing =
            thread::spawn(move || all.chunks(all.len() / pieces).all(|part| writer.write_all(part).is_ok()));
        let mut answer = vec![0; 100_000];
        stream.read_exact(&mut answer).unwrap();
        assert!(writing.join().unwrap() && answer.iter().all(|byte| *byte == b'Y'));
    }
}
