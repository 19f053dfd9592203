//! The keys of the configuration: the one table from which file, variables, flags and help are made.

mod table;

pub(crate) use table::KEYS;

use super::Config;
use super::values::{Problem, Value};

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its path in the file: "timeouts.idle".
    pub(crate) path: &'static str,
    /// How its value looks, for the help.
    pub(crate) placeholder: &'static str,
    /// What it is for.
    pub(crate) help: &'static str,
    /// Checks a value and puts it in its place.
    pub(crate) set: fn(&mut Config, &Value<'_>) -> Result<(), Problem>,
    /// The value in force, as TOML.
    get: fn(&Config) -> String,
}

impl Key {
    /// The long flag: "--timeouts-idle". The tables `pool` and `work` lose their prefix.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.long())
    }

    /// The flag's name without its dashes.
    pub(crate) fn long(&self) -> String {
        let short = self.path.strip_prefix("pool.").or_else(|| self.path.strip_prefix("work."));
        short.unwrap_or(self.path).replace(['.', '_'], "-")
    }

    /// The variable of the environment: `PREFORK_TIMEOUTS_IDLE`.
    pub(crate) fn variable(&self) -> String {
        format!("{}{}", super::settings::ENVIRONMENT_PREFIX, self.long().replace('-', "_").to_uppercase())
    }

    /// Whether the flag may stand alone.
    pub(crate) fn is_switch(&self) -> bool {
        self.placeholder == "BOOL"
    }

    /// Table and name: "timeouts.idle" is "idle" in "timeouts".
    fn split(&self) -> (Option<&'static str>, &'static str) {
        match self.path.split_once('.') {
            Some((table, name)) => (Some(table), name),
            None => (None, self.path),
        }
    }
}

/// Writes a configuration as a file; `dress` puts something around each line.
pub(crate) fn document(config: &Config, dress: impl Fn(&Key, &str) -> String) -> String {
    let mut text = String::new();
    let mut open = None;
    for key in KEYS {
        let (table, name) = key.split();
        if table != open {
            text.extend(["\n[", table.unwrap_or_default(), "]\n"]);
            open = table;
        }
        text.push_str(&dress(key, &format!("{name} = {}", (key.get)(config))));
        text.push('\n');
    }
    text
}
