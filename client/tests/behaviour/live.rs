//! On a terminal `watch` is a picture that obeys keys and leaves the terminal as it was.

use std::process::Command;

use prefork_client::Address;

use crate::support::Server;

/// Runs the client on a terminal with these steps: all that was written, and the last line, on how it ended.
#[track_caller]
fn on_terminal(term: &str, steps: &[&str], arguments: &str, address: &Address) -> (String, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour/screen.py");
    let output = Command::new("python3")
        .arg(script)
        .args(steps)
        .args(["--", env!("CARGO_BIN_EXE_prefork-client"), "--monitor", "none"])
        .args(arguments.split_whitespace())
        .arg(address.to_string())
        .env("TERM", term)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (seen, end) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
    let (end, _escapes) = end.split_once(" escapes ").unwrap();
    (seen.to_owned(), end.to_owned())
}

/// Whoever is served stays so until the end.
const HELD: &str = "-c 2 --count 1 --hold 1h";

#[test]
fn a_key_adds_a_connection_and_another_one_ends_it_with_a_summary() {
    let server = Server::echo(1);
    let steps = [
        "see 2 connections: 1 queued, 1 served",
        "type a",
        "see 3 connections: 2 queued, 1 served",
        "type q",
    ];
    let (seen, end) = on_terminal("xterm", &steps, HELD, &server.address);
    assert_eq!(end, "restored exit code 0");
    let sentence = seen.trim_end().rsplit("\n\n").next().unwrap().replace('\n', " ");
    assert!(sentence.starts_with("ended after ") && sentence.contains("2 still waiting"), "{seen}");
}

#[test]
fn who_is_released_makes_room_for_the_next() {
    let server = Server::echo(1);
    let steps = ["see 1 queued, 1 served", "type r", "see closed", "see served", "type r"];
    let (seen, end) = on_terminal("xterm", &steps, HELD, &server.address);
    assert_eq!(end, "restored exit code 0", "{seen}");
    assert!(seen.contains("of 2 connections waited") && !seen.contains("ended after"), "{seen}");
}

#[test]
fn control_c_ends_it_with_a_summary() {
    let server = Server::echo(1);
    let (seen, end) = on_terminal("xterm", &["see 1 queued, 1 served", "type \u{3}"], HELD, &server.address);
    assert_eq!(end, "restored exit code 130");
    assert!(seen.contains("interrupted after "), "{seen}");
}

#[test]
fn a_signal_ends_it_with_a_summary() {
    let server = Server::echo(1);
    for signal in ["signal TERM", "signal HUP", "signal QUIT"] {
        let (seen, end) = on_terminal("xterm", &["see 1 queued, 1 served", signal], HELD, &server.address);
        assert_eq!(end, "restored exit code 130", "{signal}");
        assert!(seen.contains("interrupted after "), "{seen}");
    }
}

#[test]
fn two_signals_at_once_leave_the_terminal_as_it_was() {
    let server = Server::echo(1);
    for _ in 0..8 {
        let steps = ["see 1 queued, 1 served", "signal TERM INT"];
        let (_, end) = on_terminal("xterm", &steps, HELD, &server.address);
        assert_eq!(end, "restored exit code 130");
    }
}

#[test]
fn without_the_terminal_it_ends() {
    let server = Server::echo(1);
    // Where the hangup is ignored, that nothing can be drawn is an error.
    for (steps, code) in
        [(&["see 1 queued, 1 served"][..], 130), (&["ignore HUP", "see 1 queued, 1 served"], 1)]
    {
        let steps = [steps, &["hang up"]].concat();
        let (_, end) = on_terminal("xterm", &steps, HELD, &server.address);
        assert_eq!(end, format!("gone exit code {code}"));
    }
}

#[test]
fn another_size_is_another_picture() {
    let server = Server::echo(1);
    let steps = [
        "see 2 connections: 1 queued, 1 served",
        "resize 12 40",
        // There is less room.
        "see  s  1 queued, 1 served",
        "resize 50 200",
        "see 2 connections: 1 queued, 1 served",
        "type p",
        "see paused",
        // A paused picture is drawn again too.
        "resize 10 40",
        "see  s  1 queued, 1 served  paused",
        "type q",
    ];
    assert_eq!(on_terminal("xterm", &steps, HELD, &server.address).1, "restored exit code 0");
}

#[test]
fn a_lane_that_breaks_stays_in_the_picture_with_its_cause() {
    let server = Server::with(2, crate::support::reset);
    let (seen, end) = on_terminal("xterm", &[], HELD, &server.address);
    assert_eq!(end, "restored exit code 1");
    assert!(seen.contains("reset") && seen.contains("2 failed: 2 reset"), "{seen}");
}

#[test]
fn who_quits_before_there_is_any_connection_made_none() {
    let (_socket, address) = crate::support::bound();
    let (seen, end) =
        on_terminal("xterm", &["see connection refused", "type q"], "-c 2 --retry 1h", &address);
    assert_eq!(end, "restored exit code 3");
    assert!(seen.contains("none of 2 connections was made"), "{seen}");
}

#[test]
fn a_terminal_on_which_nothing_moves_gets_lines() {
    let server = Server::echo(2);
    for (term, steps) in [("dumb", &[][..]), ("xterm", &["mute"])] {
        let (seen, end) = on_terminal(term, steps, "-c 2 --count 1", &server.address);
        assert_eq!(end, "restored exit code 0");
        assert!(seen.contains("served      first echo after"), "{seen}");
        assert!(seen.contains("of 2 connections waited") && !seen.contains("q quit"), "{seen}");
    }
}
