//! `deploy/observability`: Prometheus' configuration, its rules and the dashboard, run against a live server.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Connection;
use prefork_client::queueing::{Load as Arriving, ServiceTimes, Target, least_slots};
use serde_json::Value;

use crate::load::Load;
use crate::monitor::get;
use crate::prometheus::Prometheus;
use crate::support::{TestServer, eventually};

const POOL: &str = "[pool]\nworkers = 2\nthreads = 2\n[monitor]\nlisten = \"127.0.0.1:0\"\n";

/// What finds the targets in the shipped file, and what stands in its place here.
const FOUND_BY_NAME: &str = "    dns_sd_configs:
      - names: [server, replica]             # one that nobody has is no error: it gives no target
        type: A
        port: 8081
        refresh_interval: 5s
";

/// Alerts whose expression gives nothing while all is well, because it has no threshold that could be taken away.
const EMPTY_WHILE_WELL: [(&str, &str); 1] = [("PreforkNoTarget", "absent() of what is there is nothing")];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/observability")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&text("grafana/dashboards/prefork-echo.json")).unwrap()
}

/// Prometheus with the shipped configuration, but for the interval and for how the target is found.
fn prometheus(server: &TestServer) -> Prometheus {
    let shipped = text("prometheus.yml");
    assert!(shipped.contains(FOUND_BY_NAME), "{shipped}");
    let target = format!(
        "    static_configs:\n      - targets: [\"{}\"]\n        labels: {{__meta_dns_name: server}}\n",
        server.monitor()
    );
    let mut configuration = shipped.replace(FOUND_BY_NAME, &target);
    for (name, interval) in
        [("scrape_interval", "5s"), ("scrape_timeout", "2s"), ("evaluation_interval", "5s")]
    {
        let line = format!("{name}: {interval}");
        assert!(configuration.contains(&line), "{configuration}");
        configuration = configuration.replace(&line, &format!("{name}: 500ms"));
    }
    Prometheus::start(&configuration, &text("rules.yml"))
}

/// An expression of the dashboard as Grafana would ask it, with the interval of these tests.
fn substituted(expression: &str) -> String {
    let replaced =
        expression.replace("$__rate_interval", "4s").replace("$service", ".*").replace("$instance", ".*");
    assert!(!replaced.contains('$'), "a variable that is not known: {replaced}");
    replaced
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

fn targets(panel: &Value) -> impl Iterator<Item = &str> {
    panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap())
}

fn annotations(dashboard: &Value) -> impl Iterator<Item = &str> {
    dashboard["annotations"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|annotation| annotation["target"]["expr"].as_str())
}

/// What an alert looks at, without the threshold at its end.
fn without_threshold(expression: &str) -> Option<&str> {
    let (looked_at, comparison) = expression.rsplit_once([' '])?.0.rsplit_once(' ')?;
    [">", "<", "=="].contains(&comparison).then_some(looked_at)
}

/// All that happens to a pool on one day: it is full, somebody waits, many come and go, a reload is done, another
/// fails, and a worker dies. The load goes on.
fn live_a_day(server: &TestServer, prometheus: &Prometheus) -> Load {
    let held: Vec<Connection> = (0..4).map(|_| server.served()).collect();
    let waiting: Vec<Connection> = (0..2).map(|_| server.asker(b"hello")).collect();
    for (name, value) in [
        ("instance:prefork_connections_active:sum", 4.0),
        ("instance:prefork_capacity_connections:sum", 4.0),
        ("instance:prefork_busy:ratio", 1.0),
        ("instance:prefork_accept_queue_length:sum", 2.0),
        ("prefork_ready", 1.0),
    ] {
        prometheus_says(prometheus, name, value);
    }
    drop((held, waiting));
    let load = Load::start(&[&server.address], 6, 7);
    load.wait_for(50);
    assert!(server.ask(&["reload"]).status.success());
    let good = fs::read_to_string(server.file()).unwrap();
    server.configure(&format!("{good}[pool]\n"));
    assert_eq!(server.ask(&["reload"]).status.code(), Some(1));
    let victim = server.status()["workers"][0]["pid"].as_i64().unwrap();
    kill(Pid::from_raw(victim.try_into().unwrap()), Signal::SIGKILL).unwrap();
    load
}

fn prometheus_says(prometheus: &Prometheus, expression: &str, value: f64) {
    eventually(&format!("{expression} to be {value}"), || {
        let series = prometheus.query(expression).unwrap();
        (series.len() == 1 && (series[0].1 - value).abs() < 1e-9).then(|| {
            assert_eq!(
                (&series[0].0["service"], &series[0].0["job"]),
                (&"server".into(), &"prefork-echo".into())
            );
        })
    });
}

