//! The HTTP face: who may connect, what may be asked, what is answered.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::host::{self, Refusal};
use super::live::Viewer;
use super::metrics;
use super::sampler::{self, Sampler};
use crate::snapshot::Sample;

/// Connections that are served at once. The next ones wait in the accept queue, like everybody's here.
const CONNECTIONS_MAX: usize = 256;
/// How long a request's head may take, and how long a connection may be idle between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest head of a request, and about as much is buffered of what a peer does not take.
const BUFFER_MAX: usize = 16 * 1024;
/// How long a peer may take nothing of what was sent to it, or not confirm it. The kernel ends the connection then.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// What the kernel keeps for a peer, half of it for its own use: the more, the older are the samples that a slow viewer sees.
const SEND_BUFFER: usize = 128 * 1024;
/// The first and the longest pause after an accept that failed, for want of files or memory.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// A picture older than this says nothing of the pool as it is.
const STALE: Duration = Duration::from_secs(5);

/// Why there are no events for one viewer more.
const FULL: &str = "as many watch already as may; /status.json and /metrics answer";
/// Why there is nothing to show.
const NO_SAMPLE: &str = "the pool could not be read";
const PAGE: &str = include_str!("page.html");
/// The page brings its own style and script, and talks to this server alone.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What every answer carries.
pub(super) const COMMON: [(HeaderName, HeaderValue); 3] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Shows the samples of `source` to all who ask, for ever.
///
/// `source` is called when somebody looks, and seldom enough to take a fifth of the time at most. `None` means that it
/// could not get a consistent picture: the last one is shown again. It needs a runtime with I/O and time; one of the
/// current thread will do, and no other thread is started.
pub(crate) async fn serve(
    listener: TcpListener,
    source: impl FnMut() -> Option<Sample>,
) -> io::Result<Infallible> {
    // Connections inherit both.
    let socket = SockRef::from(&listener);
    socket.set_tcp_user_timeout(Some(WRITE_TIMEOUT))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let local = listener.local_addr()?.ip().to_canonical().is_loopback();

    let (sampler, sampling) = sampler::share(source);
    let mut connections = Connections::new(router(sampler, local));
    tokio::select! {
        never = connections.accept(&listener) => Ok(never),
        () = sampling => unreachable!("the router can still ask"),
    }
}

/// Who is connected.
struct Connections {
    router: TowerToHyperService<Router>,
    http: http1::Builder,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(router: Router) -> Self {
        let mut http = http1::Builder::new();
        // Who has said all that it wants to say may still listen: `nc -N` does so.
        http.half_close(true);
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_MAX);
        Self { router: TowerToHyperService::new(router), http, tasks: JoinSet::new() }
    }

    async fn accept(&mut self, listener: &TcpListener) -> Infallible {
        let mut failures = 0;
        let mut not_before = None;
        loop {
            tokio::select! {
                Some(_) = self.tasks.join_next() => {}
                accepted = accept_after(not_before, listener), if self.tasks.len() < CONNECTIONS_MAX => match accepted {
                    Ok(stream) => {
                        (failures, not_before) = (0, None);
                        self.serve(stream);
                    }
                    Err(error) => {
                        if failures == 0 {
                            warn!("the monitor cannot accept a connection, and tries again: {error}");
                        }
                        not_before = Some(Instant::now() + pause_after(failures));
                        failures += 1;
                    }
                },
            }
        }
    }

    fn serve(&mut self, stream: TcpStream) {
        let connection = self.http.serve_connection(TokioIo::new(stream), self.router.clone());
        self.tasks.spawn(async move {
            if let Err(error) = connection.await {
                debug!("a connection of the monitor: {error}");
            }
        });
    }
}

async fn accept_after(not_before: Option<Instant>, listener: &TcpListener) -> io::Result<TcpStream> {
    if let Some(time) = not_before {
        sleep_until(time).await;
    }
    listener.accept().await.map(|(stream, _)| stream)
}

/// The pause after an accept that failed when so many had failed before it.
fn pause_after(failures: u32) -> Duration {
    PAUSE.1.min(PAUSE.0 * 2_u32.saturating_pow(failures))
}

pub(super) fn router(sampler: Sampler, local: bool) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/status.json", get(status))
        .route("/metrics", get(scrape))
        .route("/events", get(events))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .fallback(async || (StatusCode::NOT_FOUND, "there is no such page"))
        .layer(middleware::from_fn_with_state(local, guard))
        .with_state(sampler)
}

/// Refuses who is after somebody else, and adds what every answer carries.
async fn guard(State(local): State<bool>, request: Request, next: Next) -> Response {
    let mut response = match host::admit(request.version(), request.uri(), request.headers(), local) {
        Ok(()) => next.run(request).await,
        Err(Refusal::Unclear) => {
            (StatusCode::BAD_REQUEST, "the request needs one Host header").into_response()
        }
        Err(Refusal::Foreign) => {
            let why = "this monitor is for its own machine only: ask for localhost, a name under .localhost, \
                127.0.0.0/8 or [::1], or let it listen at an address that others may use";
            (StatusCode::MISDIRECTED_REQUEST, why).into_response()
        }
    };
    response.headers_mut().extend(COMMON);
    response
}

async fn page() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, PAGE).into_response()
}

async fn status(State(sampler): State<Sampler>) -> Response {
    match sampler.look().await {
        Some(picture) => ([(header::CONTENT_TYPE, "application/json")], picture.status()).into_response(),
        None => unavailable(NO_SAMPLE),
    }
}

async fn scrape(State(sampler): State<Sampler>) -> Response {
    match sampler.look().await {
        Some(picture) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], picture.metrics()).into_response(),
        None => unavailable(NO_SAMPLE),
    }
}

async fn ready(State(sampler): State<Sampler>) -> Response {
    let picture = sampler.look().await.filter(|picture| picture.sample.age() < STALE);
    match picture.map_or(Err(NO_SAMPLE), |picture| picture.sample.status.readiness()) {
        Ok(()) => "ready".into_response(),
        Err(why) => unavailable(why),
    }
}

async fn events(State(sampler): State<Sampler>, headers: HeaderMap) -> Response {
    let last = headers.get("last-event-id").and_then(|number| number.to_str().ok()?.parse().ok());
    let Ok(place) = Arc::clone(&sampler.viewers).try_acquire_owned() else {
        return ([(header::RETRY_AFTER, "5")], unavailable(FULL)).into_response();
    };
    let viewer = sampler.view(last).await;
    let body = |viewer: Viewer| {
        // Its place is free again when the stream ends.
        Body::from_stream(viewer.stream().inspect(move |_| {
            let _held = &place;
        }))
    };
    let stream = viewer.map_or_else(Body::empty, body);
    ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()
}

fn unavailable(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

#[cfg(test)]
mod tests;
