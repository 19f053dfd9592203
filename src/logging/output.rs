//! Where the lines of this process go. Its loss is no reason to stop serving: a full disk, a reader that has gone, or one
//! that has stopped reading, for which a line waits a little, and once that was in vain, not at all until it reads again.

use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::{Whence, lseek};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::file::LogFile;
use super::limit;
use super::line::Form;
use crate::scoreboard::LogRow;
use crate::signals::Blocked;

/// How long a line may wait for the log's reader.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the threads of a process share. Holding it they write one after the other.
static OUTPUT: Mutex<Output> = Mutex::new(Output::new(None));

/// Where the processes of the pool count what is lost.
static ROW: OnceLock<&'static LogRow> = OnceLock::new();

/// Before there is a pool.
static ROW_OF_START: LogRow = LogRow::new();

/// Counts there from now on.
pub(crate) fn count_in(row: &'static LogRow) {
    // There is one pool in a process.
    let _ = ROW.set(row);
}

pub(super) fn row() -> &'static LogRow {
    ROW.get().copied().unwrap_or(&ROW_OF_START)
}

pub(super) fn output() -> MutexGuard<'static, Output> {
    OUTPUT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the lines go.
pub(super) struct Output {
    /// `None` is standard error.
    file: Option<LogFile>,
    nature: Option<Nature>,
    /// Nobody has read it for too long.
    is_stuck: bool,
    /// Lines that were dropped since the last that was written, and why the last of them.
    lost: u64,
    why: String,
}

/// What has to be known of a file before something is written to it.
#[derive(Debug, Clone, Copy)]
struct Nature {
    /// It is no file with places, which never lets a writer wait.
    may_wait: bool,
    is_terminal: bool,
}

impl Output {
    const fn new(file: Option<LogFile>) -> Self {
        Self { file, nature: None, is_stuck: false, lost: 0, why: String::new() }
    }

    /// Lets the lines go elsewhere. What was lost before is said there.
    pub(super) fn move_to(&mut self, file: Option<LogFile>) {
        (self.file, self.nature, self.is_stuck) = (file, None, false);
    }

    /// Forgets what was lost: the master, which this process was, says it.
    pub(super) fn forget(&mut self) {
        (self.is_stuck, self.lost) = (false, 0);
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Another descriptor of the same.
    pub(super) fn share(&self) -> io::Result<OwnedFd> {
        self.descriptor().try_clone_to_owned()
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.descriptor().is_terminal()
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        // Nobody closes this one: what is opened later would take its number, and get what is meant for people.
        static STDERR: OnceLock<io::Stderr> = OnceLock::new();
        self.file.as_ref().map_or_else(|| STDERR.get_or_init(io::stderr).as_fd(), AsFd::as_fd)
    }

    fn nature(&mut self) -> Nature {
        if let Some(nature) = self.nature {
            return nature;
        }
        // In its sandbox a process may not ask what kind of file it is. What has no place to write at is a pipe, a socket or a
        // terminal, lseek(2).
        let has_place = lseek(self.descriptor(), 0, Whence::SeekCur).is_ok();
        let nature = Nature { may_wait: !has_place, is_terminal: self.is_terminal() };
        *self.nature.insert(nature)
    }

    /// Writes a line, with what there is to say before it.
    pub(super) fn write(&mut self, line: &[u8]) {
        let (news, is_torn) = (limit::news(), row().is_torn());
        let result = if self.lost == 0 && news.is_empty() && !is_torn {
            self.put(line)
        } else {
            let before = self.before(line, &news, is_torn);
            row().set_torn(false);
            self.put(&[before.as_bytes(), line].concat()).inspect_err(|error| {
                // Nothing was written: the line before is as it was.
                if is_torn && !error.is_partial {
                    row().set_torn(true);
                }
            })
        };
        match result {
            Ok(()) => self.lost = 0,
            Err(Unwritten { why, is_partial }) => {
                (self.lost, self.why) = (self.lost + 1, why);
                row().note_lost();
                if is_partial {
                    row().set_torn(true);
                }
            }
        }
    }

    /// What is said before a line: how many were lost, or left out.
    fn before(&self, line: &[u8], news: &[String], is_torn: bool) -> String {
        // A line in a log of JSON is JSON too.
        let is_json = line.first() == Some(&b'{');
        let form = if is_json { Form::Json } else { Form::Text { colour: false } };
        let lost = match self.lost {
            0 => None,
            1 => Some(format!("1 line of the log was lost: {}", self.why)),
            lost => Some(format!("{lost} lines of the log were lost: {}", self.why)),
        };
        let notes = lost.iter().chain(news).map(|message| form.note(Level::WARN, message));
        is_torn.then(|| "\n".to_owned()).into_iter().chain(notes).collect()
    }

    /// Writes bytes, or gives up.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        let nature = self.nature();
        // A terminal may want jobs in its background to be silent (`stty tostop`): it sends TTOU to who writes, and lets a
        // write go on only where that is blocked, `tty_check_change` in `drivers/tty/tty_jobctrl.c`. In the master TTOU is a
        // command, so there it is blocked for the time of the write.
        let _blocked = nature.is_terminal.then(|| Blocked::only(Signal::SIGTTOU));
        let mut rest = bytes;
        while !rest.is_empty() {
            let is_partial = rest.len() < bytes.len();
            let unwritten = |why: String| Unwritten { why, is_partial };
            let part = if nature.may_wait { &rest[..rest.len().min(libc::PIPE_BUF)] } else { rest };
            if nature.may_wait {
                let patience = if self.is_stuck { Duration::ZERO } else { PATIENCE };
                self.is_stuck = !is_writable(self.descriptor(), patience);
                if self.is_stuck {
                    return Err(unwritten("nobody read it".to_owned()));
                }
            }
            match nix::unistd::write(self.descriptor(), part) {
                Ok(0) => return Err(unwritten("nothing was written".to_owned())),
                Ok(written) => rest = &rest[written..],
                Err(nix::errno::Errno::EINTR | nix::errno::Errno::EAGAIN) => (),
                Err(error) => return Err(unwritten(io::Error::from(error).to_string())),
            }
        }
        Ok(())
    }
}

