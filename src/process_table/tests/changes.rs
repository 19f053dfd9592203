//! Rules by which a pool changes: its generation, its size, single workers.

use super::*;
use crate::sizer::Resize;
use crate::wear::Wear;

#[test]
fn the_next_generation_accepts_when_all_of_it_is_ready_and_then_the_old_one_retires() {
    let mut scene = Scene::open(2);
    scene.want(3);
    let spawn_next = |id| Action::Spawn { id, generation: FIRST + 1 };
    assert_eq!(scene.plan(), [spawn_next(0), spawn_next(1), spawn_next(2)]);
    for (number, id) in [(200, 0), (201, 1), (202, 2)] {
        scene.add_to(FIRST + 1, number, id);
    }
    for number in [200, 201] {
        scene.stage(number, Stage::Ready);
        assert_eq!(scene.plan(), [], "nobody goes before all are ready");
    }
    scene.stage(202, Stage::Ready);
    let go = [200, 201, 202].map(|number| tell(number, Order::Go));
    let retire = [100, 101].map(|number| tell(number, Order::Retire));
    assert_eq!(scene.carry_out(), [&go[..], &[Action::Commit]].concat());
    assert!(scene.table.is_letting_go(&scene.goal));
    assert_eq!(scene.carry_out(), retire);
    assert!(scene.table.is_letting_go(&scene.goal), "until they say that they accept no more");
    scene.hear(100, Report::Retired);
    scene.hear(101, Report::Retired);
    assert!(!scene.table.is_letting_go(&scene.goal));
    scene.carry_out();
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.draining_generations(&scene.goal), [FIRST]);
    scene.die(100);
    scene.die(101);
    assert_eq!(scene.plan(), [200, 201, 202].map(|number| tell(number, Order::Poke)), "nobody is respawned");
    assert!(scene.table.draining_generations(&scene.goal).is_empty());
}

#[test]
fn the_next_generation_is_given_up_when_one_of_it_fails_or_is_late() {
    let mut scene = Scene::open(1);
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    assert_eq!(scene.plan(), []);
    let deadline = scene.table.next_deadline(&scene.goal).unwrap();
    assert_eq!(deadline - scene.now, Duration::from_secs(10));
    let before = std::mem::replace(&mut scene.now, deadline);
    assert_eq!(scene.plan(), [Action::Abandon], "and no other deadline for its workers");
    scene.now = before;
    scene.goal.next.as_mut().unwrap().failed = Some("it died".into());
    assert_eq!(scene.plan(), [Action::Abandon]);
}

#[test]
fn while_the_next_generation_gets_ready_the_old_one_is_kept_whole() {
    let mut scene = Scene::open(2);
    scene.want(2);
    scene.add_to(FIRST + 1, 200, 0);
    scene.add_to(FIRST + 1, 201, 1);
    scene.die(101);
    assert_eq!(scene.carry_out(), [spawn(1), tell(100, Order::Poke)]);
    scene.add(110, 1);
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(110, Order::Go)]);
}

#[test]
fn a_smaller_pool_sends_the_last_away_and_a_larger_one_spawns() {
    let mut scene = Scene::open(3);
    scene.add(110, 3);
    scene.goal.workers = 2;
    assert_eq!(scene.carry_out(), [tell(102, Order::Retire), tell(110, Order::Stop)]);
    assert_eq!(scene.plan(), []);
    scene.goal.workers = 4;
    assert_eq!(scene.plan(), [spawn(2), spawn(3)]);
}

#[test]
fn a_pool_at_rest_has_no_workers_until_a_generation_comes() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Rest;
    assert_eq!(scene.carry_out(), [tell(100, Order::Retire), tell(101, Order::Retire)]);
    scene.die(100);
    scene.die(101);
    assert_eq!(scene.plan(), []);
    assert_eq!(scene.table.next_deadline(&scene.goal), None);
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    scene.stage(200, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(200, Order::Go), Action::Commit]);
    assert_eq!(scene.goal.aim, Aim::Serve);
}

