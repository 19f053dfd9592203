//! The plan, rule by rule, without a fork and without a wait.

mod back_off;
mod changes;
mod model;

use std::io;
use std::time::Duration;

use super::throttle::THROTTLE_MIN;
use super::worker_handle::Addressee;
use super::*;
use crate::channel::Report;
use crate::scoreboard::Lease;

const MONITOR: Pid = Pid::from_raw(9);

/// A line that always has room.
impl Addressee for () {
    fn send(&self, _: Order) -> io::Result<()> {
        Ok(())
    }
}

/// A table, a goal and a clock.
struct Scene {
    table: ProcessTable<()>,
    goal: Goal,
    leave: Option<Duration>,
    now: Instant,
}

fn pid(number: i32) -> Pid {
    Pid::from_raw(number)
}

/// The generation that serves at first.
const FIRST: u64 = 1;

fn spawn(id: usize) -> Action {
    Action::Spawn { id, generation: FIRST }
}

fn tell(number: i32, order: Order) -> Action {
    Action::Tell { pid: pid(number), order }
}

impl Scene {
    fn of(workers: usize) -> Self {
        let now = Instant::now();
        let goal = Goal {
            generation: FIRST,
            workers,
            next: None,
            may_open: true,
            monitor: false,
            stuck_after: Some(Duration::from_secs(30)),
            start_timeout: Some(Duration::from_secs(10)),
            leaves_queue: false,
            aim: Aim::Serve,
        };
        let leave = Some(Duration::from_secs(31));
        Self { table: ProcessTable::new(now), goal, leave, now }
    }

    /// Workers 0, 1, … with the pids 100, 101, … that accept.
    fn open(workers: usize) -> Self {
        let mut scene = Self::of(workers);
        for (id, number) in (0..workers).zip(100..) {
            scene.add(number, id);
            scene.stage(number, Stage::Ready);
        }
        scene.carry_out();
        scene
    }

    fn add(&mut self, number: i32, id: usize) {
        self.add_to(self.goal.generation, number, id);
    }

    fn add_to(&mut self, generation: u64, number: i32, id: usize) {
        let patience = Patience { start: Some(Duration::from_secs(10)), leave: self.leave };
        let birth = Birth { id, generation, patience, lease: Lease::default() };
        self.table.add(pid(number), birth, (), self.now);
    }

    /// The next generation is wanted.
    fn want(&mut self, workers: usize) {
        let deadline = Some(self.now + Duration::from_secs(10));
        self.goal.next = Some(Next { generation: FIRST + 1, workers, deadline, failed: None });
    }

    fn stage(&mut self, number: i32, stage: Stage) {
        self.table.find(pid(number)).unwrap().stage = stage;
    }

    fn plan(&self) -> Vec<Action> {
        self.table.plan(&self.goal, self.now)
    }

    /// Carries out what needs no system, as the master does, and returns it.
    fn carry_out(&mut self) -> Vec<Action> {
        let plan = self.plan();
        for action in &plan {
            match action {
                Action::Tell { pid, order } => self.table.tell(*pid, *order, &self.goal, self.now),
                Action::Open => self.table.note_open(),
                Action::Kill { pid, .. } => self.table.note_killed(*pid, self.now),
                Action::SpawnMonitor => self.table.monitor.add(MONITOR, self.now),
                Action::Commit => {
                    let Next { generation, workers, .. } = self.goal.next.take().unwrap();
                    let next = Goal { generation, workers, aim: Aim::Serve, ..self.goal.clone() };
                    self.table.commit(&mut self.goal, next);
                }
                Action::Recycle { pid, .. } => self.table.note_recycled(*pid),
                Action::Resize(resize) => self.table.set_size(&mut self.goal, resize.to),
                Action::Abort { pid } => self.table.note_aborted(*pid, self.now),
                Action::Relieved | Action::CloseGates => self.goal.aim = Aim::Drain,
                Action::LookAfter { .. } | Action::Spawn { .. } | Action::GiveUp | Action::Abandon => (),
            }
        }
        plan
    }

