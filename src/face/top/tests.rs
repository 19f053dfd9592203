//! The live picture on a terminal of its own.
//!
//! A script makes the terminal, since that takes calls that are unsafe, and runs this very program with one test in it.

use std::env;
use std::process::Command;

use crate::face::example;

/// Tells the test that is run on the terminal what to do.
const MODE: &str = "PREFORK_TEST_TOP";

/// Runs the picture on a terminal, ends it in some way, and compares the terminal with how it was.
const SCRIPT: &str = include_str!("terminal.py");

/// What runs on the terminal; elsewhere nothing.
#[test]
fn on_a_terminal() {
    let Some(mode) = env::var_os(MODE) else { return };
    let mut questions = 0;
    super::run(|| {
        questions += 1;
        assert!(mode != "panic" || questions < 3, "as the test wants it");
        Ok(example::busy(2, 2, 2, 6))
    })
    .unwrap();
}

/// Whether the terminal is as it was, and what the program came to, after it was ended in this way.
#[track_caller]
fn end(way: &str) -> String {
    let program = env::current_exe().unwrap();
    let output = Command::new("python3")
        .args(["-c", SCRIPT, way])
        .arg(program)
        .args(["--exact", "face::top::tests::on_a_terminal", "--nocapture", "--test-threads=1"])
        .env(MODE, way)
        .env("TERM", "xterm")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn q_leaves_the_terminal_as_it_was() {
    assert_eq!(end("q"), "restored, exit code 0\n");
}

#[test]
fn control_c_leaves_the_terminal_as_it_was() {
    assert_eq!(end("\u{3}"), "restored, exit code 0\n");
}

#[test]
fn term_leaves_the_terminal_as_it_was() {
    assert_eq!(end("TERM"), "restored, exit code 0\n");
}

#[test]
fn an_interrupt_leaves_the_terminal_as_it_was() {
    assert_eq!(end("INT"), "restored, exit code 0\n");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_its_message_on_it() {
    assert_eq!(end("panic"), "restored, then \"as the test wants it\", exit code 101\n");
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    assert_eq!(end("hang up"), "ended\n");
}
