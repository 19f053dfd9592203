//! The address of the control socket: `@name`, an absolute path, or `auto`.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Config, Place, UNIX_PATH_BYTES_MAX};

/// Where the master answers commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Control {
    /// An abstract socket named after the first port.
    Auto,
    /// An abstract socket, unix(7): it has a name and no file, and belongs to the network namespace.
    Abstract(String),
    /// A socket in the file system.
    Path(PathBuf),
}

impl Control {
    /// Reads an address.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, control) = match text.strip_prefix('@') {
            _ if text == "auto" => return Ok(Self::Auto),
            Some(name) => (name, Self::Abstract(name.to_owned())),
            None if text.starts_with('/') => (text, Self::Path(PathBuf::from(text))),
            None => {
                let like = format!("\"@{text}\" or \"/run/{text}.sock\"");
                return Err(format!(
                    "expected \"@name\", an absolute path, or \"auto\", found \"{text}\": {like}?"
                ));
            }
        };
        if name.is_empty() || name.len() > UNIX_PATH_BYTES_MAX || name.contains('\0') {
            return Err(format!(
                "the name of a unix socket has 1 to {UNIX_PATH_BYTES_MAX} bytes without a NUL, and \"{text}\" has {}",
                name.len()
            ));
        }
        Ok(control)
    }

    /// The address itself, where `auto` is named after the first of these places.
    pub(crate) fn resolve<'a>(&self, places: impl IntoIterator<Item = &'a Place>) -> Result<Self, String> {
        if *self != Self::Auto {
            return Ok(self.clone());
        }
        let places: Vec<&Place> = places.into_iter().collect();
        let port = places.iter().find_map(|place| match place {
            Place::Tcp(address) => Some(address.port()),
            Place::Unix { .. } => None,
        });
        match (port, places.first()) {
            (Some(0), _) => Err("the port of `listen` is 0, so it is another one at each start".to_owned()),
            (Some(port), _) => Ok(Self::Abstract(format!("prefork-echo-{port}"))),
            (None, Some(Place::Unix { path, .. })) => Ok(Self::Abstract(named_after(path))),
            (None, _) => Err("there is no `listen` to name it after".to_owned()),
        }
    }

    /// Where a master with this configuration answers.
    pub(crate) fn of(config: &Config) -> Result<Self, String> {
        config.control.resolve(config.listen.iter().flat_map(|address| &address.places))
    }
}

/// The name after a path, of which the end tells most if all of it is too long.
fn named_after(path: &Path) -> String {
    const PREFIX: &str = "prefork-echo-";
    let path = path.display().to_string();
    let start = path.len().saturating_sub(UNIX_PATH_BYTES_MAX - PREFIX.len());
    let start = (start..=path.len()).find(|at| path.is_char_boundary(*at)).unwrap_or_default();
    format!("{PREFIX}{}", &path[start..])
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Abstract(name) => write!(f, "@{name}"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(text: &str) -> Place {
        Place::Tcp(text.parse().unwrap())
    }

    #[test]
    fn it_is_a_name_a_path_or_automatic() {
        for text in ["auto", "@prefork-echo-8080", "/run/prefork.sock"] {
            assert_eq!(Control::parse(text).unwrap().to_string(), text);
        }
        assert!(Control::parse("prefork").unwrap_err().contains("\"@prefork\" or \"/run/prefork.sock\""));
        assert!(Control::parse("@").unwrap_err().contains("1 to 107"));
        assert!(Control::parse(&format!("/{}", "x".repeat(200))).unwrap_err().contains("201"));
    }

    #[test]
    fn automatic_is_named_after_the_first_port() {
        let unix = Place::Unix { path: PathBuf::from("/run/echo.sock"), mode: None };
        let resolve =
            |places: &[&Place]| Control::Auto.resolve(places.iter().copied()).map(|it| it.to_string());
        assert_eq!(
            resolve(&[&unix, &tcp("[::]:7000"), &tcp("127.0.0.1:7001")]).unwrap(),
            "@prefork-echo-7000"
        );
        assert_eq!(resolve(&[&unix]).unwrap(), "@prefork-echo-/run/echo.sock");
        let long = Place::Unix { path: PathBuf::from(format!("/{}é.sock", "x".repeat(100))), mode: None };
        let name = resolve(&[&long]).unwrap();
        assert!(name.ends_with("xé.sock") && name.len() <= UNIX_PATH_BYTES_MAX + 1, "{name}");
        assert!(resolve(&[&tcp("127.0.0.1:0")]).is_err());
        let named = Control::Abstract("mine".to_owned());
        assert_eq!(named.resolve([&tcp("127.0.0.1:0")]).unwrap(), named);
    }
}
