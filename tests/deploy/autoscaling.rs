//! The number of pods follows metrics that the server has; updates and emptied nodes leave enough of them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::server::Server;
use crate::world::{World, hold};

const SCALER: &str = "HorizontalPodAutoscaler/prefork-echo";
const RULES: &str = "Rules/";

fn rules(world: &World) -> impl Iterator<Item = &Value> {
    world.rules["rules"]["custom"].as_array().into_iter().flatten()
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

/// Names of metrics in a query: words that begin as ours do.
fn metrics_in(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    words.filter(|word| word.starts_with("prefork_"))
}

/// A query as the adapter asks it, for the pods of a namespace.
fn query_of(rule: &Value) -> String {
    let (series, _) = text(rule, "seriesQuery").split_once('{').unwrap_or_default();
    text(rule, "metricsQuery")
        .replace("<<.Series>>", series)
        .replace("<<.LabelMatchers>>", r#"namespace="n",pod=~"a|b""#)
        .replace("<<.GroupBy>>", "pod")
}

fn names(world: &World) -> Vec<String> {
    let named: BTreeSet<&str> = rules(world).map(|rule| text(&rule["name"], "as")).collect();
    let metrics = world.object("HorizontalPodAutoscaler", "prefork-echo")["spec"]["metrics"].as_array();
    let wanted: BTreeSet<&str> =
        metrics.into_iter().flatten().map(|metric| text(&metric["pods"]["metric"], "name")).collect();
    if named == wanted {
        Vec::new()
    } else {
        vec![format!("the adapter has {named:?}, scaled is by {wanted:?}")]
    }
}

#[test]
fn the_adapter_makes_what_the_autoscaler_asks_for() {
    hold(
        names,
        &[
            (SCALER, "/spec/metrics/0/pods/metric/name", Some(json!("prefork_busy"))),
            (SCALER, "/spec/metrics/1/pods", None),
            (RULES, "/rules/custom/0", None),
            (RULES, "/rules/custom/1/name/as", Some(json!("busy"))),
        ],
    );
}

/// Which names of the rules the server does not have.
fn unknown(world: &World, scraped: &str) -> Vec<String> {
    let there: BTreeSet<&str> = scraped
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let queries: Vec<String> =
        rules(world).map(|rule| format!("{} {}", text(rule, "seriesQuery"), query_of(rule))).collect();
    let named = queries.iter().flat_map(|query| metrics_in(query));
    named.filter(|name| !there.contains(name)).map(str::to_owned).collect()
}

#[test]
fn the_rules_are_about_metrics_of_the_server() {
    let server = Server::start(&[]);
    let (code, scraped) = server.get("/metrics");
    assert_eq!(code, 200);
    let world = World::load();
    assert_eq!(unknown(&world, &scraped), Vec::<String>::new());
    let without = scraped.replace("prefork_connections_active", "prefork_connections_open");
    assert_eq!(unknown(&world, &without), ["prefork_connections_active"]);
    let without = scraped.replace("prefork_accept_queue_length", "prefork_queue");
    assert_eq!(unknown(&world, &without), ["prefork_accept_queue_length"; 2]);
}

/// Two pods, the second of which drains: four workers in all, and a queue that is empty again.
const SERIES: &str = r#"
rule_files: [rules.json]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - {series: 'prefork_connections_active{namespace="n",pod="a",worker="0"}', values: '90x8'}
      - {series: 'prefork_connections_active{namespace="n",pod="a",worker="1"}', values: '70x8'}
      - {series: 'prefork_connections_active{namespace="n",pod="b",worker="0"}', values: '5x8'}
      - {series: 'prefork_connections_active{namespace="other",pod="a",worker="0"}', values: '900x8'}
      - {series: 'prefork_capacity_connections{namespace="n",pod="a",worker="0"}', values: '100x8'}
      - {series: 'prefork_capacity_connections{namespace="n",pod="a",worker="1"}', values: '100x8'}
      - {series: 'prefork_capacity_connections{namespace="n",pod="b",worker="0"}', values: '0x8'}
      - {series: 'prefork_accept_queue_length{namespace="n",pod="a",listener="0.0.0.0:8080"}', values: '0 0 0 0 0 0 40 0 0'}
      - {series: 'prefork_accept_queue_length{namespace="n",pod="b",listener="0.0.0.0:8080"}', values: '0x8'}
    promql_expr_test:
      - {expr: prefork_busy_ratio, eval_time: 2m, exp_samples: [{labels: 'prefork_busy_ratio{pod="a"}', value: 0.8}]}
      - expr: prefork_accept_queue_length_scaled
        eval_time: 2m
        exp_samples:
          - {labels: 'prefork_accept_queue_length_scaled{pod="a"}', value: 40}
          - {labels: 'prefork_accept_queue_length_scaled{pod="b"}', value: 0}
"#;

/// What promtool says of the queries: whether Prometheus takes them, and gives what is meant.
fn evaluated(rules: &[(&str, String)]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let each: Vec<Value> = rules.iter().map(|(name, query)| json!({"record": name, "expr": query})).collect();
    let file = json!({"groups": [{"name": "adapter", "rules": each}]});
    fs::write(folder.path().join("rules.json"), file.to_string()).unwrap();
    fs::write(folder.path().join("test.yaml"), SERIES).unwrap();
    let mut promtool = Command::new("promtool");
    let output = promtool.args(["test", "rules", "test.yaml"]).current_dir(folder.path()).output();
    let output = output.expect("promtool is in Debian's package prometheus");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn prometheus_computes_from_the_rules_what_is_meant() {
    let world = World::load();
    let queries: Vec<(&str, String)> = rules(&world)
        .map(|rule| match text(&rule["name"], "as") {
            // A recording rule may not have the name of its series.
            "prefork_accept_queue_length" => ("prefork_accept_queue_length_scaled", query_of(rule)),
            name => (name, query_of(rule)),
        })
        .collect();
    evaluated(&queries).unwrap();
    for (right, wrong) in
        [(" > 0", ""), ("max_over_time", "min_over_time"), ("sum by (pod)", "sum"), ("[1m]", "")]
    {
        let broken: Vec<_> =
            queries.iter().map(|(name, query)| (*name, query.replace(right, wrong))).collect();
        assert!(evaluated(&broken).is_err(), "without {right:?}: {broken:?}");
    }
}

/// How many pods may be away at once, of so many.
fn allowed(budget: &Value, pods: u64) -> u64 {
    match (budget["maxUnavailable"].as_u64(), budget["minAvailable"].as_u64()) {
        (Some(most), None) => most.min(pods),
        (None, Some(least)) => pods.saturating_sub(least),
        _ => 0,
    }
}

fn room(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let mut complain = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let scaler = &world.object("HorizontalPodAutoscaler", "prefork-echo")["spec"];
    let (least, most) = (scaler["minReplicas"].as_u64(), scaler["maxReplicas"].as_u64());
    complain(least >= Some(2), "one pod is none while it is replaced");
    complain(most > least, "there is nothing to scale");
    let budget = &world.object("PodDisruptionBudget", "prefork-echo")["spec"];
    let gone = allowed(budget, least.unwrap_or(0));
    complain(gone >= 1, "a node with a pod can never be emptied");
    complain(gone < least.unwrap_or(0), "all pods may be gone at once");
    complain(budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow", "a pod that is not ready keeps its node");
    let update = &world.deployment()["spec"]["strategy"]["rollingUpdate"];
    complain(update["maxSurge"].as_u64() >= Some(1), "no pod comes before one goes");
    complain(update["maxUnavailable"].as_u64() == Some(0), "an update takes slots away");
    faults
}

#[test]
fn updates_and_emptied_nodes_leave_enough_pods() {
    const BUDGET: &str = "PodDisruptionBudget/prefork-echo";
    const UPDATE: &str = "/spec/strategy/rollingUpdate";
    hold(
        room,
        &[
            (BUDGET, "/spec/maxUnavailable", Some(json!(0))),
            (BUDGET, "/spec/maxUnavailable", Some(json!(3))),
            (BUDGET, "/spec/maxUnavailable", None),
            (BUDGET, "/spec/unhealthyPodEvictionPolicy", None),
            (SCALER, "/spec/minReplicas", Some(json!(1))),
            (SCALER, "/spec/maxReplicas", Some(json!(3))),
            ("Deployment/prefork-echo", &format!("{UPDATE}/maxSurge"), Some(json!(0))),
            ("Deployment/prefork-echo", &format!("{UPDATE}/maxUnavailable"), Some(json!(1))),
        ],
    );
}
