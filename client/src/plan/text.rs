//! An answer as people read it: each figure with a line that says what it is and whose formula it is.

use std::time::Duration;

use super::{Answer, Outlook, Pool};
use crate::human::{self, percent};
use crate::queueing::{Load, ServiceTimes, Steady, Target};
use crate::terminal::{DIM, RESET, Style};

/// The column in which explanations begin.
const EXPLANATION: usize = 29;

/// The whole answer.
pub(super) fn text(answer: &Answer, style: Style) -> String {
    let Answer { load, target, here, .. } = answer;
    let question = format!(
        "{} arrive per second, each holds a slot for {} ({}), and {} {}.",
        number(load.rate),
        seconds(load.service),
        times(load.times),
        if target.is_some() { "it takes" } else { "there are" },
        slots(here.slots) + &target.as_ref().map(goal).unwrap_or_default(),
    );
    let mut text = human::wrapped(&question, style.width, 0) + "\n\n";
    match here.outlook {
        Outlook::Growing { per_second } => {
            let lines = growing(answer, per_second);
            text.extend(lines.lines().map(|line| human::wrapped(line, style.width, 0) + "\n"));
        }
        Outlook::Steady(steady) => {
            let [dim, reset] = if style.colour { [DIM, RESET] } else { [""; 2] };
            text.extend(figures(load, here.slots, &steady).map(|(name, value, explanation)| {
                let line = format!("{name:<15} {value:>10}   {dim}{explanation}{reset}");
                human::wrapped(&line, style.width, EXPLANATION) + "\n"
            }));
        }
    }
    text + &table(answer)
}

/// What waits when more arrive than can be served.
pub(super) fn growing(answer: &Answer, per_second: f64) -> String {
    let Answer { load, backlog, here, .. } = answer;
    let served = f64::from(here.slots) / load.service;
    let needed = load.offered().floor() + 1.0;
    let growth = if per_second > 0.0 {
        format!(
            "The queue grows by {} per second; a backlog of {backlog} is full after {}, and who comes then is not let in.",
            number(per_second),
            seconds(f64::from(*backlog) / per_second),
        )
    } else {
        "That is just as many: the queue has no length to which it returns, and grows as chance has it."
            .to_owned()
    };
    format!(
        "They cannot keep up: {} can be served per second at most (slots ÷ service), a utilisation of {}.\n{growth}\n\
         At least {} slots are needed to keep up (more than rate × service).\n",
        number(served),
        percent(load.utilisation(here.slots)),
        needed,
    )
}

/// Name, value, explanation.
fn figures(load: &Load, slots: u32, steady: &Steady) -> [(&'static str, String, String); 8] {
    let figure = |name, share, who: &str| (name, quantile(load.times, steady, share), who.to_owned());
    let (name, median, explanation) = figure("p50 wait", 0.5, "50 of 100 wait no longer");
    let median = (name, median, format!("{explanation}: {}", tail_source(load.times)));
    [
        ("load", number(load.offered()), "slots busy on average: rate × service (Little 1961)".into()),
        (
            "utilisation",
            percent(load.utilisation(slots)),
            "how much of its time a slot is busy: load ÷ slots".into(),
        ),
        (
            "chance to wait",
            percent(steady.chance_to_wait),
            format!("all slots are busy when one arrives: {}", chance_source(load.times)),
        ),
        (
            "mean wait",
            seconds(steady.mean_wait),
            format!("of all, also of those who do not wait: {}", mean_source(load.times)),
        ),
        median,
        figure("p90 wait", 0.9, "90 of 100, likewise"),
        figure("p99 wait", 0.99, "99 of 100, likewise"),
        (
            "waiting",
            number(steady.mean_waiting(load.rate)),
            "in the accept queue on average: rate × mean wait (Little 1961)".into(),
        ),
    ]
}

pub(super) fn chance_source(times: ServiceTimes) -> &'static str {
    match times {
        ServiceTimes::Exponential => "Erlang C (Erlang 1917)",
        ServiceTimes::Fixed => "M/D/c (Crommelin 1932)",
        ServiceTimes::Varying { .. } => "about as of exponential times, Erlang C (Erlang 1917)",
    }
}

fn mean_source(times: ServiceTimes) -> String {
    match times {
        ServiceTimes::Exponential => "chance × service ÷ (slots − load) (Cooper 1981)".to_owned(),
        ServiceTimes::Fixed => "M/D/c (Crommelin 1932)".to_owned(),
        ServiceTimes::Varying { coefficient } => {
            format!(
                "about that of exponential times × (1 + {coefficient}²) ÷ 2 (Allen and Cunneen, in Allen 1990)"
            )
        }
    }
}

fn tail_source(times: ServiceTimes) -> &'static str {
    match times {
        ServiceTimes::Exponential => "who waits, waits exponentially long (Cooper 1981)",
        ServiceTimes::Fixed => "the slowest exponential of M/D/c, within half a service (Tijms 2003)",
        ServiceTimes::Varying { .. } => "as if who waits waited exponentially long",
    }
}

/// A few slots less and more.
fn table(answer: &Answer) -> String {
    let row = |Pool { slots, outlook }: &Pool| {
        let mark = if *slots == answer.here.slots { ">" } else { " " };
        let utilisation = percent(answer.load.utilisation(*slots));
        let waits = match outlook {
            Outlook::Growing { .. } => "they cannot keep up".to_owned(),
            Outlook::Steady(steady) => format!(
                "{:>14}  {:>10}  {:>10}",
                percent(steady.chance_to_wait),
                seconds(steady.mean_wait),
                quantile(answer.load.times, steady, 0.99)
            ),
        };
        format!("{mark} {slots:>7}  {utilisation:>11}  {waits}\n")
    };
    let rows: String = answer.around.iter().map(row).collect();
    format!("\n    slots  utilisation  chance to wait   mean wait    p99 wait\n{rows}")
}

