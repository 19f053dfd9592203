//! A client that takes a long answer slowly, and without a pause.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::{PATIENCE, TestServer};

/// What it takes at once, and how long it waits until the next time: 80 kB a second.
const PART: usize = 4_000;
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Taker {
    stream: TcpStream,
    left: usize,
    sender: Option<JoinHandle<std::io::Result<()>>>,
}

impl Taker {
    /// Has the server write an answer of so many bytes, which most of it has to keep: this end has room for little.
    pub(crate) fn of(server: &TestServer, length: usize) -> Self {
        Self::with_room(8 * 1024, server, length)
    }

    /// The same with room for so much at this end.
    pub(crate) fn with_room(room: usize, server: &TestServer, length: usize) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(room).unwrap();
        let address: SocketAddr = server.address.parse().unwrap();
        socket.connect(&address.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut sender = stream.try_clone().unwrap();
        let sender = thread::spawn(move || sender.write_all(&vec![b'x'; length]));
        Self { stream, left: length, sender: Some(sender) }
    }

    /// Takes for so long, or until there is no more.
    pub(crate) fn take_for(&mut self, time: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < time && self.left > 0 {
            self.take();
        }
    }

    /// Takes a part of it.
    pub(crate) fn take(&mut self) {
        let mut part = vec![0; PART.min(self.left)];
        self.stream.read_exact(&mut part).expect("what was answered arrives");
        self.left -= part.len();
        // As slow as it is meant to be.
        thread::sleep(PAUSE);
    }

    /// Takes so much as fast as it comes.
    pub(crate) fn take_fast(&mut self, length: usize) {
        self.stream.read_exact(&mut vec![0; length]).expect("what was answered arrives");
        self.left -= length;
    }

    /// Takes the rest as fast as it comes.
    pub(crate) fn take_all(&mut self) {
        self.take_fast(self.left);
    }

    /// Says something that has no answer before all else is taken.
    pub(crate) fn say(&mut self, what: &[u8]) {
        if let Some(sender) = self.sender.take() {
            sender.join().unwrap().unwrap();
        }
        self.stream.write_all(what).unwrap();
    }

    /// What comes next, after all of it was taken: nothing is the end.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        assert_eq!(self.left, 0);
        let mut next = vec![0; 64];
        let length = self.stream.read(&mut next).unwrap();
        next.truncate(length);
        next
    }
}
