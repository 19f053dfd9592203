//! The processes of the world, as /proc shows them: the suite is its init, everything else is the server's.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::verdict::growth::Level;

/// The suite, which is the parent of those that have lost theirs.
pub(crate) const INIT: i32 = 1;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) state: char,
    pub(crate) name: String,
}

/// All processes but the suite, by pid; those that have ended are among them until somebody has waited for them.
pub(crate) fn all() -> BTreeMap<i32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let found = pids.filter(|pid| *pid != INIT).filter_map(process);
    found.map(|process| (process.pid, process)).collect()
}

/// Reaps those who have come to be our children and ended, but the one whom somebody else waits for; says how they ended.
pub(crate) fn reap_orphans(but: Option<i32>) -> Vec<WaitStatus> {
    let all = all().into_values();
    let orphans = all.filter(|it| it.parent == INIT && it.state == 'Z' && Some(it.pid) != but);
    orphans.filter_map(|it| waitpid(Pid::from_raw(it.pid), Some(WaitPidFlag::WNOHANG)).ok()).collect()
}

/// One process.
pub(crate) fn process(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in brackets and may hold anything, proc_pid_stat(5).
    let (before, after) = stat.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = after.split(' ');
    let state = fields.next()?.chars().next()?;
    Some(Process { pid, parent: fields.next()?.parse().ok()?, state, name })
}

/// It lives, and is no zombie.
pub(crate) fn lives(pid: i32) -> bool {
    process(pid).is_some_and(|process| !matches!(process.state, 'Z' | 'X'))
}

/// All of its threads stand still.
pub(crate) fn is_stopped(pid: i32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut stats = tasks.map(|task| fs::read_to_string(task.path().join("stat")).unwrap_or_default());
    stats.all(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 'Z', 'X'])))
}

/// Those that come from a process, without itself.
pub(crate) fn descendants(all: &BTreeMap<i32, Process>, of: i32) -> Vec<i32> {
    let children = all.values().filter(|process| process.parent == of).map(|process| process.pid);
    children.flat_map(|child| [vec![child], descendants(all, child)].concat()).collect()
}

/// The ports of the peers whose connections to a port a process holds, by what the kernel says.
pub(crate) fn peers_held(pid: i32, port: u16) -> HashSet<u16> {
    let sockets = sockets(pid);
    connections(port).into_iter().filter(|it| sockets.contains(&it.inode)).map(|it| it.peer).collect()
}

/// How many connections to a port a process has at most: those that were reset are in no list any more until it closes them.
pub(crate) fn peer_sockets(pid: i32, port: u16) -> usize {
    let unix = fs::read_to_string("/proc/self/net/unix").unwrap_or_default();
    let unix: HashSet<&str> = unix.lines().filter_map(|line| line.split_whitespace().nth(6)).collect();
    let listeners: HashSet<String> = listeners(port).into_iter().collect();
    let is_no_peers = |inode: &String| unix.contains(inode.as_str()) || listeners.contains(inode);
    sockets(pid).iter().filter(|inode| !is_no_peers(inode)).count()
}

/// The ports of the peers whose connections to a port live, whoever holds them, or nobody yet: who waits is among them.
pub(crate) fn peers_alive(port: u16) -> HashSet<u16> {
    // ESTABLISHED, and CLOSE_WAIT of a peer that has half-closed: either side may still send.
    let alive = connections(port).into_iter().filter(|it| matches!(it.state, 1 | 8));
    alive.map(|it| it.peer).collect()
}

/// Whether somebody may still come to a port, though nobody is there to be seen: who finds the queue full takes himself for connected,
/// and his kernel tries until there is room, also when he has gone.
pub(crate) fn is_awaited(port: u16) -> bool {
    tcp_sockets(port).iter().any(|it| it.state == SYN_RECV)
}

/// The sockets that listen at a port, whoever has them, by their inodes.
pub(crate) fn listeners(port: u16) -> Vec<String> {
    let listening = tcp_sockets(port).into_iter().filter(|it| it.state == LISTEN);
    listening.map(|it| it.inode).collect()
}

/// A socket of the server's side.
struct TcpSocket {
    peer: u16,
    inode: String,
    /// As `include/net/tcp_states.h` has it.
    state: u8,
}

const SYN_RECV: u8 = 3;
const LISTEN: u8 = 10;

fn connections(port: u16) -> Vec<TcpSocket> {
    tcp_sockets(port).into_iter().filter(|it| it.state != LISTEN).collect()
}

/// What is bound to a port, of either family: to a socket of both an IPv4 peer is one of IPv6.
fn tcp_sockets(port: u16) -> Vec<TcpSocket> {
    let files = ["tcp", "tcp6"].map(|name| fs::read_to_string(format!("/proc/self/net/{name}")));
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, peer) = (port_of(fields.get(1)?)?, port_of(fields.get(2)?)?);
        let state = u8::from_str_radix(fields.get(3)?, 16).ok()?;
        (local == port).then_some(TcpSocket { peer, inode: (*fields.get(9)?).to_owned(), state })
    };
    let lines = files.iter().flatten().flat_map(|text| text.lines().skip(1));
    lines.filter_map(socket).collect()
}

fn port_of(address: &str) -> Option<u16> {
    u16::from_str_radix(address.rsplit(':').next()?, 16).ok()
}

/// What a process has, at the moment.
pub(crate) fn level(pid: i32) -> Option<Level> {
    let count = |what: &str| Some(fs::read_dir(format!("/proc/{pid}/{what}")).ok()?.count());
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(Level {
        files: count("fd")?,
        threads: count("task")?,
        mappings: fs::read_to_string(format!("/proc/{pid}/maps")).ok()?.lines().count(),
        memory_kib: memory.split_whitespace().next()?.parse().ok()?,
    })
}

/// Whether a process has a handler for a signal.
pub(crate) fn catches(pid: i32, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask =
        status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigCgt:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal as i32 - 1)) != 0)
}

/// Whom a process runs as: the user's number and the group's.
pub(crate) fn identity(pid: i32) -> Option<[String; 2]> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.to_owned())
    };
    Some([number("Uid:")?, number("Gid:")?])
}

/// The sockets that a process has open, by their inodes.
fn sockets(pid: i32) -> HashSet<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    let inode =
        |target: PathBuf| Some(target.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned());
    targets.filter_map(inode).collect()
}
