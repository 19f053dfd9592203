//! An event → a line: text for people, JSON for collectors. Whatever is in it, it is one line, and steers no terminal.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogFormat;
use crate::printable::{Printable, steers};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text { colour: bool },
    Json,
}

impl Form {
    pub(super) fn of(format: LogFormat, colour: bool) -> Self {
        match format {
            LogFormat::Text => Self::Text { colour },
            LogFormat::Json => Self::Json,
        }
    }

    /// The line of something that the log says of itself.
    pub(super) fn note(self, level: Level, message: &str) -> String {
        let mut line = String::new();
        let mut writer = Writer::new(&mut line);
        let written = self.begin(&mut writer, level).and_then(|()| {
            match self {
                Self::Text { .. } => write!(Printable::new(&mut writer), " {message}"),
                Self::Json => {
                    writer.write_str(",\"message\":")?;
                    quoted(&mut writer, format_args!("{message}"))
                }
            }?;
            self.end(&mut writer, module_path!())
        });
        written.expect("a string takes all that is written");
        line
    }

    /// Time and level.
    fn begin(self, writer: &mut Writer<'_>, level: Level) -> fmt::Result {
        match self {
            Self::Json => {
                writer.write_str("{\"timestamp\":\"")?;
                SystemTime.format_time(writer)?;
                write!(writer, "\",\"level\":\"{level}\"")
            }
            Self::Text { colour: false } => {
                SystemTime.format_time(writer)?;
                write!(writer, " {level:>5}")
            }
            Self::Text { colour: true } => {
                writer.write_str(FAINT)?;
                SystemTime.format_time(writer)?;
                write!(writer, "{RESET} {}{level:>5}{RESET}", colour_of(level))
            }
        }
    }

    fn end(self, writer: &mut Writer<'_>, target: &str) -> fmt::Result {
        match self {
            Self::Text { .. } => writer.write_char('\n'),
            Self::Json => {
                writer.write_str(",\"target\":")?;
                quoted(writer, format_args!("{target}"))?;
                writer.write_str("}\n")
            }
        }
    }
}

const FAINT: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        self.begin(&mut writer, *event.metadata().level())?;
        let mut fields = Fields { form: *self, writer: &mut writer, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        self.end(&mut writer, event.metadata().target())
    }
}

/// Writes the fields of an event, the message among them, which comes first.
struct Fields<'a, 'w> {
    form: Form,
    writer: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    /// Writes a field; `is_text` says that its value is no number, nor true or false.
    fn write(&mut self, field: &Field, value: fmt::Arguments<'_>, is_text: bool) {
        if self.result.is_ok() {
            self.result = self.try_write(field.name(), value, is_text);
        }
    }

    fn try_write(&mut self, name: &str, value: fmt::Arguments<'_>, is_text: bool) -> fmt::Result {
        match self.form {
            Form::Json => {
                write!(self.writer, ",\"{name}\":")?;
                if is_text { quoted(self.writer, value) } else { self.writer.write_fmt(value) }
            }
            Form::Text { colour } => {
                self.writer.write_char(' ')?;
                if name != "message" {
                    let (faint, reset) = if colour { (FAINT, RESET) } else { ("", "") };
                    write!(self.writer, "{faint}{name}={reset}")?;
                }
                Printable::new(self.writer).write_fmt(value)
            }
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        self.write(field, format_args!("{value:?}"), !value.is_finite());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match self.form {
            Form::Json => self.write(field, format_args!("{value}"), true),
            Form::Text { .. } => self.write(field, format_args!("{value:?}"), true),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, format_args!("{value:?}"), true);
    }
}

/// Writes a string of JSON, RFC 8259, section 7. What a terminal would obey is escaped too, beyond what JSON asks for.
fn quoted(writer: &mut Writer<'_>, value: fmt::Arguments<'_>) -> fmt::Result {
    writer.write_char('"')?;
    Quoted { writer }.write_fmt(value)?;
    writer.write_char('"')
}

struct Quoted<'a, 'w> {
    writer: &'a mut Writer<'w>,
}

impl Write for Quoted<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|char: char| steers(char) || matches!(char, '"' | '\\')) {
            let (clean, from) = rest.split_at(at);
            self.writer.write_str(clean)?;
            let mut chars = from.chars();
            match chars.next() {
                Some(char @ ('"' | '\\')) => write!(self.writer, "\\{char}")?,
                Some('\n') => self.writer.write_str("\\n")?,
                Some(control) => write!(self.writer, "\\u{:04x}", u32::from(control))?,
                None => (),
            }
            rest = chars.as_str();
        }
        self.writer.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::printable::tests::any_text;

    #[test]
    fn a_note_is_a_line_in_either_form() {
        let text = Form::Text { colour: false }.note(Level::WARN, "lost");
        assert!(text.ends_with("Z  WARN lost\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&Form::Json.note(Level::WARN, "lo\"st")).unwrap();
        assert_eq!((&json["level"], &json["message"]), (&"WARN".into(), &"lo\"st".into()));
    }

    proptest! {
        #[test]
        fn whatever_is_said_it_is_one_line_and_steers_no_terminal(said in any_text()) {
            crate::logging::fuzz::message(&said);
        }
    }
}
