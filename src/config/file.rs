//! The text of a configuration file → entries of known keys, each with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::diagnostic::Diagnostic;
use super::keys::{KEYS, Key};
use super::values::{Problem, Value, nearest};

/// One `key = value` of the file.
pub(crate) struct Entry<'a> {
    pub(crate) key: &'static Key,
    pub(crate) value: Value<'a>,
    /// Where the value stands.
    pub(crate) span: Range<usize>,
    /// Where the elements of a list or table stand.
    elements: Vec<Range<usize>>,
}

impl Entry<'_> {
    /// Points a problem at its place in the file.
    pub(crate) fn pointing_at(&self, problem: &Problem) -> Diagnostic {
        let element = problem.element.and_then(|element| self.elements.get(element));
        Diagnostic {
            message: format!("{}: {}", self.key.path, problem.message),
            span: element.unwrap_or(&self.span).clone(),
            hint: None,
        }
    }
}

/// Reads the file: first what is no TOML, then its entries, of which what is no key is an error.
pub(crate) fn entries(text: &str) -> Vec<Result<Entry<'_>, Diagnostic>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut entries: Vec<_> = errors
        .into_iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            Err(Diagnostic { message: error.message().to_owned(), span, hint: None })
        })
        .collect();
    for (name, value) in in_order(document.into_inner()) {
        let path = name.get_ref().to_string();
        let is_table = KEYS.iter().any(|key| key.path.starts_with(&format!("{path}.")));
        if !is_table {
            entries.push(entry(&path, name.span(), value));
            continue;
        }
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let message = format!("`{path}` is a table: write [{path}] and its keys below");
            entries.push(Err(Diagnostic { message, span, hint: None }));
            continue;
        };
        for (inner, value) in in_order(table) {
            entries.push(entry(&format!("{path}.{}", inner.get_ref()), inner.span(), value));
        }
    }
    entries
}

/// The entries in the order of the file, so that the first mistake is the first that is told.
fn in_order(table: DeTable<'_>) -> Vec<(Spanned<DeString<'_>>, Spanned<DeValue<'_>>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

fn entry<'a>(path: &str, place: Range<usize>, value: Spanned<DeValue<'a>>) -> Result<Entry<'a>, Diagnostic> {
    let Some(key) = KEYS.iter().find(|key| key.path == path) else {
        return Err(Diagnostic {
            message: format!("unknown key `{path}`"),
            span: place,
            hint: nearest_key(path).map(|near| format!("did you mean `{near}`?")),
        });
    };
    let span = value.span();
    let elements = match value.get_ref() {
        DeValue::Array(values) => values.iter().map(Spanned::span).collect(),
        DeValue::Table(table) => {
            let mut spans: Vec<_> = table.iter().map(|(name, value)| [name.span(), value.span()]).collect();
            spans.sort_by_key(|[name, _]| name.start);
            spans.concat()
        }
        _ => Vec::new(),
    };
    Ok(Entry { key, value: plain(value.into_inner()), span, elements })
}

/// The key that was meant: by its whole path, by its last name, or by its table.
fn nearest_key(path: &str) -> Option<String> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let by_path = KEYS.iter().map(|key| (key.path.to_owned(), key.path.to_owned()));
    let by_name =
        KEYS.iter().filter_map(|key| Some((key.path.split_once('.')?.1.to_owned(), key.path.to_owned())));
    let by_table = KEYS.iter().filter_map(|key| {
        let (table, _) = key.path.split_once('.')?;
        Some((table.to_owned(), format!("[{table}]")))
    });
    nearest(last, by_name.chain(by_path.clone()).chain(by_table)).or_else(|| nearest(path, by_path))
}

fn plain(value: DeValue<'_>) -> Value<'_> {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("number beyond all limits"),
        },
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Array(values) => {
            Value::List(values.into_iter().map(|value| plain(value.into_inner())).collect())
        }
        DeValue::Float(_) => Value::Other("number with a fraction"),
        DeValue::Datetime(_) => Value::Other("date"),
        DeValue::Table(table) => {
            let named = |(name, value): (Spanned<DeString<'_>>, Spanned<_>)| {
                (name.into_inner().into_owned(), plain(value.into_inner()))
            };
            Value::Table(in_order(table).into_iter().map(named).collect())
        }
    }
}
