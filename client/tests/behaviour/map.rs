//! `map` loses no line and doubles none, whatever the server does; and it uses no more memory than it may.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use prefork_client::Address;
use serde_json::Value;
use socket2::Socket;

use crate::support::{Ended, Server, bound, client, echo, echo_changed, eventually, reset};

/// Lines of many lengths, some of them empty, with bytes of all kinds.
fn lines(count: usize) -> Vec<u8> {
    let line = |number: usize| {
        let bytes = (0..number * 7 % 150).map(move |at| u8::try_from((number + at * 31) % 251).unwrap());
        bytes.filter(|&byte| byte != b'\n').chain([b'\n'])
    };
    (0..count).flat_map(line).collect()
}

/// Sends this input through `map`, and closes it.
fn map_with(flags: &str, input: &[u8], address: &Address) -> Ended {
    let mut client = client(&format!("map {flags}"), address);
    let mut stdin = client.stdin();
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let ended = client.end();
    // The client may have ended before it read everything.
    let _ = writer.join().unwrap();
    ended
}

#[track_caller]
fn assert_mapped(ended: &Ended, input: &[u8]) {
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    assert!(ended.output.stdout == input.to_ascii_uppercase(), "the output differs");
}

/// The summary, which must be as the schema says.
#[track_caller]
fn summary(ended: &Ended) -> Value {
    let stderr = ended.stderr();
    let summary: Value = serde_json::from_str(stderr.lines().next().unwrap()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/client-map.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&summary)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{summary}");
    summary
}

#[test]
fn sixteen_connections_end_with_four_slots() {
    let server = Server::echo(4);
    let input = lines(2_000).repeat(10);
    let ended = map_with("-c 16 --json", &input, &server.address);
    assert_mapped(&ended, &input);
    let summary = summary(&ended);
    assert_eq!((&summary["complete"], &summary["error"]), (&true.into(), &Value::Null));
    assert_eq!((&summary["lines"], &summary["bytes"]), (&20_000.into(), &input.len().into()));
    assert!((1..=4).contains(&summary["served"].as_u64().unwrap()), "{summary}");
    assert_eq!((&summary["connections"], &summary["retries"]), (&16.into(), &0.into()));
}

#[test]
fn fewer_lines_than_connections_come_back_although_most_of_these_wait() {
    let server = Server::echo(1);
    for input in [&b"one\n"[..], b"one\ntwo\nthree"] {
        // The one slot goes from run to run.
        assert_mapped(&map_with("-c 16", input, &server.address), input);
    }
}

#[test]
fn in_any_order_every_line_is_there_and_one_without_an_end_is_the_last() {
    let server = Server::echo(3);
    let input = [lines(2_000).repeat(10), b"the last".to_vec()].concat();
    let ended = map_with("-c 8 --unordered", &input, &server.address);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    let expected = input.to_ascii_uppercase();
    assert!(ended.output.stdout.ends_with(b"\nTHE LAST"));
    let sorted = |bytes: &[u8]| {
        let mut lines: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    assert!(sorted(&ended.output.stdout) == sorted(&expected), "the lines differ");
}

#[test]
fn no_input_and_no_line_end_stay_what_they_are() {
    let server = Server::echo(4);
    let long = vec![b'x'; 1 << 20];
    for input in [&b""[..], b"\n", b"a", b"a\n\nb", &long] {
        assert_mapped(&map_with("", input, &server.address), input);
    }
}

/// Echoes some bytes and then breaks the connection off.
fn echo_and_reset(mut client: &Socket) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..5 {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        client.write_all(&buffer[..length].to_ascii_uppercase())?;
    }
    client.set_linger(Some(Duration::ZERO))
}

#[test]
fn lines_of_a_connection_that_is_reset_come_back_on_another() {
    let connections = AtomicUsize::new(0);
    let server = Server::with(4, move |client: &_| {
        let is_faulty = connections.fetch_add(1, Ordering::Relaxed) % 3 < 2;
        if is_faulty { echo_and_reset(client) } else { echo(client) }
    });
    let input = lines(2_000).repeat(50);
    let ended = map_with("-c 6 --json", &input, &server.address);
    assert_mapped(&ended, &input);
    let summary = summary(&ended);
    assert!(summary["retries"].as_u64().unwrap() > 0, "{summary}");
}

/// Echoes what comes first, and breaks the connection off when more comes.
fn echo_once(mut client: &Socket) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let length = client.read(&mut buffer)?;
    client.write_all(&buffer[..length].to_ascii_uppercase())?;
    match client.read(&mut buffer)? {
        0 => Ok(()),
        _ => client.set_linger(Some(Duration::ZERO)),
    }
}