    fn hear(&mut self, number: i32, report: Report) {
        self.table.hear(pid(number), report, &self.goal, self.now);
    }

    fn refuse_fork(&mut self, id: usize) -> Duration {
        self.table.note_failed_spawn(id, FIRST, &self.goal, self.now).unwrap()
    }

    fn die(&mut self, number: i32) -> Duration {
        self.table.remove(pid(number), &self.goal, self.now).unwrap().1
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

#[test]
fn an_empty_pool_gets_all_its_workers() {
    assert_eq!(Scene::of(3).plan(), [spawn(0), spawn(1), spawn(2)]);
}

#[test]
fn nobody_goes_before_all_first_workers_are_ready() {
    let mut scene = Scene::of(2);
    scene.add(100, 0);
    scene.add(101, 1);
    scene.stage(100, Stage::Ready);
    assert_eq!(scene.plan(), []);
    scene.stage(101, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(100, Order::Go), tell(101, Order::Go), Action::Open]);
    assert_eq!(scene.plan(), []);
}

#[test]
fn first_workers_that_never_get_ready_end_the_program() {
    let mut scene = Scene::of(2);
    scene.add(100, 0);
    scene.stage(100, Stage::Ready);
    scene.add(101, 1);
    scene.wait(9);
    assert_eq!(scene.plan(), []);
    scene.wait(1);
    assert_eq!(scene.plan()[0], Action::GiveUp);
}

#[test]
fn a_quiet_pool_has_nothing_to_do_and_no_deadline() {
    let scene = Scene::open(3);
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.next_deadline(&scene.goal), None);
}

#[test]
fn a_dead_worker_is_replaced_at_once_and_the_others_look_at_the_queue() {
    let mut scene = Scene::open(3);
    assert_eq!(scene.die(101), Duration::ZERO);
    assert_eq!(scene.carry_out(), [spawn(1), tell(100, Order::Poke), tell(102, Order::Poke)]);
    scene.add(110, 1);
    assert_eq!(scene.plan(), [], "nobody is poked twice for one death");
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(110, Order::Go)]);
}

#[test]
fn a_worker_that_does_not_get_ready_is_killed() {
    let mut scene = Scene::open(1);
    scene.die(100);
    scene.add(101, 0);
    scene.wait(10);
    assert_eq!(scene.carry_out(), [Action::Kill { pid: pid(101), why: "it did not get ready in time" }]);
    assert_eq!(scene.plan(), [spawn(0)]);
    assert_eq!(scene.die(101), THROTTLE_MIN);
}

#[test]
fn a_worker_that_wants_to_leave_stays_until_its_replacement_accepts() {
    let mut scene = Scene::open(2);
    scene.stage(100, Stage::Outgoing);
    assert_eq!(scene.plan(), [spawn(0)]);
    scene.add(110, 0);
    assert_eq!(scene.plan(), []);
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(110, Order::Go), tell(100, Order::Retire)]);
    assert_eq!(scene.die(100), Duration::ZERO);
    assert_eq!(
        scene.plan(),
        [tell(110, Order::Poke), tell(101, Order::Poke)].iter().rev().cloned().collect::<Vec<_>>()
    );
}

#[test]
fn a_worker_that_does_not_leave_is_killed() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.wait(31);
    assert_eq!(scene.plan(), []);
    scene.wait(1);
    let why = "it did not leave in time";
    assert_eq!(scene.carry_out(), [Action::Kill { pid: pid(100), why }, Action::Kill { pid: pid(101), why }]);
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_drain_serves_the_queue_and_sends_away_who_holds_nothing() {
    let mut scene = Scene::open(3);
    scene.die(102);
    scene.carry_out();
    scene.add(110, 2);
    scene.goal.aim = Aim::Drain;
    assert_eq!(scene.carry_out(), [tell(100, Order::Drain), tell(101, Order::Drain), tell(110, Order::Stop)]);
    assert_eq!(scene.plan(), [], "nobody is told twice, and nobody is spawned");
}

