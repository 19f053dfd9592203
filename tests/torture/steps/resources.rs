//! What the system gives no more: files, processes, memory, room on the disk, the right time.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;
use rand::RngExt;

use crate::census;
use crate::clients::script::{PATIENCE, open};
use crate::oracle::probe;
use crate::run::{Run, eventually, last, signal};
use crate::violation::{Invariant, Result, Violates};
use crate::world;

/// How long it is like that.
const LASTS: Duration = Duration::from_secs(1);
/// So much memory is left beside what is used when it becomes short. Whoever takes it is larger than any process of the server.
const LEFT_BYTES: u64 = 64 << 20;
/// So many reloads write more than the rest of the page that the log has already.
const RELOADS_MAX: usize = 40;
const MESSAGE: &[u8] = b"is there a file for me?";
const DAY_SECONDS: i64 = 86_400;
const MINUTE_SECONDS: f64 = 60.0;

/// A worker accepts nobody then, and has no slot but those that are taken. As many come as would fill the pool, and wait for it.
pub(super) fn no_files(run: &mut Run) -> Result<String> {
    run.calm()?;
    let (worker, pid) = run.some_worker()?;
    let slots = run.size.workers * run.size.threads;
    let mut clients = Vec::new();
    let files = without_files(run, pid, |run| {
        for _ in 0..slots {
            clients.push(open(run.subject.server, PATIENCE).violates(Invariant::Clients)?);
        }
        let what = "a worker without files to have fewer slots";
        run.wait_for(Invariant::Capacity, what, |picture| picture.pool.capacity < slots).map(drop)
    })?;
    for mut client in clients {
        client.exchange(MESSAGE).violates(Invariant::Clients)?;
        client.finish().violates(Invariant::Clients)?;
    }
    Ok(format!("worker {} had {files} files, and the pool fewer slots", worker.id))
}

/// The master can answer nobody then. Its workers go on, and no question is left without an end.
pub(super) fn no_files_for_master(run: &mut Run) -> Result<String> {
    let master = run.master()?;
    let files = without_files(run, master, |run| {
        last(LASTS);
        let question = run.subject.begin(&["status"])?;
        let served = if run.has_room() { probe(&run.subject) } else { Ok(()) };
        question.end()?;
        served
    })?;
    Ok(format!("{master} had {files} files"))
}

/// For a while a process opens no file beside those that it has already; how many those are.
fn without_files(run: &mut Run, pid: i32, meanwhile: impl FnOnce(&mut Run) -> Result<()>) -> Result<usize> {
    let gone = || Invariant::Processes.violated(format!("process {pid} is gone"));
    let level = census::level(pid).ok_or_else(gone)?;
    let before = fs::read_to_string(format!("/proc/{pid}/limits")).violates(Invariant::Suite)?;
    let before = before.lines().find_map(|line| line.strip_prefix("Max open files"));
    let before = before.and_then(|rest| rest.split_whitespace().next()).unwrap_or("1024").to_owned();
    let [user, group] = census::identity(pid).ok_or_else(gone)?;
    // Root may not without CAP_SYS_RESOURCE, whom it belongs to may. The hard limit stays, so that this can be taken back.
    let identity = ["setpriv", "--reuid", &user, "--regid", &group, "--clear-groups"];
    let identity = if run.world.has_users { &identity[..] } else { &[] };
    let set = |soft: &str| {
        let (pid, soft) = (pid.to_string(), format!("--nofile={soft}:"));
        let words = [identity, &["prlimit", "--pid", &pid, &soft]].concat();
        world::run(words[0], &words[1..])
    };
    set(&level.files.to_string()).violates(Invariant::Suite)?;
    let found = meanwhile(run);
    set(&before).violates(Invariant::Suite)?;
    found.map(|()| level.files)
}

pub(super) fn no_forks(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    let group = run.world.pids.clone().violates(Invariant::Suite)?;
    group.limit(1).violates(Invariant::Suite)?;
    let lost = run.end_worker(pid, Signal::SIGKILL)?;
    run.wait_for(Invariant::BackOff, "a worker that cannot be forked to be throttled", |picture| {
        picture.workers.iter().any(|it| it.id == worker.id && it.pid.is_none())
    })?;
    last(LASTS);
    run.look()?;
    group.unlimit().violates(Invariant::Suite)?;
    Ok(format!("worker {} held {lost} and came back", worker.id))
}

