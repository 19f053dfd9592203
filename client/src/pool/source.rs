//! Where a server is asked about itself.

use std::str::FromStr;
use std::time::{Duration, Instant};

use super::{Status, control, monitor};
use crate::Address;

/// How long a question may take in all.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whom the user wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// The control socket and the monitor, where a server has them by default.
    #[default]
    Usual,
    /// The monitor at this address, and nobody else.
    Monitor(Address),
    /// Nobody.
    Nobody,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Nobody);
        }
        match text.parse() {
            Ok(Address::Unix(_)) => {
                Err("the monitor has a TCP port: expected `host:port` or `none`".to_owned())
            }
            Ok(address) => Ok(Self::Monitor(address)),
            Err(error) => Err(format!("{error} (or `none`)")),
        }
    }
}

/// Where to ask, in this order.
#[derive(Debug, Clone)]
pub struct Source {
    server: Address,
    places: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// The name of an abstract socket.
    Control(String),
    /// Host and port, as in a URL.
    Monitor(String),
}

impl Source {
    /// Where to ask about the server at the address.
    #[must_use]
    pub fn of(server: &Address, choice: &Choice) -> Self {
        let places = match choice {
            Choice::Nobody => Vec::new(),
            Choice::Monitor(address) => vec![Place::Monitor(address.to_string())],
            Choice::Usual => {
                let control = server.is_local().then(|| Place::Control(control::name_of(server)));
                control.into_iter().chain(monitor::place_of(server).map(Place::Monitor)).collect()
            }
        };
        Self { server: server.clone(), places }
    }

    /// Whether there is anybody to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Asks, for a second at most; `None` where nobody answers who is to be believed.
    ///
    /// A name takes as long to be looked up as the resolver takes, so ask on a thread that may wait.
    #[must_use]
    pub fn ask(&self) -> Option<Status> {
        self.ask_within(PATIENCE)
    }

    fn ask_within(&self, patience: Duration) -> Option<Status> {
        let deadline = Instant::now() + patience;
        self.places.iter().find_map(|place| {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let status = match place {
                Place::Control(name) => control::ask(name, left),
                Place::Monitor(place) => monitor::ask(place, left),
            };
            status.ok().filter(|status| status.is_of(&self.server))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::pool::example;

    fn places(server: &str, choice: &str) -> Vec<Place> {
        let choice = if choice.is_empty() { Choice::Usual } else { choice.parse().unwrap() };
        Source::of(&server.parse().unwrap(), &choice).places
    }

    #[test]
    fn a_server_on_this_machine_is_asked_at_its_control_socket_first() {
        let control = Place::Control("prefork-echo-8080".to_owned());
        let monitor = |place: &str| Place::Monitor(place.to_owned());
        assert_eq!(places("127.0.0.1:8080", ""), [control, monitor("127.0.0.1:8081")]);
        assert_eq!(places("server:8080", ""), [monitor("server:8081")]);
        assert_eq!(places("server:8080", "other:1"), [monitor("other:1")]);
        assert_eq!(places("127.0.0.1:8080", "none"), []);
    }

    #[test]
    fn what_is_no_address_is_told() {
        assert!("9000".parse::<Choice>().unwrap_err().contains("127.0.0.1:9000"));
        assert!("unix:/run/x".parse::<Choice>().unwrap_err().contains("host:port"));
    }

    /// A monitor that answers each question so; a question that gets no answer is held open.
    fn monitor(answer: Option<String>) -> (TcpListener, Source) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let choice = Choice::Monitor(listener.local_addr().unwrap().into());
        let accepting = listener.try_clone().unwrap();
        thread::spawn(move || {
            let (mut peer, _) = accepting.accept().unwrap();
            let request = BufReader::new(peer.try_clone().unwrap()).lines().map_while(Result::ok);
            if let Some(body) = answer {
                request.take_while(|line| !line.is_empty()).for_each(drop);
                write!(peer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
            } else {
                request.for_each(drop);
            }
        });
        (listener, Source::of(&Address::default(), &choice))
    }

    #[test]
    fn only_an_answer_about_this_server_is_believed() {
        const MINUTE: Duration = Duration::from_secs(60);
        let answer = example::saturated(&[], 0).to_string();
        assert!(monitor(Some(answer.clone())).1.ask_within(MINUTE).is_some());
        for other in [answer.replace("127.0.0.1:8080", "127.0.0.1:9000"), "{}".to_owned(), "hello".to_owned()]
        {
            assert!(monitor(Some(other)).1.ask_within(MINUTE).is_none());
        }
    }

    #[test]
    fn who_does_not_answer_is_waited_for_no_longer_than_the_limit() {
        let (_listener, source) = monitor(None);
        // It ends at all, although nobody ever answers.
        assert!(source.ask().is_none());
    }
}