#[test]
fn a_server_that_serves_one_message_per_connection_is_good_enough() {
    let server = Server::with(4, echo_once);
    let input = lines(300);
    let ended = map_with("--json", &input, &server.address);
    assert_mapped(&ended, &input);
    let summary = summary(&ended);
    assert!(summary["opened"].as_u64() >= Some(300) && summary["retries"].as_u64() > Some(10), "{summary}");
}

#[test]
fn a_server_that_always_resets_ends_it_with_the_number_of_the_line() {
    let server = Server::with(4, reset);
    let ended = map_with("--json", b"hello\nworld\n", &server.address);
    assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), ""));
    let error = summary(&ended)["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("line ") && error.contains(" failed 10 times"), "{error}");
    assert!(ended.stderr().ends_with(&format!("\nprefork-client: {error}\n")), "{}", ended.stderr());
}

#[test]
fn a_wrong_byte_is_never_written_and_is_a_failure_even_so() {
    let echoes = AtomicUsize::new(0);
    let server = Server::with(1, move |client: &_| {
        echo_changed(client, |echo| {
            if echoes.fetch_add(1, Ordering::Relaxed) == 1 {
                echo[2] ^= 1;
            }
        })
    });
    let input = lines(2_000);
    let ended = map_with("-c 1 --json", &input, &server.address);
    assert_eq!(ended.code(), Some(1));
    assert!(ended.output.stdout == input.to_ascii_uppercase(), "the output differs");
    let summary = summary(&ended);
    assert_eq!((&summary["wrong"], &summary["complete"]), (&1.into(), &true.into()));
    assert!(ended.stderr().contains("1 wrong echo, "), "{}", ended.stderr());
}

#[test]
fn a_line_is_there_at_once_while_the_input_is_open_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let mut server = Some(Server::unix(&path, 1));
    let mut client = client("map -c 8", &server.as_ref().unwrap().address);
    let (mut stdin, mut stdout) = (client.stdin(), BufReader::new(client.stdout()));
    for (round, line) in ["one", "two", "three", "four"].into_iter().enumerate() {
        if round == 2 {
            drop(server.take());
            fs::remove_file(&path).unwrap();
            server = Some(Server::unix(&path, 1));
        }
        writeln!(stdin, "{line}").unwrap();
        let mut echoed = String::new();
        stdout.read_line(&mut echoed).unwrap();
        assert_eq!(echoed, format!("{}\n", line.to_uppercase()));
    }
    drop(stdin);
    assert_eq!(client.end().code(), Some(0));
}

/// What the kernel says of the memory of a process, in bytes.
fn memory(pid: u32, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse::<usize>().unwrap() << 10
}

#[test]
fn endless_input_needs_no_more_memory_than_the_window() {
    const TOTAL: usize = 200 << 20;
    let server = Server::echo(4);
    let mut client = client("map", &server.address);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    let block = lines(5_000);
    let expected = block.to_ascii_uppercase();
    let writer = thread::spawn(move || {
        for _ in 0..TOTAL / block.len() {
            stdin.write_all(&block).unwrap();
        }
        stdin
    });
    // Nobody reads what comes back, so the window fills.
    eventually("the window is full", || memory(client.id(), "VmRSS") > 16 << 20);
    let mut echoed = vec![0; expected.len()];
    for _ in 0..TOTAL / expected.len() {
        stdout.read_exact(&mut echoed).unwrap();
        assert!(echoed == expected, "the output differs");
    }
    let peak = memory(client.id(), "VmHWM");
    assert!(peak < 100 << 20, "{peak} bytes");
    drop(writer.join().unwrap());
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let server = Server::echo(4);
    let mut client = client("map", &server.address);
    let mut stdin = client.stdin();
    let writer = thread::spawn(move || while stdin.write_all(b"hello\n").is_ok() {});
    client.stdout().read_exact(&mut [0; 10]).unwrap();
    let ended = client.end();
    writer.join().unwrap();
    assert_eq!((ended.code(), ended.stderr().as_str()), (Some(0), ""));
}

#[test]
fn without_a_server_there_is_no_connection() {
    let (_socket, address) = bound();
    let ended = map_with("--retry 0s --json", b"hello\n", &address);
    assert_eq!(ended.code(), Some(3));
    assert!(ended.stderr().contains(&format!("\nprefork-client: cannot connect to {address}: ")));
    assert_eq!(summary(&ended)["opened"], 0);
}

#[test]
fn a_server_that_serves_nobody_ends_it() {
    let server = Server::silent();
    let ended = map_with("--timeout 500ms", b"hello\n", &server.address);
    assert_eq!(ended.code(), Some(1));
    assert_eq!(ended.stderr(), "prefork-client: no echo on any connection within 500ms\n");
}

