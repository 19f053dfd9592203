//! The lines that somebody types, with editing and a history that outlives the program.

use std::env;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::{Behavior, Config, DefaultEditor};

use crate::Error;

/// What stands before each line.
const PROMPT: &str = "> ";

/// So many lines are remembered.
const HISTORY_LINES_MAX: usize = 1_000;

/// What the user did at the prompt.
pub(super) enum Typed {
    /// A line, without its end.
    Line(String),
    /// Ctrl-C: nothing.
    Nothing,
    /// Bytes that are not text, which a line editor cannot hold.
    NotText,
    /// Ctrl-D: enough.
    End,
}

/// The editor of lines. A terminal that cannot edit (`TERM=dumb`) gets a plain prompt.
pub(super) struct Keyboard {
    editor: DefaultEditor,
    /// Where the lines are kept for the next time; `None` where there is no place for them.
    history: Option<PathBuf>,
}

impl Keyboard {
    /// Takes the terminal, and recalls what was typed before.
    pub(super) fn open() -> Result<Self, Error> {
        let config = Config::builder()
            // The answers may go to a file; the prompt does not.
            .behavior(Behavior::PreferTerm)
            // Several pasted lines are several messages.
            .bracketed_paste(false)
            .history_ignore_space(true)
            .max_history_size(HISTORY_LINES_MAX)
            .map_err(unusable)?
            .build();
        let mut editor = DefaultEditor::with_config(config).map_err(unusable)?;
        let history = history_file();
        if let Some(path) = &history {
            // There is none the first time, and without it one can still type.
            let _ = editor.load_history(path);
        }
        Ok(Self { editor, history })
    }

    /// Waits for a line, and remembers it.
    pub(super) fn line(&mut self) -> Result<Typed, Error> {
        match self.editor.readline(PROMPT) {
            Ok(line) => {
                self.remember(&line);
                Ok(Typed::Line(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Ok(Typed::NotText),
            Err(error) => Err(unusable(error)),
        }
    }

    /// Keeps a line, in memory only where the file cannot be written.
    fn remember(&mut self, line: &str) {
        let is_new = self.editor.add_history_entry(line).unwrap_or(false);
        if let Some(path) = &self.history
            && is_new
            && self.editor.append_history(path).is_err()
        {
            self.history = None;
        }
    }
}

fn unusable(error: ReadlineError) -> Error {
    let source = match error {
        ReadlineError::Io(error) => error,
        ReadlineError::Errno(errno) => io::Error::from_raw_os_error(errno as i32),
        other => io::Error::other(other),
    };
    Error::local("cannot read from the terminal")(source)
}

/// The file for the history, in a folder that exists.
fn history_file() -> Option<PathBuf> {
    let folder = state_folder(env::var_os("XDG_STATE_HOME"), env::var_os("HOME"))?.join("prefork-client");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
    Some(folder.join("history"))
}

/// Where programs keep what they remember.
///
/// A relative path is to be ignored: <https://specifications.freedesktop.org/basedir-spec/latest/>.
fn state_folder(xdg_state_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: Option<OsString>| path.map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(xdg_state_home).or_else(|| Some(absolute(home)?.join(".local/state")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_where_the_user_keeps_state() {
        let folder = |xdg: Option<&str>, home: Option<&str>| {
            state_folder(xdg.map(OsString::from), home.map(OsString::from))
        };
        assert_eq!(folder(Some("/state"), Some("/home/me")), Some("/state".into()));
        assert_eq!(folder(Some("state"), Some("/home/me")), Some("/home/me/.local/state".into()));
        assert_eq!(folder(None, Some("/home/me")), Some("/home/me/.local/state".into()));
        assert_eq!(folder(None, None), None);
    }
}
