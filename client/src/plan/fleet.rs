//! How long clients will wait for one of several replicas, or how many replicas it takes that they do not.

mod text;

use serde_json::{Value, json};

use super::{Answer as PoolAnswer, Pool, Question as PoolQuestion, Wanted as PoolWanted};
use crate::queueing::{Fleet, Load, SLOTS_MAX, Sharing, Target};
use crate::terminal::Style;

/// What is to be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Question {
    pub(crate) load: Load,
    pub(crate) wanted: Wanted,
    /// How many may wait at each replica.
    pub(crate) backlog: u32,
}

/// What is asked for, the rest being given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    /// How long one waits.
    Waits(Fleet),
    /// How many replicas with so many slots each this takes.
    Replicas { slots: u32, target: Target },
    /// How many slots this takes at each of so many replicas.
    Slots { replicas: u32, target: Target },
}

/// What theory says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    wanted: Wanted,
    /// The slots of all as one pool.
    pool: PoolAnswer,
    one_queue: Shared,
    random: Shared,
    /// The same with a few replicas, or slots of each, less and more.
    around: Vec<[Shared; 2]>,
}

/// What becomes of a load that a fleet shares.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shared {
    fleet: Fleet,
    /// The load of each queue.
    load: Load,
    queue: Pool,
}

impl Shared {
    fn new(sharing: Sharing, load: &Load, fleet: Fleet) -> Self {
        let (load, slots) = sharing.queue(load, fleet);
        Self { fleet, load, queue: Pool::new(&load, slots) }
    }
}

impl Wanted {
    fn target(self) -> Option<Target> {
        match self {
            Self::Waits(_) => None,
            Self::Replicas { target, .. } | Self::Slots { target, .. } => Some(target),
        }
    }

    /// The fleet that this takes.
    fn fleet(self, sharing: Sharing, load: &Load) -> Result<Fleet, String> {
        let too_many = || {
            format!("{SLOTS_MAX} slots in all are not enough: a lower rate or a shorter service is needed")
        };
        match self {
            Self::Waits(fleet) if fleet.capacity().is_none() => {
                Err(format!("replicas × slots is {SLOTS_MAX} at most"))
            }
            Self::Waits(fleet) => Ok(fleet),
            Self::Replicas { slots, target } => {
                let replicas = sharing.least_replicas(load, slots, &target).ok_or_else(too_many)?;
                Ok(Fleet { replicas, slots })
            }
            Self::Slots { replicas, target } => {
                let slots = sharing.least_slots(load, replicas, &target).ok_or_else(too_many)?;
                Ok(Fleet { replicas, slots })
            }
        }
    }

    /// Those with a few less and more of what was looked for, or else of replicas.
    fn around(self, one_queue: Fleet, random: Fleet) -> Vec<Fleet> {
        let near = |one: u32, two: u32| {
            let mut numbers: Vec<u32> = match self {
                Self::Waits(_) => (one.saturating_sub(2)..=one.saturating_add(3)).collect(),
                _ => [one, two].iter().flat_map(|it| it.saturating_sub(1)..=it.saturating_add(1)).collect(),
            };
            numbers.retain(|number| *number > 0);
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let fleets = match self {
            Self::Waits(Fleet { slots, .. }) | Self::Replicas { slots, .. } => {
                let replicas = near(one_queue.replicas, random.replicas).into_iter();
                replicas.map(|replicas| Fleet { replicas, slots }).collect::<Vec<_>>()
            }
            Self::Slots { replicas, .. } => near(one_queue.slots, random.slots)
                .into_iter()
                .map(|slots| Fleet { replicas, slots })
                .collect(),
        };
        fleets.into_iter().filter(|fleet| fleet.capacity().is_some()).collect()
    }
}

/// Finds the answer, or says why there is none.
pub(crate) fn answer(question: &Question) -> Result<Answer, String> {
    let Question { load, wanted, backlog } = *question;
    let one_queue = wanted.fleet(Sharing::OneQueue, &load)?;
    let random = wanted.fleet(Sharing::Random, &load)?;
    let slots = one_queue.replicas * one_queue.slots;
    let pool = PoolQuestion {
        load,
        wanted: PoolWanted::Waits { slots },
        backlog: backlog.saturating_mul(one_queue.replicas),
    };
    let shared = |sharing, fleet| Shared::new(sharing, &load, fleet);
    let both = |fleet| [shared(Sharing::OneQueue, fleet), shared(Sharing::Random, fleet)];
    Ok(Answer {
        wanted,
        pool: PoolAnswer { target: wanted.target(), ..super::answer(&pool)? },
        one_queue: shared(Sharing::OneQueue, one_queue),
        random: shared(Sharing::Random, random),
        around: wanted.around(one_queue, random).into_iter().map(both).collect(),
    })
}

/// An answer as it is printed.
pub(crate) fn shown(answer: &Answer, json: bool, style: Style) -> String {
    if json { format!("{}\n", object(answer)) } else { text::text(answer, style) }
}

/// The answer for all slots as one pool, and the fleet beside it.
fn object(answer: &Answer) -> Value {
    let mut object = super::json::object(&answer.pool);
    object["fleet"] = json!({
        "one_queue": shared(&answer.one_queue),
        "random": shared(&answer.random),
        "around": answer.around.iter().map(|[one_queue, random]| json!({
            "one_queue": shared(one_queue),
            "random": shared(random),
        })).collect::<Vec<_>>(),
    });
    object
}

fn shared(shared: &Shared) -> Value {
    json!({
        "replicas": shared.fleet.replicas,
        "slots_per_replica": shared.fleet.slots,
        "queue": super::json::pool(&shared.load, &shared.queue),
    })
}
