//! What is deployed fits together: selectors find the pods, names of ports exist, nothing is left to chance.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::world::{World, folder, hold, project};

const DEPLOYMENT: &str = "Deployment/prefork-echo";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn complain(faults: &mut Vec<String>, holds: bool, what: impl Into<String>) {
    if !holds {
        faults.push(what.into());
    }
}

/// Whether labels are asked for, and are those of an object.
fn selects(labels: &Value, metadata: &Value) -> bool {
    let Some(wanted) = labels.as_object().filter(|wanted| !wanted.is_empty()) else { return false };
    wanted.iter().all(|(key, value)| metadata["labels"].get(key) == Some(value))
}

fn selectors(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let template = &world.deployment()["spec"]["template"]["metadata"];
    let mut found = |of: &Value, labels: &Value| {
        let fault = format!("{} {} does not select the pods: {labels}", of["kind"], of["metadata"]["name"]);
        complain(&mut faults, selects(labels, template), fault);
    };
    for object in &world.objects {
        let spec = &object["spec"];
        match object["kind"].as_str() {
            Some("Deployment" | "PodDisruptionBudget") => found(object, &spec["selector"]["matchLabels"]),
            Some("Service") => found(object, &spec["selector"]),
            Some("NetworkPolicy") => found(object, &spec["podSelector"]["matchLabels"]),
            _ => {}
        }
    }
    for constraint in world.pod()["topologySpreadConstraints"].as_array().into_iter().flatten() {
        found(world.deployment(), &constraint["labelSelector"]["matchLabels"]);
    }
    for scaler in world.of_kind("HorizontalPodAutoscaler") {
        let target = &scaler["spec"]["scaleTargetRef"];
        let deployment = world.deployment();
        let same = target["name"] == deployment["metadata"]["name"]
            && ["kind", "apiVersion"].iter().all(|key| target[key] == deployment[key]);
        complain(&mut faults, same, "the autoscaler is for another one");
    }
    faults
}

#[test]
fn selectors_find_the_pods() {
    let other = || Some(json!("other"));
    hold(
        selectors,
        &[
            (DEPLOYMENT, "/spec/template/metadata/labels/app.kubernetes.io~1name", None),
            (DEPLOYMENT, "/spec/selector/matchLabels/app.kubernetes.io~1name", other()),
            (DEPLOYMENT, "/spec/template/spec/topologySpreadConstraints/1/labelSelector", None),
            ("Service/prefork-echo", "/spec/selector/app.kubernetes.io~1name", other()),
            ("Service/prefork-echo-pods", "/spec/selector", Some(json!({}))),
            ("PodDisruptionBudget/prefork-echo", "/spec/selector/matchLabels/app", other()),
            ("NetworkPolicy/prefork-echo", "/spec/podSelector/matchLabels", None),
            ("HorizontalPodAutoscaler/prefork-echo", "/spec/scaleTargetRef/name", other()),
            ("HorizontalPodAutoscaler/prefork-echo", "/spec/scaleTargetRef/kind", Some(json!("StatefulSet"))),
        ],
    );
}

fn port_of(address: &str) -> Option<u64> {
    address.rsplit_once(':')?.1.parse().ok()
}

