//! What is in the log, and what never is.

use serde_json::Value;

use crate::support::{TestServer, beside_server, eventually, has_answer, program, server_command};

/// What no line may hold, in any of the ways in which bytes are shown.
const SECRET: &[u8] = b"secret-7f3a9c";

fn shows_secret(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let bytes: Vec<String> = SECRET.iter().map(u8::to_string).collect();
    lower.contains("7f3a9c") || line.contains(&bytes.join(", "))
}

#[test]
fn what_peers_send_is_never_logged_at_any_level_not_even_by_a_handler_that_panics_with_it() {
    for format in ["text", "json"] {
        let flags = ["--workers", "1", "--log-level", "trace", "--log-format", format];
        let server = TestServer::start_command(program(&beside_server("examples/faulty")), &flags);
        server.served();
        server.asker(SECRET).finish().unwrap();
        server.wait_for_log("handler panicked");
        drop(server.asker(&SECRET.repeat(20)));
        server.wait_for_logs("connection closed", 3);
        let (_, log) = server.stop();
        assert!(log.len() >= 5, "{log:?}");
        assert!(!log.iter().any(|line| shows_secret(line)), "{}", log.join("\n"));
    }
}

#[test]
fn a_panic_is_told_with_its_place_and_its_words_if_they_are_the_programs_own() {
    let server = TestServer::start_command(program(&beside_server("examples/faulty")), &["--workers", "1"]);
    server.asker(b"panic").finish().unwrap();
    let line = server.wait_for_log("panicked at ");
    assert!(line.contains("ERROR panicked at tests/behaviour/faulty.rs:"), "{line}");
    assert!(line.ends_with(": the test wants it so"), "{line}");
}

#[test]
fn an_event_is_one_line_whatever_names_are_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "evil\n2026-01-01T00:00:00.000000Z  INFO forged\u{1b}[2J\u{9b}1m\u{7f}";
    let socket = folder.path().join(evil);
    for format in ["text", "json"] {
        let listen = format!("unix:{}", socket.display());
        let mut command = server_command();
        command.env(format!("PREFORK_{evil}"), "1");
        let flags = [
            "--listen",
            &listen,
            "--log-format",
            format,
            "--workers",
            "1",
            "--control",
            "@log-contents-evil",
        ];
        let server = TestServer::start_command(command, &flags);
        server.wait_for_log("is none of this program's");
        let (code, log) = server.stop();
        assert_eq!(code, 0);
        assert!(log.iter().all(|line| !line.contains(char::is_control)), "{log:?}");
        assert!(!log.iter().any(|line| line.starts_with("2026-01-01")), "{log:?}");
        if format == "json" {
            let events: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
            let listening = events.iter().find_map(|event| {
                event["message"].as_str().filter(|message| message.starts_with("listening on "))
            });
            assert!(listening.unwrap().contains(evil), "nothing is lost: {listening:?}");
        }
    }
}

#[test]
fn errors_and_answers_show_names_of_others_and_obey_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evil\u{1b}[2J.toml");
    std::fs::write(&path, "workrs = \"\u{9b}1m\" # \u{1b}]0;title\u{7}\n").unwrap();
    let output = server_command().args(["check", "--config"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("workrs") && words.contains("\\u{1b}"), "{words:?}");
    assert!(!words.contains(|char: char| char.is_control() && char != '\n'), "{words:?}");
}

#[test]
fn a_sample_of_the_access_log_says_for_how_many_a_line_stands_and_leaves_no_panic_out() {
    let flags = ["--workers", "1", "--log-access-sample", "10", "--timeouts-idle", "10ms"];
    let server = TestServer::start_command(program(&beside_server("examples/faulty")), &flags);
    for _ in 0..3 {
        server.asker(b"panic").finish().unwrap();
    }
    server.wait_for_logs("reason=\"handler panicked\"", 3);
    // Also of the ends that a limit of ours causes, which a peer can have as often as it likes.
    eventually("a line of the sample of each kind", || {
        server.served().finish().unwrap();
        let silent = server.served();
        eventually("its end", || has_answer(&silent).then_some(()));
        let log = server.log();
        let has = |reason: &str| log.iter().any(|line| line.contains(" sample=10") && line.contains(reason));
        (has("reason=\"peer closed\"") && has("reason=\"idle timeout\"")).then_some(())
    });
    let all = server.log().into_iter().filter(|line| line.contains("connection closed"));
    let unsampled: Vec<_> = all.filter(|line| !line.contains("sample=")).collect();
    assert!(unsampled.len() == 3 && unsampled.iter().all(|line| line.contains("panicked")), "{unsampled:?}");
}
