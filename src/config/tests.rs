//! What the configuration takes, and how it refuses.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    config.write_all(file.as_bytes()).unwrap();
    let environment =
        environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let sources = Sources { file: Some(config.path().to_owned()), environment, flags: Vec::new() };
    Settings::load(&sources).map_err(|refusal| match refusal {
        Refusal::Flag(message) | Refusal::Config(message) => {
            message.replace(&config.path().display().to_string(), "config.toml")
        }
    })
}

fn refusal(file: &str) -> String {
    load(file, &[]).unwrap_err()
}

#[test]
fn the_default_document_is_the_built_in_configuration() {
    let document = default_document();
    assert_eq!(load(&document, &[]).unwrap().config, Config::default());
    assert_eq!(
        document.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count(),
        KEYS.len()
    );
}

#[test]
fn the_shipped_file_holds_every_key() {
    let settings = load(include_str!("../../config.toml"), &[]).unwrap();
    assert!(
        settings.origins.values().all(|origin| matches!(origin, Origin::File { .. })),
        "{:?}",
        settings.origins
    );
    assert_eq!(settings.config.worker_count() * settings.config.threads.get(), 4);
}

#[test]
fn what_is_shown_is_read_back_as_the_same() {
    let shown = load(
        "listen = [\"unix:/a b\"]\n[work]\nsleep = \"1m 30s\"\ndistribution = \"exponential\"",
        &[("PREFORK_WORKERS", "3")],
    )
    .unwrap();
    assert_eq!(load(&shown.show(), &[]).unwrap().config, shown.config);
}

#[test]
fn a_value_knows_its_origin() {
    let settings = load("backlog = 7\n[pool]\nthreads = 9", &[("PREFORK_THREADS", "5")]).unwrap();
    assert_eq!(settings.config.threads.get(), 5);
    assert_eq!(settings.origins["pool.threads"].to_string(), "PREFORK_THREADS");
    assert_eq!(settings.origins["backlog"].to_string().rsplit(':').next(), Some("1"));
    assert_eq!(settings.origins["pool.workers"], Origin::Default);
}

#[test]
fn an_unknown_key_is_an_error_with_a_proposal() {
    assert_eq!(
        refusal("[pool]\nworkrs = 4"),
        "config.toml:2:1: unknown key `pool.workrs`\n  |\n2 | workrs = 4\n  | ^^^^^^ did you mean `pool.workers`?"
    );
    assert!(refusal("workers = 4").contains("did you mean `pool.workers`?"));
    assert!(refusal("[timeout]\nidle = \"1s\"").contains("did you mean `[timeouts]`?"));
}

#[test]
fn a_wrong_value_is_an_error_at_its_place() {
    assert!(
        refusal("[pool]\nworkers = 0")
            .contains("config.toml:2:11: pool.workers: expected a number from 1 to 1024")
    );
    assert!(refusal("[pool]\nworkers = \"two\"").contains("found the text \"two\""));
    assert!(refusal("[pool]\nthreads = 1.5").contains("found a number with a fraction"));
    assert!(refusal("backlog = 99999999999999999999999999").contains("beyond all limits"));
    assert!(refusal("[timeouts]\nidle = 300").contains("a duration with its unit"));
    assert!(refusal("transform = \"uppercas\"").contains("did you mean \"uppercase\"?"));
    assert!(refusal("pool = 3").contains("`pool` is a table"));
    assert!(
        refusal("listen = [\"127.0.0.1:1\", 2]").contains(":1:26: listen: expected an address in quotes")
    );
    assert!(refusal("listen = [\"127.0.0.1:1\", \"127.0.0.1:1\"]").contains("both claim 127.0.0.1:1"));
    assert!(refusal("listen = []").contains("1 to 64 addresses"));
    assert!(refusal("backlog = ").contains("config.toml:1:1"));
}