#[test]
fn every_expression_of_the_rules_and_the_dashboard_has_an_answer_and_only_what_happened_is_an_alert() {
    let server = TestServer::configured(POOL);
    let prometheus = prometheus(&server);
    let _load = live_a_day(&server, &prometheus);
    let dashboard = dashboard();
    // First those that look at the last few seconds.
    for expression in annotations(&dashboard) {
        prometheus.number(&substituted(expression));
    }
    for panel in panels(&dashboard) {
        for expression in targets(panel) {
            prometheus.number(&substituted(expression));
        }
    }
    let rules = prometheus.rules();
    assert!(rules.len() > 20, "{rules:?}");
    for rule in &rules {
        let (name, expression) = (rule["name"].as_str().unwrap(), rule["query"].as_str().unwrap());
        if rule["type"] == "recording" {
            prometheus.number(name);
        } else if !EMPTY_WHILE_WELL.iter().any(|(alert, _)| *alert == name) {
            let looked_at = without_threshold(expression);
            prometheus.number(looked_at.unwrap_or_else(|| panic!("{name} has no threshold: {expression}")));
        }
    }
    let expected = ["PreforkReloadFailed", "PreforkWorkerDied"];
    let firing = eventually("the alerts", || {
        Some(prometheus.firing()).filter(|firing| firing.len() >= expected.len())
    });
    let names: BTreeSet<&str> =
        firing.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap()).collect();
    assert_eq!(names, expected.into());
    for rule in prometheus.rules() {
        assert_eq!((&rule["health"], &rule["lastError"]), (&"ok".into(), &Value::Null), "{rule}");
    }
}

#[test]
fn the_slots_that_the_rule_says_are_those_of_erlang_or_one_more() {
    let server = TestServer::configured(POOL);
    let prometheus = prometheus(&server);
    let rules = prometheus.rules();
    let rule = rules.iter().find(|rule| rule["name"] == "instance:prefork_slots_needed:rate5m").unwrap();
    let rule = rule["query"].as_str().unwrap();
    let target = Target { chance: Some(0.1), ..Target::default() };
    for offered in
        [0.1, 0.25, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 3.2, 4.5, 7.0, 10.0, 20.0, 33.0, 64.0, 100.0, 250.0, 900.0]
    {
        let load = Arriving { rate: offered, service: 1.0, times: ServiceTimes::Exponential };
        let slots = f64::from(least_slots(&load, &target).unwrap());
        let said = prometheus
            .number(&rule.replace("instance:prefork_offered_slots:rate5m", &format!("vector({offered})")));
        assert!(
            [slots, slots + 1.0].contains(&said),
            "{offered} offered: {said} by the rule, {slots} by Erlang C"
        );
    }
}

/// All words of a text that look like the name of a metric of ours.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let words = words.map(|word| word.trim_end_matches(':'));
    words.filter(|word| word.starts_with("prefork_") || word.starts_with("instance:")).collect()
}

#[test]
fn every_metric_that_is_named_is_there_and_the_page_names_all() {
    let server = TestServer::configured(POOL);
    let (code, scraped) = get(&server.monitor(), "/metrics").unwrap();
    assert_eq!(code, 200);
    let rules = text("rules.yml");
    let recorded = rules.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    // With the names of histograms, which are on the lines about their type.
    let known: BTreeSet<&str> = metrics_in(&scraped).into_iter().chain(recorded).collect();
    let page = fs::read_to_string(folder().join("../../docs/observability.md")).unwrap();
    let files = ["rules.yml", "rules.test.yml", "grafana/dashboards/prefork-echo.json"]
        .map(|name| (name, text(name)));
    for (name, text) in
        files.iter().map(|(name, text)| (*name, text)).chain([("docs/observability.md", &page)])
    {
        let named = metrics_in(text);
        assert!(named.len() > 15, "{name} names {named:?}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}, which nobody has");
    }
    let told = metrics_in(&page);
    let types = scraped.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let untold: Vec<&str> = types.filter(|name| !told.contains(name)).collect();
    assert!(untold.is_empty(), "docs/observability.md says nothing of {untold:?}");
}

