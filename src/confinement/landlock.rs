//! Landlock, see landlock(7): nothing is opened, bound, connected to or signalled outside any more.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, RestrictSelf, Ruleset,
    RulesetAttr, RulesetError, RulesetStatus, Scope,
};

/// The newest that is known here. What the kernel does not know is left out: the crate sees to it.
const NEWEST: ABI = ABI::V9;

/// What the running kernel has of it; zero is nothing. It is asked without an effect.
pub(super) fn abi() -> i32 {
    match RestrictSelf::default().no_new_privs(false).apply().map(|status| status.landlock) {
        Ok(LandlockStatus::Available { effective_abi, kernel_abi }) => {
            kernel_abi.unwrap_or(effective_abi as i32)
        }
        Ok(LandlockStatus::NotEnabled | LandlockStatus::NotImplemented) | Err(_) => 0,
    }
}

/// What a kernel with this ABI leaves out, in words.
pub(super) fn lacking(abi: i32) -> Option<&'static str> {
    match abi {
        ..1 => Some("Landlock (Linux 5.13; is \"landlock\" in /sys/kernel/security/lsm?)"),
        1..4 => Some("Landlock for TCP (Linux 6.7), abstract sockets and signals (Linux 6.12)"),
        4..6 => Some("Landlock for abstract sockets and signals (Linux 6.12)"),
        6.. => None,
    }
}

/// Confines the calling thread, and those that it starts from now on: no exception is made.
pub(super) fn enforce() -> Result<(), String> {
    let status = restrict().map_err(|error| format!("Landlock: {error}"))?;
    if status == RulesetStatus::NotEnforced {
        Err("Landlock: the kernel has none".to_owned())
    } else {
        Ok(())
    }
}

fn restrict() -> Result<RulesetStatus, RulesetError> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    Ok(ruleset.create()?.restrict_self()?.ruleset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_kernel_lacks_is_said() {
        assert!(lacking(0).unwrap().starts_with("Landlock (Linux 5.13"));
        assert!(lacking(3).unwrap().contains("TCP"));
        assert!(!lacking(5).unwrap().contains("TCP"));
        assert_eq!((lacking(6), lacking(7), lacking(99)), (None, None, None));
    }

    #[test]
    fn to_ask_for_it_has_no_effect() {
        let _ = abi();
        assert!(std::fs::read_dir("/").is_ok());
    }
}
