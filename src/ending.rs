//! Why a connection ended, in words, and which ends are counted: those that a limit of ours has caused.

use crate::refusal::Refusal;

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The peer sent its last byte and has got its last answer.
    PeerClosed,
    /// The handler closed it.
    HandlerClosed,
    /// The handler panicked.
    HandlerPanicked,
    /// The peer sent nothing for too long.
    IdleTimeout,
    /// The peer took nothing of its answer for too long.
    WriteTimeout,
    /// The peer sent nothing at all for too long.
    FirstByteTimeout,
    /// The connection has lasted for as long as one may.
    Lifetime,
    /// The peer was waited for again and again, and sent and took too little.
    TooSlow,
    /// The peer sent nothing for long while others waited for its slot.
    MadeRoom,
    /// It had a slot only until a proxy had told who its peer is, or had not.
    Refused(Refusal),
    /// The peer reset it, or is gone.
    Reset,
    /// The worker leaves, and the peer sent nothing for as long as one may then.
    DrainIdle,
    /// The worker leaves, and its time was up.
    Cut,
}

impl Ending {
    /// Those that are counted, in the order of [`Ending::counted`], each with the name of its limit.
    pub(crate) const COUNTED: [(Self, &str); 6] = [
        (Self::IdleTimeout, "idle"),
        (Self::WriteTimeout, "write"),
        (Self::FirstByteTimeout, "first_byte"),
        (Self::Lifetime, "lifetime"),
        (Self::TooSlow, "min_rate"),
        (Self::MadeRoom, "made_room"),
    ];

    /// The word for it in the log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::PeerClosed => "peer closed",
            Self::HandlerClosed => "handler closed",
            Self::HandlerPanicked => "handler panicked",
            Self::IdleTimeout => "idle timeout",
            Self::WriteTimeout => "write timeout",
            Self::FirstByteTimeout => "no first byte",
            Self::Lifetime => "lifetime",
            Self::TooSlow => "too slow",
            Self::MadeRoom => "made room",
            Self::Refused(why) => why.name(),
            Self::Reset => "reset",
            Self::DrainIdle => "idle at a drain",
            Self::Cut => "cut",
        }
    }

    /// Its place among those that are counted.
    pub(crate) fn counted(self) -> Option<usize> {
        Self::COUNTED.iter().position(|(ending, _)| *ending == self)
    }

    /// Whether it is news whatever else happens. All other ends a peer can bring about as often as it likes; those that a limit
    /// has caused are counted.
    pub(crate) fn is_news(self) -> bool {
        matches!(self, Self::HandlerPanicked | Self::Cut | Self::DrainIdle)
    }

    /// Whether the peer may still be sending, so that we have to linger.
    pub(crate) fn is_ours(self) -> bool {
        !matches!(self, Self::PeerClosed | Self::Refused(_) | Self::Reset)
    }
}
