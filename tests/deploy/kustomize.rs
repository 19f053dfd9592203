//! What kustomize makes of deploy/kubernetes, as far as its files use kustomize; and whether they say what they mean.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::world::{folder, project};
use crate::yaml;

/// The components there are: the folders.
pub(crate) fn components() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What `kubectl apply -k` would send with these components.
pub(crate) fn render(components: &[String]) -> Vec<Value> {
    let base = kustomization(&folder());
    let mut objects = resources(&folder(), &base);
    for generator in list(&base, "configMapGenerator") {
        objects.push(config_map(generator));
    }
    for component in components {
        let folder = folder().join(component);
        let component = kustomization(&folder);
        objects.extend(resources(&folder, &component));
        for patch in list(&component, "patches") {
            apply(&mut objects, patch["patch"].as_str().expect("an inline patch"));
        }
    }
    for image in list(&base, "images") {
        set_image(&mut objects, image);
    }
    objects
}

fn kustomization(folder: &Path) -> Value {
    yaml::read_one(&folder.join("kustomization.yaml"))
}

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    of[key].as_array().into_iter().flatten()
}

fn resources(folder: &Path, kustomization: &Value) -> Vec<Value> {
    let files = list(kustomization, "resources").map(|file| file.as_str().expect("a name"));
    files.flat_map(|file| yaml::read(&folder.join(file))).collect()
}

/// Without the hash in its name, which kustomize puts wherever the name is used.
fn config_map(generator: &Value) -> Value {
    let files = list(generator, "files").map(|file| {
        let file = file.as_str().expect("a name");
        (file.to_owned(), Value::from(fs::read_to_string(folder().join(file)).unwrap()))
    });
    let data: serde_json::Map<_, _> = files.collect();
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data})
}

fn set_image(objects: &mut [Value], image: &Value) {
    let new = format!(
        "{}:{}",
        image["newName"].as_str().or(image["name"].as_str()).expect("a name"),
        image["newTag"].as_str().expect("a tag")
    );
    for deployment in objects.iter_mut().filter(|object| object["kind"] == "Deployment") {
        let containers = deployment["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
        for container in containers.iter_mut().filter(|container| container["image"] == image["name"]) {
            container["image"] = Value::from(new.clone());
        }
    }
}

/// A strategic merge patch that touches no list.
fn apply(objects: &mut [Value], patch: &str) {
    for patch in yaml::documents(patch).unwrap() {
        let same = |object: &&mut Value| {
            object["kind"] == patch["kind"] && object["metadata"]["name"] == patch["metadata"]["name"]
        };
        merge(objects.iter_mut().find(same).expect("what is patched is there"), &patch);
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        assert!(!patch.is_array(), "a list is merged by rules of its own");
        *target = patch.clone();
        return;
    };
    for (key, value) in fields {
        if value.is_null() {
            target.as_object_mut().expect("fields").remove(key).expect("what a patch takes out is there");
        } else {
            merge(&mut target[key], value);
        }
    }
}

#[test]
fn every_file_of_a_folder_is_named_in_its_kustomization() {
    // Not for the cluster, but for who sets up prometheus-adapter.
    let elsewhere = Path::new("autoscaling/prometheus-adapter.yaml");
    let folders = components().into_iter().map(|component| (folder().join(&component), component));
    for (folder, name) in folders.chain([(folder(), String::new())]) {
        let kustomization = kustomization(&folder);
        let mut named: BTreeSet<String> = [String::from("kustomization.yaml")].into();
        let files = list(&kustomization, "resources")
            .chain(list(&kustomization, "configMapGenerator").flat_map(|generator| list(generator, "files")));
        named.extend(files.map(|file| file.as_str().unwrap().to_owned()));
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
        let there: BTreeSet<String> = entries
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|file| Path::new(&name).join(file) != elsewhere)
            .collect();
        assert_eq!(there, named, "{}", folder.display());
    }
}

#[test]
fn the_components_are_off_and_are_all_there() {
    let text = fs::read_to_string(folder().join("kustomization.yaml")).unwrap();
    assert_eq!(kustomization(&folder()).get("components"), None);
    let text = text.replace("\n#components:", "\ncomponents:").replace("\n#  - ", "\n  - ");
    assert_eq!(yaml::documents(&text).unwrap()[0]["components"], json!(components()));
    for component in components() {
        assert_eq!(kustomization(&folder().join(&component))["kind"], "Component", "{component}");
    }
}

#[test]
fn each_component_says_what_it_is_for() {
    let page = fs::read_to_string(project().join("docs/kubernetes.md")).unwrap();
    for component in components() {
        assert!(page.contains(&format!("| `{component}` |")), "docs/kubernetes.md lacks {component}");
    }
}

#[test]
fn a_number_of_pods_and_an_autoscaler_exclude_each_other() {
    let replicas = |components: &[String]| {
        let objects = render(components);
        let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
        deployment["spec"].get("replicas").cloned()
    };
    assert_eq!(replicas(&[]), Some(json!(3)));
    assert_eq!(replicas(&["autoscaling".to_owned()]), None);
}