fn ports(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let container = world.container();
    let ports: BTreeMap<&str, u64> = container["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|port| Some((port["name"].as_str()?, port["containerPort"].as_u64()?)))
        .collect();
    let listen = world.config["listen"][0].as_str().and_then(port_of);
    let monitor = port_of(world.configured("monitor.listen"));
    complain(&mut faults, ports.get("echo").copied() == listen, "the pool listens elsewhere");
    complain(&mut faults, ports.get("monitor").copied() == monitor, "the monitor listens elsewhere");

    let mut names = vec![&container["readinessProbe"]["httpGet"]["port"]];
    for service in world.of_kind("Service") {
        names.extend(
            service["spec"]["ports"].as_array().into_iter().flatten().map(|port| &port["targetPort"]),
        );
    }
    for policy in world.of_kind("NetworkPolicy") {
        let rules = policy["spec"]["ingress"].as_array().into_iter().flatten();
        let of_rules = rules.flat_map(|rule| rule["ports"].as_array().into_iter().flatten());
        names.extend(of_rules.map(|port| &port["port"]));
    }
    for name in names {
        let known = name.as_str().is_some_and(|name| ports.contains_key(name));
        complain(&mut faults, known, format!("no port of the container has the name {name}"));
    }
    for scraper in world.of_kind("ServiceMonitor") {
        // By which the rules, the dashboard and the adapter find the pods, as `job`.
        let job = scraper["spec"]["jobLabel"].as_str().unwrap_or_default();
        for service in world.of_kind("Service") {
            let right = service["metadata"]["labels"][job] == "prefork-echo";
            complain(&mut faults, right, format!("as `job` the pods have the label {job:?} of the service"));
        }
        for endpoint in scraper["spec"]["endpoints"].as_array().into_iter().flatten() {
            let scraped = world.of_kind("Service").filter(|service| {
                let leads =
                    |port: &Value| port["name"] == endpoint["port"] && port["targetPort"] == "monitor";
                selects(&scraper["spec"]["selector"]["matchLabels"], &service["metadata"])
                    && service["spec"]["ports"].as_array().is_some_and(|ports| ports.iter().any(leads))
            });
            let services = scraped.count();
            complain(&mut faults, services == 1, format!("{services} services lead Prometheus to the pods"));
        }
    }
    faults
}

#[test]
fn every_port_that_is_named_is_there() {
    let other = || Some(json!("http"));
    hold(
        ports,
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/ports/0/containerPort", Some(json!(8082))),
            (DEPLOYMENT, "/spec/template/spec/containers/0/ports/1/name", other()),
            (DEPLOYMENT, "/spec/template/spec/containers/0/readinessProbe/httpGet/port", other()),
            ("Service/prefork-echo", "/spec/ports/0/targetPort", other()),
            ("Service/prefork-echo-pods", "/spec/ports/1/name", other()),
            ("Service/prefork-echo-pods", "/metadata/labels/app.kubernetes.io~1component", None),
            ("NetworkPolicy/prefork-echo", "/spec/ingress/1/ports/0/port", other()),
            ("ServiceMonitor/prefork-echo", "/spec/endpoints/0/port", other()),
            ("ServiceMonitor/prefork-echo", "/spec/jobLabel", None),
            ("ServiceMonitor/prefork-echo", "/spec/selector/matchLabels", Some(json!({}))),
        ],
    );
}

/// A value that a pod or its container must have, and where.
fn confined() -> [(String, Value); 13] {
    let pod = |at: &str| format!("/spec/template/spec{at}");
    let container = |at: &str| format!("{CONTAINER}/securityContext{at}");
    [
        (pod("/securityContext/runAsNonRoot"), json!(true)),
        (pod("/securityContext/runAsUser"), json!(65532)),
        (pod("/securityContext/runAsGroup"), json!(65532)),
        (pod("/securityContext/seccompProfile/type"), json!("Localhost")),
        (pod("/securityContext/seccompProfile/localhostProfile"), json!("prefork-echo.json")),
        (pod("/automountServiceAccountToken"), json!(false)),
        (pod("/enableServiceLinks"), json!(false)),
        (pod("/hostNetwork"), Value::Null),
        (pod("/hostPID"), Value::Null),
        (container("/allowPrivilegeEscalation"), json!(false)),
        (container("/readOnlyRootFilesystem"), json!(true)),
        (container("/capabilities"), json!({"drop": ["ALL"]})),
        (container("/privileged"), Value::Null),
    ]
}

fn confinement(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, wanted) in confined() {
        let found = world.deployment().pointer(&at).unwrap_or(&Value::Null);
        complain(&mut faults, *found == wanted, format!("{at} is {found}"));
    }
    // Among them the variables of services, which the kubelet names after them.
    let variables = world.container()["env"].as_array().map_or(0, Vec::len);
    complain(&mut faults, variables == 0, "the configuration is in the file alone");
    faults
}

#[test]
fn a_pod_can_do_no_more_than_it_needs() {
    let places = confined();
    let mut mistakes: Vec<_> = places
        .iter()
        .map(|(at, value)| {
            let wrong = if value.is_null() { json!(true) } else { json!("other") };
            (DEPLOYMENT, at.as_str(), Some(wrong))
        })
        .collect();
    mistakes.push((
        DEPLOYMENT,
        "/spec/template/spec/containers/0/env",
        Some(json!([{"name": "PREFORK_WORKERS", "value": "9"}])),
    ));
    hold(confinement, &mistakes);
}

