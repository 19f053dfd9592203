//! The relay.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::relay::Relay;

#[test]
fn it_ends_beside_a_server_that_does_not_end_its_connections() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let relay = Relay::start(server.local_addr().unwrap().port(), Duration::ZERO).unwrap();
    let client = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port)).unwrap();
    let (_served, _) = server.accept().unwrap();
    drop(client);
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(relay);
        tell.send(()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(10)).expect("the relay ends");
}
