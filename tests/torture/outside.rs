//! The suite outside its world: starts itself again inside, passes on what it is told, and tidies up.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, geteuid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::census;
use crate::cgroup;
use crate::journal;
use crate::world;

/// As a shell has it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How long the first round may take, in which each kind of step is made.
const ROUND_MAX: Duration = Duration::from_secs(900);
/// How much longer than asked for a run may take: its last step and the end of the server, or a report.
const LAST_STEP_MAX: Duration = Duration::from_secs(400);
/// How long a run may take to end after ^C.
const INTERRUPTED_MAX: Duration = Duration::from_secs(60);
/// How long all processes of a run may take to die.
const DIES_WITHIN: Duration = Duration::from_secs(5);
/// What the folders of all runs begin with, and the file in it that is locked while its run goes on. One that is kept has none.
const PREFIX: &str = "prefork-torture-";
const LOCK: &str = "lock";

/// What it is told from outside, and then ends.
const SIGNALS: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Starts the suite again inside, and waits for its end. Its folder is kept unless all went well, nothing was begun, or somebody ended it.
pub(crate) fn enter(arguments: &Arguments) -> ExitCode {
    sweep();
    let result = folder().and_then(|(folder, lock)| {
        let mut inside = start_inside(folder.path())?;
        let code = wait(&mut inside, arguments.time().max(ROUND_MAX) + LAST_STEP_MAX);
        let is_clean = cgroup::remove(folder.path());
        let was_told = SIGNALS.iter().any(|signal| i32::from(code) == 128 + signal);
        if code != 0 && !was_told && folder.path().join(journal::STEPS).exists() {
            // The next run is to leave it alone.
            let _ = fs::remove_file(folder.path().join(LOCK));
            eprintln!("torture: all that is known of it is in {}", folder.keep().display());
        } else if !is_clean {
            // The next run is to try again.
            let _ = folder.keep();
        }
        drop(lock);
        Ok(code)
    });
    result.map_or_else(
        |error| {
            eprintln!("torture: cannot begin: {error}");
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}

/// Removes what runs have left that nobody could tidy up after.
fn sweep() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let folder = entry.path();
        let is_ours = name_of(&folder).starts_with(PREFIX);
        let Some(file) = is_ours.then(|| File::open(folder.join(LOCK)).ok()).flatten() else { continue };
        if Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok() {
            // Its list of them is in it.
            if cgroup::remove(&folder) {
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }
}

/// A folder for this run. It gets its lock by a rename, so that nobody finds one that is not locked yet.
fn folder() -> io::Result<(TempDir, Flock<File>)> {
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
    let new = folder.path().join("new");
    let lock = Flock::lock(File::create(&new)?, FlockArg::LockExclusiveNonblock);
    let lock = lock.map_err(|(_, error)| error)?;
    fs::rename(new, folder.path().join(LOCK))?;
    Ok((folder, lock))
}

fn name_of(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn start_inside(folder: &Path) -> io::Result<Child> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]);
    command.arg("--mount-proc");
    if !geteuid().is_root() {
        command.arg("--map-root-user");
    }
    let outside = world::network_namespace()?.to_string();
    command.arg(env::current_exe()?).args(env::args_os().skip(1));
    command.env(world::FOLDER, folder).env(world::OUTSIDE, outside);
    // In a group of its own, a terminal does not tell it what it tells us.
    command.process_group(0).spawn()
}

fn wait(inside: &mut Child, limit: Duration) -> u8 {
    let told = Arc::new(AtomicUsize::new(0));
    for signal in SIGNALS {
        let number = usize::try_from(signal).expect("signals have small numbers");
        signal_hook::flag::register_usize(signal, Arc::clone(&told), number)
            .expect("a signal that can be caught");
    }
    let (mut deadline, mut is_interrupted) = (Instant::now() + limit, false);
    loop {
        if let Ok(Some(status)) = inside.try_wait() {
            let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
            return u8::try_from(code).unwrap_or(1);
        }
        match i32::try_from(told.swap(0, Ordering::SeqCst)).unwrap_or_default() {
            0 => (),
            SIGINT => {
                let group = Pid::from_raw(i32::try_from(inside.id()).expect("a pid"));
                // It may just have ended.
                let _ = killpg(group, Signal::SIGINT);
                (is_interrupted, deadline) = (true, deadline.min(Instant::now() + INTERRUPTED_MAX));
            }
            signal => {
                end(inside);
                return u8::try_from(128 + signal).unwrap_or(1);
            }
        }
        if Instant::now() > deadline {
            end(inside);
            return if is_interrupted { INTERRUPTED } else { 1 };
        }
        // A child cannot be waited for with a limit.
        thread::sleep(Duration::from_millis(50));
    }
}

/// Ends a run: its init dies with who has started it, and all others with its init, `pid_namespaces(7)`.
fn end(inside: &mut Child) {
    eprintln!("torture: the run is ended, and all that belongs to it");
    let children =
        fs::read_to_string(format!("/proc/{0}/task/{0}/children", inside.id())).unwrap_or_default();
    let _ = inside.kill();
    let _ = inside.wait();
    let (init, deadline) = (children.trim().parse(), Instant::now() + DIES_WITHIN);
    while init.as_ref().is_ok_and(|init| census::lives(*init)) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(10));
    }
}
