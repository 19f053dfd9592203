//! Capabilities, see capabilities(7): what a master keeps of them, and that its children have none.

use std::collections::HashSet;

use caps::errors::CapsError;
use caps::{CapSet, Capability};

/// What a master may need; the rest is gone for it, for the programs that it starts and for its children.
const OF_MASTER: [Capability; 8] = [
    // Ports below 1024, at a reload too.
    Capability::CAP_NET_BIND_SERVICE,
    // Workers run as another user.
    Capability::CAP_KILL,
    Capability::CAP_SETUID,
    Capability::CAP_SETGID,
    // Children cut their own bounding set.
    Capability::CAP_SETPCAP,
    // Sockets, the pid file and the log in directories of others; a file there of a pool that ran as another user.
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_FOWNER,
    // More open files than the hard limit.
    Capability::CAP_SYS_RESOURCE,
];

/// The sets by which a process can do something, or could by starting a program; without the bounding set, which only
/// limits them. In this order they can be lowered.
const SETS: [CapSet; 4] = [CapSet::Ambient, CapSet::Effective, CapSet::Permitted, CapSet::Inheritable];

/// Whether the calling process has a capability to use.
pub(super) fn has(capability: Capability) -> Result<bool, CapsError> {
    caps::has_cap(None, CapSet::Effective, capability)
}

/// Gives up all that a master does not need. Without `CAP_SETPCAP` the bounding set stays as it is.
pub(crate) fn keep_those_of_master() -> Result<(), CapsError> {
    let needed: HashSet<Capability> = OF_MASTER.into_iter().collect();
    cut_bounding_set(&needed)?;
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        let has = caps::read(None, set)?;
        if !has.is_subset(&needed) {
            // What goes from the other sets goes from the ambient one too.
            caps::set(None, set, &has.intersection(&needed).copied().collect())?;
        }
    }
    Ok(())
}

/// Gives up all capabilities, while `CAP_SETPCAP` is there the bounding set too.
pub(super) fn drop_bounding_set() -> Result<(), CapsError> {
    cut_bounding_set(&HashSet::new())
}

/// Gives up what can be used.
pub(super) fn drop_all() -> Result<(), CapsError> {
    SETS.into_iter().try_for_each(|set| caps::clear(None, set))
}

/// What can still be used, by any of the sets.
pub(super) fn left() -> Result<Vec<Capability>, CapsError> {
    let mut left = Vec::new();
    for set in SETS {
        left.extend(caps::read(None, set)?);
    }
    Ok(left)
}

fn cut_bounding_set(needed: &HashSet<Capability>) -> Result<(), CapsError> {
    if !has(Capability::CAP_SETPCAP)? {
        return Ok(());
    }
    let bounding = caps::read(None, CapSet::Bounding)?;
    bounding.difference(needed).try_for_each(|capability| caps::drop(None, CapSet::Bounding, *capability))
}
