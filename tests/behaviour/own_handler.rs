//! A service of somebody's own runs in the same pool, with the same commands.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::{TestServer, beside_server, program};

#[test]
fn the_example_reverses_lines_and_hangs_up() {
    let command = program(&beside_server("examples/own_handler"));
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "2"]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    for part in ["stres", "sed\nlive", "\n"] {
        stream.write_all(part.as_bytes()).unwrap();
    }
    lines.read_line(&mut line).unwrap();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "desserts\nevil\n");
    stream.write_all(b"quit\nignored").unwrap();
    assert_eq!(lines.read_to_string(&mut line).unwrap(), 0);
    drop((stream, lines));
    let line = server.wait_for_log("connection closed");
    assert!(line.contains("reason=\"handler closed\""), "{line}");
    assert_eq!(server.stop().0, 0);
}

#[test]
fn the_example_is_short() {
    assert!(include_str!("../../examples/own_handler.rs").lines().count() <= 40);
}
