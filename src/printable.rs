//! Text of others, made fit for a line that a terminal may show: what would steer it is written as an escape.

use std::fmt::{self, Write};

/// Whether a character does something to the text around it instead of being shown: control characters, line and paragraph
/// separators, and those that turn the direction of what follows, Unicode Standard Annex 9, section 2.
pub(crate) fn steers(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes through, with each character that steers escaped: `\n`, `\u{1b}`. So what is written stays on its line.
pub(crate) struct Printable<'a, W: ?Sized> {
    inner: &'a mut W,
    /// What is left as it is although it is a control character.
    kept: &'static [char],
}

impl<'a, W: Write + ?Sized> Printable<'a, W> {
    pub(crate) fn new(inner: &'a mut W) -> Self {
        Self { inner, kept: &[] }
    }
}

impl<W: Write + ?Sized> Write for Printable<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|char: char| steers(char) && !self.kept.contains(&char)) {
            let (clean, from) = rest.split_at(at);
            self.inner.write_str(clean)?;
            let mut chars = from.chars();
            if let Some(control) = chars.next() {
                write!(self.inner, "{}", control.escape_default())?;
            }
            rest = chars.as_str();
        }
        self.inner.write_str(rest)
    }
}

/// A text of several lines, such as an error that shows a place in a file: its own line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let written = Printable { inner: &mut clean, kept: &['\n', '\t'] }.write_str(text);
    written.expect("a string takes all that is written");
    clean
}

/// A document of JSON, in which characters that steer beyond those that JSON itself escapes stand in texts alone. Those below them, but
/// for the end of a line, are the white space between its words, RFC 8259, section 2.
pub(crate) fn json(document: &str) -> String {
    let mut clean = String::with_capacity(document.len());
    for char in document.chars() {
        if char == '\n' || !steers(char) {
            clean.push(char);
        } else if matches!(char, '\t' | '\r') {
            clean.push(' ');
        } else {
            write!(clean, "\\u{:04x}", u32::from(char)).expect("a string takes all that is written");
        }
    }
    clean
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text of any characters. Those of `any::<String>()` are all harmless: it leaves out what steers.
    pub(crate) fn any_text() -> impl Strategy<Value = String> {
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
    }

    fn line(text: &str) -> String {
        let mut clean = String::new();
        Printable::new(&mut clean).write_str(text).unwrap();
        clean
    }

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_obeyed() {
        assert_eq!(line("a\x1b[2Jb\r\nc\u{9b}1m\x7f"), "a\\u{1b}[2Jb\\r\\nc\\u{9b}1m\\u{7f}");
        assert_eq!(line("a\u{202e}b\u{2028}c\u{2066}"), "a\\u{202e}b\\u{2028}c\\u{2066}");
        assert_eq!(line("grüße, 世界"), "grüße, 世界");
        assert_eq!(lines("1 | a\tb\x07\n  | ^"), "1 | a\tb\\u{7}\n  | ^");
    }

    proptest! {
        #[test]
        fn a_document_says_the_same_and_steers_no_terminal(text in any_text()) {
            let document = serde_json::to_string(&text).unwrap();
            let clean = json(&document);
            prop_assert!(!clean.contains(steers));
            prop_assert_eq!(serde_json::from_str::<String>(&clean).unwrap(), text);
        }

        #[test]
        fn no_control_character_gets_through(text in any_text()) {
            prop_assert!(!line(&text).contains(steers));
            prop_assert!(!lines(&text).contains(|char: char| steers(char) && !"\n\t".contains(char)));
        }
    }
}
