//! The terminal after a panic, tried on one of its own.
//!
//! A script makes the terminal, and runs this very program with one test in it.

use std::env;
use std::process::Command;

use ratatui::text::Line;

use super::screen::Screen;

/// Tells the test that is run on the terminal to do something.
const MODE: &str = "PREFORK_TEST_LIVE";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour/screen.py");

/// What runs on the terminal; elsewhere nothing.
#[test]
fn on_a_terminal() {
    if env::var_os(MODE).is_none() {
        return;
    }
    let mut screen = Screen::open().unwrap();
    screen.draw(|size| vec![Line::raw(format!("{size}"))]).unwrap();
    panic!("as the test wants it");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_its_message_on_it() {
    let output = Command::new("python3")
        .args([SCRIPT, "see 80x24", "see as the test wants it", "--"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "watch::live::tests::on_a_terminal", "--nocapture", "--test-threads=1"])
        .env(MODE, "yes")
        .env("TERM", "xterm")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nas the test wants it\n"), "not down the screen in steps: {text}");
    assert!(text.contains("restored exit code 101"), "{text}");
}
