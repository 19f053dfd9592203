//! The bugs that `bugs/run` puts into the server.

use std::path::Path;
use std::process::Command;

#[test]
fn every_bug_can_be_put_into_the_server() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join(".git").exists() {
        // What is unpacked into a folder of another checkout is none of git's.
        eprintln!("skipped: this is no checkout");
        return;
    }
    let bugs = root.join("tests/torture/bugs").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let patches: Vec<_> = bugs.filter(|path| path.extension().is_some_and(|it| it == "patch")).collect();
    assert_eq!(patches.len(), 4, "{patches:?}");
    for patch in patches {
        let checked = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(root).output();
        let checked = checked.expect("git is there");
        assert!(
            checked.status.success(),
            "{}: {}",
            patch.display(),
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}