#[test]
fn without_a_profile_of_its_own_a_pod_has_that_of_the_runtime() {
    let objects = crate::kustomize::render(&[]);
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
    let profile = &deployment["spec"]["template"]["spec"]["securityContext"]["seccompProfile"];
    assert_eq!(*profile, json!({"type": "RuntimeDefault"}));
}

fn image(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let image = world.container()["image"].as_str().unwrap_or_default();
    let wanted = format!("prefork-echo:{}", env!("CARGO_PKG_VERSION"));
    complain(&mut faults, image == wanted, format!("the image is {image}, this is {wanted}"));
    let volume = &world.pod()["volumes"][0];
    let mount = &world.container()["volumeMounts"][0];
    let config = world.object("ConfigMap", "prefork-echo");
    let found = volume["configMap"]["name"] == config["metadata"]["name"] && volume["name"] == mount["name"];
    complain(&mut faults, found, "the configuration is not mounted");
    let text = fs::read_to_string(folder().join("config.toml")).unwrap();
    complain(&mut faults, config["data"]["config.toml"] == text, "the configuration has another name");
    // Where the program looks for ./config.toml.
    let dockerfile = fs::read_to_string(project().join("Dockerfile")).unwrap();
    let directory = mount["mountPath"].as_str().unwrap_or_default();
    let works_there = dockerfile.lines().any(|line| line == format!("WORKDIR {directory}"));
    complain(&mut faults, works_there, format!("the image does not work in {directory}"));
    faults
}

#[test]
fn the_image_is_this_version_and_finds_its_configuration() {
    hold(
        image,
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/image", Some(json!("prefork-echo:latest"))),
            (DEPLOYMENT, "/spec/template/spec/containers/0/image", Some(json!("prefork-echo"))),
            (DEPLOYMENT, "/spec/template/spec/containers/0/volumeMounts/0/name", Some(json!("other"))),
            (DEPLOYMENT, "/spec/template/spec/containers/0/volumeMounts/0/mountPath", Some(json!("/etc"))),
            (DEPLOYMENT, "/spec/template/spec/volumes/0/configMap/name", Some(json!("other"))),
            ("ConfigMap/prefork-echo", "/data/config.toml", None),
        ],
    );
}

/// The same number of slots on each node: a CPU limit that is a number of workers.
fn size(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let resources = &world.container()["resources"];
    let limit = resources["limits"]["cpu"].as_str().and_then(|text| text.parse::<u64>().ok());
    let auto = world.config["pool"]["workers"].as_str() == Some("auto");
    complain(
        &mut faults,
        !auto || limit.is_some_and(|limit| limit > 0),
        "workers = \"auto\" follows the node",
    );
    for of in ["requests", "limits"] {
        complain(&mut faults, resources[of]["memory"].is_string(), format!("no memory in {of}"));
    }
    // net.core.somaxconn of a new network namespace since Linux 5.4; a sysctl that Kubernetes takes for unsafe.
    let backlog = world.config["backlog"].as_integer();
    complain(&mut faults, backlog.is_some_and(|backlog| backlog <= 4096), "the backlog is clamped");
    let sysctls = world.pod()["securityContext"].get("sysctls");
    complain(&mut faults, sysctls.is_none(), "a kubelet refuses pods with unsafe sysctls");
    faults
}

#[test]
fn a_pod_has_the_same_size_wherever_it_runs() {
    hold(
        size,
        &[
            (DEPLOYMENT, "/spec/template/spec/containers/0/resources/limits/cpu", None),
            (DEPLOYMENT, "/spec/template/spec/containers/0/resources/limits/cpu", Some(json!("1500m"))),
            (DEPLOYMENT, "/spec/template/spec/containers/0/resources/limits/memory", None),
            (
                DEPLOYMENT,
                "/spec/template/spec/securityContext/sysctls",
                Some(json!([{"name": "net.core.somaxconn", "value": "8192"}])),
            ),
        ],
    );
}
