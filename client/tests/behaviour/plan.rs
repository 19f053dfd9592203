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
        ("--rate 300 --service 10ms --slots 4 --target-wait 1s", "cannot be used with"),
        ("--rate 300 --service 10ms --slots 4 --cv 2 --distribution fixed", "cannot be used with"),
        ("--rate 300 --service 10ms --target-chance 200%", "expected a share"),
        ("--rate 900k --service 10m --target-chance 5%", "1000000 slots are not enough"),
    ] {
        let ended = plan(arguments);
        assert_eq!(ended.code(), Some(2), "{arguments}: {}", ended.stderr());
        assert!(ended.stderr().contains(complaint), "{arguments}: {}", ended.stderr());
    }
}
