//! The server that is tortured: how it is started, where its files are, and what it answers.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::census;
use crate::clients::{Server, script};
use crate::errand::{Answer, Errand};
use crate::verdict::books::Size;
use crate::verdict::curve::Event;
use crate::verdict::picture::Picture;
use crate::violation::{Invariant, Result, Violates};
use crate::world::World;

/// The configuration for prefork-echo.
const TEMPLATE: &str = include_str!("prefork-echo.toml");
const COMMAND: &str = concat!(env!("CARGO_BIN_EXE_prefork-echo"), " run --config {config}");
/// The network is our own, so any port is free; below those that the kernel gives to clients.
const PORT: u16 = 7007;
/// Whose configuration names this has a monitor.
const MONITOR: &str = "{monitor_port}";
/// How long it may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A server.
#[derive(Debug)]
pub(crate) struct Subject {
    command: Vec<String>,
    template: String,
    /// The program that takes prefork-echo's commands.
    program: Option<String>,
    folder: PathBuf,
    log: PathBuf,
    user: &'static str,
    sandbox: &'static str,
    /// Files to which it writes its pid before it is the server.
    entrances: Vec<PathBuf>,
    variables: Vec<(&'static str, PathBuf)>,
    child: Option<Child>,
    /// How many reloads it has said to have made.
    reloads: AtomicU64,
    pub(crate) server: Server,
}

impl Subject {
    /// What the arguments name; not running yet.
    pub(crate) fn new(arguments: &Arguments, world: &World) -> Result<Self> {
        let command = arguments.server.as_deref().unwrap_or(COMMAND);
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let template = match (&arguments.config, &arguments.server) {
            (Some(path), _) => fs::read_to_string(path).violates(Invariant::Suite)?,
            (None, Some(_)) if !arguments.contract => String::new(),
            (None, _) => TEMPLATE.to_owned(),
        };
        let has_contract = arguments.server.is_none() || arguments.contract;
        let groups = [&world.memory, &world.pids].into_iter().flatten();
        let mut entrances: Vec<PathBuf> = groups.map(crate::cgroup::Group::entrance).collect();
        // One folder for both, in version 2.
        entrances.dedup();
        let preload = world.preload.as_ref().ok().filter(|_| has_contract);
        let variables =
            preload.map(|it| vec![("LD_PRELOAD", it.library.clone()), ("TORTURE_PAGE", it.page.clone())]);
        Ok(Self {
            program: command.first().filter(|_| has_contract).cloned(),
            command,
            template,
            folder: world.folder.clone(),
            log: world.log_disk.clone().unwrap_or_else(|_| world.folder.clone()),
            user: if world.has_users { "auto" } else { "none" },
            sandbox: if world.has_landlock { "required" } else { "preferred" },
            entrances,
            variables: variables.unwrap_or_default(),
            child: None,
            reloads: AtomicU64::new(0),
            server: Server { port: PORT, transform: arguments.transform },
        })
    }

    /// Where its monitor listens, if it has one.
    pub(crate) fn monitor_port(&self) -> Option<u16> {
        (self.has_contract() && self.template.contains(MONITOR)).then_some(self.server.port + 1)
    }

    /// Whether it takes prefork-echo's commands.
    pub(crate) fn has_contract(&self) -> bool {
        self.program.is_some()
    }

    /// Writes the configuration for a pool of this size; `spoilt` is added, and makes it another one.
    pub(crate) fn configure(&self, size: Size, spoilt: &str) -> Result<()> {
        let text = self.fill(&self.template, size) + spoilt;
        fs::write(self.config(), text).violates(Invariant::Suite)
    }

