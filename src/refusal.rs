//! Why somebody who was in the queue is not let in.

/// The reasons, which are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `limits.allow` does not have the address, or `limits.deny` has it.
    Denied,
    /// The peer has `limits.per_peer` connections already.
    PerPeer,
    /// It has waited longer than `limits.queue_wait`.
    QueueWait,
    /// A proxy did not say for whom it connects.
    ProxyHeader,
}

impl Refusal {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Denied, Self::PerPeer, Self::QueueWait, Self::ProxyHeader];

    /// The word for it, wherever it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::PerPeer => "per_peer",
            Self::QueueWait => "queue_wait",
            Self::ProxyHeader => "proxy_header",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_number() {
        for (number, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, number);
        }
    }
}
