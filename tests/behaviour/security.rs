//! What workers and monitor may do: nothing that they do not need, whoever asks for it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tempfile::TempDir;

use crate::support::{
    SANDBOX, TestServer, beside_server, children, copy_program, eventually, folder_for_all, lives, program,
    server_command,
};

/// What the file of one process in /proc says of it.
fn fields(pid: Pid) -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    text.lines().filter_map(field).collect()
}

/// Fails if a worker, or the monitor, has any right more than it needs.
#[track_caller]
fn assert_confined(pid: Pid) {
    let fields = fields(pid);
    let root = Uid::effective().is_root();
    if root {
        assert_eq!(fields["Uid"], "65534\t65534\t65534\t65534");
        assert_eq!(fields["Gid"], "65534\t65534\t65534\t65534");
        assert_eq!((&*fields["Groups"], &*fields["CapBnd"]), ("", "0000000000000000"));
    }
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(fields[set], "0000000000000000", "{set}");
    }
    assert_eq!((&*fields["Seccomp"], &*fields["NoNewPrivs"]), ("2", "1"));
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = |name: &str| limits.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert_eq!(line("Max core file size").split_whitespace().nth(4), Some("0"));
    let files: Vec<String> = line("Max open files").split_whitespace().map(str::to_owned).collect();
    assert_eq!(files[3], files[4], "it cannot have more files than it has now");
    // What may not be dumped belongs to root in /proc, proc_pid(5).
    assert_eq!(fs::metadata(format!("/proc/{pid}/environ")).unwrap().uid(), 0);
}

/// All workers, and the monitor, of whichever master answers.
fn all_children(server: &TestServer, count: usize) -> Vec<Pid> {
    eventually("all children", || Some(children(server.master())).filter(|all| all.len() == count))
}