#[test]
fn in_its_time_of_grace_a_pool_serves_and_respawns() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Grace { until: scene.now + Duration::from_secs(5) };
    scene.die(100);
    assert_eq!(scene.carry_out(), [spawn(0), tell(101, Order::Poke)]);
    scene.add(110, 0);
    assert_eq!(scene.table.next_deadline(&scene.goal), Some(scene.now + Duration::from_secs(5)));
    scene.wait(5);
    assert_eq!(scene.carry_out(), [Action::CloseGates]);
    assert_eq!(scene.carry_out(), [tell(101, Order::Drain), tell(110, Order::Stop)]);
}

#[test]
fn who_leaves_has_the_time_of_its_own_configuration() {
    let mut scene = Scene::open(1);
    scene.leave = Some(Duration::from_secs(5));
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    scene.stage(200, Stage::Ready);
    scene.carry_out();
    scene.carry_out();
    scene.wait(6);
    assert_eq!(scene.plan(), []);
    scene.wait(26);
    let why = "it did not leave in time";
    assert_eq!(scene.carry_out(), [Action::Kill { pid: pid(100), why }]);
}

#[test]
fn workers_that_have_served_long_enough_are_replaced_one_at_a_time() {
    let mut scene = Scene::open(3);
    for number in [100, 102] {
        scene.table.find(pid(number)).unwrap().worn = Some(Wear::Age);
    }
    let recycle = |number| Action::Recycle { pid: pid(number), why: Wear::Age };
    assert_eq!(scene.carry_out(), [recycle(100)]);
    assert_eq!(scene.carry_out(), [spawn(0)]);
    scene.add(110, 0);
    assert_eq!(scene.plan(), [], "the second waits until the first is replaced");
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(110, Order::Go), tell(100, Order::Retire)]);
    assert_eq!(scene.carry_out(), [recycle(102)]);
}

#[test]
fn nobody_is_replaced_while_all_are() {
    let mut scene = Scene::open(1);
    scene.table.find(pid(100)).unwrap().worn = Some(Wear::Memory);
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_worker_beyond_the_size_of_the_pool_leaves_and_is_not_replaced() {
    let mut scene = Scene::open(2);
    scene.table.find(pid(101)).unwrap().worn = Some(Wear::Age);
    scene.goal.workers = 1;
    assert_eq!(scene.plan(), [tell(101, Order::Retire)]);
}

#[test]
fn a_pool_that_sizes_itself_has_the_size_that_was_found_right() {
    let mut scene = Scene::open(1);
    let resize = Resize { to: 2, why: crate::scoreboard::WhyScaled::Waiting };
    scene.table.resize = Some(resize);
    assert_eq!(scene.plan(), [Action::Resize(resize)]);
    scene.goal.aim = Aim::Drain;
    assert_eq!(scene.plan(), [tell(100, Order::Drain)]);
}

#[test]
fn a_worker_that_gives_no_sign_of_life_is_aborted_and_then_killed() {
    let mut scene = Scene::open(1);
    let patience = scene.goal.stuck_after;
    scene.table.find(pid(100)).unwrap().pulse.wake(patience, scene.now);
    assert_eq!(scene.plan(), []);
    scene.wait(10);
    assert_eq!(scene.table.next_deadline(&scene.goal), Some(scene.now));
    assert_eq!(scene.carry_out(), [Action::LookAfter { pid: pid(100) }]);
    scene.table.tell(pid(100), Order::Ask, &scene.goal, scene.now);
    for _ in 0..30 {
        assert_eq!(scene.plan(), []);
        scene.wait(1);
        scene.table.listen(&scene.goal, scene.now);
    }
    assert_eq!(scene.carry_out(), [Action::Abort { pid: pid(100) }]);
    scene.wait(2);
    let why = "it did not even abort";
    assert_eq!(scene.carry_out(), [Action::Kill { pid: pid(100), why }]);
}

#[test]
fn who_waits_at_a_drain_without_workers_gets_some_once_more() {
    let mut scene = Scene::open(2);
    scene.goal.aim = Aim::Drain;
    scene.carry_out();
    scene.die(100);
    scene.die(101);
    scene.goal.aim = Aim::Relieve;
    assert_eq!(scene.carry_out(), [spawn(0), spawn(1), Action::Relieved]);
    scene.add(110, 0);
    scene.add(111, 1);
    assert_eq!(scene.plan(), []);
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.carry_out(), [tell(110, Order::Go)]);
    assert_eq!(scene.carry_out(), [tell(110, Order::Drain), tell(111, Order::Stop)]);
}

