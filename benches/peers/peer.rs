//! Who is compared: how each is built and started, what it cannot do, and which version it is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

/// The argument with which this program is the tokio peer.
pub(crate) const TOKIO_ECHO: &str = "tokio-echo";

/// A server that answers in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Peer {
    /// The server of this project.
    Prefork,
    /// A task per connection, on tokio's runtime with a thread per core.
    Tokio,
    /// A goroutine per connection.
    Go,
    /// One epoll loop in C.
    Epoll,
    /// A thread per connection in C.
    Threads,
    /// Python's `multiprocessing.Pool`.
    Pool,
    /// A process per connection, and the program that it starts.
    Socat,
    /// A process per connection, and the program that it starts.
    Ncat,
    /// A program per connection.
    Tcpserver,
}

/// What a server is to be able to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// Threads of each of our two workers.
    pub(crate) threads: usize,
    /// Workers of ours.
    pub(crate) workers: usize,
    /// So many connections come at a time.
    pub(crate) connections: usize,
    /// No more than so many are to be served at once.
    pub(crate) slots: Option<usize>,
    /// Pretended work before each answer.
    pub(crate) pause: Duration,
    /// What is read at once, by those who have a buffer of this size for each connection.
    pub(crate) buffer: usize,
}

/// What tutorials of such servers read into.
const USUAL_BUFFER: usize = 4 << 10;
/// In bulk nobody is to be slow for want of a buffer.
pub(crate) const LARGE_BUFFER: usize = 64 << 10;

impl Setup {
    /// For so many connections, with so many threads in each of our two workers.
    pub(crate) fn of(connections: usize, threads: usize) -> Self {
        Self { threads, workers: 2, connections, slots: None, pause: Duration::ZERO, buffer: USUAL_BUFFER }
    }
}

/// A program that a peer needs, and Debian's package with it.
type Tool = (&'static str, &'static str);

impl Peer {
    pub(crate) const ALL: [Self; 9] = [
        Self::Prefork,
        Self::Tokio,
        Self::Go,
        Self::Epoll,
        Self::Threads,
        Self::Pool,
        Self::Socat,
        Self::Ncat,
        Self::Tcpserver,
    ];