#[test]
fn every_worker_and_the_monitor_is_confined_whatever_it_comes_of() {
    let server =
        TestServer::configured("[pool]\nworkers = 2\nthreads = 1\n[monitor]\nlisten = \"127.0.0.1:0\"\n");
    let first = all_children(&server, 3);
    for pid in &first {
        assert_confined(*pid);
    }
    kill(server.workers()[0], Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    server.wait_for_status("the respawned one", |status| status["pool"]["workers"] == 2);
    all_children(&server, 3).into_iter().for_each(assert_confined);
    assert!(server.ask(&["reload"]).status.success());
    eventually("the old ones to leave", || (!lives(first[0]) && !lives(first[1])).then_some(()));
    all_children(&server, 3).into_iter().for_each(assert_confined);
    let before = server.master();
    assert!(server.ask(&["upgrade"]).status.success());
    eventually("the old master to leave", || (!lives(before)).then_some(()));
    assert_ne!(server.master(), before);
    all_children(&server, 3).into_iter().for_each(assert_confined);
    server.served().finish().unwrap();
}

#[test]
fn the_master_has_what_it_needs_and_no_more_also_after_an_upgrade() {
    if !Uid::effective().is_root() {
        return;
    }
    let server = TestServer::configured("[pool]\nworkers = 1\nthreads = 1\n");
    // CHOWN, SYS_ADMIN, SYS_PTRACE and NET_ADMIN are among what is gone.
    let needed: u64 = [1, 3, 5, 6, 7, 8, 10, 24].into_iter().map(|number| 1 << number).sum();
    let mask = |pid, name: &str| u64::from_str_radix(&fields(pid)[name], 16).unwrap();
    for _ in 0..2 {
        let master = server.master();
        for set in ["CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"] {
            assert_eq!(mask(master, set) & !needed, 0, "{set}");
        }
        assert!(mask(master, "CapEff") & (1 << 10) != 0, "it may bind any port");
        assert!(server.ask(&["upgrade"]).status.success());
        eventually("the old master to leave", || (!lives(master)).then_some(()));
    }
}

pub(crate) fn trespasser() -> Command {
    program(&beside_server("examples/trespasser"))
}

/// Asks a trespasser for a deed, on a connection of its own; nothing if it died of that.
pub(crate) fn ask(server: &TestServer, deed: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(deed.as_bytes()).unwrap();
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

/// EPERM, as nix words it and as the standard library does.
pub(crate) const REFUSED: &str = "peration not permitted";

#[test]
fn what_a_library_may_try_is_refused_and_the_worker_serves_on() {
    let server = TestServer::start_command(trespasser(), &["--workers", "2", "--threads", "2"]);
    let (tcp, name) = (TcpListener::bind("127.0.0.1:0").unwrap(), format!("trespassed-{}", server.pid()));
    let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
    let _listening = UnixListener::bind_addr(&abstract_name).unwrap();
    let folder = folder_for_all();
    let own = folder.path().join("own");
    fs::write(&own, "here").unwrap();
    let (own, workers) = (own.display().to_string(), server.workers());
    let deeds = [
        "open /etc/passwd".to_owned(),
        format!("open {own}"),
        format!("create {own}.new"),
        format!("remove {own}"),
        "list /proc".to_owned(),
        "stat /".to_owned(),
        "exec /bin/true".to_owned(),
        format!("connect {}", tcp.local_addr().unwrap()),
        format!("connect-abstract {name}"),
        format!("listen-abstract {name}-new"),
        "connect-unix /run/nothing".to_owned(),
        "socket".to_owned(),
        format!("signal {} {}", workers[0], workers[1]),
        format!("signal {}", server.pid()),
        "signal 0".to_owned(),
        "execute".to_owned(),
        "root".to_owned(),
        "files".to_owned(),
        "hand-over".to_owned(),
        format!("send-to {}", tcp.local_addr().unwrap()),
    ];
    for deed in deeds {
        let answer = ask(&server, &deed);
        assert!(answer.starts_with("refused: ") && answer.contains(REFUSED), "{deed}: {answer}");
    }
    for (deed, wanted) in [("thread", "Ok(42)"), ("map", "done"), ("else", "? else")] {
        assert_eq!(ask(&server, deed), wanted, "{deed}");
    }
    assert!(workers.into_iter().all(lives) && fs::metadata(&own).is_ok());
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
    assert_eq!(server.stop().0, 0);
}

#[test]
fn what_nobody_harmless_does_ends_the_worker_and_is_named() {
    let server = TestServer::start_command(trespasser(), &["--workers", "1", "--threads", "1"]);
    for (deaths, deed) in ["ptrace", "mount", "unshare", "chroot"].into_iter().enumerate() {
        assert_eq!(ask(&server, deed), "", "{deed}");
        let line = server.wait_for_logs("worker died", deaths + 1).remove(deaths);
        let words =
            format!("was killed by its sandbox for the forbidden system call {deed}; 1 connection lost");
        assert!(line.contains(&words), "{line}");
    }
    let events = server.ask(&["events", "--json"]);
    let events = String::from_utf8(events.stdout).unwrap();
    assert!(events.contains("was killed by its sandbox for the forbidden system call mount"), "{events}");
    // What a dead one has noted is not its successor's.
    let last = eventually("the next worker", || server.workers().first().copied().filter(|pid| lives(*pid)));
    kill(last, Signal::SIGSYS).unwrap();
    let line = server.wait_for_logs("worker died", 5).remove(4);
    assert!(line.contains("was killed by SIGSYS"), "{line}");
}

#[test]
fn who_stays_the_same_user_is_not_dumpable_either() {
    if !Uid::effective().is_root() {
        return;
    }
    let (_folder, path) = server_for_all();
    let way = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];
    let server = TestServer::start_command(by(&way, &path), &["--workers", "1"]);
    let owner = |pid: Pid| fs::metadata(format!("/proc/{pid}/environ")).unwrap().uid();
    assert_eq!((owner(server.pid()), owner(server.workers()[0])), (1000, 0));
}

#[test]
fn what_root_has_beside_its_user_is_given_up_also_where_the_user_stays() {
    if !Uid::effective().is_root() {
        return;
    }
    let server = env!("CARGO_BIN_EXE_prefork-echo");
    let way = ["setpriv", "--groups", "4,27"];
    for user in ["none", "root"] {
        let flags = ["--workers", "1", "--security-user", user];
        let server = TestServer::start_command(by(&way, server.as_ref()), &flags);
        assert_eq!(fields(server.workers()[0])["Groups"], "", "{user}");
    }
    // Who can become root again is not who it seems to be.
    let (_folder, path) = server_for_all();
    let way = ["setpriv", "--euid=1000", "--egid=1000", "--clear-groups"];
    let server = TestServer::start_command(by(&way, &path), &["--workers", "1"]);
    let fields = fields(server.workers()[0]);
    assert_eq!((&*fields["Uid"], &*fields["Gid"]), ("1000\t1000\t1000\t1000", "1000\t1000\t1000\t1000"));
}

#[test]
fn what_a_service_opens_at_its_start_it_keeps() {
    let folder = folder_for_all();
    let path = folder.path().join("kept");
    fs::write(&path, "hello").unwrap();
    let mut command = trespasser();
    command.env("TRESPASSER_FILE", &path);
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    assert_eq!(ask(&server, "kept"), "done");
    assert!(ask(&server, &format!("open {}", path.display())).starts_with("refused"));
}

#[test]
fn what_only_root_may_read_a_service_cannot_open_even_at_its_start() {
    if !Uid::effective().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "hello").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = trespasser();
    command.env("TRESPASSER_FILE", &path);
    let mut server = TestServer::spawn(command, &["--workers", "1", "--timeouts-start", "500ms"]);
    let (code, log) = server.end();
    assert_eq!(code, 70, "{log:?}");
    assert!(log.iter().any(|line| line.contains("worker 0 cannot start: Permission denied")), "{log:?}");
}

