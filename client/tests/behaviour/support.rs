//! Servers that live in the test, and the client as a process.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::{Domain, SockAddr, Socket, Type};

use prefork_client::Address;

/// No test waits longer than this for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until the condition holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < give_up, "not within {DEADLINE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A socket that holds a free TCP port and refuses connections, until somebody listens on it.
pub(crate) fn bound() -> (Socket, Address) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap().into();
    (socket, address)
}

/// A server with a number of slots, which accepts only while one of them is free.
pub(crate) struct Server {
    pub(crate) address: Address,
    listener: Arc<Socket>,
    accepted: Arc<Mutex<Vec<Arc<Socket>>>>,
    free_slot: SyncSender<()>,
    acceptor: Option<JoinHandle<()>>,
}

/// What a server does with a connection; when this returns, the connection is closed.
pub(crate) trait Serve: Fn(&Socket) -> io::Result<()> + Send + Sync + 'static {}
impl<F: Fn(&Socket) -> io::Result<()> + Send + Sync + 'static> Serve for F {}

impl Server {
    /// Echoes in upper case.
    pub(crate) fn echo(slots: usize) -> Self {
        Self::with(slots, echo)
    }

    /// Accepts nobody.
    pub(crate) fn silent() -> Self {
        Self::with(0, echo)
    }

    pub(crate) fn with(slots: usize, serve: impl Serve) -> Self {
        let (socket, address) = bound();
        Self::on(socket, address, slots, serve)
    }

    pub(crate) fn unix(path: &std::path::Path, slots: usize) -> Self {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.bind(&SockAddr::unix(path).unwrap()).unwrap();
        Self::on(socket, path.into(), slots, echo)
    }

    pub(crate) fn on(socket: Socket, address: Address, slots: usize, serve: impl Serve) -> Self {
        // The largest queue that Linux allows unless it is told otherwise.
        socket.listen(4096).unwrap();
        let (free_slot, slot) = mpsc::sync_channel(slots + 1);
        (0..slots).for_each(|_| free_slot.send(()).unwrap());
        let listener = Arc::new(socket);
        let accepted = Arc::new(Mutex::new(Vec::new()));
        let (accepting, tracked, freed) = (Arc::clone(&listener), Arc::clone(&accepted), free_slot.clone());
        let acceptor = thread::spawn(move || {
            thread::scope(|scope| {
                while let (Ok(()), Ok((client, _))) = (slot.recv(), accepting.accept()) {
                    let client = Arc::new(client);
                    tracked.lock().unwrap().push(Arc::clone(&client));
                    let (serve, freed, tracked) = (&serve, &freed, &tracked);
                    scope.spawn(move || {
                        // Whatever the client does is no business of the server.
                        let _ = serve(&client);
                        tracked.lock().unwrap().retain(|other| !Arc::ptr_eq(other, &client));
                        drop(client);
                        let _ = freed.try_send(());
                    });
                }
            });
        });
        Self { address, listener, accepted, free_slot, acceptor: Some(acceptor) }
    }
}

impl Drop for Server {
    /// Stops accepting, breaks off what is open, and waits for all threads.
    fn drop(&mut self) {
        let _ = self.listener.shutdown(Shutdown::Both);
        let _ = self.free_slot.try_send(());
        let acceptor = self.acceptor.take().unwrap();
        eventually("the server's threads end", || {
            for client in self.accepted.lock().unwrap().iter() {
                let _ = client.shutdown(Shutdown::Both);
            }
            acceptor.is_finished()
        });
    }
}

/// Echoes in upper case until the client half-closes.
pub(crate) fn echo(client: &Socket) -> io::Result<()> {
    echo_changed(client, |_| ())
}

/// Echoes in upper case, with a change to what is sent back.
pub(crate) fn echo_changed(mut client: &Socket, change: impl Fn(&mut Vec<u8>)) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        let mut echo = buffer[..length].to_ascii_uppercase();
        change(&mut echo);
        client.write_all(&echo)?;
    }
}

/// Echoes the first bytes and closes when the client has nothing more under way.
pub(crate) fn echo_three_bytes(mut client: &Socket) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let length = client.read(&mut buffer)?;
    client.write_all(&buffer[..length.min(3)].to_ascii_uppercase())
}

/// Reads a little and resets the connection.
pub(crate) fn reset(mut client: &Socket) -> io::Result<()> {
    client.read_exact(&mut [0; 3])?;
    client.set_linger(Some(Duration::ZERO))
}

/// The client as a process, which does not outlive the test.
pub(crate) struct Client {
    child: Child,
}

/// Starts the client with these arguments, separated by spaces, and an address.
///
/// `watch` would ask the next port about the server, where another test may have one.
pub(crate) fn client(arguments: &str, address: &Address) -> Client {
    let watches = arguments.starts_with("watch") || arguments.starts_with('-');
    let asks = watches && !arguments.contains("--monitor");
    let nobody: &[&str] = if asks { &["--monitor", "none"] } else { &[] };
    let address = address.to_string();
    spawn(arguments.split_whitespace().chain(nobody.iter().copied()).chain([address.as_str()]))
}

/// Starts the client with these arguments and nothing else.
pub(crate) fn spawn<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Client {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-client"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Client { child: command.spawn().unwrap() }
}

impl Client {
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the end, with its standard input still open if nobody took it.
    pub(crate) fn end(mut self) -> Ended {
        let stdout = drain(self.child.stdout.take().map(OwnedFd::from));
        let stderr = drain(self.child.stderr.take().map(OwnedFd::from));
        let mut status = None;
        eventually("the client ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        Ended { output: Output { status: status.unwrap(), stdout, stderr } }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(pipe: Option<OwnedFd>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            File::from(pipe).read_to_end(&mut bytes).unwrap();
        }
        bytes
    })
}

/// What a client has left behind.
pub(crate) struct Ended {
    pub(crate) output: Output,
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// The summary, which is the last line of JSON.
    pub(crate) fn summary(&self) -> Value {
        let stdout = self.stdout();
        let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
        assert_eq!(summary["event"], "summary");
        summary
    }
}
