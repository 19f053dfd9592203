//! The programs that people have at hand work unmodified.

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{TestServer, beside_server};

const INPUT: &[u8] = "héllo\r\nno newline at the end".as_bytes();
const OUTPUT: &[u8] = "HéLLO\r\nNO NEWLINE AT THE END".as_bytes();

/// Feeds a program, and returns what it prints.
fn pipe(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
        panic!("cannot run {}, which these tests need: {error}", command.get_program().display())
    });
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{:?}", output.status);
        output.stdout
    })
}

fn host_and_port(server: &TestServer) -> (&str, &str) {
    server.address.rsplit_once(':').unwrap()
}

#[test]
fn netcat_of_openbsd() {
    let server = TestServer::start(&[]);
    let (host, port) = host_and_port(&server);
    assert_eq!(pipe(Command::new("nc.openbsd").args(["-N", host, port]), INPUT), OUTPUT);
}

#[test]
fn ncat_of_nmap() {
    let server = TestServer::start(&[]);
    let (host, port) = host_and_port(&server);
    assert_eq!(pipe(Command::new("ncat").args([host, port]), INPUT), OUTPUT);
}

#[test]
fn socat() {
    let server = TestServer::start(&[]);
    assert_eq!(
        pipe(Command::new("socat").args(["-t", "10", "-", &format!("TCP:{}", server.address)]), INPUT),
        OUTPUT
    );
}

#[test]
fn a_shell_without_any_tool() {
    let server = TestServer::start(&[]);
    let (host, port) = host_and_port(&server);
    let script = format!("exec 3<>/dev/tcp/{host}/{port}; echo hello >&3; head -n 1 <&3");
    assert_eq!(pipe(Command::new("bash").args(["-c", &script]), b""), b"HELLO\n");
}

#[test]
fn the_classic_python_exercise() {
    let server = TestServer::start(&[]);
    let (host, port) = host_and_port(&server);
    let script = format!(
        "import socket\n\
         s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n\
         s.connect(('{host}', {port}))\n\
         s.send(b'hello, world')\n\
         print(s.recv(1024).decode())\n\
         s.close()\n"
    );
    assert_eq!(pipe(Command::new("python3").args(["-c", &script]), b""), b"HELLO, WORLD\n");
}

#[test]
fn our_own_client_pipes_any_size() {
    let server = TestServer::start(&[]);
    let input: Vec<u8> = (0..32 << 20).map(|index: u32| (index % 253) as u8).collect();
    let output = pipe(Command::new(beside_server("prefork-client")).args(["talk", &server.address]), &input);
    assert!(output == input.to_ascii_uppercase(), "{} bytes came back of {}", output.len(), input.len());
}

#[test]
fn our_own_client_shows_who_is_served_and_who_waits() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let output = Command::new(beside_server("prefork-client"))
        .args(["watch", "--json", "-c", "6", &server.address])
        .stdin(File::open("/dev/null").unwrap())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let summary: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(
        (count("connections"), count("served"), count("waited"), count("failed")),
        (6, 6, 2, 0),
        "{text}"
    );
    server.wait_for_logs("connection closed", 6);
}
