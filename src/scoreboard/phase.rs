//! What the master is doing, and where a worker stands.

/// What the master is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Starting,
    Running,
    Reloading,
    Upgrading,
    Resting,
    Draining,
}

/// Where a worker stands, as far as others care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Starting,
    Ready,
    Draining,
}

impl Phase {
    pub(super) const ALL: [Self; 6] =
        [Self::Starting, Self::Running, Self::Reloading, Self::Upgrading, Self::Resting, Self::Draining];
}

impl Standing {
    pub(super) const ALL: [Self; 3] = [Self::Starting, Self::Ready, Self::Draining];
}
