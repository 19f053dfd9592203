//! How long clients will wait, or how many slots it takes that they do not: queueing theory, explained.

pub(crate) mod fleet;
mod json;
mod text;

use crate::queueing::{Load, SLOTS_MAX, Steady, Target, least_slots};
use crate::terminal::Style;

/// What is to be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Question {
    pub(crate) load: Load,
    pub(crate) wanted: Wanted,
    /// How many may wait.
    pub(crate) backlog: u32,
}

/// What is asked for, the rest being given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    /// How long one waits for one of these.
    Waits {
        /// How many there are.
        slots: u32,
    },
    /// How many slots this takes.
    Slots(Target),
}

/// What theory says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    load: Load,
    /// What was wanted, if slots were.
    target: Option<Target>,
    backlog: u32,
    here: Pool,
    /// The same with a few slots less and more.
    around: Vec<Pool>,
}

/// What becomes of the load with a number of slots.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pool {
    slots: u32,
    outlook: Outlook,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outlook {
    Steady(Steady),
    /// More arrive than can be served.
    Growing {
        /// How many more wait each second.
        per_second: f64,
    },
}

impl Pool {
    fn new(load: &Load, slots: u32) -> Self {
        let outlook = match load.steady(slots) {
            Some(steady) => Outlook::Steady(steady),
            None => Outlook::Growing { per_second: load.growth(slots) },
        };
        Self { slots, outlook }
    }
}

/// Finds the answer, or says why there is none.
pub(crate) fn answer(question: &Question) -> Result<Answer, String> {
    let Question { load, wanted, backlog } = *question;
    let (slots, target) = match wanted {
        Wanted::Waits { slots } => (slots, None),
        Wanted::Slots(target) => {
            let slots = least_slots(&load, &target).ok_or_else(|| {
                format!("{SLOTS_MAX} slots are not enough: a lower rate or a shorter service is needed")
            })?;
            (slots, Some(target))
        }
    };
    let around = slots.saturating_sub(2).max(1)..=slots.saturating_add(3).min(SLOTS_MAX);
    Ok(Answer {
        load,
        target,
        backlog,
        here: Pool::new(&load, slots),
        around: around.map(|slots| Pool::new(&load, slots)).collect(),
    })
}

/// An answer as it is printed.
pub(crate) fn shown(answer: &Answer, json: bool, style: Style) -> String {
    if json { format!("{}\n", json::object(answer)) } else { text::text(answer, style) }
}
