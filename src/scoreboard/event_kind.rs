//! The kinds of things that happen to a pool.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventKind {
    /// A worker was forked.
    Spawned,
    /// A worker accepts from now on.
    Ready,
    /// A worker was told to finish its connections and leave.
    Draining,
    /// A worker has done so.
    Left,
    /// A worker died.
    Died,
    /// A worker has to go, and is replaced.
    Recycled,
    /// A worker does not show that it lives.
    Stuck,
    /// No slot is idle any more.
    SaturationBegin,
    /// There are idle slots again, and nobody waits.
    SaturationEnd,
    /// A new generation is made ready.
    ReloadBegin,
    /// It has taken over.
    Reloaded,
    /// It has not.
    ReloadFailed,
    /// There shall be more workers, or fewer.
    Scaled,
    /// Workers die too often.
    CrashLoop,
    /// They do not any more.
    CrashLoopEnd,
    /// Another master is to take over.
    Upgrading,
    /// This master has taken over.
    Upgraded,
    /// The other master did not.
    UpgradeFailed,
    /// The workers end and the master stays.
    Resting,
    /// The pool is going to stop, and still accepts.
    Grace,
    /// The pool ends.
    Stopping,
}

impl EventKind {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 21] = [
        Self::Spawned,
        Self::Ready,
        Self::Draining,
        Self::Left,
        Self::Died,
        Self::Recycled,
        Self::Stuck,
        Self::SaturationBegin,
        Self::SaturationEnd,
        Self::ReloadBegin,
        Self::Reloaded,
        Self::ReloadFailed,
        Self::Scaled,
        Self::CrashLoop,
        Self::CrashLoopEnd,
        Self::Upgrading,
        Self::Upgraded,
        Self::UpgradeFailed,
        Self::Resting,
        Self::Grace,
        Self::Stopping,
    ];

    /// Whether it happens to every worker, in the best of pools too.
    pub(super) fn is_routine(self) -> bool {
        matches!(self, Self::Spawned | Self::Ready | Self::Draining | Self::Left | Self::Recycled)
    }
}

/// Its name, as in JSON.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_number() {
        for (number, kind) in EventKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
        }
    }

    #[test]
    fn the_name_is_that_of_the_json_and_stands_in_the_schema() {
        let schema = include_str!("../../docs/events.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let names = &schema["properties"]["events"]["items"]["properties"]["kind"]["enum"];
        assert_eq!(*names, serde_json::to_value(EventKind::ALL).unwrap());
        assert_eq!(*names, serde_json::to_value(EventKind::ALL.map(|kind| kind.to_string())).unwrap());
        assert_eq!(EventKind::SaturationBegin.to_string(), "saturation-begin");
    }
}