#[test]
fn a_generation_that_gets_ready_during_a_stop_does_not_undo_it() {
    let mut scene = Scene::open(1);
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    scene.stage(200, Stage::Ready);
    scene.goal.aim = Aim::Grace { until: scene.now + Duration::from_secs(5) };
    assert_eq!(scene.plan(), []);
}

#[test]
fn a_generation_that_gets_ready_is_not_let_in_by_a_stop_of_a_pool_at_rest() {
    let mut scene = Scene::of(1);
    scene.goal.aim = Aim::Rest;
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    scene.stage(200, Stage::Ready);
    for aim in [Aim::Drain, Aim::Stop] {
        scene.goal.aim = aim;
        assert_eq!(scene.plan(), [], "it is given up, and may hold nobody by then");
    }
}

#[test]
fn a_stopped_worker_is_made_to_look_when_it_goes_on() {
    let mut scene = Scene::open(2);
    scene.table.find(pid(101)).unwrap().stopped = true;
    scene.hear(100, Report::Short);
    assert_eq!(scene.carry_out(), []);
    scene.table.find(pid(101)).unwrap().stopped = false;
    assert_eq!(scene.carry_out(), [tell(101, Order::Poke)]);
}

#[test]
fn a_stopped_worker_looks_when_it_goes_on_also_for_one_who_was_found_dead_first_and_died_later() {
    let mut scene = Scene::open(2);
    scene.die(100);
    scene.table.note_stopped(pid(101));
    scene.carry_out();
    scene.add(110, 0);
    scene.table.note_continued(pid(101), &scene.goal, scene.now);
    assert_eq!(scene.carry_out(), [tell(101, Order::Poke)]);
    assert_eq!(scene.plan(), []);
}

#[test]
fn whoever_is_forked_for_the_old_generation_at_the_last_moment_goes_with_it() {
    let mut scene = Scene::open(2);
    scene.want(1);
    scene.add_to(FIRST + 1, 200, 0);
    scene.stage(200, Stage::Ready);
    scene.die(100);
    scene.add(110, 0);
    scene.stage(110, Stage::Ready);
    let plan = scene.carry_out();
    assert!(plan.ends_with(&[tell(101, Order::Poke)]) && plan.contains(&Action::Commit), "{plan:?}");
    assert_eq!(plan[0], tell(110, Order::Go), "it may have accepted somebody");
    scene.add_to(FIRST, 111, 1);
    let plan = scene.carry_out();
    for order in [tell(101, Order::Retire), tell(110, Order::Retire), tell(111, Order::Stop)] {
        assert!(plan.contains(&order), "{plan:?}");
    }
}

#[test]
fn one_who_is_ready_and_no_longer_wanted_is_not_let_in() {
    let mut scene = Scene::open(1);
    scene.add(110, 1);
    scene.stage(110, Stage::Ready);
    assert_eq!(scene.plan(), [tell(110, Order::Stop)]);
}

#[test]
fn a_successor_whose_workers_are_ready_waits_without_a_deadline() {
    let mut scene = Scene::of(1);
    scene.goal.may_open = false;
    scene.add(100, 0);
    scene.stage(100, Stage::Ready);
    scene.wait(100);
    assert_eq!((scene.plan(), scene.table.next_deadline(&scene.goal)), (vec![], None));
}

/// A line that has no room.
struct NoRoom;

impl Addressee for NoRoom {
    fn send(&self, _: Order) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

#[test]
fn a_worker_that_could_not_be_told_to_say_when_it_is_busy_is_looked_after_again() {
    let (scene, mut table) = (Scene::of(1), ProcessTable::new(Instant::now()));
    let patience = Patience { start: None, leave: None };
    let birth = Birth { id: 0, generation: FIRST, patience, lease: Lease::default() };
    table.add(pid(100), birth, NoRoom, scene.now);
    table.find(pid(100)).unwrap().stage = Stage::Accepting { since: scene.now };
    table.note_open();
    table.tell(pid(100), Order::Arm, &scene.goal, scene.now);
    let due = scene.now + Duration::from_secs(10);
    assert_eq!(table.next_deadline(&scene.goal), Some(due));
    assert!(table.plan(&scene.goal, due).contains(&Action::LookAfter { pid: pid(100) }));
}
