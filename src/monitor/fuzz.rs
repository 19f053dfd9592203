//! What holds for whatever is asked of the monitor, and whatever it has to show.

use std::cell::LazyCell;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, Version, header};
use axum::response::Response;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::runtime::{Builder, Runtime};

use super::http::{COMMON, router};
use super::{fixture, metrics, sampler};
use crate::snapshot::Sample;

thread_local! {
    static RUNTIME: LazyCell<Runtime> =
        LazyCell::new(|| Builder::new_current_thread().enable_time().build().expect("it opens no file"));
}

/// A request: a byte of choices, and lines for the method, the target, and each header.
pub(crate) fn request(bytes: &[u8]) {
    let Some((choices, request)) =
        bytes.split_first().and_then(|(choices, lines)| Some((*choices, parsed(*choices, lines)?)))
    else {
        return;
    };
    let is_local = choices & 1 == 0;
    let (path, target) = (request.uri().path().to_owned(), request.uri().host().map(str::to_owned));
    // With what may stand before a name, and makes it none.
    let authority = request.uri().authority().map(ToString::to_string);
    let hosts = hosts_of(request.headers());
    let response = RUNTIME.with(|runtime| runtime.block_on(answer(request, is_local)));
    for (name, value) in COMMON {
        assert_eq!(response.headers().get(name), Some(&value));
    }
    assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let is_there = ["/", "/status.json", "/metrics", "/events", "/healthz", "/readyz"].contains(&&*path);
    match response.status() {
        // A request says once where it goes, RFC 9112, 3.2.
        StatusCode::BAD_REQUEST => return assert_ne!(hosts.len(), 1),
        StatusCode::MISDIRECTED_REQUEST => {
            let mut names = hosts.iter().map(String::as_str).chain(authority.as_deref());
            return assert!(
                is_local && !names.all(|name| ["localhost", "127.0.0.1", "[::1]"].contains(&name))
            );
        }
        StatusCode::NOT_FOUND => assert!(!is_there, "{path}"),
        status => {
            assert!([StatusCode::OK, StatusCode::METHOD_NOT_ALLOWED].contains(&status), "{status}");
            assert!(is_there, "{path}");
        }
    }
    if is_local {
        let mut names = hosts.iter().map(String::as_str).chain(target.as_deref());
        assert!(names.all(is_of_this_machine), "{hosts:?} {target:?}");
    }
}

fn parsed(choices: u8, lines: &[u8]) -> Option<Request<Body>> {
    let mut lines = lines.split(|byte| *byte == b'\n');
    let version = if choices & 2 == 0 { Version::HTTP_11 } else { Version::HTTP_10 };
    let mut request = Request::builder().version(version).method(lines.next()?).uri(lines.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    // The library that reads requests refuses what is none.
    request.body(Body::empty()).ok()
}

async fn answer(request: Request<Body>, is_local: bool) -> Response {
    let (sampler, sampling) = sampler::share(|| Some(fixture::sample()));
    let service = TowerToHyperService::new(router(sampler, is_local));
    tokio::select! {
        Ok(response) = service.call(request) => response,
        () = sampling => unreachable!("the router can still ask"),
    }
}

fn hosts_of(headers: &HeaderMap) -> Vec<String> {
    let hosts = headers.get_all(header::HOST).iter();
    hosts.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned()).collect()
}

/// As a browser sees it, which lets nobody else answer for these names.
fn is_of_this_machine(host: &str) -> bool {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse() == Ok(Ipv6Addr::LOCALHOST);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let is_loopback = name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_loopback || name == "localhost" || name.ends_with(".localhost")
}

/// A sample has its metrics, in which each line is a series of ours or a comment.
pub(crate) fn sample(sample: &Sample) {
    let text = metrics::render(sample);
    assert!(text.lines().all(|line| line.starts_with("# ") || line.starts_with("prefork_")), "{text}");
}
