//! The line to the server: a connection that tells what comes, and that can be made anew.

use std::io::{self, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use socket2::Socket;

use super::{COPIED_MAX, patient, read};
use crate::{Address, Connection, Error, Failure, Options};

/// So many updates may be under way; whoever has more to tell waits.
const UPDATES_MAX: usize = 16;

/// What those who wait, for the server and for Ctrl-C, tell the one that shows.
pub(super) enum Update {
    /// The user does not want to wait any longer.
    Interrupted,
    /// What a line said, with its number.
    Line(u64, News),
}

/// What happened on a line.
pub(super) enum News {
    Opened(Result<Connection, Failure>),
    Bytes(Vec<u8>),
    Closed(Failure),
}

/// The place where lines are opened, one after the other. News of an old one is recognized by its number.
pub(super) struct Exchange {
    address: Address,
    options: Options,
    number: u64,
    tell: SyncSender<Update>,
}

/// An open line. It is closed when this is dropped.
pub(super) struct Line {
    socket: Arc<Socket>,
}

impl Exchange {
    pub(super) fn new(address: Address, options: Options) -> (Self, Receiver<Update>) {
        let (tell, updates) = mpsc::sync_channel(UPDATES_MAX);
        (Self { address, options, number: 0, tell }, updates)
    }

    /// Whom to tell what happens elsewhere.
    pub(super) fn teller(&self) -> SyncSender<Update> {
        self.tell.clone()
    }

    /// Whether news is of the line that was opened last.
    pub(super) fn is_latest(&self, number: u64) -> bool {
        number == self.number
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// What to say of a connection that was not made.
    pub(super) fn no_connection(&self, failure: Failure) -> Error {
        Error::NoConnection { address: self.address.clone(), failure }
    }

    /// Starts to connect; [`News::Opened`] is how it went.
    pub(super) fn dial(&mut self) -> io::Result<()> {
        self.number += 1;
        let (address, options) = (self.address.clone(), self.options.clone());
        let (tell, number) = (self.tell.clone(), self.number);
        thread::Builder::new().name("dial".to_owned()).spawn(move || {
            let opened = News::Opened(Connection::open(&address, &options));
            // Nobody listens any more where the program ends.
            let _ = tell.send(Update::Line(number, opened));
        })?;
        Ok(())
    }

    /// Makes a line of a connection, and starts to tell what comes.
    pub(super) fn pick_up(&self, connection: Connection) -> Result<Line, Error> {
        let socket = patient(connection)?;
        let (theirs, tell, number) = (Arc::clone(&socket), self.tell.clone(), self.number);
        thread::Builder::new()
            .name("answers".to_owned())
            .spawn(move || tell_all(&theirs, |news| tell.send(Update::Line(number, news)).is_ok()))
            .map_err(Error::local("cannot start a thread"))?;
        Ok(Line { socket })
    }
}

impl Line {
    /// Sends a message. Where this fails, the news is in what way the server is gone.
    pub(super) fn send(&self, message: &[u8]) {
        let _ = (&*self.socket).write_all(message);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Wakes the thread that reads, too. It fails where nobody is connected any more, and then nobody waits.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Tells what the server sends, until it or the listener has enough.
fn tell_all(socket: &Socket, tell: impl Fn(News) -> bool) {
    let mut buffer = vec![0; COPIED_MAX];
    loop {
        let news = match read(socket, &mut buffer) {
            Ok(0) => News::Closed(Failure::Closed),
            Ok(length) => News::Bytes(buffer[..length].to_vec()),
            Err(failure) => News::Closed(failure),
        };
        let ended = matches!(news, News::Closed(_));
        if !tell(news) || ended {
            return;
        }
    }
}
