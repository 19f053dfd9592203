//! A fleet as people read it: the two ways to share of which theory knows as much as of one server, beside each other.

use super::{Answer, Shared, Wanted};
use crate::human::{self, percent};
use crate::plan::Outlook;
use crate::plan::text::{chance_source, goal, growing, number, quantile, seconds, slots, times};
use crate::queueing::{Fleet, Load};
use crate::terminal::Style;

/// What the two ways are.
const WAYS: [&str; 2] = [
    "one queue: all wait at the balancer, and whoever has an idle slot takes the next one.",
    "at random: each replica has a queue of its own, and its part of the arrivals (Kingman 1993): DNS, a Service of \
     Kubernetes.",
];

/// What is known of the others.
const BETWEEN: &str = "Other ways lie between: least connections near the first, while each balancer has about as many connections as there \
     are replicas; round robin between them, and as one queue where all times are the same; a hash of the client beyond the second.";

/// The whole answer.
pub(super) fn text(answer: &Answer, style: Style) -> String {
    let Answer { pool, one_queue, random, .. } = answer;
    let wrapped = |line: &str| human::wrapped(line, style.width, 0) + "\n";
    let mut text = wrapped(&question(answer)) + "\n";
    if let Outlook::Growing { per_second } = one_queue.queue.outlook {
        text.extend(growing(pool, per_second).lines().map(wrapped));
        return text + &table(answer);
    }
    text += "             replicas    slots  utilisation  chance to wait   mean wait    p99 wait\n";
    let row = |(name, shared): (&str, &Shared)| {
        let Fleet { replicas, slots } = shared.fleet;
        let utilisation = percent(shared.load.utilisation(shared.queue.slots));
        format!("{name:<11}  {replicas:>8}  {slots:>7}  {utilisation:>11}  {}\n", waits(shared))
    };
    text.extend([("one queue", one_queue), ("at random", random)].map(row));
    text.push('\n');
    let source = format!("The chance to wait of both is {}.", chance_source(pool.load.times));
    text.extend(WAYS.into_iter().chain([source.as_str(), BETWEEN]).map(wrapped));
    text + &table(answer)
}

/// What was asked, and what it takes.
fn question(answer: &Answer) -> String {
    let Answer { wanted, pool, one_queue, random, .. } = answer;
    let Load { rate, service, times: distribution } = pool.load;
    let (rate, service, times) = (number(rate), seconds(service), times(distribution));
    let begin = format!("{rate} arrive per second, each holds a slot for {service} ({times}), and");
    let Fleet { replicas, slots: each } = one_queue.fleet;
    match wanted {
        Wanted::Waits(_) => {
            let all = slots(replicas * each);
            format!("{begin} there are {} with {} each, {all} in all.", count(replicas), slots(each))
        }
        Wanted::Replicas { target, .. } => format!(
            "{begin} it takes {} with {} each{}, if all wait in one queue, and {} if they are sent at random.",
            count(replicas),
            slots(each),
            goal(target),
            random.fleet.replicas
        ),
        Wanted::Slots { target, .. } => format!(
            "{begin} it takes {} at each of {}{}, if all wait in one queue, and {} if they are sent at random.",
            slots(each),
            count(replicas),
            goal(target),
            random.fleet.slots
        ),
    }
}

fn count(replicas: u32) -> String {
    format!("{replicas} replica{}", if replicas == 1 { "" } else { "s" })
}

/// Chance, mean and p99.
fn waits(shared: &Shared) -> String {
    match shared.queue.outlook {
        Outlook::Growing { .. } => "they cannot keep up".to_owned(),
        Outlook::Steady(steady) => format!(
            "{:>14}  {:>10}  {:>10}",
            percent(steady.chance_to_wait),
            seconds(steady.mean_wait),
            quantile(shared.load.times, &steady, 0.99)
        ),
    }
}

/// A few replicas or slots less and more.
fn table(answer: &Answer) -> String {
    let mean_and_p99 = |shared: &Shared| match shared.queue.outlook {
        Outlook::Growing { .. } => format!("{:>24}", "they cannot keep up"),
        Outlook::Steady(steady) => {
            let p99 = quantile(shared.load.times, &steady, 0.99);
            format!("{:>11}  {p99:>11}", seconds(steady.mean_wait))
        }
    };
    let row = |[one_queue, random]: &[Shared; 2]| {
        let Fleet { replicas, slots } = one_queue.fleet;
        let is_answer = [answer.one_queue.fleet, answer.random.fleet].contains(&one_queue.fleet);
        let utilisation = percent(one_queue.load.utilisation(one_queue.queue.slots));
        let mark = if is_answer { ">" } else { " " };
        let [one_queue, random] = [one_queue, random].map(mean_and_p99);
        format!("{mark} {replicas:>8}  {slots:>7}  {utilisation:>11}  {one_queue}  {random}\n")
    };
    let rows: String = answer.around.iter().map(row).collect();
    format!(
        "\n                                   one queue:               at random:\n  \
         replicas    slots  utilisation    mean wait     p99 wait    mean wait     p99 wait\n{rows}"
    )
}
