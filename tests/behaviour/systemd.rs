//! The units of `deploy/systemd`: systemd finds nothing wrong with them, and what they start and run is this program.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::activation::Kept;
use crate::support::{TestServer, server_command};

/// What `systemd-analyze security` may find at most, in tenths: 0 is best, 100 is worst.
const EXPOSURE_MAX: &str = "--threshold=12";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd").join(name)
}

/// A system that has the units and the program where they are installed, and of systemd's own units what others refer to.
fn system(names: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    fs::create_dir_all(at("usr/bin")).unwrap();
    fs::create_dir_all(at("usr/lib/systemd/system")).unwrap();
    fs::create_dir_all(at("etc/systemd/system/prefork-echo.service.d")).unwrap();
    // That it is there and can be executed is all that counts.
    fs::copy("/bin/true", at("usr/bin/prefork-echo")).unwrap();
    for unit in fs::read_dir("/usr/lib/systemd/system").unwrap().flatten() {
        let name = unit.file_name().into_string().unwrap();
        if unit.path().extension().is_some_and(|kind| kind == "target" || kind == "slice") {
            fs::copy(unit.path(), at("usr/lib/systemd/system").join(name)).unwrap();
        }
    }
    fs::create_dir_all(at(MANUAL).join("man1")).unwrap();
    for page in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man")).unwrap().flatten() {
        fs::copy(page.path(), at(MANUAL).join("man1").join(page.file_name())).unwrap();
    }
    for name in names {
        fs::copy(shipped(name), at("etc/systemd/system").join(name)).unwrap();
    }
    root
}

/// Where manual pages are installed.
const MANUAL: &str = "usr/local/share/man";
const UNITS: [&str; 2] = ["prefork-echo.service", "prefork-echo.socket"];
const RELOAD: &str = "prefork-echo.service.d/notify-reload.conf";

fn analyze(root: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new("systemd-analyze");
    command.arg(format!("--root={}", root.path().display())).args(arguments);
    // The units name a manual page, which it has man(1) look for.
    command.env("MANPATH", root.path().join(MANUAL)).env("LC_ALL", "C.UTF-8").output().unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// What a unit has of a key, the last time.
fn value(unit: &str, key: &str) -> String {
    let text = fs::read_to_string(shipped(unit)).unwrap();
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next_back().unwrap_or_else(|| panic!("{unit} has no {key}")).to_owned()
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let root = system(&UNITS);
    let output = analyze(&root, &[&["verify"], UNITS.as_slice()].concat());
    assert!(output.status.success() && words(&output).is_empty(), "{}", words(&output));
}

#[test]
fn nor_with_the_drop_in_but_for_what_an_old_one_does_not_know() {
    let root = system(&[UNITS.as_slice(), &[RELOAD]].concat());
    let output = analyze(&root, &[&["verify"], UNITS.as_slice()].concat());
    let said = words(&output);
    // systemd 252 has no such type: it says so, and goes on with the one before.
    let is_known = |line: &str| line.contains("ignoring: notify-reload");
    assert!(output.status.success() && said.lines().all(is_known), "{}: {said}", output.status);
    let number = analyze(&root, &["--version"]);
    let number = words(&number).split_whitespace().nth(1).and_then(|number| number.parse::<u32>().ok());
    let is_old = number.expect("systemd NUMBER (…)") < 253;
    assert_eq!(!said.is_empty(), is_old, "it has looked at the drop-in: {said}");
}

#[test]
fn the_service_is_as_confined_as_the_documentation_says() {
    let root = system(&UNITS);
    let output = analyze(&root, &["security", "--offline=true", EXPOSURE_MAX, "--no-pager", UNITS[0]]);
    assert!(output.status.success(), "{}", words(&output));
}

/// The arguments of what the service runs, with a configuration in the place of the installed one.
fn arguments(key: &str, configuration: &Path) -> Vec<OsString> {
    let line = value(UNITS[0], key);
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("/usr/bin/prefork-echo"));
    let installed = "/etc/prefork-echo/config.toml";
    words.map(|word| if word == installed { configuration.into() } else { word.into() }).collect()
}

#[test]
fn what_the_units_start_serves_and_reloads_with_the_outcome_as_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (configuration, control) = (folder.path().join("config.toml"), folder.path().join("control"));
    let text = fs::read_to_string(shipped("config.toml")).unwrap();
    let text = text.replace("/run/prefork-echo/control", control.to_str().unwrap());
    assert!(text.contains(control.to_str().unwrap()), "{text}");
    fs::write(&configuration, &text).unwrap();
    let kept = Kept::new();
    let mut command = kept.passing();
    let server = TestServer::start_child(command.args(arguments("ExecStart", &configuration))).listening();
    server.served().finish().unwrap();
    let reload = || server_command().args(arguments("ExecReload", &configuration)).output().unwrap();
    let output = reload();
    assert!(output.status.success() && words(&output).contains("generation 2 serves"), "{}", words(&output));
    fs::write(&configuration, format!("{text}\n[pool]\n")).unwrap();
    let output = reload();
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("cannot reload, generation 2 goes on as it was"), "{}", words(&output));
    server.served().finish().unwrap();
    let output = server_command().args(["--config"]).arg(&configuration).arg("stop").output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
}
