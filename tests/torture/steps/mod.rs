//! The steps: what is done to the server, and what has to come of it at once. The oracle looks after each.

mod changes;
mod network;
mod processes;
mod queue;
mod resources;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::arguments::Arguments;
use crate::run::Run;
use crate::seeds;
use crate::subject::Subject;
use crate::violation::Result;
use crate::world::World;

/// One thing that is done to the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// How often it is chosen, beside the others.
    weight: u32,
    /// Without clients it does nothing.
    pub(crate) needs_clients: bool,
    /// After it another master is there.
    replaces_master: bool,
    whom: Whom,
    /// Why it is not possible here.
    lacks: fn(&World) -> Option<String>,
    /// Does it, and says what came of it.
    pub(crate) act: fn(&mut Run) -> Result<String>,
}

/// Which servers can be put through a step.
#[derive(Debug, Clone, Copy)]
enum Whom {
    /// All.
    Any,
    /// Those that take prefork-echo's commands.
    Contract,
    /// Those of them that have a monitor.
    Monitor,
    /// Those of which nothing is known.
    Unknown,
}

impl Whom {
    fn includes(self, subject: &Subject) -> bool {
        match self {
            Self::Any => true,
            Self::Contract => subject.has_contract(),
            Self::Monitor => subject.monitor_port().is_some(),
            Self::Unknown => !subject.has_contract(),
        }
    }
}

impl Step {
    const fn new(name: &'static str, weight: u32, act: fn(&mut Run) -> Result<String>) -> Self {
        let (needs_clients, replaces_master) = (false, false);
        Self { name, weight, needs_clients, replaces_master, whom: Whom::Contract, lacks: |_| None, act }
    }

    const fn made_to(self, whom: Whom) -> Self {
        Self { whom, ..self }
    }

    const fn if_possible(self, lacks: fn(&World) -> Option<String>) -> Self {
        Self { lacks, ..self }
    }

    const fn with_clients(self) -> Self {
        Self { needs_clients: true, ..self }
    }

    const fn with_another_master(self) -> Self {
        Self { replaces_master: true, ..self }
    }

    /// Whether `--all` may do without it.
    fn is_optional(&self) -> bool {
        self.name == NETEM
    }
}

/// The one that hardly any kernel has; loss and a relay are there for all.
const NETEM: &str = "netem";

/// The part of the seed that is theirs.
const STEPS: u64 = 2;
/// While so many are drawn the master may be replaced, and for as many it stays; what is not made counts too.
const PHASE: u64 = 64;

const ALL: &[Step] = &[
    Step::new("kill a worker", 4, processes::kill_worker),
    Step::new("kill without notice", 4, processes::kill_without_notice).with_clients(),
    Step::new("segv a worker", 2, processes::segv_worker),
    Step::new("term a worker", 2, processes::term_worker),
    Step::new("stop a worker", 2, processes::stop_worker),
    Step::new("kill the monitor", 1, processes::kill_monitor).made_to(Whom::Monitor),
    Step::new("stop the monitor", 1, processes::stop_monitor).made_to(Whom::Monitor),
    Step::new("kill the master", 2, processes::kill_master).with_another_master(),
    Step::new("stop the master", 1, processes::stop_master),
    Step::new("back-off", 1, processes::back_off),
    Step::new("kill any", 3, processes::kill_any).made_to(Whom::Unknown),
    Step::new("stop any", 2, processes::stop_any).made_to(Whom::Unknown),
    Step::new("reload", 3, changes::reload),
    Step::new("reload in vain", 2, changes::reload_in_vain),
    Step::new("slow reload", 1, changes::slow_reload)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::new("scale", 3, changes::scale),
    Step::new("upgrade", 2, changes::upgrade).with_another_master(),
    Step::new("upgrade by signal", 1, changes::upgrade_by_signal).with_another_master(),
    Step::new("drain and reload", 2, changes::drain_and_reload),
    Step::new("all at once", 2, changes::all_at_once),
    Step::new("order of the queue", 2, queue::order),
    Step::new("overflow", 1, queue::overflow),
    Step::new("lost wake-up", 2, queue::lost_wake_up)
        .with_another_master()
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::new("no files left", 1, resources::no_files),
    Step::new("master without files", 1, resources::no_files_for_master),
    Step::new("fork refused", 1, resources::no_forks).if_possible(|world| world.pids.as_ref().err().cloned()),
    Step::new("out of memory", 1, resources::no_memory)
        .if_possible(|world| world.memory.as_ref().err().cloned()),
    Step::new("full disk", 1, resources::no_disk).if_possible(|world| world.log_disk.as_ref().err().cloned()),
    Step::new("clock jumps", 1, resources::clock).if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::new("packet loss", 1, network::loss)
        .made_to(Whom::Any)
        .with_clients()
        .if_possible(|world| world.loss.as_ref().err().cloned()),
    Step::new("delay", 1, network::delay).made_to(Whom::Any),
    Step::new(NETEM, 1, network::netem)
        .made_to(Whom::Any)
        .with_clients()
        .if_possible(|world| world.netem.as_ref().err().cloned()),
];

