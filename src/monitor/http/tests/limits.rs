//! Connections: how many, for how long, and what they may send.

use super::*;

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
