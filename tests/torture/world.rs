//! The world in which the server is tortured: namespaces of our own for network, mounts and processes.
//!
//! The suite starts itself again in it, as its init: every orphan comes to it, and all ends when it ends, whatever ends it.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::arguments::Arguments;
use crate::cgroup;
use crate::preload::Preload;

/// The variable by which the suite inside knows that it is, and where its folder is.
const INSIDE: &str = "TORTURE_FOLDER";
/// How much longer than asked for a run may take: its last step and the end of the server, or a report.
const LAST_STEP_MAX: Duration = Duration::from_secs(180);
/// How long a run may take to end after ^C.
const INTERRUPTED_MAX: Duration = Duration::from_secs(60);
/// The disk under the log.
const LOG_DISK: &str = "size=1m,mode=755";

/// What there is in it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    /// In `folder`, on a small disk of its own.
    pub(crate) log_disk: Result<PathBuf, String>,
    pub(crate) memory: Result<cgroup::Group, String>,
    pub(crate) pids: Result<cgroup::Group, String>,
    pub(crate) preload: Result<Preload, String>,
    pub(crate) loss: Result<(), String>,
    pub(crate) netem: Result<(), String>,
    /// It has users other than root.
    pub(crate) has_users: bool,
}

/// Whether this process is in it already.
pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Starts the suite again inside, and waits for its end. Its folder is kept if something was found.
pub(crate) fn enter(arguments: &Arguments) -> ExitCode {
    let folder = tempfile::Builder::new().prefix("prefork-torture-").tempdir();
    let folder = folder.expect("there is room for a folder");
    let name = folder.path().file_name().and_then(|name| name.to_str()).expect("it has a name").to_owned();
    let code = match start_inside(folder.path()) {
        Ok(mut inside) => wait(&mut inside, arguments.time() + LAST_STEP_MAX),
        Err(error) => {
            eprintln!("torture: cannot start unshare: {error}");
            1
        }
    };
    cgroup::remove(&name);
    if code == 1 && folder.path().join("violation.txt").exists() {
        eprintln!("torture: all that is known of it is in {}", folder.keep().display());
    }
    ExitCode::from(code)
}

fn start_inside(folder: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]);
    command.arg("--mount-proc");
    if !geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.arg(env::current_exe()?).args(env::args_os().skip(1)).env(INSIDE, folder).spawn()
}

fn wait(inside: &mut Child, limit: Duration) -> u8 {
    let (interrupted, terminated) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for (signal, flag) in [(SIGINT, &interrupted), (SIGTERM, &terminated)] {
        signal_hook::flag::register(signal, Arc::clone(flag)).expect("a signal that can be caught");
    }
    let mut deadline = Instant::now() + limit;
    loop {
        if let Ok(Some(status)) = inside.try_wait() {
            let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
            return u8::try_from(code).unwrap_or(1);
        }
        if interrupted.swap(false, Ordering::SeqCst) {
            // A terminal has told the suite inside, too.
            deadline = deadline.min(Instant::now() + INTERRUPTED_MAX);
        }
        if terminated.load(Ordering::SeqCst) || Instant::now() > deadline {
            eprintln!("torture: the run is ended, and all that belongs to it");
            let _ = inside.kill();
            let _ = inside.wait();
            return if terminated.load(Ordering::SeqCst) { 143 } else { 1 };
        }
        // A child cannot be waited for with a limit.
        thread::sleep(Duration::from_millis(50));
    }
}

impl World {
    /// Sets up what can be had here.
    pub(crate) fn set_up() -> Result<Self, String> {
        let folder = PathBuf::from(env::var_os(INSIDE).ok_or("not inside")?);
        let name =
            folder.file_name().and_then(|name| name.to_str()).ok_or("a folder without a name")?.to_owned();
        run("ip", &["link", "set", "lo", "up"])?;
        // Whoever the workers run as.
        run("chmod", &["755", &folder.display().to_string()])?;
        let log = folder.join("log");
        fs::create_dir(&log).map_err(|error| error.to_string())?;
        let mounted = run("mount", &["-t", "tmpfs", "-o", LOG_DISK, "tmpfs", &log.display().to_string()]);
        let uids = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        Ok(Self {
            log_disk: mounted.map(|()| log),
            memory: cgroup::Group::make(cgroup::Controller::Memory, &name),
            pids: cgroup::Group::make(cgroup::Controller::Pids, &name),
            preload: Preload::build(&folder),
            loss: set_up_loss(),
            netem: try_netem(),
            has_users: uids.split_whitespace().nth(2) != Some("1"),
            folder,
        })
    }
}

/// A table in which packets can be dropped.
fn set_up_loss() -> Result<(), String> {
    run("nft", &["add", "table", "inet", "torture"])?;
    run("nft", &["add", "chain", "inet", "torture", "input", "{ type filter hook input priority 0; }"])?;
    set_loss(1)?;
    clear_loss()
}

/// Of TCP packets so many in a hundred get lost. Resets do not: nobody sends them again, and who is not told waits for ever.
pub(crate) fn set_loss(percent: u32) -> Result<(), String> {
    let rule = format!("tcp flags & rst == 0 numgen random mod 100 < {percent} drop");
    run("nft", &["add", "rule", "inet", "torture", "input", &rule])
}

/// None does.
pub(crate) fn clear_loss() -> Result<(), String> {
    run("nft", &["flush", "chain", "inet", "torture", "input"])
}

fn try_netem() -> Result<(), String> {
    set_netem(&["delay", "1ms"])?;
    clear_netem()
}

/// Packets are held back, doubled or put in another order.
pub(crate) fn set_netem(how: &[&str]) -> Result<(), String> {
    run("tc", &[&["qdisc", "add", "dev", "lo", "root", "netem"], how].concat())
}

/// They are not.
pub(crate) fn clear_netem() -> Result<(), String> {
    run("tc", &["qdisc", "del", "dev", "lo", "root"])
}

/// Runs a program; the error is what it says.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
    Err(format!("{program} {}: {words}", arguments.first().unwrap_or(&"")))
}
