//! How long the peer of a connection may be waited for, and which limit it is that ends a wait.

use std::time::{Duration, Instant};

use crate::config::Config;
use crate::ending::Ending;

/// How long a proxy may take to send its header, where `timeouts.first_byte` says nothing.
const HEADER: Duration = Duration::from_secs(5);
/// How long a peer may take nothing of an answer that was under way when its connection's lifetime ended. So an answer
/// that the peer takes is not torn off, and one that it does not take holds the slot no longer than this.
const STILL_TAKING: Duration = Duration::from_secs(1);
/// The shortest timeout that is given to a socket: zero would be without end, socket(7).
const SHORTEST: Duration = Duration::from_millis(1);

/// What a connection may take, by one configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    idle: Option<Duration>,
    write: Option<Duration>,
    first_byte: Option<Duration>,
    lifetime: Option<Duration>,
    rate: Option<Rate>,
}

/// How slow a peer may be. It has an allowance, which is used up while it is waited for; each byte that it sends or takes
/// gives some of it back: one that it sends when it has come, one that it takes when its kernel has acknowledged it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    bytes_per_second: u64,
    allowance: Duration,
}

impl Terms {
    /// The terms of a configuration.
    pub(crate) fn of(config: &Config) -> Self {
        let (timeouts, limits) = (&config.timeouts, &config.limits);
        let rate = |bytes_per_second| Rate { bytes_per_second, allowance: limits.min_rate_after };
        Self {
            idle: timeouts.idle,
            write: timeouts.write,
            first_byte: timeouts.first_byte,
            lifetime: timeouts.lifetime,
            rate: limits.min_rate.map(rate),
        }
    }

    /// Whether the timeouts of a socket, set once, are not enough to keep to them.
    pub(crate) fn need_a_clock(&self) -> bool {
        self.first_byte.is_some() || self.lifetime.is_some() || self.rate.is_some()
    }
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The header of a proxy, or the rest of it. What has come of it is not its end.
    Header,
    /// The first byte of the peer.
    FirstByte,
    /// More of them.
    More,
}

/// The patience with one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patience {
    terms: Terms,
    accepted: Instant,
    awaited: Awaited,
    /// Since when.
    awaited_since: Instant,
    /// What is left of the allowance of [`Rate`].
    allowance: Duration,
}

impl Patience {
    /// The patience with a peer that was accepted then.
    pub(crate) fn new(terms: Terms, accepted: Instant, awaited: Awaited) -> Self {
        let allowance = terms.rate.map_or(Duration::MAX, |rate| rate.allowance);
        Self { terms, accepted, awaited, awaited_since: accepted, allowance }
    }

    /// A wait for bytes of the peer that begins now.
    pub(crate) fn to_read(&self, now: Instant) -> Wait {
        let terms = &self.terms;
        let first = match self.awaited {
            Awaited::Header => Some(terms.first_byte.unwrap_or(HEADER)),
            Awaited::FirstByte => terms.first_byte,
            Awaited::More => None,
        };
        let ends = [
            (first.map(|time| self.awaited_since + time), Ending::FirstByteTimeout),
            (terms.lifetime.map(|time| self.accepted + time), Ending::Lifetime),
            (self.slow_at(now), Ending::TooSlow),
            (terms.idle.map(|time| now + time), Ending::IdleTimeout),
        ];
        Wait::until_the_first(now, ends)
    }

    /// A wait that begins now for the peer to take some of its answer.
    pub(crate) fn to_write(&self, now: Instant) -> Wait {
        let terms = &self.terms;
        let lifetime = terms.lifetime.map(|time| (self.accepted + time).max(now + STILL_TAKING));
        let ends = [
            (lifetime, Ending::Lifetime),
            (self.slow_at(now), Ending::TooSlow),
            (terms.write.map(|time| now + time), Ending::WriteTimeout),
        ];
        Wait::until_the_first(now, ends)
    }

