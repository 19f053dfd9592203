//! `talk` at a terminal: lines are edited and remembered, and a conversation survives the server.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use prefork_client::{Address, Connection, Options};
use tempfile::TempDir;

use crate::support::{Server, bound, echo_changed, eventually, reset};

const UP: &str = "\x1b[A";
const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const ENTER: &str = "\r";

/// Somebody who types, and what they see.
struct Sitting {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    watcher: Option<JoinHandle<()>>,
    /// Where the history is kept.
    state: Arc<TempDir>,
}

impl Sitting {
    fn at(address: &Address) -> Self {
        Self::again(address, Arc::new(tempfile::tempdir().unwrap()), "xterm", "")
    }

    fn again(address: &Address, state: Arc<TempDir>, term: &str, flags: &str) -> Self {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour/terminal.py");
        let mut command = Command::new("python3");
        command.arg(driver).args([env!("CARGO_BIN_EXE_prefork-client"), "talk", &address.to_string()]);
        command.args(flags.split_whitespace());
        command.env("XDG_STATE_HOME", state.path()).env("TERM", term).env("NO_COLOR", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keyboard, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let screen = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&screen);
        let watcher = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = shown.read(&mut buffer) {
                seen.lock().unwrap().extend(&buffer[..length]);
            }
        });
        Self { child, keyboard, screen, watcher: Some(watcher), state }
    }

    /// Presses keys when the prompt is there, and nothing has been typed at it.
    #[track_caller]
    fn types(&mut self, keys: &str) {
        eventually("an empty prompt is shown", || self.last_line().contains("> "));
        self.press(keys);
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn last_line(&self) -> String {
        self.screen().rsplit('\n').next().unwrap_or_default().to_owned()
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits until a text is on the screen so many times.
    #[track_caller]
    fn sees(&self, text: &str, times: usize) {
        eventually(&format!("{times} x {text:?} is shown"), || self.screen().matches(text).count() >= times);
    }

    /// Waits for the end: the exit code, and all that was shown.
    fn ends(mut self) -> (Option<i32>, String) {
        let mut status = None;
        eventually("the prompt ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        self.watcher.take().unwrap().join().unwrap();
        (status.unwrap().code(), self.screen())
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_answer_is_shown_with_its_time_and_ctrl_d_ends() {
    let server = Server::echo(1);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("hello{ENTER}"));
    user.sees("HELLO  ", 1);
    user.sees(" ms", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(0));
}

#[test]
fn every_line_of_a_paste_is_answered() {
    let server = Server::echo(1);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("one{ENTER}two{ENTER}three{ENTER}and half of"));
    for answer in ["ONE  ", "TWO  ", "THREE  "] {
        user.sees(answer, 1);
    }
    user.types(&format!(" a line{ENTER}"));
    user.sees("AND HALF OF A LINE  ", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(0));
}

#[test]
fn a_line_can_be_edited_and_ctrl_c_clears_it() {
    let server = Server::echo(1);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("orld{CTRL_A}w{ENTER}"));
    user.sees("WORLD  ", 1);
    user.types("not this");
    user.sees("not this", 1);
    user.press(CTRL_C);
    eventually("the line is cleared", || !user.last_line().contains("not this"));
    user.types(&format!("but that{ENTER}"));
    user.sees("BUT THAT  ", 1);
    user.types(CTRL_D);
    let (code, screen) = user.ends();
    assert_eq!(code, Some(0));
    assert!(!screen.contains("NOT"), "{screen}");
}

#[test]
fn what_was_typed_is_remembered_for_the_next_time_and_for_nobody_else() {
    let server = Server::echo(1);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("remember me{ENTER}"));
    user.sees("REMEMBER ME  ", 1);
    user.types(&format!(" a secret{ENTER}"));
    user.sees(" A SECRET  ", 1);
    let state = Arc::clone(&user.state);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(0));
    let file = state.path().join("prefork-client/history");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(file).unwrap().contains("secret"));
    let mut user = Sitting::again(&server.address, state, "xterm", "");
    user.types(&format!("{UP}{ENTER}"));
    user.sees("REMEMBER ME  ", 1);
}

