//! The keys of the configuration: the one table from which file, variables, flags and help are made.

use std::num::NonZeroUsize;

use super::values::{
    DURATION_MAX, Problem, Value, addresses, boolean, choice, chosen, control, count, duration, interval,
    memory, monitor, optional, pid_file, quoted, slots, time, timeout,
};
use super::{Config, CrashLoop, Distribution, LogFormat, Transform, WORK_MAX, Workers, size};

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its path in the file: "timeouts.idle".
    pub(crate) path: &'static str,
    /// How its value looks, for the help.
    pub(crate) placeholder: &'static str,
    /// What it is for.
    pub(crate) help: &'static str,
    /// Checks a value and puts it in its place.
    pub(crate) set: fn(&mut Config, &Value<'_>) -> Result<(), Problem>,
    /// The value in force, as TOML.
    get: fn(&Config) -> String,
}

/// The largest backlog: the kernel keeps it in 16 bits in `tcpi_sacked` and other places.
const BACKLOG_MAX: u64 = 65_535;
/// The highest limit of respawns: the master remembers when each was.
const RESPAWNS_MAX: u64 = 10_000;
/// The most generations that drain.
const GENERATIONS_MAX: u64 = 64;
/// The highest limit of a worker's connections.
const CONNECTIONS_MAX: u64 = 1_000_000_000_000;
/// All keys, in the order of the file.
pub(crate) static KEYS: &[Key] = &[
    Key {
        path: "listen",
        placeholder: "ADDR,...",
        help: "Where to listen: \"host:port\", \"[::]:port\" for both families, \"unix:/path\" or \"unix:/path?mode=0660\"",
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
        path: "monitor.listen",
        placeholder: "ADDR",
        help: "Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: \"host:port\"; \"none\": nowhere",
        set: |config, value| monitor(value).map(|address| config.monitor = address),
        get: |config| quoted(config.monitor.as_ref().map_or("none", |address| &address.text)),
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
];

const TRANSFORMS: &[(&str, Transform)] = &[("uppercase", Transform::Uppercase), ("none", Transform::None)];
const DISTRIBUTIONS: &[(&str, Distribution)] =
    &[("fixed", Distribution::Fixed), ("exponential", Distribution::Exponential)];
const CRASH_LOOPS: &[(&str, CrashLoop)] = &[("stay", CrashLoop::Stay), ("exit", CrashLoop::Exit)];
const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: &[(&str, tracing::Level)] = &[
    ("error", tracing::Level::ERROR),
    ("warn", tracing::Level::WARN),
    ("info", tracing::Level::INFO),
    ("debug", tracing::Level::DEBUG),
    ("trace", tracing::Level::TRACE),
];

impl Key {
    /// The long flag: "--timeouts-idle". The tables `pool` and `work` lose their prefix.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.long())
    }

    /// The flag's name without its dashes.
    pub(crate) fn long(&self) -> String {
        let short = self.path.strip_prefix("pool.").or_else(|| self.path.strip_prefix("work."));
        short.unwrap_or(self.path).replace(['.', '_'], "-")
    }

    /// The variable of the environment: `PREFORK_TIMEOUTS_IDLE`.
    pub(crate) fn variable(&self) -> String {
        format!("{}{}", super::ENVIRONMENT_PREFIX, self.long().replace('-', "_").to_uppercase())
    }

    /// Whether the flag may stand alone.
    pub(crate) fn is_switch(&self) -> bool {
        self.placeholder == "BOOL"
    }

    /// Table and name: "timeouts.idle" is "idle" in "timeouts".
    fn split(&self) -> (Option<&'static str>, &'static str) {
        match self.path.split_once('.') {
            Some((table, name)) => (Some(table), name),
            None => (None, self.path),
        }
    }
}

/// Writes a configuration as a file; `dress` puts something around each line.
pub(crate) fn document(config: &Config, dress: impl Fn(&Key, &str) -> String) -> String {
    let mut text = String::new();
    let mut open = None;
    for key in KEYS {
        let (table, name) = key.split();
        if table != open {
            text.extend(["\n[", table.unwrap_or_default(), "]\n"]);
            open = table;
        }
        text.push_str(&dress(key, &format!("{name} = {}", (key.get)(config))));
        text.push('\n');
    }
    text
}
