//! Asking a server's monitor, over HTTP.

use std::io;
use std::time::Duration;

use ureq::Agent;

use super::Status;
use super::control::ANSWER_BYTES_MAX;
use crate::Address;

/// For so long it is tried to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// Gets `/status.json` from the monitor at `place`, which is written as in a URL: `127.0.0.1:8081`, `[::1]:8081`.
pub(super) fn ask(place: &str, patience: Duration) -> io::Result<Status> {
    let config = Agent::config_builder()
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(patience))
        .max_redirects(0)
        // A proxy is for what is far away, and the monitor refuses a name that is not its own.
        .proxy(None)
        .build();
    let mut answer =
        Agent::new_with_config(config).get(format!("http://{place}/status.json")).call().map_err(failed)?;
    let body =
        answer.body_mut().with_config().limit(ANSWER_BYTES_MAX as u64).read_to_vec().map_err(failed)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}

fn failed(error: ureq::Error) -> io::Error {
    error.into_io()
}

/// Where the monitor is unless it is configured otherwise: at the next port. `None` for a unix socket.
pub(super) fn place_of(address: &Address) -> Option<String> {
    match address {
        Address::Tcp { host, port } => {
            let port = port.checked_add(1)?;
            Some(Address::Tcp { host: host.clone(), port }.to_string())
        }
        Address::Unix(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::pool::status::example;

    #[test]
    fn the_monitor_is_at_the_next_port() {
        let place = |text: &str| place_of(&text.parse().unwrap());
        assert_eq!(place("server:8080").as_deref(), Some("server:8081"));
        assert_eq!(place("[::1]:8080").as_deref(), Some("[::1]:8081"));
        assert_eq!(place("127.0.0.1:65535"), None);
        assert_eq!(place("unix:/run/echo.sock"), None);
    }

    #[test]
    fn the_status_is_read_over_http() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(peer.try_clone().unwrap()).lines().map(Result::unwrap);
            assert_eq!(lines.next().unwrap(), "GET /status.json HTTP/1.1");
            assert!(lines.any(|line| line.is_empty()));
            let body = example::saturated(&[], 2).to_string();
            let length = body.len();
            write!(peer, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        });
        let status = ask(&place, Duration::from_secs(10)).unwrap();
        assert_eq!(status.pool.waiting, Some(2));
        server.join().unwrap();
        assert!(ask(&place, Duration::from_secs(10)).is_err(), "nobody is there any more");
    }
}
