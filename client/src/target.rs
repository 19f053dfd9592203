//! Where many connections go: an address whose name is looked up once for all of them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockAddr;

use crate::{Address, Failure};

/// For so long a failed lookup is the answer for everybody who asks.
const FAILURE_KEPT: Duration = Duration::from_millis(50);

/// An address with a memory, shared by those who connect to it.
///
/// One lookup runs at a time. What it finds is kept until nobody answers there; what it does not find, for the pause
/// between two attempts.
#[derive(Debug)]
pub struct Target {
    address: Address,
    known: Mutex<Known>,
}

#[derive(Debug)]
enum Known {
    Nothing,
    Found(Arc<[SockAddr]>),
    /// Not resolved, and when the resolver said so. An error of the system has no copy, so its words are kept.
    Missing(Instant, io::ErrorKind, String),
}

impl Target {
    /// Looks nothing up yet.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address, known: Mutex::new(Known::Nothing) }
    }

    /// The address as it was given.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The socket addresses, in the order in which they are to be tried.
    pub(crate) fn resolve(&self) -> Result<Arc<[SockAddr]>, Failure> {
        self.resolve_by(|| self.address.resolve())
    }

    /// Nobody answers at these addresses: the name may have got others.
    pub(crate) fn forget(&self, addresses: &Arc<[SockAddr]>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*known, Known::Found(found) if Arc::ptr_eq(found, addresses)) {
            *known = Known::Nothing;
        }
    }

    fn resolve_by(
        &self,
        look_up: impl FnOnce() -> Result<Vec<SockAddr>, Failure>,
    ) -> Result<Arc<[SockAddr]>, Failure> {
        // Who finds the lock taken waits for the lookup of another one, and shares what it found.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Known::Found(addresses) => return Ok(Arc::clone(addresses)),
            Known::Missing(at, kind, words) if at.elapsed() < FAILURE_KEPT => {
                return Err(self.unresolved(io::Error::new(*kind, words.clone())));
            }
            _ => {}
        }
        match look_up() {
            Ok(addresses) => {
                let addresses = Arc::from(addresses);
                *known = Known::Found(Arc::clone(&addresses));
                Ok(addresses)
            }
            Err(Failure::Unresolved { source, .. }) => {
                *known = Known::Missing(Instant::now(), source.kind(), source.to_string());
                Err(self.unresolved(source))
            }
            Err(failure) => Err(failure),
        }
    }

    fn unresolved(&self, source: io::Error) -> Failure {
        let host = match &self.address {
            Address::Tcp { host, .. } => host.clone(),
            Address::Unix(path) => path.display().to_string(),
        };
        Failure::Unresolved { host, source }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn target() -> Target {
        Target::new("echo.example.org:80".parse().unwrap())
    }

    fn localhost() -> Vec<SockAddr> {
        vec![SocketAddr::from(([127, 0, 0, 1], 80)).into()]
    }

    fn missing() -> Failure {
        let source = io::Error::other("failed to lookup: name or service not known");
        Failure::Unresolved { host: "echo.example.org".to_owned(), source }
    }

    #[test]
    fn a_name_is_looked_up_once() {
        let target = target();
        target.resolve_by(|| Ok(localhost())).unwrap();
        assert_eq!(target.resolve_by(|| panic!("it is known")).unwrap().len(), 1);
    }

    #[test]
    fn a_failure_is_everybodys_until_the_next_attempt() {
        let target = target();
        let first = target.resolve_by(|| Err(missing())).unwrap_err().to_string();
        assert_eq!(first, "cannot resolve echo.example.org: name or service not known");
        // The busiest machine may have taken longer than the failure is kept; then it asks again, and fails again.
        assert_eq!(target.resolve_by(|| Err(missing())).unwrap_err().to_string(), first);
        *target.known.lock().unwrap() =
            Known::Missing(Instant::now() + Duration::from_secs(60), io::ErrorKind::Other, "none".to_owned());
        assert!(target.resolve_by(|| panic!("it was asked just now")).is_err());
    }

    #[test]
    fn where_nobody_answers_the_name_is_looked_up_again() {
        let target = target();
        let addresses = target.resolve_by(|| Ok(localhost())).unwrap();
        target.forget(&addresses);
        let others = target.resolve_by(|| Ok(localhost())).unwrap();
        // Who failed at the old ones says nothing about the new ones.
        target.forget(&addresses);
        assert!(Arc::ptr_eq(&others, &target.resolve_by(|| panic!("it is known")).unwrap()));
    }
}