    /// A wait has ended with so many bytes sent by the peer.
    pub(crate) fn note_moved(&mut self, wait: &Wait, bytes: usize, now: Instant) {
        if self.awaited == Awaited::FirstByte && bytes > 0 {
            self.awaited = Awaited::More;
        }
        let waited = now.saturating_duration_since(wait.since);
        self.allowance = self.allowance.saturating_sub(waited);
        self.give_back(bytes as u64);
    }

    /// The peer has taken so many bytes. It is enough to say so when a wait is to end: whoever has credit left needs no more.
    pub(crate) fn note_taken(&mut self, bytes: u64) {
        self.give_back(bytes);
    }

    /// How many bytes a peer takes in such a time that takes as little as it may.
    pub(crate) fn least_within(&self, time: Duration) -> u64 {
        let bytes = |rate: Rate| u128::from(rate.bytes_per_second) * time.as_nanos() / 1_000_000_000;
        self.terms.rate.map_or(0, |rate| u64::try_from(bytes(rate)).unwrap_or(u64::MAX))
    }

    fn give_back(&mut self, bytes: u64) {
        if let Some(rate) = self.terms.rate {
            self.allowance = self.allowance.saturating_add(rate.time_for(bytes)).min(rate.allowance);
        }
    }

    /// The header of the proxy is there, and perhaps bytes of the peer behind it. If not, the time of its first byte begins:
    /// a proxy sends its header at once, whatever its peer does.
    pub(crate) fn note_header(&mut self, has_more: bool, now: Instant) {
        self.awaited = if has_more { Awaited::More } else { Awaited::FirstByte };
        self.awaited_since = now;
    }

    /// When a wait that begins now has used up the allowance.
    fn slow_at(&self, now: Instant) -> Option<Instant> {
        self.terms.rate.map(|_| now + self.allowance)
    }
}

impl Rate {
    fn time_for(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A wait for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    since: Instant,
    /// When it ends at the latest, and what that is.
    end: Option<(Instant, Ending)>,
}

impl Wait {
    /// A wait that has one limit at most, whatever else a peer may take.
    pub(crate) fn of(limit: Option<Duration>, ending: Ending, now: Instant) -> Self {
        Self { since: now, end: limit.map(|limit| (now + limit, ending)) }
    }

    fn until_the_first<const N: usize>(since: Instant, ends: [(Option<Instant>, Ending); N]) -> Self {
        let ends = ends.into_iter().filter_map(|(at, ending)| Some((at?, ending)));
        Self { since, end: ends.min_by_key(|(at, _)| *at) }
    }

    /// When it began.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// When it ends at the latest.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.end.map(|(at, _)| at)
    }

    /// How long it may go on, without end if `None`; or what has ended it.
    pub(crate) fn left(&self, now: Instant) -> Result<Option<Duration>, Ending> {
        match self.end {
            None => Ok(None),
            Some((at, ending)) if at <= now => Err(ending),
            Some((at, _)) => Ok(Some(at - now)),
        }
    }
}