/// Whether a process has been stopped by a signal.
fn is_stopped(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().any(|line| line.starts_with("State:\tT"))
}

#[test]
fn an_echo_that_came_while_it_was_stopped_counts() {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let (came, may_echo) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (coming, echoing) = (Arc::clone(&came), Arc::clone(&may_echo));
    let server = Server::with(1, move |client: &_| {
        echo_changed(client, |_| {
            if coming.fetch_add(1, Ordering::SeqCst) == 1 {
                eventually("the echo is allowed", || echoing.load(Ordering::SeqCst));
            }
        })
    });
    let mut client = client("map -c 1 --timeout 2s", &server.address);
    let (mut stdin, mut stdout) = (client.stdin(), BufReader::new(client.stdout()));
    let mut echoed = String::new();
    writeln!(stdin, "one").unwrap();
    stdout.read_line(&mut echoed).unwrap();
    writeln!(stdin, "two").unwrap();
    eventually("the second line is at the server", || came.load(Ordering::SeqCst) == 2);
    client.signal("STOP");
    eventually("the client is stopped", || is_stopped(client.id()));
    let stopped = Instant::now();
    may_echo.store(true, Ordering::SeqCst);
    eventually("the client has been stopped for long", || stopped.elapsed() > TIMEOUT);
    client.signal("CONT");
    stdout.read_line(&mut echoed).unwrap();
    drop(stdin);
    let ended = client.end();
    assert_eq!((ended.code(), ended.stderr().as_str(), echoed.as_str()), (Some(0), "", "ONE\nTWO\n"));
}

#[test]
fn ctrl_c_ends_it_with_a_summary() {
    let server = Server::echo(4);
    let mut client = client("map --json", &server.address);
    let (mut stdin, mut stdout) = (client.stdin(), BufReader::new(client.stdout()));
    stdin.write_all(b"hello\n").unwrap();
    stdout.read_line(&mut String::new()).unwrap();
    client.signal("INT");
    let ended = client.end();
    assert_eq!(ended.code(), Some(130));
    let summary = summary(&ended);
    assert_eq!((&summary["interrupted"], &summary["lines"]), (&true.into(), &1.into()));
}

#[test]
fn one_signal_ends_it_even_where_nobody_takes_the_output() {
    let server = Server::echo(4);
    let mut client = client("map --json", &server.address);
    let (mut stdin, stdout) = (client.stdin(), client.stdout());
    let writer = thread::spawn(move || while stdin.write_all(&lines(2_000)).is_ok() {});
    eventually("the window is full", || memory(client.id(), "VmRSS") > 16 << 20);
    client.signal("TERM");
    let ended = client.end();
    writer.join().unwrap();
    drop(stdout);
    let summary = summary(&ended);
    assert_eq!((ended.code(), &summary["interrupted"]), (Some(130), &true.into()));
    assert_eq!(ended.stderr().lines().count(), 1, "{}", ended.stderr());
}

#[test]
fn a_long_line_has_a_limit_in_any_order_and_none_in_that_of_the_input() {
    let server = Server::echo(4);
    let input = [&b"short\n"[..], &vec![b'x'; (16 << 20) + 1]].concat();
    let ended = map_with("--unordered", &input, &server.address);
    assert_eq!((ended.code(), ended.stdout().as_str()), (Some(1), "SHORT\n"));
    assert!(ended.stderr().contains("line 2 is longer than 16777216 bytes"), "{}", ended.stderr());
    assert_mapped(&map_with("", &input, &server.address), &input);
}

#[test]
fn whoever_watches_sees_how_far_it_is() {
    let server =
        Server::with(4, |client: &_| echo_changed(client, |_| thread::sleep(Duration::from_millis(5))));
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    fs::write(&input, lines(2_000).repeat(100)).unwrap();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour/terminal.py");
    let script = format!(
        "{} map -c 8 {} < {} > {}",
        env!("CARGO_BIN_EXE_prefork-client"),
        server.address,
        input.display(),
        output.display()
    );
    let mut command = Command::new("python3");
    command.arg(driver).args(["sh", "-c", &script]).env("TERM", "xterm").stdin(Stdio::null());
    let shown = command.output().unwrap();
    let screen = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.status.success(), "{screen}");
    assert!(screen.contains("B of 14.31 MiB, ") && screen.contains(" served, "), "{screen}");
    assert!(screen.contains("200000 lines, 14.") && screen.contains(" of 8 connections served"), "{screen}");
    assert!(fs::read(output).unwrap() == fs::read(input).unwrap().to_ascii_uppercase());
}
