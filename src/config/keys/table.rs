//! The table of keys, in the order of the file.

use std::num::NonZeroUsize;

use super::Key;
use crate::config::values::{
    DURATION_MAX, addresses, boolean, choice, chosen, control, count, duration, interval, log_file, memory,
    monitor, optional, pid_file, prefix_length, quoted, slots, time, timeout,
};
use crate::config::{
    CrashLoop, Distribution, Group, LogFormat, Prefixes, Refused, SLOTS_MAX, Sandbox, Transform, User,
    WORK_MAX, Workers, size,
};

/// The largest backlog: the kernel keeps it in 16 bits in `tcpi_sacked` and other places.
const BACKLOG_MAX: u64 = 65_535;
/// The highest limit of respawns: the master remembers when each was.
const RESPAWNS_MAX: u64 = 10_000;
/// The most generations that drain.
const GENERATIONS_MAX: u64 = 64;
/// The highest limit of a worker's connections.
const CONNECTIONS_MAX: u64 = 1_000_000_000_000;
/// The thinnest sample of the access log.
const SAMPLE_MAX: u64 = 1_000_000;
/// All keys, in the order of the file.
pub(crate) static KEYS: &[Key] = &[
    Key {
        path: "listen",
        placeholder: "ADDR,...",
        help: "Where to listen: \"host:port\", \"[::]:port\" for both families, \"unix:/path\" or \"unix:/path?mode=0660\"; sockets that a service manager passes take its place",
        set: |config, value| addresses(value).map(|listen| config.listen = listen),
        get: |config| {
            let texts: Vec<String> = config.listen.iter().map(|address| quoted(&address.text)).collect();
            format!("[{}]", texts.join(", "))
        },
    },
    Key {
        path: "backlog",
        placeholder: "N",
        help: "How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it",
        set: |config, value| {
            count(value, BACKLOG_MAX)
                .map(|count| config.backlog = count.try_into().expect("65535 fits in 32 bits"))
        },
        get: |config| config.backlog.to_string(),
    },
    Key {
        path: "transform",
        placeholder: "NAME",
        help: "What happens to the bytes: \"uppercase\", or \"none\" for the echo of RFC 862",
        set: |config, value| choice(value, TRANSFORMS).map(|transform| config.transform = transform),
        get: |config| chosen(TRANSFORMS, config.transform),
    },
    Key {
        path: "control",
        placeholder: "ADDR",
        help: "Where the master answers `status` and the other commands: \"@name\" for an abstract unix socket, \"/path\", or \"auto\": \"@prefork-echo-PORT\" with the first port",
        set: |config, value| control(value).map(|control| config.control = control),
        get: |config| quoted(&config.control.to_string()),
    },
    Key {
        path: "pid_file",
        placeholder: "PATH",
        help: "A file for the pid of the master, locked while it lives, gone with it; \"none\": no such file",
        set: |config, value| pid_file(value).map(|path| config.pid_file = path),
        get: |config| quoted(&config.pid_file.as_ref().map_or("none".into(), |path| path.to_string_lossy())),
    },
    Key {
        path: "proxy_from",
        placeholder: "PREFIX,...",
        help: "Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: \"10.0.0.0/8\"; what others send is data",
        set: |config, value| Prefixes::parse(value).map(|prefixes| config.proxy_from = prefixes),
        get: |config| config.proxy_from.to_toml(),
    },
    Key {
        path: "pool.workers",
        placeholder: "N|auto|MIN..MAX",
        help: "How many worker processes, 1 to 1024; \"auto\": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed",
        set: |config, value| Workers::parse(value).map(|workers| config.workers = workers),
        get: |config| config.workers.to_toml(),
    },
    Key {
        path: "pool.grow_after",
        placeholder: "TIME",
        help: "How long somebody may wait in the accept queue before a pool with a range of workers grows",
        set: |config, value| duration(value, DURATION_MAX).map(|wait| config.grow_after = wait),
        get: |config| time(Some(config.grow_after)),
    },
    Key {
        path: "pool.threads",
        placeholder: "N",
        help: "How many connections each worker serves at once; workers x threads is 65536 at most",
        set: |config, value| slots(value).map(|threads| config.threads = threads),
        get: |config| config.threads.to_string(),
    },
    Key {
        path: "work.sleep",
        placeholder: "TIME",
        help: "Pretended work per message: time asleep, up to 1h",
        set: |config, value| duration(value, WORK_MAX).map(|sleep| config.work.sleep = sleep),
        get: |config| time(Some(config.work.sleep)),
    },
    Key {
        path: "work.cpu",
        placeholder: "TIME",
        help: "Pretended work per message: CPU time, up to 1h",
        set: |config, value| duration(value, WORK_MAX).map(|cpu| config.work.cpu = cpu),
        get: |config| time(Some(config.work.cpu)),
    },
    Key {
        path: "work.distribution",
        placeholder: "NAME",
        help: "How sleep and cpu differ from message to message: \"fixed\", they do not, or \"exponential\" with these means, each draw 1h at most",
        set: |config, value| {
            choice(value, DISTRIBUTIONS).map(|distribution| config.work.distribution = distribution)
        },
        get: |config| chosen(DISTRIBUTIONS, config.work.distribution),
    },
    Key {
        path: "timeouts.idle",
        placeholder: "TIME",
        help: "How long a peer may send nothing; 0s = for ever",
        set: |config, value| timeout(value).map(|idle| config.timeouts.idle = idle),
        get: |config| time(config.timeouts.idle),
    },
    Key {
        path: "timeouts.write",
        placeholder: "TIME",
        help: "How long a peer may take nothing of a reply that waits for it; 0s = for ever",
        set: |config, value| timeout(value).map(|write| config.timeouts.write = write),
        get: |config| time(config.timeouts.write),
    },
    Key {
        path: "timeouts.drain",
        placeholder: "TIME",
        help: "How long open connections may go on after a stop; 0s = for ever",
        set: |config, value| timeout(value).map(|drain| config.timeouts.drain = drain),
        get: |config| time(config.timeouts.drain),
    },
    Key {
        path: "timeouts.drain_idle",
        placeholder: "TIME",
        help: "How long a peer may send nothing while its worker drains; 0s = as long as otherwise",
        set: |config, value| timeout(value).map(|idle| config.timeouts.drain_idle = idle),
        get: |config| time(config.timeouts.drain_idle),
    },
    Key {
        path: "timeouts.start",
        placeholder: "TIME",
        help: "How long a worker may take to get ready; 0s = for ever",
        set: |config, value| timeout(value).map(|start| config.timeouts.start = start),
        get: |config| time(config.timeouts.start),
    },
    Key {
        path: "timeouts.grace",
        placeholder: "TIME",
        help: "How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all",
        set: |config, value| timeout(value).map(|grace| config.timeouts.grace = grace),
        get: |config| time(config.timeouts.grace),
    },
    Key {
        path: "timeouts.stuck",
        placeholder: "TIME",
        help: "How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever",
        set: |config, value| timeout(value).map(|stuck| config.timeouts.stuck = stuck),
        get: |config| time(config.timeouts.stuck),
    },
    Key {
        path: "timeouts.first_byte",
        placeholder: "TIME",
        help: "How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header",
        set: |config, value| timeout(value).map(|time| config.timeouts.first_byte = time),
        get: |config| time(config.timeouts.first_byte),
    },
    Key {
        path: "timeouts.lifetime",
        placeholder: "TIME",
        help: "How long a connection may last, and to the end of the answer that is in work then; 0s = for ever",
        set: |config, value| timeout(value).map(|time| config.timeouts.lifetime = time),
        get: |config| time(config.timeouts.lifetime),
    },
    Key {
        path: "timeouts.idle_saturated",
        placeholder: "TIME",
        help: "How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise",
        set: |config, value| timeout(value).map(|time| config.timeouts.idle_saturated = time),
        get: |config| time(config.timeouts.idle_saturated),
    },
    Key {
        path: "limits.generations",
        placeholder: "N",
        help: "How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave",
        set: |config, value| count(value, GENERATIONS_MAX).map(|most| config.limits.generations = most),
        get: |config| config.limits.generations.to_string(),
    },
    Key {
        path: "limits.respawns",
        placeholder: "N",
        help: "How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number",
        set: |config, value| {
            optional(value, RESPAWNS_MAX).map(|most| {
                config.limits.respawns = most.and_then(|most| NonZeroUsize::new(usize::try_from(most).ok()?));
            })
        },
        get: |config| config.limits.respawns.map_or(0, NonZeroUsize::get).to_string(),
    },
    Key {
        path: "limits.respawn_interval",
        placeholder: "TIME",
        help: "The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h",
        set: |config, value| interval(value).map(|time| config.limits.respawn_interval = time),
        get: |config| time(Some(config.limits.respawn_interval)),
    },
    Key {
        path: "limits.crash_loop",
        placeholder: "WHAT",
        help: "What a pool does whose workers die too often: \"stay\", and go on trying, or \"exit\", when those who are there are served",
        set: |config, value| choice(value, CRASH_LOOPS).map(|what| config.limits.crash_loop = what),
        get: |config| chosen(CRASH_LOOPS, config.limits.crash_loop),
    },
    Key {
        path: "limits.connections_per_worker",
        placeholder: "N",
        help: "How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit",
        set: |config, value| {
            optional(value, CONNECTIONS_MAX).map(|most| config.limits.connections_per_worker = most)
        },
        get: |config| config.limits.connections_per_worker.unwrap_or(0).to_string(),
    },
    Key {
        path: "limits.worker_age",
        placeholder: "TIME",
        help: "How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever",
        set: |config, value| timeout(value).map(|age| config.limits.worker_age = age),
        get: |config| time(config.limits.worker_age),
    },
    Key {
        path: "limits.worker_memory",
        placeholder: "SIZE",
        help: "How much resident memory a worker may have before it is replaced: \"512MiB\"; 0 = no limit",
        set: |config, value| memory(value).map(|most| config.limits.worker_memory = most),
        get: |config| quoted(&size::text(config.limits.worker_memory.unwrap_or(0))),
    },
    Key {
        path: "limits.per_peer",
        placeholder: "N",
        help: "How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit",
        set: |config, value| optional(value, SLOTS_MAX as u64).map(|most| config.limits.per_peer = most),
        get: |config| config.limits.per_peer.unwrap_or(0).to_string(),
    },
    Key {
        path: "limits.per_peer_ipv4",
        placeholder: "BITS",
        help: "How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32",
        set: |config, value| prefix_length(value, 32).map(|bits| config.limits.per_peer_ipv4 = bits),
        get: |config| config.limits.per_peer_ipv4.to_string(),
    },
    Key {
        path: "limits.per_peer_ipv6",
        placeholder: "BITS",
        help: "The same of an IPv6 address, 1 to 128",
        set: |config, value| prefix_length(value, 128).map(|bits| config.limits.per_peer_ipv6 = bits),
        get: |config| config.limits.per_peer_ipv6.to_string(),
    },
    Key {
        path: "limits.queue_wait",
        placeholder: "TIME",
        help: "Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody",
        set: |config, value| timeout(value).map(|wait| config.limits.queue_wait = wait),
        get: |config| time(config.limits.queue_wait),
    },
    Key {
        path: "limits.queue_wait_answer",
        placeholder: "WHAT",
        help: "What they get: \"reset\", or \"busy\", which is that word in a line and the end",
        set: |config, value| choice(value, REFUSED).map(|answer| config.limits.queue_wait_answer = answer),
        get: |config| chosen(REFUSED, config.limits.queue_wait_answer),
    },
    Key {
        path: "limits.min_rate",
        placeholder: "SIZE",
        help: "Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: \"1KiB\"; 0 = any",
        set: |config, value| memory(value).map(|rate| config.limits.min_rate = rate),
        get: |config| quoted(&size::text(config.limits.min_rate.unwrap_or(0))),
    },
    Key {
        path: "limits.min_rate_after",
        placeholder: "TIME",
        help: "How long a peer may be slower than that, or silent, 1s to 1h",
        set: |config, value| interval(value).map(|time| config.limits.min_rate_after = time),
        get: |config| time(Some(config.limits.min_rate_after)),
    },
    Key {
        path: "limits.allow",
        placeholder: "PREFIX,...",
        help: "The addresses and prefixes that may connect: \"10.0.0.0/8\"; an empty list = all",
        set: |config, value| Prefixes::parse(value).map(|prefixes| config.limits.allow = prefixes),
        get: |config| config.limits.allow.to_toml(),
    },
    Key {
        path: "limits.deny",
        placeholder: "PREFIX,...",
        help: "The addresses and prefixes that may not, whatever limits.allow says",
        set: |config, value| Prefixes::parse(value).map(|prefixes| config.limits.deny = prefixes),
        get: |config| config.limits.deny.to_toml(),
    },
    Key {
        path: "security.user",
        placeholder: "NAME|UID",
        help: "Whom workers and monitor run as, if the master runs as root: a name or a number; \"auto\": nobody; \"none\": as the master",
        set: |config, value| User::parse(value).map(|user| config.security.user = user),
        get: |config| quoted(&config.security.user.to_string()),
    },
    Key {
        path: "security.group",
        placeholder: "NAME|GID",
        help: "Their group; \"auto\": that of the user",
        set: |config, value| Group::parse(value).map(|group| config.security.group = group),
        get: |config| quoted(&config.security.group.to_string()),
    },
    Key {
        path: "security.sandbox",
        placeholder: "WHAT",
        help: "Whether they are confined by Landlock and seccomp: \"preferred\", as far as the kernel can, \"required\", or not at all, or \"off\"",
        set: |config, value| choice(value, SANDBOXES).map(|sandbox| config.security.sandbox = sandbox),
        get: |config| chosen(SANDBOXES, config.security.sandbox),
    },
    Key {
        path: "monitor.listen",
        placeholder: "ADDR",
        help: "Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: \"host:port\"; \"none\": nowhere; a socket named monitor that a service manager passes takes its place",
        set: |config, value| monitor(value).map(|address| config.monitor = address),
        get: |config| quoted(config.monitor.as_ref().map_or("none", |address| &address.text)),
    },
    Key {
        path: "log.file",
        placeholder: "PATH",
        help: "The file that the log is appended to; \"stderr\": standard error",
        set: |config, value| log_file(value).map(|file| config.log_file = file),
        get: |config| {
            quoted(&config.log_file.as_ref().map_or("stderr".into(), |path| path.to_string_lossy()))
        },
    },
    Key {
        path: "log.level",
        placeholder: "LEVEL",
        help: "The least level that is logged: \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        set: |config, value| choice(value, LEVELS).map(|level| config.log.level = level),
        get: |config| chosen(LEVELS, config.log.level),
    },
    Key {
        path: "log.format",
        placeholder: "FORMAT",
        help: "How a line of the log is written: \"text\" or \"json\"",
        set: |config, value| choice(value, FORMATS).map(|format| config.log.format = format),
        get: |config| chosen(FORMATS, config.log.format),
    },
    Key {
        path: "log.access",
        placeholder: "BOOL",
        help: "Whether each connection gets a line in the log when it closes",
        set: |config, value| boolean(value).map(|access| config.log.access = access),
        get: |config| config.log.access.to_string(),
    },
    Key {
        path: "log.access_sample",
        placeholder: "N",
        help: "One of how many connections gets its line, 1 to 1000000; 1 = each",
        set: |config, value| count(value, SAMPLE_MAX).map(|every| config.log.access_sample = every),
        get: |config| config.log.access_sample.to_string(),
    },
];

const TRANSFORMS: &[(&str, Transform)] = &[("uppercase", Transform::Uppercase), ("none", Transform::None)];
const DISTRIBUTIONS: &[(&str, Distribution)] =
    &[("fixed", Distribution::Fixed), ("exponential", Distribution::Exponential)];
const CRASH_LOOPS: &[(&str, CrashLoop)] = &[("stay", CrashLoop::Stay), ("exit", CrashLoop::Exit)];
const REFUSED: &[(&str, Refused)] = &[("reset", Refused::Reset), ("busy", Refused::Busy)];
const SANDBOXES: &[(&str, Sandbox)] =
    &[("required", Sandbox::Required), ("preferred", Sandbox::Preferred), ("off", Sandbox::Off)];
const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: &[(&str, tracing::Level)] = &[
    ("error", tracing::Level::ERROR),
    ("warn", tracing::Level::WARN),
    ("info", tracing::Level::INFO),
    ("debug", tracing::Level::DEBUG),
    ("trace", tracing::Level::TRACE),
];
