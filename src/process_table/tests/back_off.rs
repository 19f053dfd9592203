//! What slows a respawn down, and what does not.

use super::*;

/// Whoever is due is killed, and dies.
fn kill_all_who_are_due(scene: &mut Scene) -> Vec<Duration> {
    let killed = scene.carry_out().into_iter().filter_map(|action| match action {
        Action::Kill { pid, .. } => Some(pid.as_raw()),
        _ => None,
    });
    killed.map(|number| scene.die(number)).collect()
}

#[test]
fn who_dies_young_again_and_again_comes_back_ever_more_slowly() {
    let mut scene = Scene::open(1);
    let mut waits = Vec::new();
    for number in 100..112 {
        waits.push(scene.die(number).as_millis());
        scene.add(number + 1, 0);
        scene.stage(number + 1, Stage::Accepting { since: scene.now });
    }
    assert_eq!(waits, [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
}

#[test]
fn a_throttled_worker_is_spawned_when_its_time_has_come() {
    let mut scene = Scene::open(1);
    scene.die(100);
    scene.add(101, 0);
    scene.die(101);
    assert_eq!(scene.plan(), []);
    let deadline = scene.table.next_deadline(&scene.goal).unwrap();
    assert_eq!(deadline - scene.now, THROTTLE_MIN);
    scene.now = deadline;
    assert_eq!(scene.plan(), [spawn(0)]);
}

#[test]
fn a_healthy_life_makes_up_for_early_deaths() {
    let mut scene = Scene::open(1);
    scene.die(100);
    scene.add(101, 0);
    scene.stage(101, Stage::Accepting { since: scene.now });
    scene.wait(10);
    assert_eq!(scene.die(101), Duration::ZERO);
    scene.add(102, 0);
    assert_eq!(scene.die(102), Duration::ZERO, "the first early death after it is free again");
}

#[test]
fn a_fork_that_fails_is_tried_again_later() {
    let mut scene = Scene::of(1);
    let waits: Vec<u128> = (0..4).map(|_| scene.refuse_fork(0).as_millis()).collect();
    assert_eq!(waits, [100, 200, 400, 800]);
    assert_eq!(scene.plan(), []);
}

#[test]
fn those_who_were_told_to_leave_and_had_to_be_killed_slow_nobody_down() {
    let mut scene = Scene::open(1);
    for number in [100, 101] {
        scene.stage(number, Stage::Outgoing);
        scene.add(number + 1, 0);
        scene.stage(number + 1, Stage::Ready);
        scene.carry_out();
    }
    scene.wait(32);
    assert_eq!(kill_all_who_are_due(&mut scene), [Duration::ZERO; 2]);
}

#[test]
fn what_a_generation_that_was_given_up_died_of_slows_nobody_down() {
    let mut scene = Scene::open(1);
    for number in [200, 210, 220, 230] {
        scene.want(2);
        scene.add_to(FIRST + 1, number, 0);
        scene.add_to(FIRST + 1, number + 1, 1);
        for pid in scene.table.abandon(&mut scene.goal) {
            scene.table.note_killed(pid, scene.now);
            assert_eq!(scene.die(pid.as_raw()), Duration::ZERO);
        }
    }
    scene.goal.workers = 2;
    assert_eq!(scene.plan()[0], spawn(1), "a larger pool has its workers at once");
}

#[test]
fn one_who_leaves_and_is_killed_is_no_failure_of_who_is_born_under_its_id() {
    let mut scene = Scene::open(2);
    let shrunk = Scaling::begin(&mut scene.table, &mut scene.goal, 1, None);
    scene.carry_out();
    assert_eq!(shrunk.outcome(&scene.table, &scene.goal, scene.now), Some(Ok(())));
    scene.wait(31);
    let mut grown = Scaling::begin(&mut scene.table, &mut scene.goal, 2, None);
    scene.add(110, 1);
    scene.wait(1);
    scene.carry_out();
    let (killed, _) = scene.table.remove(pid(101), &scene.goal, scene.now).unwrap();
    assert!(matches!(killed.stage, Stage::Killed { .. }) && !killed.is_stillborn());
    scene.stage(110, Stage::Ready);
    let (dead, _) = scene.table.remove(pid(110), &scene.goal, scene.now).unwrap();
    assert!(dead.is_stillborn());
    grown.note_failed_birth(dead.id, "it died");
    assert_eq!(grown.outcome(&scene.table, &scene.goal, scene.now), Some(Err("it died".to_owned())));
    grown.undo(&mut scene.table, &mut scene.goal);
    assert_eq!((scene.goal.workers, scene.goal.aim), (1, Aim::Serve));
}
