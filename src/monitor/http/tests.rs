//! Every route and every limit, over real connections to a server that shows samples made up.

mod limits;
mod viewers;

use std::cell::Cell;
use std::net::SocketAddr;

use proptest::prelude::*;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::{pause, resume, timeout};

use super::super::fixture;
use super::*;
use crate::monitor::sampler::VIEWERS_MAX;
use crate::snapshot::MasterState;
use viewers::Page;

const ROUTES: [&str; 6] = ["/", "/status.json", "/metrics", "/events", "/healthz", "/readyz"];

/// Runs a client beside a server.
async fn serving<T>(source: impl FnMut() -> Option<Sample>, client: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    serving_at("127.0.0.1:0", source, client).await
}

async fn serving_at<T>(
    address: &str,
    source: impl FnMut() -> Option<Sample>,
    client: impl AsyncFnOnce(SocketAddr) -> T,
) -> T {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::select! {
        never = serve(listener, source) => match never.unwrap() {},
        result = client(address) => result,
    }
}

async fn serving_sample<T>(client: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    serving(|| Some(fixture::sample()), client).await
}

/// A connection on which this was sent.
async fn send(address: SocketAddr, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream
}

/// All that comes until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The head, in lower case, and the body of the answer to one request.
async fn ask(address: SocketAddr, line: &str) -> (String, String) {
    let stream =
        send(address, format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")).await;
    let answer = rest(stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

fn status_of(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn the_page_may_reach_nothing_but_this_server() {
    let (head, body) = serving_sample(async |address| ask(address, "GET /?a=b").await).await;
    assert!(head.contains("\r\ncontent-type: text/html; charset=utf-8"), "{head}");
    assert!(head.contains(&format!("\r\ncontent-security-policy: {PAGE_POLICY}\r\n")), "{head}");
    assert_eq!(body, PAGE);
}

#[tokio::test]
async fn the_status_is_the_status_alone() {
    let (head, body) = serving_sample(async |address| ask(address, "GET /status.json").await).await;
    assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
    assert_eq!(body, serde_json::to_string(&fixture::sample().status).unwrap());
}

#[tokio::test]
async fn the_metrics_are_of_the_same_sample() {
    let (head, body) = serving_sample(async |address| ask(address, "GET /metrics").await).await;
    assert!(head.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    assert_eq!(body, metrics::render(&fixture::sample()));
}

#[tokio::test]
async fn every_answer_is_for_this_moment_and_this_site_only() {
    serving_sample(async |address| {
        for line in
            ["GET /", "GET /status.json", "HEAD /events", "GET /healthz", "GET /nothing", "POST /metrics"]
        {
            let (head, _) = ask(address, line).await;
            for header in
                ["cache-control: no-store", "referrer-policy: no-referrer", "x-content-type-options: nosniff"]
            {
                assert!(head.contains(&format!("\r\n{header}\r\n")), "{line}: {head}");
            }
            assert!(!head.contains("access-control"), "{line}: {head}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_be_seen_is_alive_but_not_ready() {
    serving(
        || None,
        async |address| {
            assert_eq!(ask(address, "GET /healthz").await.1, "ok");
            for path in ["/status.json", "/metrics", "/readyz"] {
                let (head, body) = ask(address, &format!("GET {path}")).await;
                assert_eq!(
                    (status_of(&head), body.as_str()),
                    ("503", "the pool could not be read"),
                    "{path}"
                );
            }
            assert_eq!(Page::open(address, None).await.next().await.unwrap(), ":\n");
        },
    )
    .await;
}

#[tokio::test]
async fn ready_is_who_takes_connections() {
    use MasterState::{Degraded, Draining, Running, Starting};

    for (master, ready, status, text) in [
        (Running, 2, "200", "ready"),
        (Degraded, 1, "200", "ready"),
        (Degraded, 0, "503", "no worker is ready"),
        (Starting, 0, "503", "starting: the first workers are not ready yet"),
        (Draining, 0, "503", "draining: new clients should go elsewhere"),
    ] {
        let mut sample = fixture::sample();
        sample.status.master.state = master;
        sample.status.pool.workers = ready;
        let (head, body) =
            serving(|| Some(sample.clone()), async |address| ask(address, "GET /readyz").await).await;
        assert_eq!((status_of(&head), body.as_str()), (status, text), "{master:?} {ready}");
    }
}

#[tokio::test]
async fn nothing_can_be_changed() {
    serving_sample(async |address| {
        for path in ROUTES {
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
                let (head, _) = ask(address, &format!("{method} {path}")).await;
                assert_eq!(status_of(&head), "405", "{method} {path}");
                assert!(head.contains("\r\nallow: get,head\r\n"), "{method} {path}: {head}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    serving_sample(async |address| {
        for path in ROUTES {
            let (head, body) = ask(address, &format!("HEAD {path}")).await;
            assert_eq!((status_of(&head), body.as_str()), ("200", ""), "{path}");
            if path != "/events" {
                let (of_get, body) = ask(address, &format!("GET {path}")).await;
                assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{path}: {head}");
                let without_date = |head: &str| head.lines().filter(|line| !line.starts_with("date")).count();
                assert_eq!(without_date(&head), without_date(&of_get), "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    serving_sample(async |address| {
        for path in ["/nothing", "/status.json/", "//", "/%2e%2e/etc/passwd", "/Healthz"] {
            let (head, body) = ask(address, &format!("GET {path}")).await;
            assert_eq!((status_of(&head), body.as_str()), ("404", "there is no such page"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_bent_to_this_machine_is_refused() {
    serving_sample(async |address| {
        for (request, expected) in [
            ("GET /status.json HTTP/1.1\r\nhost: rebound.example:8081\r\nconnection: close\r\n\r\n", "421"),
            ("GET http://rebound.example/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "421"),
            ("GET /status.json HTTP/1.1\r\nconnection: close\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\nconnection: close\r\n\r\n", "400"),
            ("GET /nothing HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n", "421"),
            ("GET / HTTP/1.1\r\nhost: [::1]:8081\r\nconnection: close\r\n\r\n", "200"),
            ("GET / HTTP/1.0\r\n\r\n", "200"),
        ] {
            let answer = rest(send(address, request).await).await;
            assert_eq!(status_of(&answer), expected, "{request}");
        }
    })
    .await;
}

#[tokio::test]
async fn where_anybody_may_ask_any_name_will_do() {
    let source = || Some(fixture::sample());
    serving_at("0.0.0.0:0", source, async |address| {
        let request = "GET /healthz HTTP/1.1\r\nhost: pool.example\r\nconnection: close\r\n\r\n";
        assert_eq!(status_of(&rest(send(address, request).await).await), "200");
    })
    .await;
}

#[tokio::test]
async fn who_has_said_all_may_still_listen() {
    serving_sample(async |address| {
        let mut stream = send(address, "GET /status.json HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        stream.shutdown().await.unwrap();
        assert_eq!(status_of(&rest(stream).await), "200");
    })
    .await;
}