/// Those that can be made here. What cannot is printed, or is an error if all were asked for.
pub(crate) fn possible(arguments: &Arguments, run: &Run) -> std::result::Result<Vec<Step>, String> {
    let is_wanted = |step: &&Step| {
        let is_named = |words: &String| step.name.contains(words.as_str());
        (arguments.only.is_empty() || arguments.only.iter().any(is_named)) && step.whom.includes(&run.subject)
    };
    let (mut possible, mut lacking) = (Vec::new(), Vec::new());
    for step in ALL.iter().filter(is_wanted) {
        match (step.lacks)(&run.world) {
            None => possible.push(*step),
            Some(why) => {
                println!("not possible here: {} ({why})", step.name);
                lacking.extend(Some(step.name).filter(|_| !step.is_optional()));
            }
        }
    }
    if arguments.all && !lacking.is_empty() {
        return Err(format!("--all, and not possible here: {}", lacking.join(", ")));
    }
    if possible.is_empty() {
        return Err("there is no such step".to_owned());
    }
    Ok(possible)
}

/// The steps of a run, one after the other: at first each kind once, in any order, and then by chance. It is drawn from all kinds,
/// so that what is not possible on one machine changes nothing of the rest.
#[derive(Debug)]
pub(crate) struct Round<'a> {
    possible: &'a [Step],
    seed: u64,
    first: Vec<&'static Step>,
    drawn: u64,
    /// There is no other step.
    all_replace: bool,
}

impl<'a> Round<'a> {
    /// Of those that are possible.
    pub(crate) fn new(possible: &'a [Step], seed: u64) -> Self {
        let mut first: Vec<&Step> = ALL.iter().collect();
        first.shuffle(&mut seeds::random(seed, &[STEPS]));
        let all_replace = possible.iter().all(|step| step.replaces_master);
        Self { possible, seed, first, drawn: 0, all_replace }
    }

    /// Each kind was made once.
    pub(crate) fn is_made_whole(&self) -> bool {
        !self.first.iter().any(|step| self.is_possible(step))
    }

    fn is_possible(&self, step: &Step) -> bool {
        self.possible.iter().any(|it| it.name == step.name)
    }

    /// The next step, and the chance within it.
    pub(crate) fn draw(&mut self) -> (&'static Step, StdRng) {
        loop {
            self.drawn += 1;
            let mut random = seeds::random(self.seed, &[STEPS, self.drawn]);
            let step = self.first.pop().unwrap_or_else(|| choose(&mut random));
            // What grows in a master is seen only while it stays.
            let may_replace = (self.drawn / PHASE).is_multiple_of(2) || self.all_replace;
            if (may_replace || !step.replaces_master) && self.is_possible(step) {
                return (step, random);
            }
        }
    }
}

/// A step by weight.
fn choose(random: &mut StdRng) -> &'static Step {
    let sum: u32 = ALL.iter().map(|step| step.weight).sum();
    let mut left = random.random_range(0..sum);
    let chosen = ALL.iter().find(|step| {
        let is_it = left < step.weight;
        left = left.saturating_sub(step.weight);
        is_it
    });
    chosen.expect("it is below their sum")
}
