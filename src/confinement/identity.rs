//! Whom workers and monitor run as, and how a process becomes that for good.

use std::fmt;
use std::fs;

use caps::Capability;
use caps::errors::CapsError;
use nix::errno::Errno;
use nix::sys::prctl::set_no_new_privs;
use nix::unistd::{
    Gid, Group as KnownGroup, ResGid, ResUid, Uid, User as KnownUser, getegid, geteuid, getgroups, getresgid,
    getresuid, setgid, setgroups, setresgid, setresuid, setuid,
};

use super::capabilities;
use crate::config::{Group, Security, User};
use crate::error::Error;

/// The user and group that own nothing, by the numbers that all distributions give them and the kernel means by
/// `overflowuid`, `proc_sys_kernel(5)`, if no name says otherwise.
const NOBODY: u32 = 65534;

/// Whom a child of the master runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    uid: Uid,
    gid: Gid,
    /// It may give up its supplementary groups, and does.
    without_groups: bool,
    /// Why it is not whom the configuration asks for.
    obstacle: Option<String>,
    /// Root of the whole system, of whom limits of processes do not count.
    is_system_root: bool,
    /// "nobody:nogroup", by their numbers if they have no names. Asked for once: it may be a server that knows them.
    names: String,
}

/// What a master is, and may become.
#[derive(Debug, Clone)]
struct Means {
    uid: Uid,
    gid: Gid,
    /// The account "nobody" of this system.
    nobody: (Uid, Gid),
    /// Capabilities that it lacks to change its user and to signal such children.
    lacks: Option<Capability>,
    /// `/proc/self/uid_map` and `gid_map`: the numbers that exist here, `user_namespaces(7)`.
    uid_map: String,
    gid_map: String,
    /// Whether it may give up its supplementary groups.
    may_set_groups: bool,
}

impl Means {
    fn of_this_process() -> Result<Self, CapsError> {
        let nobody = KnownUser::from_name("nobody").ok().flatten();
        let nobody =
            nobody.map_or((Uid::from_raw(NOBODY), Gid::from_raw(NOBODY)), |user| (user.uid, user.gid));
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Ok(Self {
            uid: geteuid(),
            gid: getegid(),
            nobody,
            lacks: lacking()?,
            uid_map: read("/proc/self/uid_map"),
            gid_map: read("/proc/self/gid_map"),
            may_set_groups: capabilities::has(Capability::CAP_SETGID)?
                && read("/proc/self/setgroups").trim() != "deny",
        })
    }

    /// What stands between this process and an identity.
    fn obstacle(&self, uid: Uid, gid: Gid) -> Option<String> {
        if let Some(capability) = self.lacks {
            return Some(format!("the master lacks {capability}"));
        }
        if !is_mapped(&self.uid_map, uid.as_raw()) {
            return Some(format!("its user namespace has no user {uid}"));
        }
        if !is_mapped(&self.gid_map, gid.as_raw()) {
            return Some(format!("its user namespace has no group {gid}"));
        }
        (!self.may_set_groups).then(|| "its user namespace denies setgroups".to_owned())
    }
}

/// What this process lacks to change its user, and to end children that have another.
fn lacking() -> Result<Option<Capability>, CapsError> {
    for capability in [Capability::CAP_SETUID, Capability::CAP_SETGID, Capability::CAP_KILL] {
        if !capabilities::has(capability)? {
            return Ok(Some(capability));
        }
    }
    Ok(None)
}

/// Whether a number exists in a user namespace. Each line is a range: its first number inside, outside, its length.
fn is_mapped(map: &str, id: u32) -> bool {
    // Where nobody can read it there are no user namespaces.
    map.is_empty()
        || map.lines().any(|line| {
            let mut fields = line.split_ascii_whitespace().map(|field| field.parse::<u64>().unwrap_or(0));
            let (first, _, length) = (fields.next(), fields.next(), fields.next());
            let first = first.unwrap_or(u64::MAX);
            (first..first.saturating_add(length.unwrap_or(0))).contains(&u64::from(id))
        })
}

/// Whether a user namespace has all numbers: only the system's own, and those that are like it, do.
fn is_whole(map: &str) -> bool {
    map.is_empty() || map.split_ascii_whitespace().eq(["0", "0", "4294967295"])
}

