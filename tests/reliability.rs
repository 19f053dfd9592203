//! `RELIABILITY.md` names tests that the commands it gives run, and shows none as always run that is ignored.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

/// A test of the project.
struct Test {
    /// As cargo names it: its modules, those inside of its file too, and its own name.
    path: Vec<String>,
    is_unit: bool,
    is_ignored: bool,
}

/// A test that the page names, and what it says of it.
struct Named<'a> {
    path: &'a str,
    is_unit: bool,
    is_long: bool,
}

impl Named<'_> {
    /// Whether the command that the page gives for it runs this test.
    fn is(&self, test: &Test) -> bool {
        let path: Vec<&str> = self.path.split("::").collect();
        let of_test: Vec<&str> = test.path.iter().map(String::as_str).collect();
        self.is_unit == test.is_unit && of_test.ends_with(&path)
    }
}

/// The tests of a crate whose root is in this folder.
fn tests_of(folder: &str, is_unit: bool) -> Vec<Test> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut tests = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(&root).unwrap().with_extension("");
                let modules = file.iter().map(|part| part.to_str().unwrap().to_owned());
                let modules = modules.filter(|name| !matches!(&**name, "lib" | "main" | "mod")).collect();
                tests.extend(tests_in(&fs::read_to_string(&path).unwrap(), modules, is_unit));
            }
        }
    }
    tests
}

/// The tests in the text of a module. Its format is that of rustfmt: what is inside of a module stands further in than its end.
fn tests_in(text: &str, mut modules: Vec<String>, is_unit: bool) -> Vec<Test> {
    let mut ends: Vec<String> = Vec::new();
    let mut attributes = Vec::new();
    let mut tests = Vec::new();
    for whole in text.lines() {
        let line = whole.trim();
        if line.starts_with("#[") {
            attributes.push(line);
            continue;
        }
        let words = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        if let Some(name) = words.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
            modules.push(name.to_owned());
            ends.push(whole.replace(line, "}"));
        } else if ends.last().is_some_and(|end| end == whole) {
            modules.pop();
            ends.pop();
        } else if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('))
            && attributes.contains(&"#[test]")
        {
            let is_ignored = attributes.iter().any(|attribute| attribute.starts_with("#[ignore"));
            let path = modules.iter().cloned().chain([name.to_owned()]).collect();
            tests.push(Test { path, is_unit, is_ignored });
        }
        attributes.clear();
    }
    tests
}

/// The paths of tests that stand between backticks. "unit:" and "long:" hold for those that follow, up to a semicolon or the end of
/// the cell.
fn named(page: &str) -> Vec<Named<'_>> {
    let mut named = Vec::new();
    for list in page.split([';', '|', '\n']) {
        let (mut is_unit, mut is_long) = (false, false);
        for (at, part) in list.split('`').enumerate() {
            if at % 2 == 0 {
                is_unit |= part.contains("unit: ");
                is_long |= part.contains("long: ");
            } else if part.contains("::") && !part.ends_with('…') {
                named.push(Named { path: part, is_unit, is_long });
            }
        }
    }
    named
}

#[test]
fn every_test_that_the_page_names_is_there_and_runs_when_it_says() {
    let mut tests = tests_of("src", true);
    tests.extend(tests_of("tests/behaviour", false));
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("RELIABILITY.md")).unwrap();
    let named = named(&page);
    assert!(named.len() > 50, "the page names {} tests", named.len());
    for named in named {
        let Some(test) = tests.iter().find(|test| named.is(test)) else {
            panic!("there is no {} test {}", if named.is_unit { "unit" } else { "behaviour" }, named.path);
        };
        assert_eq!(test.is_ignored, named.is_long, "{} is ignored, or is called long and is not", named.path);
    }
}

#[test]
fn a_test_inside_of_a_module_of_its_file_has_that_in_its_name() {
    let text = "fn help() {\n}\n\n#[cfg(test)]\nmod tests {\n    mod far {\n        #[test]\n        fn one() {\n        }\n    }\n\n    \
                proptest! {\n        #[test]\n        #[ignore = \"long\"]\n        fn two(byte: u8) {\n        }\n    }\n}\n\n\
                #[test]\nfn three() {\n}\n";
    let tests = tests_in(text, vec!["room".to_owned()], true);
    let found: Vec<_> = tests.iter().map(|test| (test.path.join("::"), test.is_ignored)).collect();
    let found: Vec<_> = found.iter().map(|(path, is_ignored)| (&**path, *is_ignored)).collect();
    let expected = [("room::tests::far::one", false), ("room::tests::two", true), ("room::three", false)];
    assert_eq!(found, expected);
    let named = |path| Named { path, is_unit: true, is_long: false };
    assert!(named("tests::two").is(&tests[1]) && !named("room::two").is(&tests[1]));
}
