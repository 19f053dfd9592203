//! The live page, in a real browser.

use std::net::SocketAddr;

use crate::browser::Browser;
use crate::support::TestServer;
use nix::sys::signal::Signal;
use prefork_client::Connection;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

const POOL: [&str; 4] = ["--workers", "2", "--threads", "2"];

#[test]
fn the_page_follows_the_pool_and_survives_a_restart_of_the_server() {
    let monitor = ["--monitor-listen", "127.0.0.1:0"];
    let server = TestServer::start(&[POOL.as_slice(), &monitor].concat());
    let (address, monitor) = (server.address.clone(), server.monitor());
    let mut browser = Browser::open(&format!("http://{monitor}/"));
    browser.wait_for("document.body.dataset.connection === 'live' && document.body.dataset.busy === '0'");
    browser.wait_for("document.querySelectorAll('[data-worker] [data-slot]').length === 4");

    let held: Vec<Connection> = (0..4).map(|_| server.served()).collect();
    let waiters: Vec<Connection> = (0..6).map(|_| server.connect()).collect();
    browser.wait_for("document.body.dataset.busy === '4' && document.body.dataset.waiting === '6'");
    browser.wait_for(r"/6\s+clients\s+wait/.test(document.querySelector('#sentence').textContent)");
    for waiter in &waiters {
        let peer = json!(waiter.local_addr().unwrap().to_string());
        browser.wait_for(&format!("!!document.querySelector(`li[data-peer=${{CSS.escape({peer})}}]`)"));
    }
    drop(held);
    browser.wait_for("document.body.dataset.busy === '4' && document.body.dataset.waiting === '2'");
    drop(waiters);
    browser.wait_for("document.body.dataset.busy === '0' && document.body.dataset.waiting === '0'");

    let pid = server.pid();
    assert_eq!(server.stop().0, 0);
    browser.wait_for("document.body.dataset.connection === 'lost'");
    let same = ["--listen", &address, "--monitor-listen", &monitor];
    let server = TestServer::start(&[POOL.as_slice(), &same].concat());
    browser.wait_for("document.body.dataset.connection === 'live'");
    assert_ne!(server.pid(), pid);
    browser.wait_for(&format!("document.body.innerText.includes('{}')", server.pid()));
    let _held = server.served();
    browser.wait_for("document.body.dataset.busy === '1'");
    assert!(browser.exceptions().is_empty(), "{:?}", browser.exceptions());
}

#[test]
fn a_drain_leaves_the_tiles_as_they_are() {
    let server =
        TestServer::start(&["--workers", "2", "--threads", "256", "--monitor-listen", "127.0.0.1:0"]);
    let mut browser = Browser::open(&format!("http://{}/", server.monitor()));
    browser.wait_for("document.querySelectorAll('[data-worker] [data-slot]').length === 512");
    let density = browser.evaluate("document.querySelector('#pool').dataset.density");
    let _held = [server.served(), server.served()];
    server.signal(Signal::SIGTERM);
    browser.wait_for("document.body.dataset.state === 'draining'");
    browser.wait_for("document.querySelectorAll('[data-worker][data-state=draining]').length > 0");
    assert_eq!(browser.evaluate("document.querySelector('#pool').dataset.density"), density);
}

#[test]
fn the_page_has_a_sign_for_every_kind_of_event() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/events.schema.json")).unwrap();
    let kinds = &schema["properties"]["events"]["items"]["properties"]["kind"]["enum"];
    let server = TestServer::start(&[POOL.as_slice(), &["--monitor-listen", "127.0.0.1:0"]].concat());
    let mut browser = Browser::open(&format!("http://{}/", server.monitor()));
    browser.wait_for("document.querySelectorAll('#event-list [data-kind=ready]').length === 2");
    // Some of them are rare; the page is told that they have just happened.
    for (number, kind) in (1..).zip(kinds.as_array().unwrap()) {
        let event =
            json!({"number": number, "kind": kind, "worker": 0, "pid": 1, "text": format!("told: {kind}")});
        browser.evaluate(&format!("onEvent({{...{event}, at: clockNow()}})"));
        let row = format!("[...document.querySelectorAll('#event-list [data-event=\"{number}\"]')]");
        browser.wait_for(&format!("{row}.some(row => row.dataset.kind === {kind})"));
        let sign = browser.evaluate(&format!("{row}[0].querySelector('span').textContent"));
        assert!(sign.as_str().is_some_and(|sign| !["", "·"].contains(&sign)), "{kind}: {sign}");
    }
    assert!(browser.exceptions().is_empty(), "{:?}", browser.exceptions());
}

#[test]
fn who_was_refused_and_who_was_ended_is_shown_by_reason() {
    let limits = ["--limits-deny", "127.0.0.2", "--timeouts-first-byte", "100ms"];
    let monitor = ["--monitor-listen", "127.0.0.1:0"];
    let server = TestServer::start(&[POOL.as_slice(), &monitor, &limits].concat());
    let mut browser = Browser::open(&format!("http://{}/", server.monitor()));
    browser.wait_for("document.body.dataset.connection === 'live'");
    let shown = ["refused", "ended"].map(|id| format!("document.querySelector('#{id}')"));
    for element in &shown {
        assert_eq!(browser.evaluate(&format!("{element}.checkVisibility()")), false);
    }
    let denied = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    denied.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
    // It may meet the reset in this call already.
    let _ = denied.connect(&server.address.parse::<SocketAddr>().unwrap().into());
    let _silent = server.connect();
    for (element, words) in shown.iter().zip(["refused: 1 denied", "ended: 1 first byte"]) {
        browser.wait_for(&format!("{element}.checkVisibility() && {element}.innerText === '{words}'"));
    }
    assert!(browser.exceptions().is_empty(), "{:?}", browser.exceptions());
}
