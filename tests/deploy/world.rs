//! All that is deployed, and how a check is held: it finds nothing in what is there, and something in each mistake.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::kustomize;

/// Everything that the checks look at.
#[derive(Clone)]
pub(crate) struct World {
    /// What `kubectl apply -k` would send, with all components.
    pub(crate) objects: Vec<Value>,
    /// What is in force in a pod, by the server's own word.
    pub(crate) config: toml::Table,
    /// The rules of prometheus-adapter.
    pub(crate) rules: Value,
}

/// What is wrong; nothing if all is well.
pub(crate) type Check = fn(&World) -> Vec<String>;

/// A mistake: of which object (`Kind/name`), where in it, and what stands there; `None` takes it out.
pub(crate) type Mistake<'a> = (&'a str, &'a str, Option<Value>);

impl World {
    pub(crate) fn load() -> Self {
        Self {
            objects: kustomize::render(&kustomize::components()),
            config: config_in_force(&folder().join("config.toml")),
            rules: crate::yaml::read_one(&folder().join("autoscaling/prometheus-adapter.yaml")),
        }
    }

    #[track_caller]
    pub(crate) fn object(&self, kind: &str, name: &str) -> &Value {
        let found = self.objects.iter().find(|object| is(object, kind, name));
        found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    pub(crate) fn deployment(&self) -> &Value {
        self.object("Deployment", "prefork-echo")
    }

    pub(crate) fn pod(&self) -> &Value {
        &self.deployment()["spec"]["template"]["spec"]
    }

    pub(crate) fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }

    /// A value of the configuration: `timeouts.grace`.
    #[track_caller]
    pub(crate) fn configured(&self, key: &str) -> &str {
        let mut parts = key.split('.');
        let first = self.config.get(parts.next().unwrap());
        let value = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
        value.and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{key} is text"))
    }

    pub(crate) fn duration(&self, key: &str) -> Duration {
        humantime::parse_duration(self.configured(key)).unwrap()
    }

    fn with(&self, (of, at, value): &Mistake<'_>) -> Self {
        let mut world = self.clone();
        let (kind, name) = of.split_once('/').expect("Kind/name");
        let object = match kind {
            "Rules" => &mut world.rules,
            _ => world.objects.iter_mut().find(|object| is(object, kind, name)).expect("it is there"),
        };
        let (parent, last) = at.rsplit_once('/').expect("a JSON pointer");
        let parent = object.pointer_mut(parent).unwrap_or_else(|| panic!("{of} has no {parent}"));
        let last = last.replace("~1", "/");
        match (parent, value) {
            (Value::Object(fields), Some(value)) => drop(fields.insert(last, value.clone())),
            (Value::Object(fields), None) => drop(fields.remove(&last).expect("it was there")),
            (Value::Array(items), Some(value)) => items[last.parse::<usize>().unwrap()] = value.clone(),
            (Value::Array(items), None) => drop(items.remove(last.parse().unwrap())),
            _ => panic!("{of} has nothing below {at}"),
        }
        world
    }
}

fn is(object: &Value, kind: &str, name: &str) -> bool {
    object["kind"] == kind && object["metadata"]["name"] == name
}

/// Holds what is there to a check, and the check to the mistakes.
#[track_caller]
pub(crate) fn hold(check: Check, mistakes: &[Mistake<'_>]) {
    let world = World::load();
    assert_eq!(check(&world), Vec::<String>::new());
    for mistake in mistakes {
        assert!(!check(&world.with(mistake)).is_empty(), "a mistake is not found: {mistake:?}");
    }
}

pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the manifests are.
pub(crate) fn folder() -> PathBuf {
    project().join("deploy/kubernetes")
}

/// The program with this configuration, and nothing of what surrounds the tests.
pub(crate) fn prefork_echo(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PREFORK_") {
            command.env_remove(name);
        }
    }
    command.arg("--config").arg(config);
    command
}

/// The server's own parser reads a configuration, and says what is in force.
#[track_caller]
fn config_in_force(path: &Path) -> toml::Table {
    let output = prefork_echo(path).args(["config", "show"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}
