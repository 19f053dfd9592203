//! The fixture: the real server, in a process tree of its own, with its log read as it comes.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use prefork_client::{Address, Connection, Options};
use serde_json::Value;
use tempfile::TempDir;

/// The variable by which a test says what its server runs in.
pub(crate) const SANDBOX: &str = "PREFORK_SECURITY_SANDBOX";

/// How long anything may take before a test fails. Generous: it is spent only when something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a question has an answer.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "in vain waited for {what}");
        // Between two looks at something that cannot wake us.
        thread::sleep(Duration::from_millis(3));
    }
}

/// Runs a question for a while, during all of which the answer must be yes.
#[track_caller]
pub(crate) fn meanwhile(what: &str, time: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        assert!(holds(), "{what}");
        // As above.
        thread::sleep(Duration::from_millis(3));
    }
}

/// The program, such that it ends with the thread that started it, whatever ends that.
pub(crate) fn server_command() -> Command {
    program(Path::new(env!("CARGO_BIN_EXE_prefork-echo")))
}

/// A program of this package, which ends with the thread that started it.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]).arg(path);
    // What the surroundings say is no part of a test.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PREFORK_") {
            command.env_remove(name);
        }
    }
    // Whatever a test is about, it holds in the sandbox.
    command.env(SANDBOX, "required");
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// The same command at the end of another one, which comes to be it by exec(2).
pub(crate) fn begun_by<S: AsRef<OsStr>>(starter: &[S], command: &Command) -> Command {
    let (first, rest) = starter.split_first().expect("a program to begin with");
    let mut whole = Command::new(first);
    whole.args(rest).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => whole.env(name, value),
            None => whole.env_remove(name),
        };
    }
    whole.stdin(Stdio::null());
    whole
}

/// The server as what a shell's script comes to be.
pub(crate) fn server_after(script: &str) -> Command {
    begun_by(&["sh", "-c", &format!("{script} exec \"$0\" \"$@\"")], &server_command())
}

/// A binary that was built beside the server.
pub(crate) fn beside_server(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_prefork-echo")).with_file_name(name);
    assert!(path.exists(), "{} is not built: test the whole workspace", path.display());
    path
}

/// A folder whose files a worker can read too, whoever it runs as.
pub(crate) fn folder_for_all() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    folder
}

/// Copies a program, by a process of its own: a child that another test starts would have the file open for writing for a moment as
/// we have, and nobody can start what somebody writes, ETXTBSY in execve(2).
pub(crate) fn copy_program(from: &Path, to: &Path) {
    let copied = Command::new("cp").args([from, to]).status().expect("cp is there");
    assert!(copied.success(), "{} to {}: {copied}", from.display(), to.display());
}

/// A running server. It is killed, workers and all, when this is dropped.
pub(crate) struct TestServer {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<thread::JoinHandle<()>>,
    /// Where its configuration is, if it has a file.
    folder: Option<TempDir>,
    /// Its first TCP address.
    pub(crate) address: String,
}