#[test]
fn a_thread_from_the_start_of_the_service_stands_outside_which_is_refused_or_said() {
    let mut command = trespasser();
    command.env("TRESPASSER_THREAD", "1");
    let mut server = TestServer::spawn(command, &["--workers", "1", "--timeouts-start", "500ms"]);
    let (code, log) = server.end();
    assert_eq!(code, 70, "{log:?}");
    assert!(
        log.iter().any(|line| line.contains("`Handler::start` has left 1 thread running, outside of it")),
        "{log:?}"
    );
    let mut command = trespasser();
    command.env("TRESPASSER_THREAD", "1").env(SANDBOX, "preferred");
    let server = TestServer::start_command(command, &["--workers", "2", "--threads", "1"]);
    let lines = server.wait_for_logs("confined only in part: `Handler::start` has left 1 thread running", 1);
    assert_eq!(lines.len(), 1, "one of them says it for all: {lines:?}");
    assert!(ask(&server, "open /etc/passwd").starts_with("refused"), "the slots are inside all the same");
}

#[test]
fn without_a_sandbox_a_service_may_do_what_its_user_may() {
    let mut command = trespasser();
    command.env(SANDBOX, "off");
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    server.wait_for_log("and are not confined (security.sandbox = \"off\")");
    assert_eq!(ask(&server, "open /etc/passwd"), "done");
    assert!(ask(&server, "root").starts_with("refused") || !Uid::effective().is_root());
    let fields = fields(server.workers()[0]);
    assert_eq!(
        (&*fields["Seccomp"], &*fields["NoNewPrivs"], &*fields["CapEff"]),
        ("0", "1", "0000000000000000")
    );
}

#[test]
fn the_log_says_once_what_is_in_force_and_again_when_a_reload_changes_it() {
    let mut command = server_command();
    command.env_remove(SANDBOX);
    let server = TestServer::configured_command(command, "[pool]\nworkers = 1\nthreads = 1\n");
    let said = |count| server.wait_for_logs("workers and monitor run as ", count);
    let line = said(1).remove(0);
    assert!(line.contains("without capabilities, confined by Landlock (ABI "), "{line}");
    assert!(line.contains(") and seccomp"), "{line}");
    assert!(server.ask(&["reload"]).status.success());
    server.configure("[pool]\nworkers = 1\nthreads = 1\n[security]\nsandbox = \"off\"\n");
    assert!(server.ask(&["reload"]).status.success());
    let lines = said(2);
    assert!(lines.len() == 2 && lines[1].contains("not confined"), "{lines:?}");
    let worker =
        eventually("the old worker to leave", || Some(server.workers()).filter(|all| all.len() == 1))[0];
    assert_eq!(fields(worker)["Seccomp"], "0");
}

/// The server in a folder where any user can start it.
pub(crate) fn server_for_all() -> (TempDir, PathBuf) {
    let folder = folder_for_all();
    let path = folder.path().join("prefork-echo");
    copy_program(env!("CARGO_BIN_EXE_prefork-echo").as_ref(), &path);
    (folder, path)
}

/// Starts a program by way of another one.
pub(crate) fn by(way: &[&str], path: &std::path::Path) -> Command {
    let mut command = program(way[0].as_ref());
    command.args(&way[1..]).arg(path);
    command
}

#[test]
fn root_names_whom_workers_run_as() {
    if !Uid::effective().is_root() {
        return;
    }
    for (flags, uid, gid) in [
        (&["--security-user", "daemon"][..], 1, 1),
        (&["--security-user", "12345"], 12345, 65534),
        (&["--security-user", "12345", "--security-group", "54321"], 12345, 54321),
        (&["--security-user", "none"], 0, 0),
    ] {
        let server = TestServer::start(flags);
        let fields = fields(server.workers()[0]);
        let four = |id: u32| [id; 4].map(|id| id.to_string()).join("\t");
        assert_eq!((&fields["Uid"], &fields["Gid"]), (&four(uid), &four(gid)), "{flags:?}");
        assert_eq!((&*fields["CapEff"], &*fields["CapBnd"]), ("0000000000000000", "0000000000000000"));
        assert_eq!((&*fields["Seccomp"], &*fields["NoNewPrivs"]), ("2", "1"));
        server.served().finish().unwrap();
        assert_eq!(server.stop().0, 0);
    }
}

