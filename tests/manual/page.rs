//! A man page: what clap says of a command, and the sections that stand below its options.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// The page of a command, as roff.
pub(crate) fn of(mut command: clap::Command) -> String {
    let called = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let program = called.split(' ').next().unwrap_or_default();
    let is_program = called == program;
    let usage = command.render_usage().to_string();
    let below = command.get_after_long_help().or(command.get_after_help());
    let below = below.map(ToString::to_string).unwrap_or_default();
    let has_subcommands = command.has_subcommands();

    let man = Man::new(command).source(concat!("prefork-echo ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    // clap's own synopsis would have a flag for each key of the configuration.
    let synopsis = ("SYNOPSIS", usage.trim_start_matches("Usage: ").to_owned());
    render_sections([synopsis], &mut page);
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if has_subcommands {
        man.render_subcommands_section(&mut page).unwrap();
    }
    if called == "prefork-echo" {
        render_sections(OF_THE_SERVER.map(|(heading, text)| (heading, text.to_owned())), &mut page);
    }
    render_sections(sections(&below), &mut page);
    render_sections([("SEE ALSO", see_also(program, is_program))], &mut page);
    String::from_utf8(page).unwrap()
}

/// What no option tells.
const OF_THE_SERVER: [(&str, &str); 2] = [
    (
        "ENVIRONMENT",
        "Each key of the configuration is a variable too: timeouts.idle is PREFORK_TIMEOUTS_IDLE.
The tables pool and work lose their prefix: PREFORK_WORKERS, PREFORK_SLEEP.",
    ),
    ("FILES", "./config.toml  the configuration, if it is there and --config names no other"),
];

/// Sections whose lines stand as they are, since they are aligned.
fn render_sections<'a>(sections: impl IntoIterator<Item = (&'a str, String)>, page: &mut Vec<u8>) {
    for (heading, text) in sections {
        let mut roff = Roff::new();
        roff.control("SH", [heading]).control("nf", []).text([roman(text)]).control("fi", []);
        roff.to_writer(page).unwrap();
    }
}

fn see_also(program: &str, is_program: bool) -> String {
    let other = if program == "prefork-echo" { "prefork-client" } else { "prefork-echo" };
    if is_program { format!("{other}(1)") } else { format!("{program}(1), {other}(1)") }
}

/// The sections of a text, by the headings of man pages: each begins with a line that is not indented and ends in a colon.
fn sections(text: &str) -> Vec<(&'static str, String)> {
    let mut sections: Vec<(&'static str, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_suffix(':'), sections.last_mut()) {
            (Some(heading), _) if !line.starts_with(' ') => {
                sections.push((heading_of(heading), String::new()));
            }
            (_, Some((_, section))) => {
                section.push_str(line.strip_prefix("  ").unwrap_or(line));
                section.push('\n');
            }
            (_, None) => panic!("{line:?} stands below no heading"),
        }
    }
    sections.into_iter().map(|(heading, section)| (heading, section.trim_end().to_owned())).collect()
}

fn heading_of(heading: &str) -> &'static str {
    match heading {
        "Keys, on a terminal" => "KEYS",
        "Signals" => "SIGNALS",
        "Exit codes" => "EXIT STATUS",
        "Examples" => "EXAMPLES",
        other => panic!("{other:?} is no section of a man page"),
    }
}
