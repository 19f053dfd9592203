//! The steps: what is done to the server, and what has to come of it at once. The oracle looks after each.

mod changes;
mod network;
mod processes;
mod queue;
mod resources;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::arguments::Arguments;
use crate::run::Run;
use crate::violation::Result;
use crate::world::World;

/// One thing that is done to the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// How often it is chosen, beside the others.
    weight: u32,
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
        Self { name, weight, needs_contract: false, lacks: |_| None, act }
    }

    /// A step for a server that takes prefork-echo's commands.
    const fn contract(name: &'static str, weight: u32, act: fn(&mut Run) -> Result<String>) -> Self {
        Self { needs_contract: true, ..Self::any(name, weight, act) }
    }

    const fn if_possible(self, lacks: fn(&World) -> Option<String>) -> Self {
        Self { lacks, ..self }
    }

    /// Whether `--all` may do without it.
    fn is_optional(&self) -> bool {
        self.name == NETEM
    }
}

/// The one that hardly any kernel has; loss and a relay are there for all.
const NETEM: &str = "netem";

const ALL: &[Step] = &[
    Step::contract("kill a worker", 4, processes::kill_worker),
    Step::contract("segv a worker", 2, processes::segv_worker),
    Step::contract("term a worker", 2, processes::term_worker),
    Step::contract("stop a worker", 2, processes::stop_worker),
    Step::contract("kill the monitor", 1, processes::kill_monitor),
    Step::contract("stop the monitor", 1, processes::stop_monitor),
    Step::contract("kill the master", 2, processes::kill_master),
    Step::contract("stop the master", 1, processes::stop_master),
    Step::contract("back-off", 1, processes::back_off),
    Step::any("kill any", 3, processes::kill_any),
    Step::any("stop any", 2, processes::stop_any),
    Step::contract("reload", 3, changes::reload),
    Step::contract("reload in vain", 2, changes::reload_in_vain),
    Step::contract("slow reload", 1, changes::slow_reload)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::contract("scale", 3, changes::scale),
    Step::contract("upgrade", 2, changes::upgrade),
    Step::contract("upgrade by signal", 1, changes::upgrade_by_signal),
    Step::contract("drain and reload", 2, changes::drain_and_reload),
    Step::contract("all at once", 2, changes::all_at_once),
    Step::contract("order of the queue", 2, queue::order),
    Step::contract("overflow", 1, queue::overflow),
    Step::contract("lost wake-up", 2, queue::lost_wake_up)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::contract("no files left", 1, resources::no_files),
    Step::contract("fork refused", 1, resources::no_forks)
        .if_possible(|world| world.pids.as_ref().err().cloned()),
    Step::contract("out of memory", 1, resources::no_memory)
        .if_possible(|world| world.memory.as_ref().err().cloned()),
    Step::contract("full disk", 1, resources::no_disk)
        .if_possible(|world| world.log_disk.as_ref().err().cloned()),
    Step::contract("clock jumps", 1, resources::clock)
        .if_possible(|world| world.preload.as_ref().err().cloned()),
    Step::any("packet loss", 1, network::loss).if_possible(|world| world.loss.as_ref().err().cloned()),
    Step::any("delay", 1, network::delay),
    Step::any(NETEM, 1, network::netem).if_possible(|world| world.netem.as_ref().err().cloned()),
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

/// One of them, by weight.
pub(crate) fn choose(steps: &[Step], random: &mut StdRng) -> usize {
    let sum: u32 = steps.iter().map(|step| step.weight).sum();
    let mut left = random.random_range(0..sum);
    let chosen = steps.iter().position(|step| {
        let is_it = left < step.weight;
        left = left.saturating_sub(step.weight);
        is_it
    });
    chosen.expect("it is below their sum")
}
