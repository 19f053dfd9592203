//! The monitor, asked as browsers and scrapers ask it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::oracle::{LOOK_AGAIN_AFTER, NEVER_BEYOND};
use crate::verdict::books::{self, Books};
use crate::verdict::metrics::Scrapes;
use crate::verdict::picture::Picture;
use crate::violation::{Invariant, Result, Violates};

/// The longest answer.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Within this it shows what is there. A sample that was dear is shown again for a while.
const SHOWS_WITHIN: Duration = Duration::from_secs(5);

/// What it has shown so far.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    books: Books,
    scrapes: Scrapes,
}

impl Monitor {
    /// While nothing changes it shows what `status` shows, on each of its pages.
    pub(crate) fn look(&mut self, port: u16, pool: &Picture) -> Result<()> {
        let deadline = Instant::now() + SHOWS_WITHIN;
        loop {
            let shown: Picture =
                serde_json::from_str(&show(port, "/status.json")?).violates(Invariant::Monitor)?;
            books::balance(&shown).violates(Invariant::Balance)?;
            self.books.check(&shown).violates(Invariant::Totals)?;
            let Err(difference) = books::same(&shown, pool) else { break };
            if Instant::now() > deadline {
                return Err(Invariant::Monitor.violated(difference));
            }
            thread::sleep(LOOK_AGAIN_AFTER);
        }
        self.scrapes.check(&show(port, "/metrics")?, pool).violates(Invariant::Monitor)?;
        show(port, "/readyz").map(drop)
    }
}

/// Whether it says that nobody is to come.
pub(crate) fn says_not_ready(port: u16) -> bool {
    get(port, "/readyz").is_ok_and(|(code, _)| code == "503")
}

/// A page that is there.
fn show(port: u16, path: &str) -> Result<String> {
    let answer = get(port, path).map_err(|error| Invariant::Monitor.violated(format!("GET {path}: {error}")));
    match answer? {
        (code, body) if code == "200" => Ok(body),
        (code, body) => Err(Invariant::Monitor.violated(format!("GET {path}: {code} {body}"))),
    }
}

/// The code and the body of an answer.
fn get(port: u16, path: &str) -> io::Result<(String, String)> {
    let deadline = Instant::now() + NEVER_BEYOND;
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), NEVER_BEYOND)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || answer.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other(format!("no end of the answer after {} bytes", answer.len())));
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => (),
            Err(error) => return Err(error),
        }
    }
    let answer = String::from_utf8(answer).map_err(io::Error::other)?;
    parse(&answer).ok_or_else(|| io::Error::other(format!("this is no whole answer: {answer:?}")))
}

/// The code and the body, if it has the length that it is said to have.
fn parse(answer: &str) -> Option<(String, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    (length.parse() == Ok(body.len())).then(|| (code.to_owned(), body.to_owned()))
}