#[test]
fn a_limit_is_a_number_a_time_or_a_size_and_nothing_is_none() {
    let limits = |file: &str| load(&format!("[limits]\n{file}"), &[]).map(|settings| settings.config.limits);
    assert_eq!(
        limits("connections_per_worker = 0\nworker_age = \"0s\"\nworker_memory = \"0\""),
        Ok(Limits::default())
    );
    let some =
        limits("connections_per_worker = 1000000000000\nworker_age = \"1h\"\nworker_memory = \"512MiB\"")
            .unwrap();
    assert_eq!(some.connections_per_worker, Some(1_000_000_000_000));
    assert_eq!(some.worker_age, Some(Duration::from_secs(3600)));
    assert_eq!(some.worker_memory, Some(512 << 20));
    assert_eq!(limits("worker_memory = 4096").unwrap().worker_memory, Some(4096));
    assert!(
        limits("connections_per_worker = 1000000000001")
            .unwrap_err()
            .contains("a number from 0 to 1000000000000")
    );
    assert!(limits("worker_memory = \"1.5GB\"").unwrap_err().contains("such as \"1KiB\""));
    assert!(limits("worker_memory = -1").unwrap_err().contains("found the number -1"));
}

#[test]
fn more_slots_than_a_pool_can_have_are_refused() {
    let message = refusal("[pool]\nworkers = 1000\nthreads = 100");
    assert!(message.contains("100000 connection slots") && message.contains("65536"), "{message}");
}

#[test]
fn a_range_of_workers_is_a_table_in_the_file() {
    let forms = [
        "[pool]\nworkers = { min = 2, max = 8 }",
        "[pool]\nworkers = { max = 8, min = 2 }",
        "[pool]\nworkers.max = 8\nworkers.min = 2",
        "[pool]\nthreads = 1\n[pool.workers]\nmin = 2\nmax = 8",
        "pool.workers = { min = 2, max = 8 }",
    ];
    for form in forms {
        let config = load(form, &[]).unwrap().config;
        assert_eq!((config.worker_range(), config.worker_count()), ((2, 8), 2), "{form}");
    }
    let by_variable = load("", &[("PREFORK_WORKERS", "2..8")]).unwrap();
    assert_eq!(by_variable.config.worker_range(), (2, 8));
    assert!(by_variable.show().contains("workers = { min = 2, max = 8 } "), "{}", by_variable.show());
    assert_eq!(load(&by_variable.show(), &[]).unwrap().config, by_variable.config);
}

#[test]
fn a_wrong_range_of_workers_is_an_error_at_its_place() {
    let refused = |workers: &str| refusal(&format!("[pool]\nworkers = {workers}"));
    assert_eq!(
        refused("{ min = 1, maxi = 8 }"),
        "config.toml:2:22: pool.workers: a range is { min = 1, max = 8 }, and has no `maxi`; did you mean `max`?\n  |\n\
         2 | workers = { min = 1, maxi = 8 }\n  |                      ^^^^"
    );
    assert!(refused("{ min = 1 }").starts_with(
        "config.toml:2:11: pool.workers: a range has two ends, { min = 1, max = 8 }, and `max` is missing"
    ));
    assert!(refused("{}").contains("`min` is missing"));
    assert!(
        refused("{ max = 8, min = 9 }")
            .starts_with("config.toml:2:28: pool.workers: min, which is 9, is more than max, which is 8")
    );
    assert!(refused("{ min = 1, max = 2000 }").starts_with(
        "config.toml:2:28: pool.workers: max: expected a number from 1 to 1024, found the number 2000"
    ));
    assert!(refused("{ min = \"1\", max = 2 }").contains(":2:19: pool.workers: min: expected a number"));
    assert!(refused("{ min = 1, min = 2 }").starts_with("config.toml:2:22: duplicate key"));
    assert!(refused("\"1-8\"").contains("did you mean { min = 1, max = 8 }?"));
    let in_table = refusal("[pool.workers]\nmin = 3\nmaximum = 8");
    assert!(in_table.starts_with("config.toml:3:1: pool.workers: a range is"), "{in_table}");
    let half = refusal("[pool.workers]\nmin = 3");
    assert!(half.starts_with("config.toml:1:") && half.contains("`max` is missing"), "{half}");
    assert!(refusal("[pool]\nthreads = { min = 1 }").contains("found a table"));
    let variable = load("", &[("PREFORK_WORKERS", "1-8")]).unwrap_err();
    assert!(variable.ends_with("found \"1-8\"; did you mean \"1..8\"?"), "{variable}");
}

