//! How long connections waited in the server's queue, as far as a client can tell without the server's help.

use std::time::Duration;

/// A wait of less than this counts as none.
///
/// A client sees its echo, not `accept`, so a wait is a difference of two measured times. On a loaded machine these
/// are off by some tens of milliseconds; a person who watches notices a tenth of a second.
pub const NOTICEABLE: Duration = Duration::from_millis(100);

/// When the echoes of one connection came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers<'a> {
    /// From the connection to the first echo; where none came, to the moment when nobody waited for it any more.
    pub(super) first: Duration,
    /// Whether an echo came at all.
    pub(super) answered: bool,
    /// From each later message to its echo.
    pub(super) later: &'a [Duration],
}

/// The wait of each connection in the queue: its first echo less the time that the service takes.
///
/// The first echo took the wait and the service of one message; the later ones took service alone. So the service
/// time is the median of the connection's later echoes. Where it has none, it is the median of everybody's; where
/// nobody has any, the fastest first echo, as if that one had not waited.
pub(super) fn waits(connections: &[Answers<'_>]) -> Vec<Duration> {
    let common = service(connections);
    let wait = |answers: &Answers<'_>| {
        let service = median(answers.later).or(common).unwrap_or_default();
        answers.first.saturating_sub(service)
    };
    connections.iter().map(wait).collect()
}

/// The service time of a message, for all connections together; `None` if no echo came at all.
pub(super) fn service(connections: &[Answers<'_>]) -> Option<Duration> {
    let later: Vec<Duration> = connections.iter().flat_map(|answers| answers.later).copied().collect();
    let fastest = || connections.iter().filter(|answers| answers.answered).map(|answers| answers.first).min();
    median(&later).or_else(fastest)
}

fn median(durations: &[Duration]) -> Option<Duration> {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower + upper) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn answers(first: u64, later: &[Duration]) -> Answers<'_> {
        Answers { first: ms(first), answered: true, later }
    }

    #[test]
    fn the_service_time_is_no_wait() {
        let later = [ms(500), ms(510), ms(900)];
        assert_eq!(waits(&[answers(512, &later), answers(2010, &later)]), [ms(2), ms(1500)]);
    }

    #[test]
    fn a_wait_is_never_negative() {
        assert_eq!(waits(&[answers(3, &[ms(5)])]), [ms(0)]);
    }

    #[test]
    fn a_connection_with_one_message_takes_the_service_time_of_the_others() {
        let waits = waits(&[answers(1200, &[]), answers(200, &[ms(190), ms(210)])]);
        assert_eq!(waits, [ms(1000), ms(0)]);
    }

    #[test]
    fn where_nobody_has_a_second_message_the_fastest_did_not_wait() {
        let waits = waits(&[answers(300, &[]), answers(301, &[]), answers(900, &[])]);
        assert_eq!(waits, [ms(0), ms(1), ms(600)]);
    }

    #[test]
    fn whoever_has_no_answer_waits_but_says_nothing_about_the_service_time() {
        let unanswered = Answers { first: ms(50), answered: false, later: &[] };
        assert_eq!(waits(&[unanswered, answers(300, &[])]), [ms(0), ms(0)]);
        assert_eq!(waits(&[unanswered]), [ms(50)]);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[ms(4), ms(1), ms(2), ms(9)]), Some(ms(3)));
        assert_eq!(median(&[]), None);
    }
}