/// Why a line was not written, and whether a part of it was.
struct Unwritten {
    why: String,
    is_partial: bool,
}

/// Whether something may be written without waiting. A pipe says so while `PIPE_BUF` bytes fit, see pipe(7).
fn is_writable(file: BorrowedFd<'_>, patience: Duration) -> bool {
    let mut files = [PollFd::new(file, PollFlags::POLLOUT)];
    // A closed one counts as writable: the write fails at once.
    poll(&mut files, PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX)).is_ok_and(|ready| ready > 0)
}

/// The output as what writes lines wants it.
pub(super) struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        output().write(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Tells whoever has started this process, when the log goes to a file: one line on standard error.
pub(crate) fn tell_starter(line: &str) {
    if output().has_file() {
        Output::new(None).write(format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Seek as _};

    use super::*;

    fn to(file: impl Into<OwnedFd>) -> Output {
        Output::new(Some(LogFile(File::from(file.into()))))
    }

    #[test]
    fn lines_that_nobody_reads_are_lost_and_counted_and_then_said() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut output = to(writer);
        let line = format!("2026 {}\n", "x".repeat(1000));
        let before = row().losses().lost;
        // More than a pipe holds.
        for _ in 0..100 {
            output.write(line.as_bytes());
        }
        assert!(output.is_stuck && output.lost > 30, "{}", output.lost);
        assert!(row().losses().lost - before >= output.lost);
        let lost = output.lost;
        let mut read = vec![0; 1 << 20];
        let first = reader.read(&mut read).unwrap();
        assert!(first > 0);
        output.write(b"2026 again\n");
        drop(output);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert!(
            rest.contains(&format!(" WARN {lost} lines of the log were lost: nobody read it\n2026 again\n"))
        );
    }

    #[test]
    fn a_reader_that_has_gone_and_a_full_disk_cost_lines_alone() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let full = File::options().write(true).open("/dev/full").unwrap();
        for (mut output, why) in [(to(writer), "Broken pipe"), (to(full), "No space left on device")] {
            output.write(b"{}\n");
            output.write(b"{}\n");
            assert_eq!(output.lost, 2);
            assert!(output.why.starts_with(why), "{}", output.why);
            let mut file = tempfile::tempfile().unwrap();
            output.move_to(Some(LogFile(file.try_clone().unwrap())));
            output.write(b"{}\n");
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            let note: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
            assert!(note["message"].as_str().unwrap().contains("2 lines of the log were lost"), "{text}");
        }
    }
}
