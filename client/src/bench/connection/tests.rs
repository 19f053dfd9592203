//! What had come by the time when the kernel told that a connection stands.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::super::message::Messages;
use super::*;
use crate::{Kind, Transform};

const ALL: Readiness = Readiness { readable: true, writable: true, ended: false };

/// Connects to a server that does this at once, and waits until something of it has come.
fn connected(request: Option<Request<'_>>, serve: impl FnOnce(TcpStream)) -> Connection<'_> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().into();
    let connection = Connection::open(&address, None, request, Instant::now()).unwrap();
    serve(listener.accept().unwrap().0);
    connection.socket.set_nonblocking(false).unwrap();
    connection.socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    connection.socket.peek(&mut [std::mem::MaybeUninit::uninit()]).unwrap();
    connection.socket.set_nonblocking(true).unwrap();
    connection
}

fn greet(mut stream: TcpStream) {
    stream.write_all(b"hello").unwrap();
}

#[test]
fn a_server_that_speaks_first_is_noticed_at_once() {
    let mut connection = connected(None, greet);
    let failure = connection.advance(ALL, &mut [0; 64]).unwrap_err();
    assert_eq!(failure.to_string(), "5 bytes more than were sent");
    let messages = Messages::text("abc", Transform::Uppercase);
    let request = Request { due: Instant::now(), open_at_arrival: None, message: messages.get(0) };
    let mut connection = connected(Some(request), greet);
    assert_eq!(connection.advance(ALL, &mut [0; 64]).unwrap_err().kind(), Kind::Wrong);
}

#[test]
fn a_server_that_closes_at_once_is_noticed_at_once() {
    let mut connection = connected(None, drop);
    let failure = connection.advance(Readiness { ended: true, ..ALL }, &mut [0; 64]).unwrap_err();
    assert_eq!(failure.kind(), Kind::Closed);
}
