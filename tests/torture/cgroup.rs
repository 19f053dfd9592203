//! The cgroup of the server, of version 1 or 2, in which memory and processes can be limited.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long the last process of a cgroup may take to leave it.
const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// What can be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Controller {
    Memory,
    Pids,
}

/// A folder of one controller: version 1 has one for each, version 2 one for both.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    controller: Controller,
    folder: PathBuf,
    is_version_1: bool,
}

impl Group {
    /// Makes a cgroup for a run, of the name of its folder, below our own; the error says what lacks.
    pub(crate) fn make(controller: Controller, run: &Path) -> Result<Self, String> {
        let (parent, is_version_1) = parent(controller)?;
        let folder = parent.join(run.file_name().ok_or("a folder without a name")?);
        note(run, &folder).map_err(|error| error.to_string())?;
        let group = Self { controller, folder, is_version_1 };
        let why = |error: io::Error| format!("cgroup {}: {error}", group.folder.display());
        fs::create_dir_all(&group.folder).map_err(why)?;
        fs::read_to_string(group.folder.join(group.limit_file())).map_err(why)?;
        group.forbid_swap().map_err(why)?;
        Ok(group)
    }

    /// The file to which a process writes its pid to come in.
    pub(crate) fn entrance(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// How much of it is used: bytes or tasks.
    pub(crate) fn used(&self) -> io::Result<u64> {
        let file = match (self.controller, self.is_version_1) {
            (Controller::Memory, true) => "memory.usage_in_bytes",
            (Controller::Memory, false) => "memory.current",
            (Controller::Pids, _) => "pids.current",
        };
        let text = fs::read_to_string(self.folder.join(file))?;
        text.trim().parse().map_err(io::Error::other)
    }

    /// Memory that is limited must not go to the swap instead: whoever eats it would eat all of that, too.
    fn forbid_swap(&self) -> io::Result<()> {
        let file = match (self.controller, self.is_version_1) {
            (Controller::Pids, _) => return Ok(()),
            (Controller::Memory, true) => "memory.swappiness",
            (Controller::Memory, false) => "memory.swap.max",
        };
        // The first line is the head of the table.
        let has_swap = fs::read_to_string("/proc/swaps")?.lines().count() > 1;
        let forbidden = fs::write(self.folder.join(file), "0");
        if has_swap { forbidden } else { Ok(()) }
    }

    /// Limits it.
    pub(crate) fn limit(&self, most: u64) -> io::Result<()> {
        fs::write(self.folder.join(self.limit_file()), most.to_string())
    }

    /// Limits it no more.
    pub(crate) fn unlimit(&self) -> io::Result<()> {
        let none = if self.controller == Controller::Memory && self.is_version_1 { "-1" } else { "max" };
        fs::write(self.folder.join(self.limit_file()), none)
    }

    fn limit_file(&self) -> &'static str {
        match (self.controller, self.is_version_1) {
            (Controller::Memory, true) => "memory.limit_in_bytes",
            (Controller::Memory, false) => "memory.max",
            (Controller::Pids, _) => "pids.max",
        }
    }
}

/// Where a run keeps which cgroups it has made: another one may be in another cgroup, and would look for them elsewhere.
fn list(run: &Path) -> PathBuf {
    run.join("cgroups")
}

/// Before it is made, whatever ends us.
fn note(run: &Path, group: &Path) -> io::Result<()> {
    let mut list = fs::OpenOptions::new().create(true).append(true).open(list(run))?;
    writeln!(list, "{}", group.display())
}

/// Removes what a run has made, and says whether nothing is left of it. Whoever was in it is about to be gone.
pub(crate) fn remove(run: &Path) -> bool {
    let deadline = Instant::now() + LEAVES_WITHIN;
    let groups = fs::read_to_string(list(run)).unwrap_or_default();
    groups.lines().map(Path::new).all(|group| {
        while group.exists() && fs::remove_dir(group).is_err() {
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    })
}

/// The cgroup below which ours is made, and whether it is of version 1, by `cgroups(7)`: in version 1 the one in which we are
/// ourselves. In version 2 one that holds processes hands no controller on, so it is the next above us that does.
fn parent(controller: Controller) -> Result<(PathBuf, bool), String> {
    let name = match controller {
        Controller::Memory => "memory",
        Controller::Pids => "pids",
    };
    let membership = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let entries = || membership.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let of_version_1 = entries().find(|(names, _)| names.split(',').any(|its| its == name));
    let of_version_2 = || entries().find(|(names, _)| names.is_empty());
    let (mount, path) = match (of_version_1, of_version_2()) {
        (Some((_, path)), _) => (Path::new("/sys/fs/cgroup").join(name), path),
        (None, Some((_, path))) => (PathBuf::from("/sys/fs/cgroup"), path),
        (None, None) => return Err("no cgroup is mounted".to_owned()),
    };
    let inner = mount.join(path.trim_start_matches('/'));
    // In a container the mount may begin at the container's own.
    let own = if inner.exists() { inner } else { mount.clone() };
    if of_version_1.is_some() {
        return Ok((own, true));
    }
    let hands_on = |folder: &&Path| {
        let controllers = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
        controllers.split_whitespace().any(|its| its == name)
    };
    let found = own.ancestors().take_while(|folder| folder.starts_with(&mount)).find(hands_on);
    let found = found.ok_or_else(|| format!("no cgroup from {} upwards hands on {name}", own.display()))?;
    Ok((found.to_owned(), false))
}
