//! `RELIABILITY.md` names tests that exist, and shows none as always run that is ignored.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// A test of the project.
struct Test {
    file: PathBuf,
    name: String,
    is_ignored: bool,
}

impl Test {
    /// Whether cargo would find it by a path such as `module::name`.
    fn is_called(&self, path: &str) -> bool {
        let Some((module, name)) = path.rsplit_once("::") else { return false };
        let file = self.file.with_extension("");
        let is_module = |part: &&str| !matches!(*part, "mod" | "main");
        let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap()).filter(is_module).collect();
        self.name == name && parts.ends_with(&module.split("::").collect::<Vec<_>>())
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests in a file, or in all files below a folder.
fn tests_in(path: &Path) -> Vec<Test> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        return entries.flat_map(|path| tests_in(&path)).collect();
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Vec::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let mut attributes = Vec::new();
    let mut tests = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
            continue;
        }
        if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('))
            && attributes.contains(&"#[test]")
        {
            let is_ignored = attributes.iter().any(|attribute| attribute.starts_with("#[ignore"));
            tests.push(Test { file: path.to_owned(), name: name.to_owned(), is_ignored });
        }
        attributes.clear();
    }
    tests
}

/// The paths of tests that stand between backticks, each with what stands before it.
fn named(page: &str) -> Vec<(&str, &str)> {
    let mut parts = page.split('`');
    let pairs = std::iter::from_fn(|| Some((parts.next()?, parts.next()?)));
    pairs.filter(|(_, code)| code.contains("::") && !code.ends_with('…')).collect()
}

#[test]
fn every_test_that_the_page_names_is_there_and_runs_when_it_says() {
    let tests: Vec<Test> =
        ["src", "tests"].iter().flat_map(|folder| tests_in(&project().join(folder))).collect();
    let page = fs::read_to_string(project().join("RELIABILITY.md")).unwrap();
    let named = named(&page);
    assert!(named.len() > 50, "the page names {} tests", named.len());
    for (before, path) in named {
        let Some(test) = tests.iter().find(|test| test.is_called(path)) else {
            panic!("there is no test {path}");
        };
        let is_long = before.ends_with("long: ");
        assert_eq!(test.is_ignored, is_long, "{path} is ignored, or is called long and is not");
    }
}