impl Identity {
    /// Whom this process' children are to run as. It is an error if somebody named cannot be that, though the master is root.
    pub(crate) fn of(security: &Security) -> Result<Self, Error> {
        // Who does not know its means must not take them for less, and its workers for what they need not be.
        let means = Means::of_this_process().map_err(|error| {
            Error::Config(format!("cannot read the capabilities of this process: {error}"))
        })?;
        let identity = Self::with(security, &means).map_err(Error::Config)?;
        Ok(Self { names: names(identity.uid, identity.gid), ..identity })
    }

    fn with(security: &Security, means: &Means) -> Result<Self, String> {
        let (uid, own_gid) = match &security.user {
            User::Auto if means.uid.is_root() => means.nobody,
            User::Auto | User::None => (means.uid, means.gid),
            User::Is { uid, gid, .. } => (*uid, gid.unwrap_or(means.nobody.1)),
        };
        let gid = match security.group {
            Group::Auto => own_gid,
            Group::Is { gid, .. } => gid,
        };
        let of = |uid: Uid, gid, obstacle| Self {
            uid,
            gid,
            without_groups: means.may_set_groups,
            obstacle,
            is_system_root: uid.is_root() && is_whole(&means.uid_map),
            names: String::new(),
        };
        if (uid, gid) == (means.uid, means.gid) {
            return Ok(of(uid, gid, None));
        }
        let Some(obstacle) = means.obstacle(uid, gid) else { return Ok(of(uid, gid, None)) };
        let is_named = security.user != User::Auto || security.group != Group::Auto;
        if means.uid.is_root() && is_named {
            return Err(format!(
                "workers cannot run as user {uid}, group {gid} (security.user = \"{}\", security.group = \"{}\"): {obstacle}",
                security.user, security.group
            ));
        }
        let obstacle = format!("not user {uid}, group {gid}: {obstacle}");
        Ok(of(means.uid, means.gid, Some(obstacle)))
    }

    /// Whether it is exempt from limits of processes: root is, but of the system, not of a user namespace (`INIT_USER` in
    /// `copy_process`, kernel/fork.c; capabilities, which exempt too, it has none).
    pub(super) fn is_system_root(&self) -> bool {
        self.is_system_root
    }

    /// Why the children are not whom the configuration asks for.
    pub(super) fn obstacle(&self) -> Option<&str> {
        self.obstacle.as_deref()
    }

    /// Makes the calling process that, with no way back and no capabilities. It must have one thread.
    ///
    /// What setuid(2) clears has to be set after it: `PR_SET_PDEATHSIG`, and that a process may be dumped.
    pub(super) fn assume(&self) -> Result<(), String> {
        let failed = |what: &'static str| move |error: Errno| format!("cannot {what}: {error}");
        let of_capabilities = |error: CapsError| format!("cannot give up capabilities: {error}");
        set_no_new_privs().map_err(failed("set no_new_privs"))?;
        // While the capability is there by which this may be done.
        capabilities::drop_bounding_set().map_err(of_capabilities)?;
        let Self { uid, gid, .. } = *self;
        if self.without_groups {
            setgroups(&[]).map_err(failed("give up the supplementary groups"))?;
        }
        // The real and the saved ones too, which may be another's. In this order: the last takes the right to the others with
        // it. What is so already is left alone, since a service manager may forbid the calls (`@privileged`, systemd.exec(5)).
        let (users, groups) = self.numbers();
        if getresgid() != Ok(groups) {
            setresgid(gid, gid, gid).map_err(failed("change the group"))?;
        }
        if getresuid() != Ok(users) {
            setresuid(uid, uid, uid).map_err(failed("change the user"))?;
        }
        capabilities::drop_all().map_err(of_capabilities)?;
        self.verify()
    }

    /// Real, effective and saved.
    fn numbers(&self) -> (ResUid, ResGid) {
        let Self { uid, gid, .. } = *self;
        (ResUid { real: uid, effective: uid, saved: uid }, ResGid { real: gid, effective: gid, saved: gid })
    }

    /// Not what was asked for counts, but what is.
    fn verify(&self) -> Result<(), String> {
        let left = capabilities::left().map_err(|error| format!("cannot read the capabilities: {error}"))?;
        if !left.is_empty() {
            return Err(format!("capabilities are left: {left:?}"));
        }
        let Self { uid, gid, .. } = *self;
        let (users, groups) = self.numbers();
        if getresuid() != Ok(users) || getresgid() != Ok(groups) {
            return Err(format!("user and group are not {uid} and {gid} after all"));
        }
        if self.without_groups && getgroups() != Ok(Vec::new()) {
            return Err("there are supplementary groups after all".to_owned());
        }
        let root = (Uid::from_raw(0), Gid::from_raw(0));
        if (uid != root.0 && setuid(root.0).is_ok()) || (gid != root.1 && setgid(root.1).is_ok()) {
            return Err("there is a way back to root".to_owned());
        }
        Ok(())
    }
}

