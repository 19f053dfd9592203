//! Who watches `/events`: what it gets, and what it costs others.

use super::*;

/// Somebody at `/events`. HTTP/1.0 knows no chunks: the stream is as it is.
pub(super) struct Page {
    stream: BufReader<TcpStream>,
}

impl Page {
    pub(super) async fn open(address: SocketAddr, last: Option<u64>) -> Self {
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
    pub(super) async fn next(&mut self) -> Option<String> {
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
        let begin = "GET /events HTTP/1.0\r\n\r\n";
        loop {
            let mut page = BufReader::new(send(address, begin.to_owned()).await);
            let mut head = String::new();
            page.read_line(&mut head).await.unwrap();
            if head.contains(" 200 ") {
                break;
            }
            pages[0].at().await;
        }
    })
    .await;
}
