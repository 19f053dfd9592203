//! Whom workers and monitor run as, and how they are confined: the keys of `[security]`.

use std::fmt;

use nix::unistd::{Gid, Group as KnownGroup, Uid, User as KnownUser};

use super::values::{Problem, Value, expected};

/// What workers and monitor may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Security {
    pub(crate) user: User,
    pub(crate) group: Group,
    pub(crate) sandbox: Sandbox,
}

/// Whether workers and monitor are confined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sandbox {
    /// They are, or there is no pool.
    Required,
    /// As far as the kernel can.
    #[default]
    Preferred,
    /// They are not.
    Off,
}

/// Whom workers and monitor run as, if the master runs as root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum User {
    /// As nobody.
    #[default]
    Auto,
    /// As the master.
    None,
    /// As this user, with its group, if it is known.
    Is { text: String, uid: Uid, gid: Option<Gid> },
}

/// Their group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Group {
    /// That of the user.
    #[default]
    Auto,
    /// This one.
    Is { text: String, gid: Gid },
}

impl User {
    /// Reads a name, which the system must know, or a number, which it need not.
    pub(super) fn parse(value: &Value<'_>) -> Result<Self, Problem> {
        let number = number_of(value);
        let (text, known) = match (value.text(), number) {
            (Some("auto"), _) => return Ok(Self::Auto),
            (Some("none"), _) => return Ok(Self::None),
            (_, Some(uid)) => {
                let known = KnownUser::from_uid(Uid::from_raw(uid)).ok().flatten();
                let gid = known.map(|user| user.gid);
                return Ok(Self::Is { text: uid.to_string(), uid: Uid::from_raw(uid), gid });
            }
            (Some(name), None) => (name, KnownUser::from_name(name)),
            (None, None) => {
                return Err(expected("the name or number of a user, \"auto\" or \"none\"", value));
            }
        };
        match known {
            Ok(Some(user)) => Ok(Self::Is { text: text.to_owned(), uid: user.uid, gid: Some(user.gid) }),
            Ok(None) => Err(format!("there is no user \"{text}\" here; a number needs no entry").into()),
            Err(error) => Err(format!("cannot look up the user \"{text}\": {error}").into()),
        }
    }
}

impl Group {
    /// As [`User::parse`].
    pub(super) fn parse(value: &Value<'_>) -> Result<Self, Problem> {
        let number = number_of(value);
        let text = match (value.text(), number) {
            (Some("auto"), _) => return Ok(Self::Auto),
            (_, Some(gid)) => return Ok(Self::Is { text: gid.to_string(), gid: Gid::from_raw(gid) }),
            (Some(name), None) => name,
            (None, None) => return Err(expected("the name or number of a group, or \"auto\"", value)),
        };
        match KnownGroup::from_name(text) {
            Ok(Some(group)) => Ok(Self::Is { text: text.to_owned(), gid: group.gid }),
            Ok(None) => Err(format!("there is no group \"{text}\" here; a number needs no entry").into()),
            Err(error) => Err(format!("cannot look up the group \"{text}\": {error}").into()),
        }
    }
}

/// A number also where it stands in quotes, as it is shown: no system has names of digits alone, `useradd(8)`.
fn number_of(value: &Value<'_>) -> Option<u32> {
    let written = value.text().and_then(|text| text.parse().ok());
    value.integer().or(written).and_then(|number| u32::try_from(number).ok())
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::Is { text, .. } => text,
        })
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Is { text, .. } => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_known_name_or_any_number() {
        let user = |text| User::parse(&Value::Loose(text));
        assert!(
            matches!(user("root"), Ok(User::Is { uid, gid: Some(gid), .. }) if uid.is_root() && gid.as_raw() == 0)
        );
        assert!(matches!(user("65532"), Ok(User::Is { uid, .. }) if uid.as_raw() == 65532));
        let quoted = User::parse(&Value::Text("65532".to_owned()));
        assert!(
            matches!(quoted, Ok(User::Is { uid, .. }) if uid.as_raw() == 65532),
            "as `config show` has it"
        );
        assert!(user("no such user").unwrap_err().to_string().contains("there is no user"));
        assert!(Group::parse(&Value::Integer(-1)).is_err());
        assert!(Group::parse(&Value::Text("7".to_owned())).is_ok());
        assert!(matches!(Group::parse(&Value::Integer(7)), Ok(Group::Is { gid, .. }) if gid.as_raw() == 7));
    }
}