impl TestServer {
    /// Starts the server on a free port with these flags, and waits until it listens.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_command(server_command(), flags)
    }

    /// The same with another program or another way to start it.
    pub(crate) fn start_command(command: Command, flags: &[&str]) -> Self {
        Self::spawn(command, flags).listening()
    }

    /// Starts the server with a configuration file on a free port, and waits until it listens.
    pub(crate) fn configured(text: &str) -> Self {
        Self::configured_command(server_command(), text)
    }

    /// The same with another program or another way to start it.
    pub(crate) fn configured_command(mut command: Command, text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the configuration");
        let path = folder.path().join("config.toml");
        write_configuration(&path, text);
        let mut server = Self::start_child(command.arg("--config").arg(&path));
        server.folder = Some(folder);
        server.listening()
    }

    /// The configuration file, of a server that was started with one.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().expect("it was started with a file").path().join("config.toml")
    }

    /// Puts another text into the configuration file.
    pub(crate) fn configure(&self, text: &str) {
        write_configuration(&self.file(), text);
    }

    /// Waits until it listens.
    pub(crate) fn listening(mut self) -> Self {
        let line = self.wait_for_log("listening on ");
        let list = line.split("listening on ").nth(1).and_then(|rest| rest.split(" with ").next());
        let mut addresses = list.expect("the line names its addresses").split(", ");
        let tcp = addresses.find(|address| !address.starts_with("unix:"));
        self.address = tcp.map(str::to_owned).unwrap_or_default();
        self
    }

    /// Starts the server and waits for nothing.
    pub(crate) fn spawn(mut command: Command, flags: &[&str]) -> Self {
        command.args(["--config", "/dev/null", "--log-access"]);
        if !flags.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        Self::start_child(command.args(flags))
    }

    /// Starts the server by exactly this command and waits for nothing.
    pub(crate) fn start_child(command: &mut Command) -> Self {
        let says_sandbox = command.get_envs().any(|(name, _)| name == SANDBOX);
        assert!(says_sandbox, "begin with `server_command`, `program` or `begun_by`: {command:?}");
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let reader = follow(child.stderr.take().expect("it is piped"), Arc::clone(&log));
        Self { child, log, reader: Some(reader), folder: None, address: String::new() }
    }

    /// The master.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a pid"))
    }

    /// The master that answers commands, which is another one after an upgrade.
    #[track_caller]
    pub(crate) fn master(&self) -> Pid {
        let pid = self.status()["master"]["pid"].as_i64().expect("a number");
        Pid::from_raw(pid.try_into().expect("a pid"))
    }

    /// The master's children: its workers, and the monitor if there is one.
    pub(crate) fn workers(&self) -> Vec<Pid> {
        children(self.pid())
    }

    /// Sends a signal to the master.
    pub(crate) fn signal(&self, signal: Signal) {
        signal::kill(self.pid(), signal).expect("the master lives");
    }

    /// Waits for the end of the master.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the end of the server", || self.child.try_wait().expect("it is our child"))
    }

    /// Sends TERM, waits for the end, and returns the log with the exit code.
    pub(crate) fn stop(mut self) -> (i32, Vec<String>) {
        self.signal(Signal::SIGTERM);
        self.end()
    }

    /// Waits for the end, and returns the whole log with the exit code.
    pub(crate) fn end(&mut self) -> (i32, Vec<String>) {
        let status = self.wait();
        // The last worker has closed its end too, so the log is complete.
        self.reader.take().expect("it is joined once").join().expect("the reader does not fail");
        (status.code().unwrap_or_else(|| -status.signal().unwrap_or_default()), self.log())
    }

    /// What has been logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("the reader does not fail").clone()
    }

    /// Waits for a line with this text.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        self.wait_for_logs(text, 1).remove(0)
    }

    /// Waits for so many lines with this text.
    #[track_caller]
    pub(crate) fn wait_for_logs(&self, text: &str, count: usize) -> Vec<String> {
        // The log itself is shown when the server is dropped.
        eventually(&format!("{count} x {text:?} in the log"), || {
            let found: Vec<String> = self.log().into_iter().filter(|line| line.contains(text)).collect();
            (found.len() >= count).then_some(found)
        })
    }

    /// Where the master answers commands: the built-in name, after the port.
    pub(crate) fn control(&self) -> String {
        format!("@prefork-echo-{}", self.address.rsplit(':').next().expect("an address has a port"))
    }

    /// Where the monitor serves.
    #[track_caller]
    pub(crate) fn monitor(&self) -> String {
        let line = self.wait_for_log("live page on http://");
        let rest = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        rest.expect("the line names its address").to_owned()
    }

    /// Runs a command that asks the master.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(arguments).args(["--config", "/dev/null", "--control", &self.control()]);
        command.env("NO_COLOR", "1").env("LANG", "C.UTF-8").output().expect("it runs")
    }

    /// What `status --json` says.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        let output = self.ask(&["status", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    }

    /// Waits until the status satisfies a condition, and returns it.
    #[track_caller]
    pub(crate) fn wait_for_status(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || Some(self.status()).filter(&holds))
    }

    /// Opens a connection. It may wait in the queue.
    #[track_caller]
    pub(crate) fn connect(&self) -> Connection {
        let address: Address = self.address.parse().expect("an address");
        let options = Options { echo_timeout: PATIENCE, ..Options::default() };
        Connection::open(&address, &options).expect("the server's kernel accepts")
    }

    /// Opens a connection that has asked, and whose answer is not read.
    #[track_caller]
    pub(crate) fn asker(&self, question: &[u8]) -> Connection {
        let mut connection = self.connect();
        connection.send(question).expect("the kernel takes a few bytes");
        connection
    }

    /// Opens a connection and lets it be served once, so that it holds a slot.
    #[track_caller]
    pub(crate) fn served(&self) -> Connection {
        let mut connection = self.connect();
        connection.exchange(b"hello").expect("a slot is free");
        connection
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let workers = self.workers();
        let _ = self.child.kill();
        let _ = self.child.wait();
        // After an upgrade there are others; the path of their configuration is theirs alone.
        let others = self.folder.as_ref().map(|folder| all_with(&folder.path().display().to_string()));
        let others: Vec<Pid> = others.into_iter().flatten().collect();
        let of_others = others.iter().flat_map(|master| children(*master)).collect::<Vec<_>>();
        for pid in workers.into_iter().chain(others).chain(of_others) {
            let _ = signal::kill(pid, Signal::SIGKILL);
        }
        if thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log().join("\n"));
        }
    }
}