#[test]
fn who_cannot_become_whom_it_is_told_does_not_start_and_nobody_is_a_wish() {
    if !Uid::effective().is_root() {
        return;
    }
    let way = ["setpriv", "--bounding-set=-setuid"];
    let server = env!("CARGO_BIN_EXE_prefork-echo");
    let mut command = by(&way, server.as_ref());
    let output = command
        .args(["-c", "/dev/null", "--listen", "127.0.0.1:0", "--security-user", "daemon"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("security.user = \"daemon\"") && stderr.contains("lacks CAP_SETUID"), "{stderr}");
    let server = TestServer::start_command(by(&way, server.as_ref()), &["--workers", "1"]);
    let line = server.wait_for_log("workers and monitor run as root:root");
    assert!(line.contains("WARN") && line.contains("the master lacks CAP_SETUID"), "{line}");
    assert_eq!(fields(server.workers()[0])["CapEff"], "0000000000000000");
    server.served().finish().unwrap();
}

#[test]
fn who_is_not_root_has_the_same_sandbox_and_nothing_to_drop() {
    if !Uid::effective().is_root() {
        return;
    }
    let (_folder, path) = server_for_all();
    let way = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];
    let server = TestServer::start_command(by(&way, &path), &["--workers", "1", "--security-user", "daemon"]);
    let line = server.wait_for_log("workers and monitor run as ");
    assert!(line.contains("not user 1") && line.contains(") and seccomp"), "{line}");
    let fields = fields(server.workers()[0]);
    assert_eq!((&*fields["Uid"], &*fields["Seccomp"]), ("1000\t1000\t1000\t1000", "2"));
    server.served().finish().unwrap();
}

#[test]
fn a_user_with_the_right_to_low_ports_keeps_it_in_the_master_alone() {
    if !Uid::effective().is_root() {
        return;
    }
    let (_folder, path) = server_for_all();
    let capability = ["--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service"];
    let way = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", capability[0], capability[1]];
    let server = TestServer::start_command(by(&way, &path), &["--workers", "1", "--listen", "127.0.0.77:79"]);
    let bind = "0000000000000400";
    let of_master = fields(server.pid());
    assert_eq!((&*of_master["CapEff"], &*of_master["CapAmb"]), (bind, bind));
    for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        assert_eq!(fields(server.workers()[0])[set], "0000000000000000", "{set}");
    }
    server.served().finish().unwrap();
}

#[test]
fn in_a_user_namespace_with_root_alone_the_workers_stay_root_of_that() {
    if !Uid::effective().is_root() {
        return;
    }
    let way = ["unshare", "--user", "--map-root-user"];
    let server =
        TestServer::start_command(by(&way, env!("CARGO_BIN_EXE_prefork-echo").as_ref()), &["--workers", "1"]);
    let line = server.wait_for_log("workers and monitor run as root:root");
    assert!(line.contains("its user namespace has no user 65534"), "{line}");
    assert_eq!(fields(server.workers()[0])["CapEff"], "0000000000000000");
    server.served().finish().unwrap();
}

#[test]
fn a_kernel_that_lacks_something_is_refused_or_said() {
    let old_kernel = beside_server("examples/old_kernel");
    for (lacking, words, rest) in [
        ("landlock", "Landlock (Linux 5.13", "confined by seccomp; "),
        ("seccomp", "seccomp (", "confined by Landlock (ABI "),
    ] {
        let start = || {
            let mut command = program(&old_kernel);
            command.arg(lacking).arg(env!("CARGO_BIN_EXE_prefork-echo"));
            command
        };
        let output = start().args(["-c", "/dev/null", "--listen", "127.0.0.1:0"]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{stderr}");
        assert!(
            stderr.contains("security.sandbox = \"required\", and this system lacks ")
                && stderr.contains(words),
            "{stderr}"
        );
        let mut command = start();
        command.env(SANDBOX, "preferred");
        let server = TestServer::start_command(command, &["--workers", "1"]);
        let line = server.wait_for_log("workers and monitor run as ");
        assert!(line.contains("WARN") && line.contains(words) && line.contains(rest), "{line}");
        server.served().finish().unwrap();
    }
}

#[test]
fn who_stays_the_same_user_needs_no_right_to_change_it() {
    for forbidden in ["setresuid", "setresgid"] {
        let mut command = program(&beside_server("examples/old_kernel"));
        command.arg(forbidden).arg(env!("CARGO_BIN_EXE_prefork-echo"));
        let server = TestServer::start_command(command, &["--workers", "1", "--security-user", "none"]);
        assert_eq!(fields(server.workers()[0])["Seccomp"], "2");
        server.served().finish().unwrap();
    }
}