#[test]
fn the_slots_are_counted_at_the_largest_size() {
    let message = refusal("[pool]\nworkers = { min = 1, max = 1000 }\nthreads = 100");
    assert!(message.contains("1000 workers") && message.contains("100000 connection slots"), "{message}");
}

#[test]
fn a_pid_file_is_a_path_or_none() {
    let load = |text: &str| load(text, &[]).unwrap().config.pid_file;
    assert_eq!(load(""), None);
    assert_eq!(load("pid_file = \"none\""), None);
    assert_eq!(load("pid_file = \"run/a b.pid\""), Some(PathBuf::from("run/a b.pid")));
    assert!(refusal("pid_file = \"\"").contains("config.toml:1:12: pid_file: expected a path"));
    assert!(refusal("pid_file = true").contains("found true"));
    assert!(refusal("pidfile = \"x\"").contains("did you mean `pid_file`?"));
}

#[test]
fn a_name_of_two_words_is_hyphenated_as_a_flag() {
    let key = KEYS.iter().find(|key| key.path == "pool.grow_after").unwrap();
    assert_eq!((key.flag().as_str(), key.variable().as_str()), ("--grow-after", "PREFORK_GROW_AFTER"));
    let config = load("[pool]\ngrow_after = \"2s\"", &[]).unwrap().config;
    assert_eq!(config.grow_after, Duration::from_secs(2));
}

#[test]
fn an_unknown_variable_is_a_warning_with_a_proposal() {
    let settings =
        load("", &[("PREFORK_THREDS", "5"), ("PREFORK_ECHO_PORT", "tcp://1"), ("HOME", "/")]).unwrap();
    assert_eq!(settings.warnings.len(), 2);
    assert!(settings.warnings[0].contains("did you mean PREFORK_THREADS?"), "{:?}", settings.warnings);
}

#[test]
fn a_wrong_variable_is_an_error_that_names_it() {
    let message = load("", &[("PREFORK_TIMEOUTS_IDLE", "never")]).unwrap_err();
    assert!(message.starts_with("PREFORK_TIMEOUTS_IDLE=never: expected a duration"), "{message}");
}

#[test]
fn a_key_has_a_flag_with_dashes_and_a_variable_without() {
    let key = KEYS.iter().find(|key| key.path == "limits.worker_age").unwrap();
    assert_eq!(
        (key.flag(), key.variable()),
        ("--limits-worker-age".into(), "PREFORK_LIMITS_WORKER_AGE".into())
    );
}

#[test]
fn no_two_keys_share_a_flag() {
    let mut names: Vec<String> = KEYS.iter().map(Key::flag).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), KEYS.len());
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "(?s)[\\[\\]=\".a-z0-9\n#{},']{0,80}") {
        let _ = load(&text, &[]);
    }

    #[test]
    fn every_number_of_workers_is_taken_or_refused_by_the_cap(workers: i64) {
        let taken = load(&format!("[pool]\nworkers = {workers}\nthreads = 1"), &[]).is_ok();
        prop_assert_eq!(taken, (1..=1024).contains(&workers));
    }
}

#[test]
fn the_monitor_has_an_address_of_its_own() {
    let both = "listen = [\"127.0.0.1:8080\"]\n[monitor]\nlisten = ";
    assert!(refusal(&format!("{both}\"127.0.0.1:8080\"")).contains("both claim 127.0.0.1:8080"));
    assert!(refusal(&format!("{both}\"unix:/run/x\"")).contains("over TCP"));
    assert_eq!(load(&format!("{both}\"none\""), &[]).unwrap().config.monitor, None);
    assert!(load(&format!("{both}\"127.0.0.1:8081\""), &[]).unwrap().config.monitor.is_some());
}
