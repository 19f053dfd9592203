//! Where the lines of this process go. Its loss is no reason to stop serving: a full disk, a reader that has gone, one that
//! has stopped reading, or one that is slow, for which lines wait a little, all together.

use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::file::LogFile;
use super::limit;
use super::line::Form;
use super::patience::Patience;
use super::place::{self, Nature};
use crate::scoreboard::LogRow;
use crate::signals::Blocked;

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
    patience: Patience,
    /// Lines that were dropped since the last that was written, and why the last of them.
    lost: u64,
    why: String,
}

impl Output {
    const fn new(file: Option<LogFile>) -> Self {
        Self { file, nature: None, patience: Patience::new(), lost: 0, why: String::new() }
    }

    /// Lets the lines go elsewhere. What was lost before is said there.
    pub(super) fn move_to(&mut self, file: Option<LogFile>) {
        (self.file, self.nature, self.patience) = (file, None, Patience::new());
    }

    /// Forgets what was lost: the master, which this process was, says it.
    pub(super) fn forget(&mut self) {
        (self.patience, self.lost) = (Patience::new(), 0);
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
        self.file.as_ref().map_or_else(|| place::stderr(), AsFd::as_fd)
    }

    fn nature(&mut self) -> Nature {
        let nature = self.nature.unwrap_or_else(|| Nature::of(self.descriptor()));
        *self.nature.insert(nature)
    }

    /// Writes a line, with what there is to say before it.
    pub(super) fn write(&mut self, line: &[u8]) {
        let (news, is_torn) = (limit::news(), row().is_torn());
        let result = if self.lost == 0 && news.is_empty() && !is_torn {
            self.put(line)
        } else {
            let before = self.before(line, &news, is_torn);
            if is_torn {
                // Only then: another process may tear a line just now.
                row().set_torn(false);
            }
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
            match nature.write(self.descriptor(), rest) {
                Ok(0) => return Err(unwritten("nothing was written".to_owned())),
                Ok(written) => rest = &rest[written..],
                Err(Errno::EINTR) => (),
                Err(Errno::EAGAIN) if self.wait() => (),
                Err(Errno::EAGAIN) => return Err(unwritten("nobody read it".to_owned())),
                Err(error) => return Err(unwritten(io::Error::from(error).to_string())),
            }
        }
        self.patience.note_written(Instant::now);
        Ok(())
    }

    /// Waits for the reader, for as long as a line may; false if that was in vain.
    fn wait(&mut self) -> bool {
        let began = Instant::now();
        let patience = self.patience.left(began);
        let is_writable = !patience.is_zero() && place::is_writable(self.descriptor(), patience);
        if is_writable {
            // A terminal in which another process is writing says that there is room, and takes nothing: that one has to get
            // on, `tty_write_lock` in drivers/tty/tty_io.c.
            thread::yield_now();
        }
        let now = Instant::now();
        self.patience.note_waited(now.saturating_duration_since(began), !is_writable, now);
        is_writable
    }
}

/// Why a line was not written, and whether a part of it was.
struct Unwritten {
    why: String,
    is_partial: bool,
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
        // The log has it too. What the log has to say of itself does not belong here.
        let _ = Output::new(None).put(format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Seek as _};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::os::unix::net::UnixStream;

    use nix::libc;

    use super::*;
    use crate::logging::patience;

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
        assert!(output.lost > 30, "{}", output.lost);
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
    fn whoever_stops_reading_costs_half_a_second_once() {
        let (_pipe, writer) = io::pipe().unwrap();
        let shared = to(writer.try_clone().unwrap());
        let (_socket, other) = UnixStream::pair().unwrap();
        let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
        let own = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap();
        let line = format!("2026 {}\n", "x".repeat(10_000));
        for mut output in [to(own), shared, to(other)] {
            let began = Instant::now();
            for _ in 0..200 {
                output.write(line.as_bytes());
            }
            assert!(output.lost > 100 && output.why == "nobody read it", "{} {}", output.lost, output.why);
            // The first fills the pipe, and the second finds it full: both wait.
            assert!(began.elapsed() < 4 * patience::MOST, "{:?}", began.elapsed());
        }
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
