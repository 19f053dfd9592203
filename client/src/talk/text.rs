//! Bytes from the network, made harmless for a terminal.

use std::fmt::Write;

/// The bytes as text in which nothing commands the terminal.
///
/// Control characters, of both the 7-bit and the 8-bit kind, and bytes that are no UTF-8 are written as Rust would
/// write them; a tab and a line break stay.
pub(super) fn harmless(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\t' | '\n' => text.push(character),
                control if control.is_control() => text.extend(control.escape_default()),
                other => text.push(other),
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a string takes everything");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_to_the_terminal_are_shown_and_text_stays() {
        assert_eq!(harmless("GRÜSSE\t1".as_bytes()), "GRÜSSE\t1");
        assert_eq!(harmless(b"\x1b[2J\r\x07"), "\\u{1b}[2J\\r\\u{7}");
        assert_eq!(harmless(b"A\xffB\xc2\x9bC"), "A\\xffB\\u{9b}C");
    }

    proptest! {
        #[test]
        fn nothing_that_comes_commands_the_terminal(bytes: Vec<u8>) {
            prop_assert!(harmless(&bytes).chars().all(|c| !c.is_control() || c == '\t' || c == '\n'));
        }
    }
}
