//! The world in which the server is tortured: namespaces of our own for network, mounts and processes.
//!
//! The suite starts itself again in it, as its init: every orphan comes to it, and all processes end when it ends, whatever ends it.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use landlock::{ABI, LandlockStatus, RestrictSelf};
use nix::unistd::getpid;

use crate::census;
use crate::cgroup;
use crate::preload::Preload;

/// The variables by which the suite inside knows where its folder is, and which network it has left.
pub(crate) const FOLDER: &str = "TORTURE_FOLDER";
pub(crate) const OUTSIDE: &str = "TORTURE_OUTSIDE";
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
    /// The whole sandbox is possible.
    pub(crate) has_landlock: bool,
}

/// The folder of the run, if this process is inside. One that was only told that it is would change the network of the machine and
/// kill whatever runs there: the error refuses.
pub(crate) fn folder() -> Result<Option<PathBuf>, String> {
    let Some(folder) = env::var_os(FOLDER) else { return Ok(None) };
    let outside: Option<u64> = env::var(OUTSIDE).ok().and_then(|inode| inode.parse().ok());
    let inside = network_namespace().map_err(|error| error.to_string())?;
    // Its own /proc, too: whoever is in it is killed at the end.
    let is_init = getpid().as_raw() == census::INIT
        && fs::read_link("/proc/self").is_ok_and(|its| its == Path::new("1"));
    if !is_init || outside.is_none_or(|outside| outside == inside) {
        return Err(format!(
            "{FOLDER} is set, but this is no world of its own; it is for the suite alone to set"
        ));
    }
    Ok(Some(folder.into()))
}

/// Which network this process is in, by the inode of its namespace, namespaces(7).
pub(crate) fn network_namespace() -> io::Result<u64> {
    Ok(fs::metadata("/proc/self/ns/net")?.ino())
}

impl World {
    /// Sets up what can be had here.
    pub(crate) fn set_up(folder: PathBuf) -> Result<Self, String> {
        run("ip", &["link", "set", "lo", "up"])?;
        // Whoever the workers run as.
        run("chmod", &["755", &folder.display().to_string()])?;
        let log = folder.join("log");
        fs::create_dir(&log).map_err(|error| error.to_string())?;
        let mounted = run("mount", &["-t", "tmpfs", "-o", LOG_DISK, "tmpfs", &log.display().to_string()]);
        let uids = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        Ok(Self {
            log_disk: mounted.map(|()| log),
            memory: cgroup::Group::make(cgroup::Controller::Memory, &folder),
            pids: cgroup::Group::make(cgroup::Controller::Pids, &folder),
            preload: Preload::build(&folder),
            loss: set_up_loss(),
            netem: try_netem(),
            has_landlock: has_landlock(),
            has_users: uids.split_whitespace().nth(2) != Some("1"),
            folder,
        })
    }
}

/// Whether the kernel has all of Landlock that the server requires: that of Linux 6.12. It is asked without an effect.
fn has_landlock() -> bool {
    let status = RestrictSelf::default().no_new_privs(false).apply().map(|status| status.landlock);
    matches!(status, Ok(LandlockStatus::Available { effective_abi, .. }) if effective_abi >= ABI::V6)
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

/// Runs a program; the error is what it says. Who interrupts the suite does not interrupt the program.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).process_group(0).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
    Err(format!("{program} {}: {words}", arguments.first().unwrap_or(&"")))
}
