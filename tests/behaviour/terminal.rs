//! A server on a terminal of its own, which is resized, or goes away.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{PATIENCE, eventually, program, server_command};

/// A pseudo terminal, held by terminal.py.
pub(crate) struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// A terminal, and the server as a command that leads the session there. The log goes to the test.
    pub(crate) fn new() -> (Self, Command) {
        Self::with("foreground")
    }

    /// The same as a job in the background, whose log goes to a terminal that stops whoever writes from there.
    pub(crate) fn in_background() -> (Self, Command) {
        Self::with("background")
    }

    fn with(place: &str) -> (Self, Command) {
        let terminal = Self { folder: tempfile::tempdir().expect("a folder for the socket") };
        let mut command = program(Path::new("python3"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour/terminal.py"));
        command.arg(terminal.socket()).arg(place);
        // Without what binds it to its parent: python does that.
        command.arg(server_command().get_args().last().expect("the program comes last"));
        (terminal, command)
    }

    /// Resizes it; the kernel tells whoever is in its foreground.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        self.say(&format!("resize {rows} {columns}"));
    }

    /// Closes it, as a window is closed.
    pub(crate) fn close(self) {
        self.say("close");
    }

    fn say(&self, words: &str) {
        let mut stream = eventually("the terminal", || UnixStream::connect(self.socket()).ok());
        stream.write_all(words.as_bytes()).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time that is not zero");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert_eq!(answer, "done\n");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("terminal")
    }
}