/// A configuration that listens on a free port, unless the text says where.
fn write_configuration(path: &Path, text: &str) {
    let listen = if text.contains("listen = [") { "" } else { "listen = [\"127.0.0.1:0\"]\n" };
    fs::write(path, format!("{listen}{text}")).expect("the folder is ours");
}

fn follow(stderr: ChildStderr, log: Arc<Mutex<Vec<String>>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            log.lock().expect("nobody fails with the log in hand").push(line);
        }
    })
}

/// The processes whose arguments contain this text.
fn all_with(text: &str) -> Vec<Pid> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let has_it = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|arguments| String::from_utf8_lossy(&arguments).contains(text))
    };
    pids.filter(has_it).map(Pid::from_raw).collect()
}

/// The children of a process, zombies too.
pub(crate) fn children(pid: Pid) -> Vec<Pid> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

/// Whether a process lives, and is no zombie.
pub(crate) fn lives(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z') && !rest.starts_with('X'))
    })
}

/// Whether all threads of a process stand still.
pub(crate) fn is_stopped(pid: Pid) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stat = |task: fs::DirEntry| fs::read_to_string(task.path().join("stat")).unwrap_or_default();
    tasks.flatten().all(|task| stat(task).contains(") T "))
}

/// How many files a process has open.
pub(crate) fn open_files(pid: Pid) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Whether anything has come on a connection: bytes, the end, or a reset.
pub(crate) fn has_answer(connection: &Connection) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;
    let mut files = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, PollTimeout::ZERO).expect("a socket can be polled") > 0
}

/// Whether the first bytes of an answer have come on a connection. An end or a reset without any fails the test.
fn is_served(connection: &Connection) -> bool {
    use nix::errno::Errno;
    use nix::sys::socket::{MsgFlags, recv};
    use std::os::fd::{AsFd, AsRawFd};
    let socket = connection.as_fd().as_raw_fd();
    match recv(socket, &mut [0], MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) {
        Err(Errno::EAGAIN) => false,
        Ok(1) => true,
        end => panic!("it was not served, but ended: {end:?}"),
    }
}

/// Waits until all of them are served.
#[track_caller]
pub(crate) fn wait_for_service<'a>(who: &str, connections: impl IntoIterator<Item = &'a Connection>) {
    let mut waiting: Vec<&Connection> = connections.into_iter().collect();
    eventually(&format!("{who} to be served"), || {
        waiting.retain(|connection| !is_served(connection));
        waiting.is_empty().then_some(())
    });
}

/// Opens connections, one after the other, that have sent a message and not yet read its echo.
pub(crate) fn askers(server: &TestServer, count: usize) -> Vec<Connection> {
    (0..count).map(|_| server.asker(b"hello")).collect()
}

/// How many of them are served.
pub(crate) fn served(connections: &[Connection]) -> usize {
    connections.iter().filter(|connection| is_served(connection)).count()
}

/// How many of them have an answer, or an end.
pub(crate) fn answered(connections: &[Connection]) -> usize {
    connections.iter().filter(|connection| has_answer(connection)).count()
}

/// What a line of the log says of a field: `queue_wait=0.004` is "0.004".
pub(crate) fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let rest = line.split(&format!(" {name}=")).nth(1).unwrap_or_else(|| panic!("no {name} in {line}"));
    rest.strip_prefix('"')
        .map_or_else(|| rest.split(' ').next(), |rest| rest.split('"').next())
        .unwrap_or_default()
}

/// Fails if the line that counts what became of the connections says otherwise.
#[track_caller]
pub(crate) fn assert_stopped(log: &[String], served: u64, cut: u64, queued: u64) {
    let wanted = format!(" served in all, {cut} cut, {queued} still queued served={served} ");
    assert!(log.iter().any(|line| line.contains(&wanted)), "no {wanted:?} in\n{}", log.join("\n"));
}
