//! From the sources to the configuration: what each says, what is wrong with it, and where each value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::diagnostic::{self, Diagnostic};
use super::values::{self, Value};
use super::{Config, KEYS, Key, SLOTS_MAX, file, keys};

/// The file that is read when none is named and it is there.
pub(crate) const FILE: &str = "config.toml";
/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The start of the environment's names.
pub(super) const ENVIRONMENT_PREFIX: &str = "PREFORK_";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is built in.
    Default,
    /// A line of the file.
    File { path: PathBuf, line: usize },
    /// A variable of the environment.
    Environment { name: String },
    /// A flag of the command line.
    Flag { name: String },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { name } | Self::Flag { name } => f.write_str(name),
        }
    }
}

/// What the configuration is made of, strongest last.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The file that the user named.
    pub(crate) file: Option<PathBuf>,
    /// The environment.
    pub(crate) environment: Vec<(String, String)>,
    /// The flags: key and text.
    pub(crate) flags: Vec<(&'static Key, String)>,
}

/// The configuration, with where each value comes from.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) origins: BTreeMap<&'static str, Origin>,
    /// What is odd, but no error.
    pub(crate) warnings: Vec<String>,
}

/// Why there is no configuration.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The command line is wrong.
    Flag(String),
    /// The file, the environment, or the whole of it is wrong.
    Config(String),
}

impl Settings {
    /// Reads the sources. Names are resolved; nothing is bound.
    pub(crate) fn load(sources: &Sources) -> Result<Self, Refusal> {
        let mut settings = Self::built_in();
        first(settings.apply_file(sources.file.as_deref())).map_err(Refusal::Config)?;
        first(settings.apply_environment(&sources.environment)).map_err(Refusal::Config)?;
        settings.apply_flags(&sources.flags)?;
        settings.check_slots().and_then(|()| settings.check_monitor()).map_err(Refusal::Config)?;
        Ok(settings)
    }

    /// What can be understood of the sources: a pool can be asked and stopped although its file is broken meanwhile.
    /// What cannot is among the warnings. Flags are not forgiven.
    pub(crate) fn load_for_asking(sources: &Sources) -> Result<Self, Refusal> {
        let mut settings = Self::built_in();
        let mut problems = settings.apply_file(sources.file.as_deref());
        problems.extend(settings.apply_environment(&sources.environment));
        settings.warnings = problems;
        settings.apply_flags(&sources.flags)?;
        Ok(settings)
    }

    pub(super) fn built_in() -> Self {
        let origins = KEYS.iter().map(|key| (key.path, Origin::Default)).collect();
        Self { config: Config::default(), origins, warnings: Vec::new() }
    }

    /// The whole configuration as a file, each value with its origin.
    pub(crate) fn show(&self) -> String {
        keys::document(&self.config, |key, line| format!("{line:<40} # {}", self.origins[key.path]))
    }

    fn apply(&mut self, key: &'static Key, value: &Value<'_>, origin: Origin) -> Result<(), values::Problem> {
        (key.set)(&mut self.config, value)?;
        self.origins.insert(key.path, origin);
        Ok(())
    }

    /// Takes over what the file has, and returns what is wrong with the rest.
    fn apply_file(&mut self, named: Option<&Path>) -> Vec<String> {
        let path = named.unwrap_or(Path::new(FILE));
        let text = match read_limited(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Vec::new(),
            Err(error) => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                let uid = nix::unistd::geteuid();
                return vec![format!(
                    "cannot read the configuration {} as uid {uid}: {error}",
                    whole.display()
                )];
            }
        };
        self.apply_text(path, &text)
    }

    /// The same of a file that has been read.
    pub(super) fn apply_text(&mut self, path: &Path, text: &str) -> Vec<String> {
        let pointed = |diagnostic: Diagnostic| diagnostic.render(&path.display().to_string(), text);
        let mut problems = Vec::new();
        for entry in file::entries(text) {
            let applied = entry.map_err(pointed).and_then(|entry| {
                let line = diagnostic::line_of(text, entry.span.start);
                self.apply(entry.key, &entry.value, Origin::File { path: path.to_owned(), line })
                    .map_err(|problem| pointed(entry.pointing_at(&problem)))
            });
            problems.extend(applied.err());
        }
        problems
    }

    /// The same for the environment.
    pub(super) fn apply_environment(&mut self, environment: &[(String, String)]) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, text) in environment.iter().filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)) {
            let Some(key) = KEYS.iter().find(|key| key.variable() == *name) else {
                self.warnings.push(unknown_variable(name));
                continue;
            };
            let applied = self.apply(key, &Value::Loose(text), Origin::Environment { name: name.clone() });
            problems.extend(applied.err().map(|problem| format!("{name}={text}: {problem}")));
        }
        problems
    }

    pub(super) fn apply_flags(&mut self, flags: &[(&'static Key, String)]) -> Result<(), Refusal> {
        for (key, text) in flags {
            let flag = key.flag();
            self.apply(key, &Value::Loose(text), Origin::Flag { name: flag.clone() })
                .map_err(|problem| Refusal::Flag(format!("{flag} {text}: {problem}")))?;
        }
        Ok(())
    }

    /// The monitor has an address of its own.
    pub(super) fn check_monitor(&self) -> Result<(), String> {
        let Some(monitor) = &self.config.monitor else { return Ok(()) };
        match self.config.listen.iter().find_map(|address| monitor.overlap(address)) {
            None => Ok(()),
            Some(shared) => Err(format!(
                "monitor.listen ({}) and listen ({}) both claim {shared}: give the monitor a port of its own",
                self.origins["monitor.listen"], self.origins["listen"],
            )),
        }
    }

    /// Workers and threads together have a limit, which the pool keeps at its largest too.
    pub(super) fn check_slots(&self) -> Result<(), String> {
        let ((_, workers), threads) = (self.config.worker_range(), self.config.threads.get());
        if workers * threads <= SLOTS_MAX {
            return Ok(());
        }
        Err(format!(
            "{workers} workers ({}) x {threads} threads ({}) are {} connection slots, and a pool has {SLOTS_MAX} at most",
            self.origins["pool.workers"],
            self.origins["pool.threads"],
            workers * threads,
        ))
    }
}

/// The first problem, if there is one.
fn first(problems: Vec<String>) -> Result<(), String> {
    problems.into_iter().next().map_or(Ok(()), Err)
}

/// Reads a file, unless it is far larger than any configuration.
fn read_limited(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let length = fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if length as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// The built-in configuration as a file, with the meaning of each key.
pub(crate) fn default_document() -> String {
    let comment = |key: &Key, line: &str| format!("# {}\n{line}", key.help);
    format!(
        "# The built-in configuration of prefork-echo. Each key is also a flag and a variable:\n\
         # timeouts.idle = --timeouts-idle = PREFORK_TIMEOUTS_IDLE, pool.workers = --workers = PREFORK_WORKERS.\n\n{}",
        keys::document(&Config::default(), comment)
    )
}

fn unknown_variable(name: &str) -> String {
    // What all have in common says nothing about which was meant.
    let bare = |name: &str| name.trim_start_matches(ENVIRONMENT_PREFIX).to_owned();
    let known = KEYS.iter().map(|key| (bare(&key.variable()), key.variable()));
    match values::nearest(&bare(name), known) {
        Some(near) => format!("the variable {name} is none of this program's: did you mean {near}?"),
        None => format!("the variable {name} is none of this program's, and is ignored"),
    }
}