pub(super) fn times(times: ServiceTimes) -> String {
    match times {
        ServiceTimes::Exponential => "exponentially distributed".to_owned(),
        ServiceTimes::Fixed => "always the same".to_owned(),
        ServiceTimes::Varying { coefficient } => format!("with a coefficient of variation of {coefficient}"),
    }
}

pub(super) fn slots(count: u32) -> String {
    format!("{count} slot{}", if count == 1 { "" } else { "s" })
}

pub(super) fn goal(target: &Target) -> String {
    let goals = [
        target.mean_wait.map(|wait| format!("a mean wait of {} at most", seconds(wait))),
        target.p99.map(|wait| format!("99 of 100 waiting {} at most", seconds(wait))),
        target.chance.map(|chance| format!("{} waiting at most", percent(chance))),
    ];
    format!(" for {}", goals.into_iter().flatten().collect::<Vec<_>>().join(" and "))
}

pub(super) fn seconds(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(|_| "for ever".to_owned(), human::time)
}

/// A quantile, and whether that is only about right.
pub(super) fn quantile(times: ServiceTimes, steady: &Steady, share: f64) -> String {
    let wait = steady.quantile(share);
    let mark = if wait > 0.0 && !times.have_exact_quantiles() { "≈ " } else { "" };
    format!("{mark}{}", seconds(wait))
}

/// Three digits or so.
pub(super) fn number(number: f64) -> String {
    match number {
        ..9.995 => format!("{number:.2}"),
        ..99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Question, Wanted, answer};

    fn text_of(rate: f64, wanted: Wanted, times: ServiceTimes) -> String {
        let load = Load { rate, service: 0.01, times };
        let style = Style { width: usize::MAX, colour: false, unicode: true };
        text(&answer(&Question { load, wanted, backlog: 511 }).unwrap(), style)
    }

    #[test]
    fn four_slots_at_three_quarters_are_explained() {
        let text = text_of(300.0, Wanted::Waits { slots: 4 }, ServiceTimes::Exponential);
        assert_eq!(
            text,
            "\
300 arrive per second, each holds a slot for 10.0 ms (exponentially distributed), and there are 4 slots.

load                  3.00   slots busy on average: rate × service (Little 1961)
utilisation         75.0 %   how much of its time a slot is busy: load ÷ slots
chance to wait      50.9 %   all slots are busy when one arrives: Erlang C (Erlang 1917)
mean wait          5.09 ms   of all, also of those who do not wait: chance × service ÷ (slots − load) (Cooper 1981)
p50 wait           0.19 ms   50 of 100 wait no longer: who waits, waits exponentially long (Cooper 1981)
p90 wait           16.3 ms   90 of 100, likewise
p99 wait           39.3 ms   99 of 100, likewise
waiting               1.53   in the accept queue on average: rate × mean wait (Little 1961)

    slots  utilisation  chance to wait   mean wait    p99 wait
        2      150.0 %  they cannot keep up
        3      100.0 %  they cannot keep up
>       4       75.0 %          50.9 %     5.09 ms     39.3 ms
        5       60.0 %          23.6 %     1.18 ms     15.8 ms
        6       50.0 %          9.91 %     0.33 ms     7.65 ms
        7       42.9 %          3.76 %     0.09 ms     3.31 ms
"
        );
    }

    #[test]
    fn slots_are_found_for_what_is_wanted() {
        let target = Target { mean_wait: Some(0.001), p99: Some(0.01), chance: None };
        let text = text_of(300.0, Wanted::Slots(target), ServiceTimes::Fixed);
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            "300 arrive per second, each holds a slot for 10.0 ms (always the same), and it takes 5 slots for \
             a mean wait of 1.00 ms at most and 99 of 100 waiting 10.0 ms at most."
        );
    }

    #[test]
    fn a_quantile_that_is_about_right_says_so() {
        let text = text_of(300.0, Wanted::Waits { slots: 4 }, ServiceTimes::Fixed);
        for line in [
            "p50 wait           0.00 ms   50 of 100 wait no longer: the slowest exponential of M/D/c, within half",
            "p90 wait         ≈ 8.29 ms   90 of 100",
            ">       4       75.0 %          49.0 %     2.67 ms   ≈ 18.8 ms",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text_of(300.0, Wanted::Waits { slots: 4 }, ServiceTimes::Exponential).contains('≈'));
    }

    #[test]
    fn who_cannot_keep_up_is_told_when_the_queue_is_full() {
        let text = text_of(500.0, Wanted::Waits { slots: 4 }, ServiceTimes::Exponential);
        assert!(
            text.contains("400 can be served per second at most (slots ÷ service), a utilisation of 125.0 %"),
            "{text}"
        );
        assert!(
            text.contains("The queue grows by 100 per second; a backlog of 511 is full after 5.11 s"),
            "{text}"
        );
        assert!(text.contains("At least 6 slots are needed"), "{text}");
        let text = text_of(400.0, Wanted::Waits { slots: 4 }, ServiceTimes::Exponential);
        assert!(text.contains("That is just as many") && text.contains("At least 5 slots"), "{text}");
    }

    #[test]
    fn numbers_have_about_three_digits() {
        assert_eq!([0.0, 1.234, 12.34, 1234.5].map(number), ["0.00", "1.23", "12.3", "1234"]);
    }
}
