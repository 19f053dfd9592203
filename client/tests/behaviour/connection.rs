//! The verifying connection finds out what a server does wrong.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use socket2::{Domain, SockAddr, Socket, Type};

use prefork_client::{Address, Connection, Failure, Kind, Options, Transform};

use crate::support::{Server, bound, echo, echo_changed, echo_three_bytes, reset};

fn open(server: &Server) -> Connection {
    Connection::open(&server.address, &Options::default()).unwrap()
}

const SOON: Duration = Duration::from_millis(200);

/// Options that give up early, for where no echo is to come.
fn impatient() -> Options {
    Options { echo_timeout: SOON, ..Options::default() }
}

fn failure_of(server: &Server, message: &[u8]) -> Failure {
    open(server).exchange(message).unwrap_err()
}

fn large_message() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(32 << 20).collect()
}

#[test]
fn every_byte_value_comes_back_as_it_should() {
    let server = Server::echo(1);
    let mut connection = open(&server);
    let message: Vec<u8> = (0..=u8::MAX).collect();
    let exchange = connection.exchange(&message).unwrap();
    assert!(exchange.first_byte <= exchange.total);
    connection.finish().unwrap();
}

#[test]
fn a_message_larger_than_all_buffers_does_not_deadlock() {
    let server = Server::echo(1);
    let mut connection = open(&server);
    connection.exchange(&large_message()).unwrap();
    connection.finish().unwrap();
}

#[test]
fn a_message_may_be_sent_now_and_its_echo_read_later() {
    let server = Server::echo(1);
    let mut connection = open(&server);
    connection.send(b"one ").unwrap();
    connection.send(b"two").unwrap();
    connection.receive(b"one two").unwrap();
    connection.finish().unwrap();
}

#[test]
fn a_connection_knows_its_own_end() {
    let server = Server::echo(1);
    let connection = open(&server);
    assert_eq!(connection.local_addr().map(|address| address.port()), connection.local_port());
    assert!(connection.local_port().is_some_and(|port| port > 0));
}

#[test]
fn an_echo_without_transform_may_be_expected() {
    let server = Server::echo(2);
    let options = Options { transform: Transform::None, ..Options::default() };
    let mut connection = Connection::open(&server.address, &options).unwrap();
    let failure = connection.exchange(b"HELlO").unwrap_err();
    assert!(matches!(failure, Failure::Wrong { offset: 3, expected: b'l', got: b'L' }), "{failure:?}");
}

#[test]
fn a_wrong_byte_is_found_in_a_large_message_too() {
    let server = Server::with(1, |client: &Socket| {
        echo_changed(client, |echo| {
            echo.iter_mut().filter(|byte| **byte == 0xfe).for_each(|byte| *byte = 0xff);
        })
    });
    let failure = failure_of(&server, &large_message());
    assert!(matches!(failure, Failure::Wrong { offset: 0xfe, expected: 0xfe, got: 0xff }), "{failure:?}");
}

#[test]
fn bytes_that_were_never_sent_are_found() {
    let server = Server::with(1, |client: &Socket| echo_changed(client, |echo| echo.push(b'!')));
    let failure = failure_of(&server, b"hello");
    assert!(matches!(failure, Failure::Extra { count: 1 }), "{failure:?}");
}

#[test]
fn bytes_that_come_after_the_half_close_are_found() {
    let server = Server::with(1, |mut client: &Socket| {
        echo(client)?;
        client.write_all(b"bye")
    });
    let mut connection = open(&server);
    connection.exchange(b"hello").unwrap();
    let failure = connection.finish().unwrap_err();
    assert!(matches!(failure, Failure::Extra { count: 3 }), "{failure:?}");
}

#[test]
fn a_server_that_closes_early_has_sent_a_short_echo() {
    let server = Server::with(1, echo_three_bytes);
    let failure = failure_of(&server, b"hello");
    assert!(matches!(failure, Failure::Short { got: 3, expected: 5 }), "{failure:?}");
}

#[test]
fn a_reset_is_told_from_an_early_close() {
    let server = Server::with(1, reset);
    assert_eq!(failure_of(&server, b"hello").kind(), Kind::Reset);
    assert_eq!(failure_of(&server, &large_message()).kind(), Kind::Reset);
}

#[test]
fn an_echo_that_does_not_come_is_a_timeout() {
    let server = Server::silent();
    let mut connection = Connection::open(&server.address, &impatient()).unwrap();
    let failure = connection.exchange(&large_message()).unwrap_err();
    assert!(matches!(failure, Failure::Timeout { got: 0, expected: 0x200_0000, .. }), "{failure:?}");
}

#[test]
fn sending_without_reading_ends_when_the_buffers_are_full() {
    let server = Server::silent();
    let mut connection = Connection::open(&server.address, &impatient()).unwrap();
    assert_eq!(connection.send(&large_message()).unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn a_port_without_a_listener_refuses() {
    let (_socket, address) = bound();
    let failure = Connection::open(&address, &Options::default()).unwrap_err();
    assert_eq!(failure.kind(), Kind::Refused);
}

#[test]
fn a_full_accept_queue_lets_connect_time_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("echo.sock");
    let unix = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    unix.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    let (tcp, tcp_address) = bound();
    let options = Options { connect_timeout: SOON, ..Options::default() };
    for (socket, address) in [(unix, path.as_path().into()), (tcp, tcp_address)] {
        socket.listen(0).unwrap();
        let mut queued = Vec::new();
        let failure = loop {
            match Connection::open(&address, &options) {
                Ok(connection) => queued.push(connection),
                Err(failure) => break failure,
            }
            assert!(queued.len() < 10, "the queue of {address} holds one");
        };
        assert_eq!(failure.kind(), Kind::ConnectTimeout, "{address}");
    }
}

#[test]
fn a_missing_unix_socket_is_unreachable() {
    let directory = tempfile::tempdir().unwrap();
    let address = directory.path().join("echo.sock").as_path().into();
    let failure = Connection::open(&address, &Options::default()).unwrap_err();
    assert_eq!(failure.kind(), Kind::Unreachable);
    assert!(failure.is_not_up_yet());
}

#[test]
fn each_address_of_a_name_is_tried() {
    let server = Server::echo(1);
    let Address::Tcp { port, .. } = server.address else { unreachable!("it listens on TCP") };
    // Where the name has an IPv6 address too, nobody listens on that.
    let address = Address::Tcp { host: "localhost".to_owned(), port };
    let mut connection = Connection::open(&address, &Options::default()).unwrap();
    connection.exchange(b"hello").unwrap();
}

#[test]
fn a_port_of_the_ephemeral_range_is_never_connected_to_itself() {
    let (socket, address) = bound();
    let port = socket.local_addr().unwrap().as_socket().map_or(0, |address: SocketAddr| address.port());
    drop(socket);
    let options = Options { retry: Duration::from_millis(200), ..Options::default() };
    // Another test may take the port in the meantime, but never this connection.
    if let Ok(connection) = Connection::open(&address, &options) {
        assert_ne!(connection.local_port(), Some(port));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn messages_of_any_size_and_content_come_back(messages in vec(vec(any::<u8>(), 1..40_000), 1..4)) {
        let server = Server::echo(1);
        let mut connection = open(&server);
        for message in &messages {
            prop_assert!(connection.exchange(message).is_ok());
        }
        prop_assert!(connection.finish().is_ok());
    }
}
