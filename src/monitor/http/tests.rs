//! Every route and every limit, over real connections to a server that shows samples made up.

use std::cell::Cell;
use std::net::SocketAddr;

use proptest::prelude::*;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;
use tokio::time::{pause, resume};

use super::super::fixture;
use super::*;
use crate::monitor::sampler::VIEWERS_MAX;
use crate::snapshot::MasterState;

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

/// Somebody at `/events`. HTTP/1.0 knows no chunks: the stream is as it is.
struct Page {
    stream: BufReader<TcpStream>,
}

impl Page {
    async fn open(address: SocketAddr, last: Option<u64>) -> Self {
        let last = last.map(|number| format!("last-event-id: {number}\r\n")).unwrap_or_default();
        let stream = send(address, format!("GET /events HTTP/1.0\r\n{last}\r\n")).await;
        let mut page = Self { stream: BufReader::new(stream) };
        let head = page.next().await.unwrap().to_ascii_lowercase();
        assert!(
            head.starts_with("http/1.0 200 ok") && head.contains("content-type: text/event-stream"),
            "{head}"
        );
        assert_eq!(page.next().await.unwrap(), "retry: 1000\n");
        page
    }

    /// All up to the next empty line; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let before = text.len();
            self.stream.read_line(&mut text).await.unwrap();
            match text[before..].trim_end() {
                "" if text.len() == before => return None,
                "" => {
                    text.truncate(before);
                    return Some(text);
                }
                _ => {}
            }
        }
    }

    /// The next sample's time.
    async fn at(&mut self) -> f64 {
        let frame = self.next().await.expect("the stream goes on");
        let (_, rest) = frame.split_once("\"at\":").expect("there are no events");
        rest.split(',').next().unwrap().parse().unwrap()
    }

    /// The numbers of the events before the next sample, and the sample.
    async fn sample(&mut self) -> (Vec<u64>, serde_json::Value) {
        let mut numbers = Vec::new();
        loop {
            let frame = self.next().await.expect("the stream goes on");
            let lines: Vec<&str> = frame.lines().collect();
            match lines[..] {
                [id, "event: event", data] => {
                    let event = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                    numbers.push(id.strip_prefix("id: ").unwrap().parse().unwrap());
                    assert_eq!(fixture::event(*numbers.last().unwrap()), event);
                }
                ["event: sample", data] => {
                    return (numbers, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap());
                }
                _ => panic!("neither an event nor a sample: {frame}"),
            }
        }
    }
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
        (Draining, 0, "503", "draining: the pool stops"),
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

#[tokio::test]
async fn a_viewer_sees_what_happened_and_then_what_happens() {
    let taken = Cell::new(0_u64);
    let source = || {
        taken.set(taken.get() + 1);
        let mut sample = fixture::sample();
        sample.at = 1000.5;
        sample.events = (1..=2 + taken.get()).map(fixture::event).collect();
        sample.queue_wait = fixture::counts(&vec![2_000; usize::try_from(taken.get()).unwrap()]);
        Some(sample)
    };
    serving(source, async |address| {
        let mut page = Page::open(address, None).await;
        let (events, first) = page.sample().await;
        assert_eq!(events, [1, 2, 3]);
        assert_eq!(first["at"], 1000.5);
        assert_eq!(first["status"], serde_json::to_value(fixture::sample().status).unwrap());
        assert_eq!(first["recent"]["window_seconds"], 10);
        assert_eq!(first["recent"]["queue_wait_seconds"]["count"], 0);
        assert_eq!(first.as_object().unwrap().len(), 3);
        let (events, second) = page.sample().await;
        assert_eq!(events, [4]);
        assert_eq!(second["recent"]["queue_wait_seconds"]["count"], 1);
        assert_eq!(second["recent"]["queue_wait_seconds"]["max"], 0.002);
    })
    .await;
}

#[tokio::test]
async fn a_viewer_who_comes_back_gets_what_it_missed() {
    let mut sample = fixture::sample();
    sample.events = (5..=9).map(fixture::event).collect();
    serving(
        || Some(sample.clone()),
        async |address| {
            for (last, expected) in
                [(7, vec![8, 9]), (9, vec![]), (2, vec![5, 6, 7, 8, 9]), (4711, vec![5, 6, 7, 8, 9])]
            {
                assert_eq!(Page::open(address, Some(last)).await.sample().await.0, expected, "{last}");
            }
            let other = send(address, "GET /events HTTP/1.0\r\nlast-event-id: seven\r\n\r\n").await;
            let mut page = Page { stream: BufReader::new(other) };
            page.next().await.unwrap();
            page.next().await.unwrap();
            assert_eq!(page.sample().await.0, [5, 6, 7, 8, 9]);
        },
    )
    .await;
}

#[tokio::test]
async fn twenty_viewers_cost_one_sampling() {
    let taken = Cell::new(0_u32);
    let source = || {
        taken.set(taken.get() + 1);
        Some(fixture::sample())
    };
    let start = Instant::now();
    serving(source, async |address| {
        let mut pages = Vec::new();
        for _ in 0..20 {
            pages.push(Page::open(address, None).await);
        }
        for _ in 0..4 {
            for page in &mut pages {
                page.sample().await;
            }
        }
    })
    .await;
    // One at the start, and then four a second, however many look.
    let quarters = start.elapsed().as_millis() / 250;
    assert!(taken.get() >= 4 && u128::from(taken.get()) <= quarters + 1, "{} in {quarters}", taken.get());
}

