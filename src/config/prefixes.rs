//! Prefixes of addresses, as who may connect, and who is a proxy.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::values::{Problem, Value, expected, quoted};

/// The most prefixes of one list: each is compared with each connection.
const PREFIXES_MAX: usize = 1024;

/// Some prefixes of addresses. An IPv4 address that comes mapped into IPv6 is the IPv4 address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prefixes {
    prefixes: Vec<IpNet>,
}

impl Prefixes {
    /// Reads a list. A single address is the prefix of all its bits.
    pub(super) fn parse(value: &Value<'_>) -> Result<Self, Problem> {
        let texts: Vec<&str> = match value {
            Value::Loose(text) if text.trim().is_empty() => Vec::new(),
            Value::Loose(text) => text.split(',').map(str::trim).collect(),
            Value::List(values) => {
                let each = values.iter().enumerate().map(|(element, value)| {
                    let wrong = || expected("a prefix in quotes", value);
                    value.text().ok_or_else(|| Problem { element: Some(element), ..wrong() })
                });
                each.collect::<Result<_, _>>()?
            }
            _ => return Err(expected("a list of prefixes, such as [\"10.0.0.0/8\"]", value)),
        };
        if texts.len() > PREFIXES_MAX {
            return Err(format!("expected {PREFIXES_MAX} prefixes at most, found {}", texts.len()).into());
        }
        let each = texts.iter().enumerate().map(|(element, text)| {
            prefix(text).map_err(|message| Problem { message, element: Some(element) })
        });
        Ok(Self { prefixes: each.collect::<Result<_, _>>()? })
    }

    /// Whether an address is of one of them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.prefixes.iter().any(|prefix| prefix.contains(&address))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// The list as TOML.
    pub(super) fn to_toml(&self) -> String {
        let texts: Vec<String> = self.prefixes.iter().map(|prefix| quoted(&prefix.to_string())).collect();
        format!("[{}]", texts.join(", "))
    }
}

impl fmt::Display for Prefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.prefixes.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

fn prefix(text: &str) -> Result<IpNet, String> {
    let wrong = || {
        format!("\"{text}\" is neither an address nor a prefix such as \"10.0.0.0/8\" or \"2001:db8::/32\"")
    };
    let prefix = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| wrong())?,
    };
    // A typing error, most likely: what was meant is not what would be in force.
    if prefix.addr() != prefix.network() {
        return Err(format!("\"{text}\" has bits beyond its length: did you mean \"{}\"?", prefix.trunc()));
    }
    Ok(canonical(prefix))
}

/// A prefix of IPv4 addresses that are mapped into IPv6 is one of IPv4, as its addresses are.
fn canonical(prefix: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let ipv4 = prefix.addr().to_canonical();
    match prefix.prefix_len().checked_sub(MAPPED_BITS) {
        Some(length) if ipv4.is_ipv4() && prefix.addr().is_ipv6() => {
            IpNet::new(ipv4, length).expect("of 128 bits at most 32 are beyond the 96")
        }
        _ => prefix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(text: &str) -> Result<Prefixes, String> {
        Prefixes::parse(&Value::Loose(text)).map_err(|problem| problem.to_string())
    }

    #[test]
    fn an_address_is_of_a_prefix_in_either_form() {
        let some = prefixes("10.0.0.0/8, 2001:db8::/32,192.0.2.7").unwrap();
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.7"] {
            assert!(some.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["11.0.0.0", "192.0.2.8", "2001:db9::", "::1", "::10.1.2.3"] {
            assert!(!some.contains(outside.parse().unwrap()), "{outside}");
        }
        assert_eq!(some.to_toml(), "[\"10.0.0.0/8\", \"2001:db8::/32\", \"192.0.2.7/32\"]");
        assert!(prefixes("").unwrap().is_empty());
        assert_eq!(prefixes("::ffff:10.0.0.0/104").unwrap(), prefixes("10.0.0.0/8").unwrap());
        assert_eq!(prefixes("::ffff:10.0.0.7").unwrap(), prefixes("10.0.0.7/32").unwrap());
        assert!(prefixes("0.0.0.0/0").unwrap().contains("::ffff:1.2.3.4".parse().unwrap()));
    }

    #[test]
    fn what_is_no_prefix_is_refused_with_what_was_meant() {
        assert!(prefixes("10.0.0.1/8").unwrap_err().contains("did you mean \"10.0.0.0/8\"?"));
        assert!(prefixes("10.0.0.0/33").unwrap_err().contains("neither an address nor a prefix"));
        assert!(prefixes("localhost").unwrap_err().contains("localhost"));
    }
}