fn promtool(arguments: &[&str], folder: &Path) -> (bool, String) {
    let mut command = Command::new("promtool");
    let output =
        command.args(arguments).current_dir(folder).output().expect("it is in the package prometheus");
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn promtool_accepts_configuration_and_rules_and_each_rule_is_tested() {
    for arguments in [
        ["check", "config", "--lint-fatal", "prometheus.yml"].as_slice(),
        &["check", "rules", "--lint-fatal", "rules.yml"],
        &["test", "rules", "rules.test.yml"],
    ] {
        let (accepted, said) = promtool(arguments, &folder());
        assert!(accepted, "{said}");
    }
    let (rules, tests) = (text("rules.yml"), text("rules.test.yml"));
    let named = |kind| rules.lines().filter_map(move |line| line.trim().strip_prefix(kind));
    for record in named("- record: ") {
        assert!(
            tests.contains(&format!("labels: '{record}{{")) || tests.contains(&format!("round({record}, ")),
            "{record}"
        );
    }
    for alert in named("- alert: ") {
        assert!(tests.contains(&format!("- alertname: {alert}\n")), "{alert} never fires in a test");
        assert!(tests.contains(&format!("{{alertname: {alert}, ")), "{alert} is never silent in a test");
    }
}

#[test]
fn a_rule_that_is_changed_fails_its_test() {
    let mut rules = text("rules.yml");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.test.yml"), text("rules.test.yml")).unwrap();
    let changes = [
        ("instance:prefork_slots_needed:rate5m", "1.42", "2.42"),
        ("p99_rate1m", "histogram_quantile(0.99", "histogram_quantile(0.9"),
        ("instance:prefork_accept_queue:max_ratio", "max without (listener)", "min without (listener)"),
        ("instance:prefork_arrivals:rate5m", "+ sum without (listener)", "- sum without (listener)"),
        ("PreforkQueueNearlyFull", "max_ratio > 0.8", "max_ratio > 0.95"),
        ("PreforkSaturated", "ratio_rate1m > 0.9", "ratio_rate1m > 0.5"),
        ("PreforkTargetDown", "for: 30s", "for: 0s"),
        ("PreforkNotReady", "prefork_ready == 0", "prefork_ready == 1"),
        ("PreforkReloadFailed", "result=\"failed\"", "result=\"ok\""),
    ];
    for (rule, now, then) in changes {
        assert!(rules.contains(now), "{rule} has no {now}");
        rules = rules.replace(now, then);
    }
    fs::write(folder.path().join("rules.yml"), rules).unwrap();
    let (accepted, said) = promtool(&["test", "rules", "rules.test.yml"], folder.path());
    assert!(!accepted, "{said}");
    for (rule, _, then) in changes {
        assert!(said.contains(rule), "{then} is not noticed in {rule}:\n{said}");
    }
}

#[test]
fn the_dashboard_has_the_form_that_grafana_wants() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 41));
    let all = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = all.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "each panel has its id");
    let mut cells = BTreeSet::new();
    for panel in all {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{}", panel["title"]);
        let own = (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y)));
        assert!(own.into_iter().all(|cell| cells.insert(cell)), "{} lies over another", panel["title"]);
    }
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().unwrap();
        assert!(["stat", "timeseries", "heatmap"].contains(&panel["type"].as_str().unwrap()), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel["description"].as_str().is_some_and(|words| words.len() > 20), "{title}");
        let unit = [&panel["fieldConfig"]["defaults"]["unit"], &panel["options"]["yAxis"]["unit"]];
        let units = ["none", "short", "s", "percentunit", "cps", "mps", "Bps"];
        assert!(unit.iter().any(|unit| unit.as_str().is_some_and(|unit| units.contains(&unit))), "{title}");
        let names: Vec<_> =
            panel["targets"].as_array().unwrap().iter().map(|target| &target["refId"]).collect();
        assert!(
            !names.is_empty() && names.iter().zip('A'..).all(|(name, letter)| **name == letter.to_string()),
            "{title}"
        );
        for expression in targets(panel) {
            assert!(
                expression.contains("{service=~\"$service\", instance=~\"$instance\"}"),
                "{title}: {expression}"
            );
        }
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let variables: Vec<&str> = variables.map(|variable| variable["name"].as_str().unwrap()).collect();
    assert_eq!(variables, ["datasource", "service", "instance"]);
}

/// The value of the one line of a YAML file that has this key.
fn value(yaml: &str, key: &str) -> String {
    let key = format!("{key}: ");
    let lines = yaml.lines().map(|line| line.trim().trim_start_matches("- "));
    let values: Vec<&str> = lines.filter_map(|line| line.strip_prefix(&key)).collect();
    assert_eq!(values.len(), 1, "{key} in\n{yaml}");
    values[0].split(" #").next().unwrap().trim().trim_matches('"').to_owned()
}

#[test]
fn what_grafana_is_given_fits_together() {
    let source = text("grafana/provisioning/datasources/prometheus.yaml");
    let provider = text("grafana/provisioning/dashboards/prefork-echo.yaml");
    let compose = fs::read_to_string(folder().join("../../compose.yaml")).unwrap();
    assert_eq!((value(&source, "apiVersion"), value(&provider, "apiVersion")), ("1".into(), "1".into()));
    assert_eq!(value(&source, "timeInterval"), value(&text("prometheus.yml"), "scrape_interval"));
    let default = &dashboard()["templating"]["list"][0]["current"];
    assert_eq!(
        (&default["text"], &default["value"]),
        (&value(&source, "name").into(), &value(&source, "uid").into())
    );
    assert_eq!(value(&source, "url"), "http://prometheus:9090");
    assert!(compose.contains("\n  prometheus:\n") && compose.contains(":9090\"]"), "{compose}");
    for (there, here) in
        [("/etc/grafana/provisioning", "provisioning"), (&value(&provider, "path"), "dashboards")]
    {
        let mount = format!("./deploy/observability/grafana/{here}:{there}:ro");
        assert!(compose.contains(&mount), "compose.yaml does not mount {mount}");
    }
    assert!(compose.contains("./deploy/observability:/etc/prometheus:ro"), "{compose}");
    for image in compose.lines().filter_map(|line| line.trim().strip_prefix("image: ")) {
        let ours = image.starts_with("prefork-");
        let image = image.split(' ').next().unwrap();
        let tag = image.split(':').nth(1).unwrap_or("latest");
        assert!(
            ours || tag.trim_start_matches('v').split('.').count() == 3,
            "{image} is not an exact version"
        );
    }
}