#[test]
fn a_death_during_a_drain_still_pokes_the_others() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.die(100);
    assert_eq!(scene.plan(), [tell(101, Order::Poke)]);
}

#[test]
fn a_worker_that_cannot_accept_makes_the_others_look() {
    let mut scene = Scene::open(2);
    scene.hear(100, Report::Short);
    assert_eq!(scene.carry_out(), [tell(101, Order::Poke)]);
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_worker_that_closed_its_listeners_makes_the_others_look() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.hear(100, Report::Closed);
    assert_eq!(scene.carry_out(), [tell(101, Order::Poke)]);
    scene.hear(101, Report::Closed);
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_stop_reaches_who_already_drains() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.goal.aim = Aim::Stop;
    assert_eq!(scene.carry_out(), [tell(100, Order::Stop), tell(101, Order::Stop)]);
    assert_eq!(scene.plan(), []);
    scene.wait(1);
    assert_eq!(scene.plan().len(), 2, "who does not stop is killed");
}

#[test]
fn without_a_timeout_nobody_is_killed() {
    let mut scene = Scene::of(1);
    scene.leave = None;
    scene.add(100, 0);
    scene.stage(100, Stage::Ready);
    scene.carry_out();
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.wait(1_000_000);
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.next_deadline(&scene.goal), None);
}

#[test]
fn a_strangers_death_changes_nothing() {
    let mut scene = Scene::open(2);
    assert!(scene.table.remove(pid(4711), &scene.goal, scene.now).is_none());
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_pool_is_full_when_every_worker_that_accepts_has_said_so() {
    let mut scene = Scene::open(2);
    assert!(!scene.table.is_full());
    scene.table.find(pid(100)).unwrap().told_full = true;
    assert!(!scene.table.is_full());
    scene.table.find(pid(101)).unwrap().told_full = true;
    assert!(scene.table.is_full());
    scene.table.tell(pid(101), Order::Arm, &scene.goal, scene.now);
    assert!(!scene.table.is_full(), "it is asked again");
    scene.die(101);
    assert!(scene.table.is_full(), "the dead do not count");
    scene.die(100);
    assert!(!scene.table.is_full(), "without workers nothing is full");
}

#[test]
fn the_monitor_is_respawned_at_once_and_then_ever_more_slowly() {
    let mut scene = Scene::open(1);
    scene.goal.monitor = true;
    assert_eq!(scene.carry_out(), [Action::SpawnMonitor]);
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.monitor.remove(pid(100), scene.now), None, "that is a worker");
    assert_eq!(scene.table.monitor.remove(MONITOR, scene.now), Some(Duration::ZERO));
    assert_eq!(scene.carry_out(), [Action::SpawnMonitor]);
    assert_eq!(scene.table.monitor.remove(MONITOR, scene.now), Some(THROTTLE_MIN));
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.next_deadline(&scene.goal), Some(scene.now + THROTTLE_MIN));
    scene.wait(1);
    assert_eq!(scene.carry_out(), [Action::SpawnMonitor]);
    scene.goal.aim = Aim::Drain;
    scene.table.monitor.remove(MONITOR, scene.now);
    scene.wait(1);
    assert!(scene.plan().contains(&Action::SpawnMonitor), "it shows the drain");
}

#[test]
fn a_queue_that_a_service_manager_has_is_left_at_once() {
    let mut scene = Scene::open(2);
    scene.goal.leaves_queue = true;
    scene.goal.aim = Aim::Drain;
    assert_eq!(scene.carry_out(), [tell(100, Order::Retire), tell(101, Order::Retire)]);
    assert_eq!(scene.plan(), []);
}
