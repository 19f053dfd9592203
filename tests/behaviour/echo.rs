//! What goes in comes out in upper case, byte for byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::support::{TestServer, field};

fn exchange(server: &TestServer, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn ascii_letters_are_raised_and_all_else_stays() {
    let server = TestServer::start(&[]);
    let every_byte: Vec<u8> = (0..=255).collect();
    assert_eq!(exchange(&server, &every_byte), every_byte.to_ascii_uppercase());
    assert_eq!(exchange(&server, "grüße\r\n\0".as_bytes()), "GRüßE\r\n\0".as_bytes());
}

#[test]
fn nothing_is_answered_with_nothing() {
    let server = TestServer::start(&[]);
    assert_eq!(exchange(&server, b""), b"");
}

#[test]
fn single_bytes_come_back_without_waiting_for_a_line() {
    let server = TestServer::start(&[]);
    let mut connection = server.connect();
    for byte in "größe".as_bytes() {
        connection.exchange(&[*byte]).unwrap();
    }
    connection.finish().unwrap();
}

#[test]
fn a_message_larger_than_all_buffers_comes_back_whole() {
    let server = TestServer::start(&[]);
    let message: Vec<u8> = (0..64 << 20).map(|index: u32| (index % 251) as u8).collect();
    let mut connection = server.connect();
    connection.exchange(&message).unwrap();
    connection.finish().unwrap();
    let line = server.wait_for_log("connection closed");
    assert_eq!(field(&line, "bytes_in"), message.len().to_string());
    assert_eq!(field(&line, "bytes_out"), message.len().to_string());
    assert_eq!(field(&line, "reason"), "peer closed");
}

#[test]
fn without_a_transform_it_is_the_echo_of_rfc_862() {
    let server = TestServer::start(&["--transform", "none"]);
    let every_byte: Vec<u8> = (0..=255).collect();
    assert_eq!(exchange(&server, &every_byte), every_byte);
}

#[test]
fn one_server_listens_on_all_families_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let listen = format!("127.0.0.1:0,[::1]:0,unix:{}?mode=0600", path.display());
    let server = TestServer::start(&["--listen", &listen]);
    let line = server.wait_for_log("listening on ");
    let addresses = line.split("listening on ").nth(1).unwrap().split(" with ").next().unwrap();
    for address in addresses.split(", ").filter(|address| !address.starts_with("unix:")) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"tcp").unwrap();
        let mut answer = [0; 3];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"TCP");
    }
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"unix").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "UNIX");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let (code, _) = server.stop();
    assert_eq!(code, 0);
    assert!(!path.exists(), "the socket's file goes with its server");
}

#[test]
fn a_dual_stack_listener_takes_both_families() {
    let server = TestServer::start(&["--listen", "[::]:0"]);
    let port = server.address.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "[::1]"] {
        TcpStream::connect(format!("{host}:{port}")).unwrap();
    }
}

#[test]
fn pretended_work_takes_its_time_for_each_message() {
    let server = TestServer::start(&["--sleep", "30ms", "--cpu", "10ms"]);
    let mut connection = server.connect();
    for _ in 0..3 {
        let began = Instant::now();
        connection.exchange(b"work").unwrap();
        assert!(began.elapsed() >= Duration::from_millis(40));
    }
}

#[test]
fn pretended_work_is_not_idleness() {
    let server =
        TestServer::start(&["--sleep", "300ms", "--timeouts-idle", "100ms", "--timeouts-write", "100ms"]);
    server.connect().exchange(b"slow").unwrap();
}