    /// As the tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prefork => "this server",
            Self::Tokio => "tokio",
            Self::Go => "Go",
            Self::Epoll => "C epoll",
            Self::Threads => "C threads",
            Self::Pool => "Python Pool",
            Self::Socat => "socat",
            Self::Ncat => "ncat",
            Self::Tcpserver => "tcpserver",
        }
    }

    /// What it is, in a line of the page.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Prefork => "`prefork-echo`: two workers, a thread per connection",
            Self::Tokio => "`tokio_echo.rs`: a task per connection, a thread per core",
            Self::Go => "`echo.go`: a goroutine per connection",
            Self::Epoll => "`epoll.c`: one thread, one loop, as little as an echo can do",
            Self::Threads => {
                "`threads.c`: a thread per connection, started when it comes, that reads and answers, and nothing else"
            }
            Self::Pool => {
                "`pool.py`: the parent accepts, `multiprocessing.Pool` serves, a process for each connection that is open at a time"
            }
            Self::Socat => "`TCP4-LISTEN:…,fork EXEC:upper`: two processes per connection",
            Self::Ncat => "`--listen --keep-open --exec upper`: two processes per connection",
            Self::Tcpserver => "of ucspi-tcp: `upper` for each connection",
        }
    }

    /// What it reads into.
    pub(crate) fn buffer(self) -> &'static str {
        match self {
            Self::Prefork => "1.5 KiB, 64 KiB while data flows",
            Self::Epoll => "64 KiB, one for all",
            Self::Tokio | Self::Go | Self::Pool => "4 KiB, in bulk 64 KiB",
            Self::Threads => "64 KiB, on its stack",
            Self::Tcpserver => "64 KiB",
            Self::Socat => "64 KiB, in both processes",
            Self::Ncat => "its own, which is fixed, and 64 KiB",
        }
    }

    /// Whether it starts a process for each connection, or has one waiting: too slow for as much as others do.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::Pool | Self::Socat | Self::Ncat | Self::Tcpserver)
    }

    /// Whether the bars need its figures beside each shape of ours, although it has none itself.
    pub(crate) fn is_beside_any_shape(self) -> bool {
        matches!(self, Self::Prefork | Self::Tokio | Self::Threads)
    }

    /// The most connections that it is tried with at a time, and why.
    pub(crate) fn most_connections(self) -> (usize, &'static str) {
        match self {
            Self::Pool => (64, "a process of Python for each connection, all started before the first"),
            Self::Ncat => (16, "its accept queue holds ten, and who comes in a rush is lost for seconds"),
            Self::Socat => (256, "two processes for each connection"),
            Self::Tcpserver => (256, "a process for each connection"),
            _ => (usize::MAX, ""),
        }
    }

    /// Why it cannot echo much at a time.
    pub(crate) fn why_no_bulk(self) -> Option<&'static str> {
        // It writes to the program that it started, and this to it, both until the other one reads.
        (self == Self::Ncat).then_some("gets stuck when a message is larger than its pipes")
    }

    /// Why it cannot be told to serve no more than so many at once, and let the others wait.
    pub(crate) fn why_no_slots(self) -> Option<&'static str> {
        match self {
            Self::Epoll | Self::Threads => Some("no slots, whoever comes is served at once"),
            Self::Ncat => Some("turns away who finds its slots taken"),
            _ => None,
        }
    }

    /// What must be installed.
    pub(crate) fn tools(self) -> &'static [Tool] {
        const CC: Tool = ("cc", "gcc");
        match self {
            Self::Prefork | Self::Tokio => &[],
            Self::Go => &[("go", "golang-go")],
            Self::Epoll | Self::Threads => &[CC],
            Self::Pool => &[("python3", "python3")],
            Self::Socat => &[CC, ("socat", "socat")],
            Self::Ncat => &[CC, ("ncat", "ncat")],
            Self::Tcpserver => &[CC, ("tcpserver", "ucspi-tcp")],
        }
    }

    /// Builds what it runs.
    pub(crate) fn build(self) {
        match self {
            Self::Go => {
                run(Command::new("go").args(["build", "-o"]).args([built("echo-go"), source("echo.go")]));
            }
            Self::Epoll => compile("epoll"),
            Self::Threads => compile("threads"),
            Self::Socat | Self::Ncat | Self::Tcpserver => compile("upper"),
            Self::Prefork | Self::Tokio | Self::Pool => {}
        }
    }

    /// What starts it, so that it listens at this port of 127.0.0.1.
    pub(crate) fn command(self, port: u16, setup: &Setup) -> Command {
        let (slots, pause) = (setup.slots.unwrap_or(0), setup.pause.as_millis());
        let numbers = [port.to_string(), slots.to_string(), pause.to_string(), setup.buffer.to_string()];
        match self {
            Self::Prefork => prefork(port, setup),
            Self::Tokio => arguments(this_program(), [TOKIO_ECHO.to_owned()].into_iter().chain(numbers)),
            Self::Go => arguments(built("echo-go"), numbers),
            Self::Epoll => arguments(built("epoll"), [port.to_string()]),
            Self::Threads => arguments(built("threads"), [port.to_string()]),
            Self::Pool => {
                let processes = setup.slots.unwrap_or(setup.connections);
                let mut command = Command::new(python());
                command.arg(source("pool.py"));
                let [port, _, pause, buffer] = numbers;
                command.args([port, processes.to_string(), pause, buffer]);
                command
            }
            Self::Socat | Self::Ncat | Self::Tcpserver => self.forking(port, setup),
        }
    }

    /// Those that start `upper` for each connection.
    fn forking(self, port: u16, setup: &Setup) -> Command {
        // Who has just gone is counted for a moment longer.
        let most = setup.slots.unwrap_or(2 * setup.connections + 8);
        let (upper, pause) = (built("upper").display().to_string(), setup.pause.as_millis());
        let line = match self {
            Self::Socat => vec![
                "socat".to_owned(),
                "-b65536".to_owned(),
                format!(
                    "TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=4096,max-children={most}"
                ),
                format!("EXEC:{upper} {pause}"),
            ],
            Self::Ncat => ["ncat", "--listen", "--keep-open", "--max-conns", &most.to_string(), "--exec"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("{upper} {pause}"), "127.0.0.1".to_owned(), port.to_string()])
                .collect(),
            _ => ["tcpserver", "-D", "-H", "-R", "-l0", "-b4096", "-c", &most.to_string(), "127.0.0.1"]
                .map(str::to_owned)
                .into_iter()
                .chain([port.to_string(), upper, pause.to_string()])
                .collect(),
        };
        arguments(PathBuf::from(&line[0]), line.into_iter().skip(1))
    }

    /// Which version of it this is.
    pub(crate) fn version(self) -> String {
        match self {
            Self::Prefork => env!("CARGO_PKG_VERSION").to_owned(),
            Self::Tokio => format!("tokio {}", locked("tokio")),
            Self::Go => said(Command::new("go").arg("version")).replace("go version ", ""),
            Self::Epoll | Self::Threads => said(Command::new("cc").arg("--version")),
            Self::Pool => said(Command::new(python()).arg("--version")),
            Self::Socat | Self::Ncat | Self::Tcpserver => {
                let package = self.tools().last().expect("each has its own").1;
                let query = said(Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]));
                format!("{package} {query}")
            }
        }
    }
}

fn prefork(port: u16, setup: &Setup) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
    // What somebody has set for a server of his own makes another one of this.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PREFORK_")) {
        command.env_remove(name);
    }
    command.args(["--config", "/dev/null", "--listen", &format!("127.0.0.1:{port}"), "--backlog", "4096"]);
    command.args(["--workers", &setup.workers.to_string(), "--threads", &setup.threads.to_string()]);
    command.args(["--sleep", &format!("{}ms", setup.pause.as_millis())]);
    command
}

fn arguments(program: PathBuf, arguments: impl IntoIterator<Item = String>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn this_program() -> PathBuf {
    env::current_exe().expect("this program has a path")
}

/// The interpreter itself: what `python3` names may be a script that looks for it.
fn python() -> String {
    said(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn compile(name: &str) {
    run(Command::new("cc").args(["-O3", "-pthread", "-o"]).args([built(name), source(&format!("{name}.c"))]));
}

fn run(command: &mut Command) {
    let status = command.status().expect("it was found before");
    assert!(status.success(), "{command:?}: {status}");
}

/// The first line that a command prints.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().trim().to_owned()
}

/// The version of a crate that this program was built with.
fn locked(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let after = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}
