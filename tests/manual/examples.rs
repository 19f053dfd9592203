//! The examples at the end of each `--help`: they are there, and each is a command line that the program takes.

use crate::{commands, programs};

/// The commands in a text of examples, without what explains them.
fn examples(help: &str) -> Vec<String> {
    let text = help.split_once("Examples:\n").unwrap_or_else(|| panic!("it has no examples: {help}")).1;
    let section = text.lines().take_while(|line| line.starts_with(' '));
    // A column of explanations stands behind a gap.
    section.map(|line| line.trim_start().split("  ").next().unwrap_or_default().trim().to_owned()).collect()
}

/// The calls of the two programs in a shell's command line, each as its words.
fn calls(line: &str) -> Vec<Vec<String>> {
    let commands = line.split(" | ").flat_map(|part| part.split(" && ")).flat_map(|part| part.split(" || "));
    let words = |command: &str| -> Vec<String> {
        let words = command.split_whitespace().map(|word| word.trim_matches('\'').to_owned());
        // A variable before the command, and where its input and output are.
        words.skip_while(|word| word.contains('=')).take_while(|word| !word.contains(['<', '>'])).collect()
    };
    commands
        .map(words)
        .filter(|words: &Vec<String>| programs().iter().any(|program| words[0] == program.get_name()))
        .collect()
}

#[test]
fn every_help_ends_with_examples_that_the_program_takes() {
    for mut command in commands() {
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        let examples = examples(&command.render_long_help().to_string());
        assert!(examples.iter().any(|line| line.contains(&name)), "{name}: {examples:?}");
        for call in examples.iter().flat_map(|line| calls(line)) {
            let program = programs().into_iter().find(|program| program.get_name() == call[0]).unwrap();
            if let Err(error) = program.try_get_matches_from(&call) {
                panic!("{call:?}: {error}");
            }
        }
    }
}

/// So wide that nothing is broken on 80 columns: in a man page the text stands seven columns in, and here two.
const WIDTH: usize = 75;

#[test]
fn what_stands_below_the_options_fits_a_terminal() {
    for command in commands() {
        let below = command.get_after_help().expect("there are examples").to_string();
        for line in below.lines() {
            assert!(line.chars().count() <= WIDTH, "{}: {line:?}", command.get_name());
        }
    }
}
