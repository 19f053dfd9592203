//! `talk` in a pipe copies in both directions at once, and ends when it should.

use std::io::{self, Read, Write};
use std::thread;

use prefork_client::Address;

use crate::support::{Ended, Server, bound, client, echo_three_bytes, reset};

/// Talks to the server with this input, and closes it.
fn talk_with(input: Vec<u8>, address: &Address) -> Ended {
    let mut client = client("talk", address);
    let mut stdin = client.stdin();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let ended = client.end();
    // The client may have ended before it read everything.
    let _ = writer.join().unwrap();
    ended
}

#[test]
fn sixty_four_mebibytes_come_back_unharmed() {
    let server = Server::echo(1);
    // A prime, so that the pattern does not fit the buffers.
    let input: Vec<u8> = (0..251).cycle().take(64 << 20).collect();
    let ended = talk_with(input.clone(), &server.address);
    assert_eq!((ended.code(), ended.stderr()), (Some(0), String::new()));
    assert!(ended.output.stdout == input.to_ascii_uppercase(), "the echo differs");
}

#[test]
fn no_input_gets_no_output() {
    let server = Server::echo(1);
    let ended = talk_with(Vec::new(), &server.address);
    assert_eq!((ended.code(), ended.output.stdout, ended.output.stderr), (Some(0), vec![], vec![]));
}

#[test]
fn what_comes_back_is_written_at_once() {
    let server = Server::echo(1);
    let mut client = client("talk", &server.address);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for (byte, echoed) in [(b'a', b'A'), (b'\n', b'\n'), (0xff, 0xff)] {
        stdin.write_all(&[byte]).unwrap();
        let mut answer = [0];
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [echoed]);
    }
    drop(stdin);
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn a_server_that_closes_early_ends_it_while_the_input_is_open() {
    let server = Server::with(1, echo_three_bytes);
    let mut client = client("talk", &server.address);
    let mut stdin = client.stdin();
    stdin.write_all(b"abc").unwrap();
    let ended = client.end();
    assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), "ABC"));
    let expected = "prefork-client: the server closed the connection before the input ended, after 3 bytes\n";
    assert_eq!(ended.stderr(), expected);
}

#[test]
fn a_reset_ends_it_while_the_input_is_open() {
    let server = Server::with(1, reset);
    let mut client = client("talk", &server.address);
    let mut stdin = client.stdin();
    stdin.write_all(b"abc").unwrap();
    let ended = client.end();
    assert_eq!(ended.code(), Some(1));
    assert_eq!(ended.stderr(), "prefork-client: connection reset by the server, after 0 bytes\n");
}

#[test]
fn an_answer_that_is_too_short_is_a_failure() {
    let server = Server::with(1, |mut socket: &_| {
        io::copy(&mut socket, &mut io::sink())?;
        (&mut socket).write_all(b"ab")
    });
    let ended = talk_with(b"abc".to_vec(), &server.address);
    assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), "ab"));
    assert_eq!(ended.stderr(), "prefork-client: the answer is too short: 2 of 3 bytes came back\n");
}

#[test]
fn without_a_server_there_is_no_connection() {
    let (_socket, address) = bound();
    let ended = talk_with(b"abc".to_vec(), &address);
    assert_eq!(ended.code(), Some(3));
    assert!(ended.stderr().starts_with(&format!("prefork-client: cannot connect to {address}: ")));
}