#[test]
fn without_a_place_for_the_history_one_can_type_all_the_same() {
    let server = Server::echo(1);
    let state = Arc::new(tempfile::tempdir().unwrap());
    fs::write(state.path().join("prefork-client"), "no folder").unwrap();
    let mut user = Sitting::again(&server.address, state, "xterm", "");
    user.types(&format!("hello{ENTER}"));
    user.sees("HELLO  ", 1);
    user.types(&format!("{UP}{ENTER}"));
    user.sees("HELLO  ", 2);
}

#[test]
fn a_dumb_terminal_gets_a_plain_prompt() {
    let server = Server::echo(1);
    let mut user = Sitting::again(&server.address, Arc::new(tempfile::tempdir().unwrap()), "dumb", "");
    user.types("hello\n");
    user.sees("HELLO  ", 1);
    user.types(CTRL_D);
    let (code, screen) = user.ends();
    assert_eq!(code, Some(0));
    assert!(!screen.contains('\x1b'), "{screen:?}");
}

#[test]
fn the_conversation_survives_a_restart_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let server = Server::unix(&path, 1);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("before{ENTER}"));
    user.sees("BEFORE  ", 1);
    drop(server);
    fs::remove_file(&path).unwrap();
    // It is not up yet when the next line comes.
    user.types(&format!("after{ENTER}"));
    // Why depends on whether the line or the end was seen first.
    user.sees("connecting again (Ctrl-C gives up)", 1);
    let _server = Server::unix(&path, 1);
    user.sees("connected again", 1);
    user.sees("AFTER  ", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(0));
}

#[test]
fn a_server_that_stays_away_costs_a_line_and_not_the_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let server = Server::unix(&path, 1);
    let state = Arc::new(tempfile::tempdir().unwrap());
    let mut user = Sitting::again(&server.address, state, "xterm", "--retry 0s");
    user.types(&format!("before{ENTER}"));
    user.sees("BEFORE  ", 1);
    drop(server);
    fs::remove_file(&path).unwrap();
    user.types(&format!("lost{ENTER}"));
    user.sees("cannot connect to ", 1);
    let _server = Server::unix(&path, 1);
    user.types(&format!("{UP}{ENTER}"));
    user.sees("LOST  ", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(1), "a line got no answer at first");
}

#[test]
fn a_line_that_is_lost_with_its_connection_is_sent_once_more() {
    let server = Server::with(1, reset);
    let mut user = Sitting::at(&server.address);
    user.types(&format!("hello{ENTER}"));
    user.sees("connection reset by the server; connected again", 1);
    user.sees("no answer: connection reset by the server", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(1));
}

#[test]
fn whoever_waits_is_told_so_and_may_give_up() {
    let server = Server::echo(1);
    let mut other = Connection::open(&server.address, &Options::default()).unwrap();
    other.exchange(b"the slot is taken").unwrap();
    let mut user = Sitting::at(&server.address);
    user.types(&format!("hello{ENTER}"));
    user.sees("waiting: connected, but no answer yet", 1);
    user.press(CTRL_C);
    user.sees("no longer waiting", 1);
    other.finish().unwrap();
    user.types(&format!("again{ENTER}"));
    user.sees("AGAIN  ", 1);
    user.types(CTRL_D);
    let (code, screen) = user.ends();
    assert_eq!(code, Some(0));
    assert!(!screen.contains("HELLO"), "the answer to what was given up: {screen}");
    assert!(!screen.contains("the server closed"), "it was not the server: {screen}");
}

#[test]
fn a_wrong_answer_is_called_wrong() {
    let server = Server::with(1, |socket: &_| echo_changed(socket, |echo| echo[1] = b'!'));
    let mut user = Sitting::at(&server.address);
    user.types(&format!("hello{ENTER}"));
    user.sees("H!LLO  ", 1);
    user.sees("this is not the echo: wrong byte at offset 1", 1);
    user.types(CTRL_D);
    assert_eq!(user.ends().0, Some(1));
}

#[test]
fn an_answer_cannot_command_the_terminal() {
    let server = Server::with(1, |socket: &_| echo_changed(socket, |echo| echo[0] = 0x1b));
    let mut user = Sitting::at(&server.address);
    user.types(&format!("x[2J{ENTER}"));
    user.sees("\\u{1b}[2J  ", 1);
}

#[test]
fn without_a_server_there_is_no_prompt() {
    let (_socket, address) = bound();
    let (code, screen) = Sitting::at(&address).ends();
    assert_eq!(code, Some(3));
    assert!(screen.contains("cannot connect to "), "{screen}");
}
