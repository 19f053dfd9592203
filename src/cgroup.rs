//! What the cgroup tells, of version 1 and of version 2: room for processes, and kills for want of memory.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// How many processes and threads fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) limit: u64,
    pub(crate) used: u64,
}

impl Room {
    /// How many more fit.
    pub(crate) fn free(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// The tightest limit of processes and threads among this process' cgroup and those above it; `None` without limit.
pub(crate) fn pids_room() -> Option<Room> {
    let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse().ok();
    let rooms = Controller::find("pids")?.folders().into_iter().filter_map(|folder| {
        // "max" is no number, hence no limit.
        Some(Room { limit: number(folder.join("pids.max"))?, used: number(folder.join("pids.current"))? })
    });
    rooms.min_by_key(Room::free)
}

/// How many processes of this process' cgroup the kernel has killed for want of memory; `None` when it does not tell.
pub(crate) fn out_of_memory_kills() -> Option<u64> {
    let controller = Controller::find("memory")?;
    let folder = controller.folders().into_iter().next()?;
    let file = match controller.version {
        Version::One => "memory.oom_control",
        Version::Two => "memory.events",
    };
    oom_kills_in(&fs::read_to_string(folder.join(file)).ok()?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Where this process' cgroup of one controller is mounted.
#[derive(Debug, PartialEq, Eq)]
struct Controller {
    version: Version,
    mount: PathBuf,
    /// Below the mount.
    path: PathBuf,
}

impl Controller {
    fn find(name: &str) -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        Self::locate(name, &membership, &mounts)
    }

    /// Finds the controller in the texts of /proc/self/cgroup and /proc/self/mountinfo, see cgroups(7) and proc(5).
    fn locate(name: &str, membership: &str, mounts: &str) -> Option<Self> {
        let entries = || membership.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
        let first =
            entries().find(|(controllers, _)| controllers.split(',').any(|controller| controller == name));
        let (version, path) = match first {
            Some((_, path)) => (Version::One, path),
            None => (Version::Two, entries().find(|(controllers, _)| controllers.is_empty())?.1),
        };
        let (root, mount) = mounts.lines().find_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let (mut before, mut after) = (before.split(' '), after.split(' '));
            let (root, mount) = (before.nth(3)?, before.next()?);
            let (kind, options) = (after.next()?, after.nth(1)?);
            let right = match version {
                Version::One => kind == "cgroup" && options.split(',').any(|option| option == name),
                Version::Two => kind == "cgroup2",
            };
            right.then_some((root, mount))
        })?;
        // In a container the mount may show only a part of the tree.
        let path = Path::new(path).strip_prefix(root).ok()?;
        let path = path.strip_prefix("/").unwrap_or(path);
        // What is outside of this process' cgroup namespace begins with "..", cgroup_namespaces(7): the mount does not show it.
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        is_below.then(|| Self { version, mount: mount.into(), path: path.to_owned() })
    }

    /// The cgroup's folder and those above it, up to the mount.
    fn folders(&self) -> Vec<PathBuf> {
        self.path.ancestors().map(|path| self.mount.join(path)).collect()
    }
}

fn oom_kills_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz {
    use super::*;

    /// `/proc/self/cgroup`, a NUL, and `/proc/self/mountinfo`: what is found is below a mount. A cgroup of this name is found where
    /// it is.
    pub(crate) fn texts(text: &str) {
        let _ = oom_kills_in(text);
        let (membership, mounts) = text.split_once('\0').unwrap_or((text, ""));
        for name in ["pids", "memory"] {
            if let Some(controller) = Controller::locate(name, membership, mounts) {
                for folder in controller.folders() {
                    let below = folder.strip_prefix(&controller.mount).expect("it is below its mount");
                    assert!(is_plain(below), "{}", folder.display());
                }
            }
        }
        if is_plain(Path::new(text)) && !text.contains(char::is_control) {
            is_found(text);
        }
    }

    fn is_plain(path: &Path) -> bool {
        path.components().all(|part| matches!(part, Component::Normal(_)))
    }

    fn is_found(path: &str) {
        let mounts =
            "30 24 0:27 / /one rw - cgroup cgroup rw,pids\n31 24 0:28 / /two rw - cgroup2 cgroup2 rw\n";
        for (name, mount) in [("pids", "/one"), ("memory", "/two")] {
            let membership = format!("4:pids:/{path}\n0::/{path}\n");
            let found = Controller::locate(name, &membership, mounts).expect("it is mounted");
            assert_eq!(found.folders()[0], Path::new(mount).join(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "24 1 0:22 / /proc rw - proc proc rw\n\
        30 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        31 24 0:28 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n\
        32 24 0:29 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n";

    fn folders(name: &str, membership: &str) -> Vec<PathBuf> {
        Controller::locate(name, membership, MOUNTS).unwrap().folders()
    }

    #[test]
    fn version_1_has_a_mount_for_each_controller() {
        let found = folders("memory", "4:memory:/a/b\n0::/c\n");
        assert_eq!(
            found,
            ["/a/b", "/a", ""].map(|end| PathBuf::from(format!("/sys/fs/cgroup/memory{end}/")))
        );
    }

    #[test]
    fn version_2_has_one_mount_for_all() {
        let found = folders("memory", "0::/c\n");
        assert_eq!(found, ["/c", ""].map(|end| PathBuf::from(format!("/sys/fs/cgroup/unified{end}/"))));
    }

    #[test]
    fn a_container_sees_its_own_part_as_the_root() {
        assert_eq!(folders("pids", "8:pids:/docker/abc\n0::/\n"), [PathBuf::from("/sys/fs/cgroup/pids/")]);
    }

    #[test]
    fn what_is_outside_of_the_namespace_is_not_looked_for_through_the_mount() {
        let other = MOUNTS.replace("/ /sys/fs/cgroup/unified", "/other /sys/fs/cgroup/unified");
        assert_eq!(Controller::locate("pids", "0::/mine\n", &other), None, "it shows somebody else's");
        assert_eq!(Controller::locate("memory", "0::/../../etc\n", MOUNTS), None);
        let seen = MOUNTS.replace("/ /sys/fs/cgroup/unified", "/.. /sys/fs/cgroup/unified");
        let found = Controller::locate("pids", "0::/../c\n", &seen).unwrap();
        assert_eq!(found.folders()[0], Path::new("/sys/fs/cgroup/unified/c"));
    }

    #[test]
    fn kills_are_read_in_both_versions() {
        assert_eq!(oom_kills_in("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(oom_kills_in("low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\n"), Some(1));
        assert_eq!(oom_kills_in(""), None);
    }
}