    /// Starts it, and waits until it serves.
    pub(crate) fn start(&mut self, size: Size) -> Result<()> {
        self.configure(size, "")?;
        let output = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("output"));
        let output = output.violates(Invariant::Suite)?;
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg("ulimit -c 0; for file in $GROUPS_TO_ENTER; do echo $$ >$file; done; exec \"$0\" \"$@\"");
        command.args(self.command.iter().map(|word| self.fill(word, size)));
        let entrances: Vec<_> = self.entrances.iter().map(|path| path.display().to_string()).collect();
        command.env("GROUPS_TO_ENTER", entrances.join(" ")).envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(output.try_clone().violates(Invariant::Suite)?).stderr(output);
        // A terminal, or who interrupts the suite, has nothing to tell it.
        self.child = Some(command.process_group(0).spawn().violates(Invariant::Suite)?);
        let deadline = Instant::now() + STARTS_WITHIN;
        while !(self.answers() && self.serves()) {
            if let Ok(Some(status)) = self.child.as_mut().expect("it was just started").try_wait() {
                return Err(Invariant::Command.violated(format!("the server ended at its start: {status}")));
            }
            if Instant::now() > deadline {
                return Err(Invariant::Command.violated("the server does not serve"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether it is this one that answers, and not what is left of another.
    fn answers(&self) -> bool {
        let answering = || self.status().ok().map(|(picture, _)| picture.master.pid);
        !self.has_contract() || answering() == self.first_pid()
    }

    /// Whether somebody is served.
    fn serves(&self) -> bool {
        let connection = script::open(self.server, STARTS_WITHIN);
        connection.is_ok_and(|mut connection| connection.exchange(b"hello").is_ok())
    }

    /// The pid that it was started with.
    pub(crate) fn first_pid(&self) -> Option<i32> {
        i32::try_from(self.child.as_ref()?.id()).ok()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok()?
    }

    /// Runs one of its commands to its end, whatever that is.
    pub(crate) fn ask(&self, words: &[&str]) -> Result<Answer> {
        self.begin(words)?.end()
    }

    /// Begins one of its commands.
    pub(crate) fn begin(&self, words: &[&str]) -> Result<Errand> {
        let program = self.program.as_ref().ok_or_else(|| Invariant::Suite.violated("it has no commands"))?;
        let mut command = Command::new(program);
        command.args(words).arg("--config").arg(self.config()).env("NO_COLOR", "1");
        Errand::begin(command, words)
    }

    /// Runs a command that has to succeed.
    pub(crate) fn order(&self, words: &[&str]) -> Result<()> {
        let answer = self.ask(words)?;
        if !answer.status.success() {
            let text = format!("`{}` failed: {}", words.join(" "), answer.complaint);
            return Err(Invariant::Command.violated(text));
        }
        if words == ["reload"] {
            self.reloads.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// How many reloads were ordered and made since this was asked before.
    pub(crate) fn take_reloads(&self) -> u64 {
        self.reloads.swap(0, Ordering::Relaxed)
    }

    /// What `status` shows, and for how long there was no processor for the command.
    pub(crate) fn status(&self) -> Result<(Picture, Duration)> {
        let answer = self.ask(&["status", "--json"])?;
        if !answer.status.success() {
            return Err(Invariant::Status.violated(answer.complaint));
        }
        let picture = serde_json::from_slice(&answer.output).violates(Invariant::Status)?;
        Ok((picture, answer.stalled))
    }

    /// The last events of the pool.
    pub(crate) fn events(&self) -> Result<Vec<Event>> {
        let answer = self.ask(&["events", "--json"])?;
        let mut events: serde_json::Value =
            serde_json::from_slice(&answer.output).violates(Invariant::Command)?;
        serde_json::from_value(events["events"].take()).violates(Invariant::Command)
    }

    /// What it has said, in its log and otherwise.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        vec![self.log_file(), self.log.join("server.log.1"), self.folder.join("output")]
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.log.join("server.log")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    fn fill(&self, text: &str, size: Size) -> String {
        let path = |path: &Path| path.display().to_string();
        let values = [
            ("{config}", path(&self.config())),
            ("{port}", self.server.port.to_string()),
            (MONITOR, (self.server.port + 1).to_string()),
            ("{folder}", path(&self.folder)),
            ("{log}", path(&self.log)),
            ("{user}", self.user.to_owned()),
            ("{sandbox}", self.sandbox.to_owned()),
            ("{workers}", size.workers.to_string()),
            ("{threads}", size.threads.to_string()),
        ];
        values.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, &value))
    }

    /// Kills whatever is left of it.
    pub(crate) fn kill(&mut self) {
        for pid in census::all().into_keys() {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }
}