/// The timeout of a socket whose wait may last so long, where this one is in force.
///
/// That one stays if it is shorter than the wait, by half at most: most peers answer long before, and who does not is waited
/// for once more. So it is not set anew for each message.
pub(crate) fn timeout_for(left: Option<Duration>, in_force: Option<Duration>) -> Option<Duration> {
    let left = left?.max(SHORTEST);
    in_force.filter(|in_force| *in_force <= left && *in_force >= left / 2).or(Some(left))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: Terms = Terms { idle: None, write: None, first_byte: None, lifetime: None, rate: None };

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A pool's own, with a rate of a kibibyte a second beyond ten seconds.
    fn slow() -> Terms {
        let rate = Rate { bytes_per_second: 1024, allowance: seconds(10) };
        Terms { idle: Some(seconds(300)), write: Some(seconds(30)), rate: Some(rate), ..NONE }
    }

    #[test]
    fn the_first_byte_has_a_time_of_its_own_which_counts_from_the_accept() {
        let accepted = Instant::now();
        let terms = Terms { first_byte: Some(seconds(3)), idle: Some(seconds(5)), ..NONE };
        let mut patience = Patience::new(terms, accepted, Awaited::FirstByte);
        let wait = patience.to_read(accepted + seconds(1));
        assert_eq!(wait.left(accepted + seconds(1)), Ok(Some(seconds(2))));
        assert_eq!(wait.left(accepted + seconds(3)), Err(Ending::FirstByteTimeout));
        patience.note_moved(&wait, 1, accepted + seconds(2));
        let wait = patience.to_read(accepted + seconds(2));
        assert_eq!(wait.left(accepted + seconds(7)), Err(Ending::IdleTimeout));
    }

    #[test]
    fn a_header_has_to_be_whole_within_the_time_of_the_first_byte() {
        let accepted = Instant::now();
        for (first_byte, limit) in [(None, HEADER), (Some(seconds(2)), seconds(2))] {
            let terms = Terms { first_byte, ..NONE };
            let mut patience = Patience::new(terms, accepted, Awaited::Header);
            patience.note_moved(&patience.to_read(accepted), 1, accepted);
            let wait = patience.to_read(accepted);
            assert_eq!(
                wait.left(accepted + limit),
                Err(Ending::FirstByteTimeout),
                "a byte is not the header"
            );
            patience.note_header(true, accepted);
            assert_eq!(patience.to_read(accepted).until(), None);
        }
    }

    #[test]
    fn the_time_of_the_first_byte_begins_anew_with_the_header() {
        let accepted = Instant::now();
        let terms = Terms { first_byte: Some(seconds(3)), ..NONE };
        let mut patience = Patience::new(terms, accepted, Awaited::Header);
        let header = accepted + seconds(2);
        patience.note_header(false, header);
        let wait = patience.to_read(header);
        assert_eq!(wait.until(), Some(header + seconds(3)));
        assert_eq!(wait.left(header + seconds(3)), Err(Ending::FirstByteTimeout));
        patience.note_moved(&wait, 1, header + seconds(1));
        assert_eq!(patience.to_read(header + seconds(1)).until(), None);
    }

    #[test]
    fn a_lifetime_ends_reads_at_once_and_writes_that_the_peer_does_not_take() {
        let accepted = Instant::now();
        let terms = Terms { lifetime: Some(seconds(10)), write: Some(seconds(30)), ..NONE };
        let patience = Patience::new(terms, accepted, Awaited::More);
        assert_eq!(patience.to_read(accepted).until(), Some(accepted + seconds(10)));
        let late = accepted + seconds(11);
        assert_eq!(patience.to_read(late).left(late), Err(Ending::Lifetime), "whatever there is to read");
        assert_eq!(patience.to_write(accepted + seconds(2)).until(), Some(accepted + seconds(10)));
        let wait = patience.to_write(late);
        assert_eq!(wait.left(late), Ok(Some(STILL_TAKING)), "it goes on while the peer takes it");
        assert_eq!(wait.left(late + STILL_TAKING), Err(Ending::Lifetime));
    }

    #[test]
    fn a_byte_in_ten_seconds_is_too_slow_after_the_allowance() {
        let accepted = Instant::now();
        let mut patience = Patience::new(slow(), accepted, Awaited::FirstByte);
        let mut now = accepted;
        let ended_at = loop {
            let wait = patience.to_read(now);
            now += seconds(4);
            if let Err(ending) = wait.left(now) {
                assert_eq!(ending, Ending::TooSlow);
                break wait.until().unwrap();
            }
            patience.note_moved(&wait, 1, now);
        };
        let lasted = ended_at - accepted;
        assert!(lasted >= seconds(10) && lasted < seconds(10) + Duration::from_millis(10), "{lasted:?}");
    }

    #[test]
    fn time_that_is_not_waited_costs_nothing() {
        let accepted = Instant::now();
        let mut patience = Patience::new(slow(), accepted, Awaited::FirstByte);
        for hour in 1..9 {
            let now = accepted + seconds(3600 * hour);
            let wait = patience.to_read(now);
            assert_eq!(wait.left(now), Ok(Some(seconds(10))));
            patience.note_moved(&wait, 1, now);
        }
    }

    #[test]
    fn a_peer_that_takes_its_answer_too_slowly_is_too_slow() {
        let accepted = Instant::now();
        let mut patience = Patience::new(slow(), accepted, Awaited::More);
        let wait = patience.to_write(accepted);
        let now = accepted + seconds(9);
        patience.note_moved(&wait, 0, now);
        patience.note_taken(1024);
        assert_eq!(patience.least_within(seconds(3)), 3072);
        let wait = patience.to_write(now);
        assert_eq!(wait.left(now + seconds(2)), Err(Ending::TooSlow), "a second left, and one for its bytes");
    }

    #[test]
    fn a_pool_without_these_limits_needs_no_clock() {
        assert!(!Terms::of(&Config::default()).need_a_clock());
    }

    proptest! {
        #[test]
        fn whoever_keeps_the_rate_is_never_too_slow(steps in prop::collection::vec((1_u64..9_000, any::<bool>()), 1..200)) {
            let mut now = Instant::now();
            let mut patience = Patience::new(slow(), now, Awaited::FirstByte);
            for (millis, is_read) in steps {
                let wait = if is_read { patience.to_read(now) } else { patience.to_write(now) };
                now += Duration::from_millis(millis);
                prop_assert!(wait.left(now).is_ok());
                let bytes = (millis * 1024).div_ceil(1000);
                patience.note_moved(&wait, if is_read { usize::try_from(bytes).unwrap() } else { 0 }, now);
                if !is_read {
                    patience.note_taken(bytes);
                }
            }
        }

        #[test]
        fn nobody_is_waited_for_longer_than_the_allowance_and_what_the_bytes_give(steps in prop::collection::vec((1_u64..9_000, 0_usize..512), 1..200)) {
            let mut now = Instant::now();
            let (mut patience, mut waited, mut moved) = (Patience::new(slow(), now, Awaited::More), Duration::ZERO, 0);
            for (millis, bytes) in steps {
                let wait = patience.to_read(now);
                let time = Duration::from_millis(millis);
                if wait.left(now + time).is_err() {
                    break;
                }
                now += time;
                (waited, moved) = (waited + time, moved + bytes);
                patience.note_moved(&wait, bytes, now);
                prop_assert!(waited <= seconds(10) + Duration::from_millis(moved as u64 * 1000 / 1024 + 1));
            }
        }

        #[test]
        fn no_limit_makes_a_wait_longer(first: Option<u8>, lifetime: Option<u8>, idle: Option<u8>, at in 0_u64..300) {
            let time = |time: Option<u8>| time.map(|time| seconds(time.into()));
            let accepted = Instant::now();
            let now = accepted + seconds(at);
            let of = |terms| Patience::new(terms, accepted, Awaited::FirstByte).to_read(now).until();
            let all = of(Terms { first_byte: time(first), lifetime: time(lifetime), idle: time(idle), ..NONE });
            let each = [
                of(Terms { first_byte: time(first), ..NONE }),
                of(Terms { lifetime: time(lifetime), ..NONE }),
                of(Terms { idle: time(idle), ..NONE }),
            ];
            prop_assert_eq!(all, each.into_iter().flatten().min());
        }

        #[test]
        fn a_socket_never_waits_longer_than_it_may_and_in_the_end_as_long(millis in 0_u64..100_000, in_force in prop::option::of(1_u64..100_000)) {
            let mut left = Duration::from_millis(millis);
            let mut in_force = in_force.map(Duration::from_millis);
            let mut waits = 0;
            while !left.is_zero() {
                in_force = timeout_for(Some(left), in_force);
                let timeout = in_force.unwrap();
                prop_assert!(timeout <= left.max(SHORTEST));
                left = left.saturating_sub(timeout);
                waits += 1;
            }
            prop_assert!(waits <= 2 + 1, "{} waits", waits);
        }
    }
}
