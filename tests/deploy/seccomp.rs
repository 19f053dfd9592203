//! deploy/seccomp.json, the filter of a container: what workers need is in it, and what is forbidden to them is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::world::project;

fn profile() -> Value {
    serde_json::from_str(&fs::read_to_string(project().join("deploy/seccomp.json")).unwrap()).unwrap()
}

/// The form that all container runtimes read: `LinuxSeccomp` of the OCI runtime specification. A comment is passed over.
fn form() -> Value {
    let name = json!({"type": "string", "pattern": "^[a-z0-9_]+$"});
    let argument = json!({
        "type": "object", "additionalProperties": false, "required": ["index", "value", "op"],
        "properties": {
            "index": {"enum": [0, 1, 2, 3, 4, 5]}, "value": {"type": "integer"}, "valueTwo": {"type": "integer"},
            "op": {"enum": ["SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"]}
        }
    });
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["defaultAction", "defaultErrnoRet", "architectures", "syscalls"],
        "properties": {
            "comment": {"type": "string"},
            "defaultAction": {"const": "SCMP_ACT_ERRNO"}, "defaultErrnoRet": {"const": 1},
            "architectures": {"const": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]},
            "syscalls": {"type": "array", "items": {
                "type": "object", "additionalProperties": false, "required": ["names", "action"],
                "properties": {
                    "comment": {"type": "string"}, "action": {"enum": ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"]},
                    "errnoRet": {"const": 38},
                    "names": {"type": "array", "minItems": 1, "uniqueItems": true, "items": name},
                    "args": {"type": "array", "minItems": 1, "items": argument}
                }
            }}
        }
    })
}

/// The calls that a filter allows, each with what its arguments have to be.
fn allowed(profile: &Value) -> BTreeMap<String, Vec<Value>> {
    let mut calls = BTreeMap::<String, Vec<Value>>::new();
    for entry in profile["syscalls"].as_array().into_iter().flatten() {
        for name in entry["names"].as_array().into_iter().flatten() {
            if entry["action"] == "SCMP_ACT_ALLOW" {
                calls.entry(name.as_str().unwrap().to_owned()).or_default().push(entry["args"].clone());
            }
        }
    }
    calls
}

/// Names of system calls in the tables of the workers' own filters: those that are forbidden, and the others.
fn of_workers() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = fs::read_to_string(project().join("src/confinement/seccomp/calls.rs")).unwrap();
    let (before, after) = text.split_once("const FORBIDDEN").unwrap();
    let (forbidden, after) = after.split_once("\n];").unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let ends = |rest: &str| rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap();
        text.split("libc::SYS_").skip(1).map(|rest| rest[..ends(rest)].to_owned()).collect()
    };
    (names(forbidden), &names(before) | &names(after))
}

fn faults(profile: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&form()).unwrap();
    let mut faults: Vec<String> = validator.iter_errors(profile).map(|error| error.to_string()).collect();
    let calls = allowed(profile);
    let mut complain = |holds: bool, what: String| faults.extend((!holds).then_some(what));
    let (forbidden, needed) = of_workers();
    complain(forbidden.len() > 40 && needed.len() > 60, "the tables of the workers are not read".to_owned());
    for call in needed.iter().filter(|call| *call != "clone3") {
        complain(calls.contains_key(call), format!("workers need {call}"));
    }
    for call in forbidden.iter().chain([&"clone3".to_owned()]) {
        complain(!calls.contains_key(call), format!("{call} is forbidden to workers"));
    }
    for call in ["clone", "ioctl", "socket"] {
        let looked_at = calls.get(call).is_some_and(|rules| rules.iter().all(Value::is_array));
        complain(looked_at, format!("{call} with any arguments"));
    }
    let several =
        calls.iter().filter(|(name, rules)| rules.len() > 1 && !["ioctl", "socket"].contains(&name.as_str()));
    several.for_each(|(name, _)| complain(false, format!("{name} is there twice")));
    // No new namespace of any kind: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET.
    let same_namespaces =
        json!([{"index": 0, "value": 0x7e02_0000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]);
    complain(calls.get("clone") == Some(&vec![same_namespaces]), "clone makes namespaces".to_owned());
    // TIOCSTI types into a terminal, TIOCLINUX pastes into one.
    for request in calls.get("ioctl").into_iter().flatten() {
        let number = &request[0]["valueTwo"];
        complain(
            request[0]["index"] == 1 && ![0x5412, 0x541c].iter().any(|bad| number == bad),
            format!("ioctl {number}"),
        );
    }
    let absent = profile["syscalls"].as_array().into_iter().flatten().any(|entry| {
        entry["names"] == json!(["clone3"]) && entry["action"] == "SCMP_ACT_ERRNO" && entry["errnoRet"] == 38
    });
    complain(absent, "without ENOSYS the C library does not go on from clone3 to clone".to_owned());
    faults
}

#[test]
fn the_filter_has_what_workers_need_and_not_what_is_forbidden_to_them() {
    let profile = profile();
    assert_eq!(faults(&profile), Vec::<String>::new());
    let entry = |call: &str| {
        let entries = profile["syscalls"].as_array().unwrap();
        entries.iter().position(|entry| entry["names"].as_array().unwrap().contains(&json!(call))).unwrap()
    };
    let more = |call: &str| {
        let mut wrong = profile.clone();
        wrong["syscalls"][0]["names"].as_array_mut().unwrap().push(json!(call));
        wrong
    };
    let without = |call: &str| {
        let mut wrong = profile.clone();
        wrong["syscalls"][entry(call)]["names"].as_array_mut().unwrap().retain(|name| *name != call);
        wrong
    };
    let with = |call: &str, key: &str, value: Value| {
        let mut wrong = profile.clone();
        wrong["syscalls"][entry(call)][key] = value;
        wrong
    };
    for call in ["ptrace", "unshare", "mount", "bpf", "keyctl", "clone", "clone3", "socket", "ioctl", "kill"]
    {
        assert!(!faults(&more(call)).is_empty(), "{call} is let through");
    }
    for call in ["read", "accept4", "futex", "clone3", "epoll_pwait", "rseq"] {
        assert!(!faults(&without(call)).is_empty(), "{call} is missing");
    }
    let terminal =
        json!([{"index": 1, "value": 0xffff_ffff_u32, "valueTwo": 0x5412, "op": "SCMP_CMP_MASKED_EQ"}]);
    for wrong in [
        with(
            "clone",
            "args",
            json!([{"index": 0, "value": 0x7c02_0000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]),
        ),
        with("clone3", "errnoRet", json!(1)),
        with("ioctl", "args", terminal),
        with("read", "includes", json!({"caps": ["CAP_SYS_ADMIN"]})),
        with("read", "action", json!("SCMP_ACT_TRACE")),
    ] {
        assert!(!faults(&wrong).is_empty(), "{wrong}");
    }
    let mut wrong = profile.clone();
    wrong["defaultAction"] = json!("SCMP_ACT_ALLOW");
    assert!(!faults(&wrong).is_empty());
}