#[tokio::test]
async fn a_viewer_who_does_not_read_keeps_nobody_waiting() {
    let at = Cell::new(0.0);
    let source = || {
        at.set(at.get() + 1.0);
        // A quarter of a megabyte. The kernel may keep six on the way to a peer, tcp_rmem in tcp(7).
        Some(Sample { at: at.get(), ..fixture::crowded(2000) })
    };
    serving(source, async |address| {
        let mut slow = Page::open(address, None).await;
        let mut quick = Page::open(address, None).await;
        pause();
        let mut last = 0.0;
        for _ in 0..60 {
            let now = quick.at().await;
            assert!(now > last, "{now} after {last}");
            last = now;
        }
        let (mut before, mut skipped) = (0.0, 0.0);
        while before < last {
            let now = slow.at().await;
            assert!(now > before, "{now} after {before}");
            skipped += now - before - 1.0;
            before = now;
        }
        assert!(skipped > 1.0);
    })
    .await;
}

#[tokio::test]
async fn one_too_many_waits_until_another_one_leaves() {
    serving_sample(async |address| {
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            silent.push(send(address, "").await);
        }
        let mut stream = send(address, "GET /healthz HTTP/1.0\r\n\r\n").await;
        pause();
        let early = timeout(Duration::from_secs(2), stream.read_u8()).await;
        assert!(early.is_err(), "it is served: {early:?}");
        resume();
        silent.pop();
        assert!(rest(stream).await.ends_with("ok"));
    })
    .await;
}

#[tokio::test]
async fn viewers_leave_room_for_probes() {
    serving_sample(async |address| {
        let mut pages = Vec::new();
        for _ in 0..VIEWERS_MAX {
            pages.push(Page::open(address, None).await);
        }
        let (head, _) = ask(address, "GET /events").await;
        assert!(status_of(&head) == "503" && head.contains("retry-after"), "{head}");
        assert_eq!(ask(address, "GET /readyz").await.1, "ready");
        pages.pop();
        // That it has gone is noticed when the next sample is sent to it.
        pages[0].at().await;
        pages[0].at().await;
        pages[0].at().await;
        Page::open(address, None).await;
    })
    .await;
}

/// Waits for the end of a connection on which nothing more is sent, and looks at the time since `start`.
async fn assert_sent_away(start: Instant, stream: TcpStream) {
    pause();
    assert_eq!(rest(stream).await, "");
    resume();
    let elapsed = start.elapsed();
    assert!(elapsed >= HEAD_TIMEOUT && elapsed < HEAD_TIMEOUT * 2, "{elapsed:?}");
}

#[tokio::test]
async fn who_is_silent_is_sent_away() {
    serving_sample(async |address| {
        let start = Instant::now();
        assert_sent_away(start, send(address, "").await).await;
    })
    .await;
}

#[tokio::test]
async fn who_is_idle_is_sent_away() {
    serving_sample(async |address| {
        let start = Instant::now();
        let mut stream = send(address, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert_sent_away(start, stream).await;
    })
    .await;
}

#[tokio::test]
async fn who_asks_slowly_is_sent_away() {
    serving_sample(async |address| {
        let start = Instant::now();
        let mut stream = send(address, "GET /healthz HTTP/1.1\r\n").await;
        for _ in 0..2 {
            pause();
            assert!(timeout(HEAD_TIMEOUT / 3, stream.read_u8()).await.is_err(), "there is still time");
            resume();
            stream.write_all(b"a: b\r\n").await.unwrap();
        }
        assert_sent_away(start, stream).await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    serving_sample(async |address| {
        let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2);
        let last = "HEAD /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let answers = rest(send(address, request + last).await).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    })
    .await;
}

#[tokio::test]
async fn a_head_has_limits() {
    serving_sample(async |address| {
        let long = format!("GET / HTTP/1.1\r\nhost: localhost\r\na: {}\r\n\r\n", "b".repeat(BUFFER_MAX));
        let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "a: b\r\n".repeat(200));
        for request in [long, many] {
            let mut stream = send(address, request).await;
            let mut start = [0; 12];
            stream.read_exact(&mut start).await.unwrap();
            assert_eq!(&start, b"HTTP/1.1 431");
        }
        assert_eq!(ask(address, "GET /healthz").await.1, "ok");
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_ends_nothing_but_its_own_connection(bytes in any::<Vec<u8>>(), line in "[A-Z]{1,8} [ -~]{1,40} HTTP/1.[01]\r\n") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serving_sample(async |address| {
            for garbage in [bytes, line.clone().into_bytes(), format!("{line}host: localhost\r\nconnection: close\r\n\r\n").into_bytes()] {
                let mut stream = send(address, garbage).await;
                let _ = stream.shutdown().await;
                let mut answer = Vec::new();
                // It may be reset, as not all of it was read; a stream of events has no end.
                let _ = timeout(Duration::from_millis(50), stream.read_to_end(&mut answer)).await;
                assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."));
            }
            assert_eq!(ask(address, "GET /healthz").await.1, "ok");
        }));
    }
}

#[test]
fn the_pause_after_a_failed_accept_doubles_up_to_half_a_second() {
    let pauses = [0, 1, 5, 6, 7, 1000].map(|failures| pause_after(failures).as_millis());
    assert_eq!(pauses, [10, 20, 320, 500, 500, 500]);
}