/// Somebody eats what there is. The kernel ends a worker first, and then whoever eats.
pub(super) fn no_memory(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    let group = run.world.memory.clone().violates(Invariant::Suite)?;
    let held = run.doom(pid)?;
    fs::write(format!("/proc/{pid}/oom_score_adj"), "1000").violates(Invariant::Suite)?;
    let used = group.used().violates(Invariant::Suite)?;
    group.limit(used + LEFT_BYTES).violates(Invariant::Suite)?;
    let mut eater = Command::new("sh");
    eater.args(["-c", "echo $$ >\"$0\" && exec tail /dev/zero"]).arg(group.entrance()).stdout(Stdio::null());
    let mut eater = eater.process_group(0).spawn().violates(Invariant::Suite)?;
    let is_over = || matches!(eater.try_wait(), Ok(Some(_)));
    let ended = eventually(Invariant::Suite, "the kernel to kill whoever eats memory", is_over);
    // It has ended, or is to.
    let _ = eater.kill();
    eater.wait().violates(Invariant::Suite)?;
    group.unlimit().violates(Invariant::Suite)?;
    ended?;
    eventually(Invariant::Suite, "the kernel to kill a worker for want of memory", || !census::lives(pid))?;
    run.oracle.settle(&run.subject, run.size)?;
    let lost = *held.start();
    let told = run.obituary(pid, held)?;
    if !told.contains("out of memory") {
        return Err(
            Invariant::Command.violated(format!("of a worker that was out of memory it is told: {told}"))
        );
    }
    Ok(format!("worker {} held {lost}", worker.id))
}

pub(super) fn no_disk(run: &mut Run) -> Result<String> {
    let disk = run.world.log_disk.clone().violates(Invariant::Suite)?;
    let filler = disk.join("filler");
    let mut file = fs::File::create(&filler).violates(Invariant::Suite)?;
    // To the last byte.
    for piece in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![b'x'; piece]).is_ok() {}
    }
    // What is open is not removed.
    drop(file);
    let before = run.look()?.totals.log_lines_lost;
    let (_, pid) = run.some_worker()?;
    run.end_worker(pid, Signal::SIGKILL)?;
    // A reload would take the place of a respawn.
    run.oracle.settle(&run.subject, run.size)?;
    let mut lost = 0;
    for _ in 0..RELOADS_MAX {
        run.subject.order(&["reload"])?;
        lost = run.look()?.totals.log_lines_lost - before;
        if lost > 0 {
            break;
        }
    }
    fs::remove_file(&filler).violates(Invariant::Suite)?;
    if lost == 0 {
        return Err(Invariant::Totals.violated("no line of the log is counted as lost, and the disk is full"));
    }
    let length = || fs::metadata(run.subject.log_file()).map_or(0, |metadata| metadata.len());
    let before = length();
    run.subject.order(&["reload"])?;
    if length() <= before {
        return Err(
            Invariant::Command.violated("there is room on the disk again, and the log does not go on")
        );
    }
    Ok(format!("{lost} lines were lost and counted"))
}

/// The clock on the wall goes back and forth. Nothing depends on it.
pub(super) fn clock(run: &mut Run) -> Result<String> {
    let days = run.random.random_range(2..4000);
    for offset in [days, -days, 0] {
        let preload = run.world.preload.as_ref().violates(Invariant::Suite)?;
        preload.set_clock(offset * DAY_SECONDS).violates(Invariant::Suite)?;
        let (_, pid) = run.some_worker()?;
        if offset != 0 {
            signal(pid, Signal::SIGTERM)?;
        }
        last(LASTS / 2);
        run.oracle.settle(&run.subject, run.size)?;
        if offset != 0 {
            sees(run, offset * DAY_SECONDS)?;
        }
    }
    Ok(format!("{days} days forth and back"))
}

/// That the clock of the server has moved: something has just happened by it.
fn sees(run: &Run, offset_seconds: i64) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).violates(Invariant::Suite)?;
    let now = Duration::from_secs(now.as_secs().saturating_add_signed(offset_seconds)).as_secs_f64();
    if run.subject.events()?.iter().any(|event| (event.at - now).abs() < MINUTE_SECONDS) {
        return Ok(());
    }
    Err(Invariant::Suite.violated("the clock of the server was moved, and it does not see that"))
}