impl fmt::Display for Identity {
    /// "nobody:nogroup".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names)
    }
}

fn names(uid: Uid, gid: Gid) -> String {
    let user = KnownUser::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name);
    let group = KnownGroup::from_gid(gid).ok().flatten().map_or_else(|| gid.to_string(), |group| group.name);
    format!("{user}:{group}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: &str = "         0          0 4294967295\n";

    fn means(uid: u32, lacks: Option<Capability>, map: &str) -> Means {
        Means {
            uid: Uid::from_raw(uid),
            gid: Gid::from_raw(uid),
            nobody: (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY)),
            lacks,
            uid_map: map.to_owned(),
            gid_map: map.to_owned(),
            may_set_groups: lacks != Some(Capability::CAP_SETUID),
        }
    }

    fn named(uid: u32, gid: Option<u32>) -> Security {
        let user = User::Is { text: "www".to_owned(), uid: Uid::from_raw(uid), gid: gid.map(Gid::from_raw) };
        Security { user, ..Security::default() }
    }

    fn ids(identity: &Identity) -> (u32, u32, bool) {
        (identity.uid.as_raw(), identity.gid.as_raw(), identity.without_groups)
    }

    #[test]
    fn root_gives_way_to_nobody_or_to_whom_it_is_told() {
        let root = means(0, None, ALL);
        let with = |security: &Security| ids(&Identity::with(security, &root).unwrap());
        assert_eq!(with(&Security::default()), (NOBODY, NOBODY, true));
        assert_eq!(with(&named(33, Some(34))), (33, 34, true));
        assert_eq!(with(&named(1234, None)), (1234, NOBODY, true));
        let group = Group::Is { text: "7".to_owned(), gid: Gid::from_raw(7) };
        assert_eq!(with(&Security { group, ..named(33, Some(34)) }), (33, 7, true));
        assert_eq!(with(&Security { user: User::None, ..Security::default() }), (0, 0, true));
    }

    #[test]
    fn who_is_not_root_stays_and_says_so_if_somebody_else_was_named() {
        let user = means(1000, Some(Capability::CAP_SETUID), ALL);
        let identity = Identity::with(&Security::default(), &user).unwrap();
        assert_eq!((ids(&identity), identity.obstacle()), ((1000, 1000, false), None));
        let identity = Identity::with(&named(33, Some(33)), &user).unwrap();
        assert_eq!(ids(&identity), (1000, 1000, false));
        assert_eq!(identity.obstacle(), Some("not user 33, group 33: the master lacks CAP_SETUID"));
        let own = Identity::with(&named(1000, Some(1000)), &user).unwrap();
        assert_eq!(own.obstacle(), None);
    }

    #[test]
    fn root_that_cannot_change_stays_unless_somebody_was_named() {
        let boxed = means(0, None, "         0       1000          1\n");
        let identity = Identity::with(&Security::default(), &boxed).unwrap();
        assert_eq!(ids(&identity), (0, 0, true));
        assert!(identity.obstacle().unwrap().contains("no user 65534"), "{identity:?}");
        assert!(!identity.is_system_root(), "it is user 1000 of the system");
        let refusal = Identity::with(&named(33, Some(33)), &boxed).unwrap_err();
        assert!(refusal.contains("security.user = \"www\"") && refusal.contains("no user 33"), "{refusal}");
        let bound = means(0, Some(Capability::CAP_KILL), ALL);
        assert!(Identity::with(&named(33, None), &bound).unwrap_err().contains("CAP_KILL"));
        let denied = Means { may_set_groups: false, ..means(0, None, ALL) };
        let identity = Identity::with(&Security::default(), &denied).unwrap();
        assert!(identity.obstacle().is_some() && !identity.without_groups && identity.is_system_root());
    }

    proptest! {
        #[test]
        fn a_number_exists_if_a_range_has_it(first: u32, length in 1..=u32::MAX, id: u32) {
            let map = format!("{:>10} {:>10} {:>10}\n{first:>10} {:>10} {length:>10}\n", 0, 7, 0, 100_000);
            let wanted = id >= first && u64::from(id) < u64::from(first) + u64::from(length);
            prop_assert_eq!(is_mapped(&map, id), wanted);
        }

        #[test]
        fn no_map_makes_it_panic(map in ".*", id: u32) {
            let _ = is_mapped(&map, id);
        }
    }
}
