//! Whom a request believes to talk to: a page from elsewhere must not read a monitor that only this machine may see.
//!
//! A foreign site can let its own name resolve to a loopback address ("DNS rebinding"); to the browser the monitor is then
//! that site. The name still stands in the request.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version, header};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not say exactly once whom it is for: RFC 9112, section 3.2.
    Unclear,
    /// It is for somebody else.
    Foreign,
}

/// Whether a request may be answered; `local` if the listener is for this machine alone.
pub(crate) fn admit(version: Version, target: &Uri, headers: &HeaderMap, local: bool) -> Result<(), Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() || (host.is_none() && version >= Version::HTTP_11) {
        return Err(Refusal::Unclear);
    }
    let target = target.authority().is_none_or(|authority| is_local(authority.as_str()));
    let host = host.is_none_or(|host| host.to_str().is_ok_and(is_local));
    if local && !(target && host) { Err(Refusal::Foreign) } else { Ok(()) }
}

/// Whether a name, with any port, can only be of this machine.
fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().to_ascii_lowercase();
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse() == Ok(Ipv6Addr::LOCALHOST);
    }
    match name.parse::<Ipv4Addr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(hosts: &[&str]) -> HeaderMap {
        hosts.iter().map(|host| (header::HOST, host.parse().unwrap())).collect()
    }

    fn admit_local(version: Version, target: &str, hosts: &[&str]) -> Result<(), Refusal> {
        admit(version, &target.parse().unwrap(), &headers(hosts), true)
    }

    proptest! {
        #[test]
        fn loopback_is_local_with_any_port(rest in any::<[u8; 3]>(), port in prop::option::of(any::<u16>()), label in "[a-zA-Z0-9]([a-zA-Z0-9-]{0,10}[a-zA-Z0-9])?") {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let [b, c, d] = rest;
            for name in [format!("127.{b}.{c}.{d}"), "localhost".into(), "LocalHost".into(), format!("{label}.localhost"), "[::1]".into(), "[0:0::0:1]".into()] {
                let host = format!("{name}{port}");
                prop_assert!(is_local(&host), "{}", host);
            }
        }

        #[test]
        fn every_other_address_is_foreign(v4 in any::<[u8; 4]>(), v6 in any::<[u16; 8]>(), port in any::<u16>()) {
            let (v4, v6) = (Ipv4Addr::from(v4), Ipv6Addr::from(v6));
            prop_assert_eq!(is_local(&format!("{v4}:{port}")), v4.is_loopback());
            prop_assert_eq!(is_local(&format!("[{v6}]:{port}")), v6.is_loopback());
        }

        #[test]
        fn every_other_name_is_foreign(name in "([a-z0-9-]{1,12}\\.){0,3}[a-z]{2,8}", port in any::<u16>()) {
            prop_assume!(name != "localhost" && !name.ends_with(".localhost"));
            for host in [format!("{name}:{port}"), format!("localhost.{name}"), format!("localhost@{name}"), format!("127.0.0.1.{name}")] {
                prop_assert!(!is_local(&host), "{}", host);
            }
        }

        #[test]
        fn nothing_panics(host in ".*", bytes in any::<Vec<u8>>()) {
            is_local(&host);
            if let Ok(value) = axum::http::HeaderValue::from_bytes(&bytes) {
                let headers = [(header::HOST, value)].into_iter().collect();
                let _ = admit(Version::HTTP_11, &Uri::from_static("/"), &headers, true);
            }
        }
    }

    #[test]
    fn a_user_before_a_local_name_is_foreign() {
        for host in [
            "evil@localhost",
            "localhost:80@evil.example",
            "[::1",
            "::1",
            "",
            " ",
            "127.0.0.1/",
            "localhost.",
        ] {
            assert!(!is_local(host), "{host:?}");
        }
    }

    #[test]
    fn a_request_says_once_whom_it_is_for() {
        assert_eq!(admit_local(Version::HTTP_11, "/", &[]), Err(Refusal::Unclear));
        assert_eq!(admit_local(Version::HTTP_11, "/", &["localhost", "localhost"]), Err(Refusal::Unclear));
        assert_eq!(admit_local(Version::HTTP_11, "/", &["localhost:8081"]), Ok(()));
        assert_eq!(admit_local(Version::HTTP_10, "/", &[]), Ok(()));
    }

    #[test]
    fn the_target_counts_as_much_as_the_header() {
        let local = |target| admit_local(Version::HTTP_11, target, &["localhost"]);
        assert_eq!(local("http://127.0.0.1:8081/"), Ok(()));
        assert_eq!(local("http://rebound.example/"), Err(Refusal::Foreign));
    }

    #[test]
    fn where_anybody_may_ask_any_name_will_do() {
        let anybody = |hosts| admit(Version::HTTP_11, &Uri::from_static("/"), &headers(hosts), false);
        assert_eq!(anybody(&["pool.example"]), Ok(()));
        assert_eq!(anybody(&[]), Err(Refusal::Unclear));
    }
}
