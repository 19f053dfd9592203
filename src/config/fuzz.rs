//! What holds for every configuration, whoever wrote it: it is refused, or taken and then shown as what was taken.

use std::net::SocketAddr;
use std::path::Path;

use super::settings::{FILE, Settings};
use super::values::Value;
use super::{KEYS, Key, file};
use crate::printable::steers;

/// A file with this text.
pub(crate) fn text(text: &str) {
    let entries = file::entries(text).into_iter().flatten();
    if entries.into_iter().any(|entry| is_looked_up(entry.key, &entry.value)) {
        return;
    }
    let mut settings = Settings::built_in();
    let problems = settings.apply_text(Path::new(FILE), text);
    let checked = settings.check_slots().and_then(|()| settings.check_monitor());
    if problems.is_empty() && checked.is_ok() {
        is_shown_as_it_is(&settings);
    }
}

/// A variable, or a flag, with this text.
pub(crate) fn value(number: u8, text: &str) {
    let key = &KEYS[usize::from(number) % KEYS.len()];
    if is_looked_up(key, &Value::Loose(text)) {
        return;
    }
    let (mut by_variable, mut by_flag) = (Settings::built_in(), Settings::built_in());
    let problems = by_variable.apply_environment(&[(key.variable(), text.to_owned())]);
    let refused = by_flag.apply_flags(&[(key, text.to_owned())]);
    assert_eq!(problems.is_empty(), refused.is_ok(), "a variable and a flag mean the same");
    assert_eq!(by_variable.config, by_flag.config);
    if problems.is_empty() {
        is_shown_as_it_is(&by_variable);
    }
}

/// What `config show` prints is a file that says the same.
fn is_shown_as_it_is(settings: &Settings) {
    let shown = settings.show();
    assert!(!shown.contains(|char| steers(char) && char != '\n'), "{shown:?}");
    let mut again = Settings::built_in();
    let problems = again.apply_text(Path::new(FILE), &shown);
    assert!(problems.is_empty(), "{problems:?} of {shown}");
    assert_eq!(again.config, settings.config);
}

/// Whether the resolver, or the list of users, is asked: neither belongs here.
fn is_looked_up(key: &Key, value: &Value<'_>) -> bool {
    match value {
        Value::List(values) => values.iter().any(|value| is_looked_up(key, value)),
        Value::Loose(text) => text.split(',').any(|text| is_name(key, text.trim())),
        Value::Text(text) => is_name(key, text),
        _ => false,
    }
}

fn is_name(key: &Key, text: &str) -> bool {
    match key.path {
        "listen" | "monitor.listen" => {
            let has_port = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            has_port && !text.starts_with("unix:") && text.parse::<SocketAddr>().is_err()
        }
        "security.user" | "security.group" => {
            !["auto", "none", "root"].contains(&text) && text.parse::<u32>().is_err()
        }
        _ => false,
    }
}
