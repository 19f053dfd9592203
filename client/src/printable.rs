//! Text of others, made fit for a terminal: what would steer it is written as an escape.

use std::fmt::Write;

/// Whether a character does something to the text around it instead of being shown: control characters, of both the 7-bit and
/// the 8-bit kind, line and paragraph separators, and those that turn the direction of what follows, Unicode Standard Annex 9,
/// section 2.
pub(crate) fn steers(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that stays on its line.
pub(crate) fn line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    push(&mut clean, text, &[]);
    clean
}

/// Bytes from the network as text. Those that are no UTF-8 are written as Rust would write them; a tab and a line break stay.
pub(crate) fn lines(bytes: &[u8]) -> String {
    let mut clean = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push(&mut clean, chunk.valid(), &['\t', '\n']);
        for byte in chunk.invalid() {
            write!(clean, "\\x{byte:02x}").expect("a string takes everything");
        }
    }
    clean
}

fn push(clean: &mut String, text: &str, kept: &[char]) {
    for char in text.chars() {
        if steers(char) && !kept.contains(&char) {
            clean.extend(char.escape_default());
        } else {
            clean.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_to_the_terminal_are_shown_and_text_stays() {
        assert_eq!(lines("GRÜSSE\t1".as_bytes()), "GRÜSSE\t1");
        assert_eq!(lines(b"\x1b[2J\r\x07"), "\\u{1b}[2J\\r\\u{7}");
        assert_eq!(lines(b"A\xffB\xc2\x9bC"), "A\\xffB\\u{9b}C");
        assert_eq!(line("a\u{202e}b\u{2028}c\u{2066}\n"), "a\\u{202e}b\\u{2028}c\\u{2066}\\n");
    }

    proptest! {
        #[test]
        fn nothing_that_comes_steers_the_terminal(bytes: Vec<u8>, chars: Vec<char>) {
            // `any::<String>()` leaves out what steers.
            let text = String::from_iter(chars);
            let shown = lines(&bytes) + &lines(text.as_bytes());
            prop_assert!(!shown.contains(|char| steers(char) && !"\t\n".contains(char)), "{:?}", shown);
            prop_assert!(!line(&text).contains(steers));
        }
    }
}
