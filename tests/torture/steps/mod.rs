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
    /// Only who takes prefork-echo's commands can be put through it.
    needs_contract: bool,
    /// Why it is not possible here.
    lacks: fn(&World) -> Option<String>,
    /// Does it, and says what came of it.
    pub(crate) act: fn(&mut Run) -> Result<String>,
}

impl Step {
    /// A step for every server.
    const fn any(name: &'static str, weight: u32, act: fn(&mut Run) -> Result<String>) -> Self {
        let (needs_clients, replaces_master, needs_contract) = (false, false, false);
        Self { name, weight, needs_clients, replaces_master, needs_contract, lacks: |_| None, act }
    }

    /// A step for a server that takes prefork-echo's commands.
    const fn contract(name: &'static str, weight: u32, act: fn(&mut Run) -> Result<String>) -> Self {
        Self { needs_contract: true, ..Self::any(name, weight, act) }
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
/// For so many steps the master may be replaced, and for as many it stays.
const PHASE: u64 = 64;

const ALL: &[Step] = &[
    Step::contract("kill a worker", 4, processes::kill_worker),
    Step::contract("kill without notice", 4, processes::kill_without_notice).with_clients(),
    Step::contract("segv a worker", 2, processes::segv_worker),
    Step::contract("term a worker", 2, processes::term_worker),
    Step::contract("stop a worker", 2, processes::stop_worker),
    Step::contract("kill the monitor", 1, processes::kill_monitor),
    Step::contract("stop the monitor", 1, processes::stop_monitor),
    Step::contract("kill the master", 2, processes::kill_master).with_another_master(),
    Step::contract("stop the master", 1, processes::stop_master),
    Step::contract("back-off", 1, processes::back_off),
    Step::any("kill any", 3, processes::kill_any),
    Step::any("stop any", 2, processes::stop_any),
    Step::contract("reload", 3, changes::reload),
    Step::contract("reload in vain", 2, changes::reload_in_vain),
    Step::contract("slow reload", 1, changes::slow_reload)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::contract("scale", 3, changes::scale),
    Step::contract("upgrade", 2, changes::upgrade).with_another_master(),
    Step::contract("upgrade by signal", 1, changes::upgrade_by_signal).with_another_master(),
    Step::contract("drain and reload", 2, changes::drain_and_reload),
    Step::contract("all at once", 2, changes::all_at_once),
    Step::contract("order of the queue", 2, queue::order),
    Step::contract("overflow", 1, queue::overflow),
    Step::contract("lost wake-up", 2, queue::lost_wake_up)
        .with_another_master()
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::contract("no files left", 1, resources::no_files).with_clients(),
    Step::contract("master without files", 1, resources::no_files_for_master),
    Step::contract("fork refused", 1, resources::no_forks)
        .if_possible(|world| world.pids.as_ref().err().cloned()),
    Step::contract("out of memory", 1, resources::no_memory)
        .if_possible(|world| world.memory.as_ref().err().cloned()),
    Step::contract("full disk", 1, resources::no_disk)
        .if_possible(|world| world.log_disk.as_ref().err().cloned()),
    Step::contract("clock jumps", 1, resources::clock)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::any("packet loss", 1, network::loss)
        .with_clients()
        .if_possible(|world| world.loss.as_ref().err().cloned()),
    Step::any("delay", 1, network::delay),
    Step::any(NETEM, 1, network::netem)
        .with_clients()
        .if_possible(|world| world.netem.as_ref().err().cloned()),
];

/// Those that can be made here. What cannot is printed, or is an error if all were asked for.
pub(crate) fn possible(arguments: &Arguments, world: &World) -> std::result::Result<Vec<Step>, String> {
    let has_contract = arguments.server.is_none() || arguments.contract;
    let is_wanted = |step: &&Step| {
        let fits = arguments.only.is_empty()
            || arguments.only.iter().any(|words| step.name.contains(words.as_str()));
        fits && if has_contract { !step.name.ends_with(" any") } else { !step.needs_contract }
    };
    let (mut possible, mut lacking) = (Vec::new(), Vec::new());
    for step in ALL.iter().filter(is_wanted) {
        match (step.lacks)(world) {
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
        first.retain(|step| possible.iter().any(|it| it.name == step.name));
        let all_replace = possible.iter().all(|step| step.replaces_master);
        Self { possible, seed, first, drawn: 0, all_replace }
    }

    /// Each kind was made once.
    pub(crate) fn is_made_whole(&self) -> bool {
        self.first.is_empty()
    }

    /// The next step, and the chance within it.
    pub(crate) fn draw(&mut self) -> (&'static Step, StdRng) {
        loop {
            self.drawn += 1;
            let mut random = seeds::random(self.seed, &[STEPS, self.drawn]);
            let step = self.first.pop().unwrap_or_else(|| choose(&mut random));
            // What grows in a master is seen only while it stays.
            let may_replace = (self.drawn / PHASE).is_multiple_of(2) || self.all_replace;
            if (may_replace || !step.replaces_master) && self.possible.iter().any(|it| it.name == step.name) {
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
