//! Asking a master on this machine at its control socket.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use socket2::{Domain, SockAddr, Socket, Type};

use super::Status;
use crate::Address;

/// The longest answer that is read: a pool of 65,536 busy slots takes about 15 MB.
pub(super) const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The kernel's limit for the name of a unix socket, unix(7).
const NAME_BYTES_MAX: usize = 107;

/// The abstract name of the control socket that a server with this address has unless it is configured otherwise.
pub(super) fn name_of(address: &Address) -> String {
    match address {
        Address::Tcp { port, .. } => format!("prefork-echo-{port}"),
        Address::Unix(path) => named_after(path),
    }
}

/// As the server makes it: the end of a path tells most if all of it is too long.
fn named_after(path: &Path) -> String {
    const PREFIX: &str = "prefork-echo-";
    let path = path.display().to_string();
    let start = path.len().saturating_sub(NAME_BYTES_MAX - PREFIX.len());
    let start = (start..=path.len()).find(|&at| path.is_char_boundary(at)).unwrap_or_default();
    format!("{PREFIX}{}", &path[start..])
}

/// Asks for the status. A socket of another user is not believed: an abstract name is anybody's who is first.
pub(super) fn ask(name: &str, patience: Duration) -> io::Result<Status> {
    let deadline = Instant::now() + patience;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // It limits the connect too, which waits where the queue of the socket is full.
    socket.set_write_timeout(Some(patience))?;
    socket.connect(&SockAddr::unix(format!("\0{name}"))?)?;
    let user = getsockopt(&socket, PeerCredentials)?.uid();
    if user != 0 && user != geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    (&socket).write_all(b"status\n")?;
    let answer = read_to_end(&socket, deadline)?;
    serde_json::from_slice(&answer).map_err(io::Error::other)
}

fn read_to_end(mut socket: &Socket, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || answer.len() > ANSWER_BYTES_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(length) => answer.extend(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::pool::status::example;

    #[test]
    fn the_socket_has_the_name_that_the_server_gives_it() {
        let name = |text: &str| name_of(&text.parse().unwrap());
        assert_eq!(name("localhost:8080"), "prefork-echo-8080");
        assert_eq!(name("unix:/run/echo.sock"), "prefork-echo-/run/echo.sock");
        let long = name(&format!("unix:/{}é.sock", "x".repeat(200)));
        assert!(long.ends_with("xé.sock") && long.len() <= NAME_BYTES_MAX, "{long}");
    }

    /// A socket with a name of its own, which answers one question so.
    fn answering(name: &str, answer: String) -> thread::JoinHandle<()> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.bind(&SockAddr::unix(format!("\0{name}")).unwrap()).unwrap();
        socket.listen(1).unwrap();
        thread::spawn(move || {
            let (peer, _) = socket.accept().unwrap();
            let mut request = [0; 7];
            (&peer).read_exact(&mut request).unwrap();
            assert_eq!(&request, b"status\n");
            (&peer).write_all(answer.as_bytes()).unwrap();
        })
    }

    #[test]
    fn what_is_answered_until_the_end_is_the_status() {
        let name = format!("prefork-client-test-{}-answer", std::process::id());
        let server = answering(&name, example::saturated(&["127.0.0.1:1"], 3).to_string());
        let status = ask(&name, Duration::from_secs(10)).unwrap();
        assert_eq!((status.pool.capacity, status.pool.waiting), (4, Some(3)));
        server.join().unwrap();
    }

    #[test]
    fn something_else_is_an_error() {
        let name = format!("prefork-client-test-{}-else", std::process::id());
        let server = answering(&name, r#"{"error":"no"}"#.to_owned());
        assert!(ask(&name, Duration::from_secs(10)).is_err());
        server.join().unwrap();
        assert!(ask(&name, Duration::from_secs(10)).is_err(), "nobody is there any more");
    }
}
