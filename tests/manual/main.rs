//! Man pages and shell completions of both programs: made from their command lines, kept in docs/, and right.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod examples;
mod page;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use clap_complete::Shell;

/// Set to have the files in docs/ written instead of compared.
const UPDATE: &str = "UPDATE";

/// The command lines of the two programs, with all that clap adds to them.
fn programs() -> [clap::Command; 2] {
    [prefork_echo::command(), prefork_client::command()].map(|command| {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        command
    })
}

/// Every command of both programs that does something, the programs first.
fn commands() -> Vec<clap::Command> {
    fn add(command: &clap::Command, all: &mut Vec<clap::Command>) {
        all.push(command.clone());
        command.get_subcommands().for_each(|command| add(command, all));
    }
    let mut all = Vec::new();
    for program in programs() {
        add(&program, &mut all);
    }
    all
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Compares a directory with what should be in it, or writes it.
fn keep(directory: &Path, files: &BTreeMap<String, String>) {
    if env::var_os(UPDATE).is_some() {
        let _ = fs::remove_dir_all(directory);
        fs::create_dir_all(directory).unwrap();
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
    }
    let hint = format!("make them by `{UPDATE}=1 cargo test --test manual`");
    let there =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}; {hint}", directory.display()));
    let mut there: Vec<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    assert!(there.iter().eq(files.keys()), "{} has {there:?}; {hint}", directory.display());
    for (name, text) in files {
        let path = directory.join(name);
        assert!(fs::read_to_string(&path).unwrap() == *text, "{} is out of date; {hint}", path.display());
    }
}

#[test]
fn the_man_pages_are_those_of_the_command_lines() {
    let pages = commands().into_iter().map(|command| {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        (format!("{name}.1"), page::of(command))
    });
    keep(&docs().join("man"), &pages.collect());
}

#[test]
fn the_completions_are_those_of_the_command_lines() {
    let mut files = BTreeMap::new();
    for mut command in programs() {
        let name = command.get_name().to_owned();
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let file = match shell {
                Shell::Zsh => format!("_{name}"),
                shell => format!("{name}.{shell}"),
            };
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, &name, &mut script);
            let script = String::from_utf8(script).unwrap();
            // clap_complete 4.6.11 has two minds about the hyphen in a program's name, and then finds no subcommand in bash.
            let script = script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"));
            files.insert(file, script);
        }
    }
    keep(&docs().join("completions"), &files);
}

#[test]
fn bash_completes_commands_flags_and_values() {
    if env::var_os(UPDATE).is_some() {
        // The scripts are being written.
        return;
    }
    for (line, expected) in [
        ("prefork-echo rel", "reload"),
        ("prefork-echo --timeouts-gra", "--timeouts-grace"),
        ("prefork-echo config sh", "show"),
        ("prefork-echo scale --js", "--json"),
        ("prefork-client wat", "watch"),
        ("prefork-client --interv", "--interval"),
        ("prefork-client bench --re", "--requests --reconnect --retry"),
        ("prefork-client bench --arrivals poi", "poisson"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let (program, last) = (words[0], words.len() - 1);
        let script = docs().join("completions").join(format!("{program}.bash"));
        let complete = format!(
            "source '{}'; COMP_WORDS=({line}); COMP_CWORD={last}; \
             _{} {program} {} {}; echo \"${{COMPREPLY[@]}}\"",
            script.display(),
            program.replace('-', "__"),
            words[last],
            words[last - 1],
        );
        let output = Command::new("bash").args(["--norc", "-c", &complete]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{line}: {output:?}");
    }
}
