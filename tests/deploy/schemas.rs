//! What is deployed has the form that those who read it have published. An unknown field is a mistake.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::kustomize;
use crate::world::{World, folder, hold, project};
use crate::yaml;

/// The oldest cluster that the manifests are for, and the newest whose schema there is.
const VERSIONS: [&str; 2] = ["v1.31", "v1.37"];

fn schema(name: &str) -> Value {
    let path = project().join(format!("tests/schemas/kubernetes/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema of a kind, by the group and version that it has. It takes a while to make, so each is made once.
fn validator(version: &str, object: &Value) -> Result<Arc<Validator>, String> {
    static MADE: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let text = |key: &str| object[key].as_str().ok_or(format!("{key} is missing"));
    let (api, kind) = (text("apiVersion")?, text("kind")?);
    let mut made = MADE.lock().unwrap();
    let name = format!("{version} {api} {kind}");
    if let Some(validator) = made.get(&name) {
        return Ok(Arc::clone(validator));
    }
    let schema = schema_of(version, api, kind)?;
    let validator = Arc::new(jsonschema::validator_for(&schema).map_err(|error| error.to_string())?);
    made.insert(name, Arc::clone(&validator));
    Ok(validator)
}

fn schema_of(version: &str, api: &str, kind: &str) -> Result<Value, String> {
    if (api, kind) == ("monitoring.coreos.com/v1", "ServiceMonitor") {
        return Ok(schema("servicemonitor"));
    }
    let api = if api == "v1" { "core/v1" } else { api };
    let (group, api_version) = api.split_once('/').ok_or("no version")?;
    let group = group.strip_suffix(".k8s.io").unwrap_or(group);
    let mut schema = schema(version);
    let name = format!("io.k8s.api.{group}.{api_version}.{kind}");
    if schema["$defs"].get(&name).is_none() {
        return Err(format!("Kubernetes {version} has no {name}"));
    }
    schema["$ref"] = Value::from(format!("#/$defs/{name}"));
    Ok(schema)
}

fn faults_of(version: &str, object: &Value) -> Vec<String> {
    let name = format!("{version} {} {}", object["kind"], object["metadata"]["name"]);
    match validator(version, object) {
        Err(fault) => vec![format!("{name}: {fault}")],
        Ok(validator) => validator
            .iter_errors(object)
            .map(|error| format!("{name} {}: {error}", error.instance_path()))
            .collect(),
    }
}

fn by_the_schemas(world: &World) -> Vec<String> {
    let each = VERSIONS.iter().flat_map(|version| world.objects.iter().map(move |object| (version, object)));
    each.flat_map(|(version, object)| faults_of(version, object)).collect()
}

#[test]
fn every_object_is_what_kubernetes_knows() {
    hold(
        by_the_schemas,
        &[
            ("Deployment/prefork-echo", "/spec/replica", Some(json!(3))),
            ("Deployment/prefork-echo", "/spec/selector", None),
            ("Deployment/prefork-echo", "/apiVersion", Some(json!("apps/v1beta1"))),
            ("Deployment/prefork-echo", "/kind", None),
            (
                "Deployment/prefork-echo",
                "/spec/template/spec/containers/0/ports/0/containerPort",
                Some(json!("8080")),
            ),
            (
                "Deployment/prefork-echo",
                "/spec/template/spec/containers/0/readinessProbe/httpget",
                Some(json!({})),
            ),
            (
                "Deployment/prefork-echo",
                "/spec/template/spec/containers/0/resources/limits/cpu",
                Some(json!([2])),
            ),
            ("Service/prefork-echo", "/spec/ports/0/port", None),
            ("Service/prefork-echo", "/metadata/label", Some(json!({}))),
            ("ConfigMap/prefork-echo", "/data/config.toml", Some(json!(1))),
            ("PodDisruptionBudget/prefork-echo", "/spec/minimum", Some(json!(1))),
            ("HorizontalPodAutoscaler/prefork-echo", "/spec/maxReplicas", None),
            ("HorizontalPodAutoscaler/prefork-echo", "/spec/metrics/0/pods/target/value2", Some(json!(1))),
            ("NetworkPolicy/prefork-echo", "/spec/ingress/0/port", Some(json!([]))),
            ("ServiceMonitor/prefork-echo", "/spec/endpoints/0/paths", Some(json!("/metrics"))),
            ("ServiceMonitor/prefork-echo", "/spec/endpoints/0/interval", Some(json!("15 seconds"))),
        ],
    );
}

#[test]
fn without_components_too() {
    for version in VERSIONS {
        for object in kustomize::render(&[]) {
            assert_eq!(faults_of(version, &object), Vec::<String>::new());
        }
    }
}

#[test]
fn the_kustomizations_are_what_kustomize_knows() {
    let validator = jsonschema::validator_for(&schema("kustomization")).unwrap();
    let folders = kustomize::components().into_iter().map(|name| folder().join(name));
    for folder in folders.chain([folder()]) {
        let mut kustomization = yaml::read_one(&folder.join("kustomization.yaml"));
        let errors: Vec<String> =
            validator.iter_errors(&kustomization).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", folder.display());
        kustomization["resource"] = json!(["deployment.yaml"]);
        assert!(!validator.is_valid(&kustomization));
    }
}
