//! `plan`: theory, asked on the command line.

use std::fs::File;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Ended, spawn};

fn plan(arguments: &str) -> Ended {
    spawn(["plan"].into_iter().chain(arguments.split_whitespace())).end()
}

/// The answer in JSON, which keeps to its schema.
fn answer(arguments: &str) -> Value {
    let ended = plan(&format!("{arguments} --json"));
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    let answer: Value = serde_json::from_str(&ended.stdout()).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../../docs/client-plan.schema.json")).unwrap();
    // Closed, so that a key that is not described does not pass.
    let closed = closed(schema);
    let errors: Vec<String> = jsonschema::validator_for(&closed)
        .unwrap()
        .iter_errors(&answer)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {answer}");
    answer
}

/// A schema whose objects have no other properties than those that it names.
fn closed(mut schema: Value) -> Value {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(object) => {
                object.values_mut().for_each(close);
                if object.get("properties").is_some_and(Value::is_object) {
                    object.insert("additionalProperties".to_owned(), json!(false));
                }
            }
            Value::Array(array) => array.iter_mut().for_each(close),
            _ => (),
        }
    }
    close(&mut schema);
    schema
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn the_waits_of_a_pool_are_told() {
    let answer = answer("--rate 300 --service 10ms --slots 4");
    let pool = &answer["pool"];
    assert!((number(&pool["chance_to_wait"]) - 0.509_43).abs() < 1e-5, "{pool}");
    assert!((number(&pool["mean_wait_seconds"]) - 0.005_094_3).abs() < 1e-7, "{pool}");
    assert_eq!((&answer["target"], &answer["backlog_full_after_seconds"]), (&Value::Null, &Value::Null));
    let slots: Vec<&Value> = answer["around"].as_array().unwrap().iter().map(|pool| &pool["slots"]).collect();
    assert_eq!(json!(slots), json!([2, 3, 4, 5, 6, 7]));
    let text = plan("--rate 300 --service 10ms --slots 4").stdout();
    assert!(
        text.contains("chance to wait      50.9 %   all slots are busy") && text.contains("Erlang 1917"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "no colours for a pipe: {text}");
}

#[test]
fn fixed_times_wait_half_as_long() {
    let of = |more: &str| {
        number(&answer(&format!("--rate 38/s --service 100ms --slots 4 {more}"))["pool"]["mean_wait_seconds"])
    };
    let [exponential, fixed, one, none] = ["", "--distribution fixed", "--cv 1", "--cv 0"].map(of);
    let exactness = ["", "--distribution fixed", "--cv 1"].map(|more| {
        answer(&format!("--rate 38/s --service 100ms --slots 4 {more}"))["quantiles_exact"].clone()
    });
    assert_eq!(exactness, [json!(true), json!(false), json!(false)]);
    assert!((exponential / one - 1.0).abs() < 1e-12);
    assert!((exponential / none - 2.0).abs() < 1e-12);
    assert!((fixed / 0.224_468_4 - 1.0).abs() < 1e-5, "{fixed}");
}

#[test]
fn the_least_slots_are_found() {
    let answer = answer("--rate 2k --service 35ms --target-p99 50ms --target-chance 5%");
    let slots = answer["pool"]["slots"].as_u64().unwrap();
    let is_enough =
        |pool: &Value| number(&pool["p99_wait_seconds"]) <= 0.05 && number(&pool["chance_to_wait"]) <= 0.05;
    for pool in answer["around"].as_array().unwrap() {
        assert_eq!(is_enough(pool), pool["slots"].as_u64().unwrap() >= slots, "{pool}");
    }
    assert_eq!(
        answer["target"],
        json!({ "mean_wait_seconds": null, "p99_wait_seconds": 0.05, "chance_to_wait": 0.05 })
    );
}

#[test]
fn who_cannot_keep_up_learns_when_the_queue_is_full() {
    let answer = answer("--rate 30k/m --service 10ms --slots 4 --backlog 100");
    let pool = &answer["pool"];
    assert_eq!((&pool["steady"], &pool["mean_wait_seconds"]), (&json!(false), &Value::Null));
    assert!((number(&pool["growth_per_second"]) - 100.0).abs() < 1e-9);
    assert!((number(&answer["backlog_full_after_seconds"]) - 1.0).abs() < 1e-9);
}

#[test]
fn a_fleet_is_one_queue_or_many() {
    let fleet = answer("--rate 4800 --service 10ms --slots 16 --replicas 4");
    let [one, many] = ["one_queue", "random"].map(|way| fleet["fleet"][way].clone());
    assert_eq!(one["queue"], answer("--rate 4800 --service 10ms --slots 64")["pool"]);
    assert_eq!(many["queue"], answer("--rate 1200 --service 10ms --slots 16")["pool"]);
    assert_eq!((&fleet["pool"], &fleet["backlog"]), (&one["queue"], &json!(4 * 511)));
    let replicas = |way: &str| {
        let around = fleet["fleet"]["around"].as_array().unwrap().iter();
        json!(around.map(|both| both[way]["replicas"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(
        (replicas("one_queue"), replicas("random")),
        (json!([2, 3, 4, 5, 6, 7]), json!([2, 3, 4, 5, 6, 7]))
    );
    assert!(answer("--rate 4800 --service 10ms --slots 64").get("fleet").is_none());
    let ended = plan("--rate 4800 --service 10ms --slots 16 --replicas 4");
    let text = ended.stdout();
    let question = text.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "4800 arrive per second, each holds a slot for 10.0 ms (exponentially distributed), and there are \
                    4 replicas with 16 slots each, 64 slots in all.";
    assert_eq!(question, expected);
    for line in [
        "one queue           4       16       75.0 %          1.78 %     0.01 ms     0.36 ms",
        "at random           4       16       75.0 %          20.5 %     0.51 ms     7.55 ms",
        "DNS, a Service of Kubernetes",
        ">        4       16       75.0 %      0.01 ms      0.36 ms      0.51 ms      7.55 ms",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn the_least_replicas_are_found() {
    let fleet = answer("--rate 6k --service 50ms --slots 16 --target-p99 5ms");
    let found = |way: &str| fleet["fleet"][way]["replicas"].as_u64().unwrap();
    let is_enough =
        |shared: &Value| shared["queue"]["p99_wait_seconds"].as_f64().is_some_and(|wait| wait <= 0.005);
    let around = fleet["fleet"]["around"].as_array().unwrap();
    for (both, way) in around.iter().flat_map(|both| [(both, "one_queue"), (both, "random")]) {
        assert_eq!(
            is_enough(&both[way]),
            both[way]["replicas"].as_u64().unwrap() >= found(way),
            "{way}: {both}"
        );
    }
    assert!(found("one_queue") < found("random"));
    assert_eq!(fleet["target"]["p99_wait_seconds"], json!(0.005));
    let text = plan("--rate 6k --service 50ms --slots 16 --target-p99 5ms").stdout();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = format!(
        "it takes {} replicas with 16 slots each for 99 of 100 waiting 5.00 ms at most, if all wait in one queue, and {} if",
        found("one_queue"),
        found("random")
    );
    assert!(words.contains(&wanted), "{text}");
}

#[test]
fn the_least_slots_of_replicas_are_found() {
    let fleet = answer("--rate 6k --service 50ms --replicas 6 --target-p99 5ms");
    let found = |way: &str| fleet["fleet"][way]["slots_per_replica"].as_u64().unwrap();
    assert!(found("one_queue") < found("random") && fleet["fleet"]["random"]["replicas"] == json!(6));
    for (slots, is_enough) in [(found("random"), true), (found("random") - 1, false)] {
        let alone = answer(&format!("--rate 1000 --service 50ms --slots {slots}"));
        assert_eq!(number(&alone["pool"]["p99_wait_seconds"]) <= 0.005, is_enough, "{alone}");
    }
}

#[test]
fn a_fleet_that_cannot_keep_up_learns_when_its_queues_are_full() {
    let fleet = answer("--rate 500 --service 10ms --slots 2 --replicas 2 --backlog 50");
    assert_eq!(
        (&fleet["fleet"]["random"]["queue"]["steady"], &fleet["backlog"]),
        (&json!(false), &json!(100))
    );
    assert!((number(&fleet["backlog_full_after_seconds"]) - 1.0).abs() < 1e-9);
    let text = plan("--rate 500 --service 10ms --slots 2 --replicas 2 --backlog 50").stdout();
    assert!(
        text.contains("They cannot keep up") && text.contains("a backlog of 100 is full after 1.00 s"),
        "{text}"
    );
}

#[test]
fn an_output_that_is_full_is_named() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-client"));
    command.args(["plan", "--rate", "300", "--service", "10ms", "--slots", "4"]).stdout(full);
    let ended = Ended { output: command.output().unwrap() };
    assert_eq!(ended.code(), Some(1));
    let expected = "prefork-client: cannot write to standard output: no space left on device\n";
    assert_eq!(ended.stderr(), expected);
}

#[test]
fn wrong_questions_are_refused() {
    for (arguments, complaint) in [
        ("", "--rate <RATE>"),
        ("--rate 300 --service 10ms", "--slots <N>"),
        ("--rate 300 --service 10ms --slots 0", "1..=1000000"),
        ("--rate many --service 10ms --slots 4", "expected requests per second, such as 500, 2k"),
        ("--rate 300 --service 0s --slots 4", "invalid value '0s' for '--service <TIME>'"),
        ("--rate 300 --service 10ms --replicas 2", "--slots <N>"),
        ("--rate 300 --service 10ms --replicas 0 --slots 4", "1..=1000000"),
        ("--rate 300 --service 10ms --replicas 2 --slots 4 --target-wait 1s", "give two of"),
        ("--rate 300 --service 10ms --replicas 2 --slots 500001", "replicas × slots is 1000000 at most"),
        ("--rate 900k --service 10m --slots 64 --target-wait 1s", "1000000 slots in all are not enough"),
        ("--rate 300 --service 10ms --slots 4 --cv 2 --distribution fixed", "cannot be used with"),
        ("--rate 300 --service 10ms --target-chance 200%", "expected a share"),
        ("--rate 900k --service 10m --target-chance 5%", "1000000 slots are not enough"),
    ] {
        let ended = plan(arguments);
        assert_eq!(ended.code(), Some(2), "{arguments}: {}", ended.stderr());
        assert!(ended.stderr().contains(complaint), "{arguments}: {}", ended.stderr());
    }
}
