//! An error with its place in a file: line, column, caret.

use std::ops::Range;

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    pub(crate) message: String,
    /// Bytes of the text.
    pub(crate) span: Range<usize>,
    /// What to write instead.
    pub(crate) hint: Option<String>,
}

/// A longer line is not shown.
const LINE_BYTES_MAX: usize = 400;

/// The number of the line that holds a byte, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

impl Diagnostic {
    /// The message with the line that it speaks of, in the layout that `toml` and rustc use.
    pub(crate) fn render(&self, file: &str, text: &str) -> String {
        let offset = floor_char_boundary(text, self.span.start);
        let number = line_of(text, offset);
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        if line.len() > LINE_BYTES_MAX {
            return format!("{file}:{number}:{}: {}", offset - start + 1, self.message.trim_end());
        }
        let column = text[start..offset].chars().count() + 1;
        let end =
            floor_char_boundary(text, self.span.end).clamp(offset, start + line.len().max(offset - start));
        let width = text[offset..end].chars().count().max(1);
        let margin = " ".repeat(number.to_string().len());
        let indent: String =
            text[start..offset].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let hint = self.hint.as_deref().unwrap_or_default();
        let under = format!("{margin} | {indent}{} {hint}", "^".repeat(width));
        format!(
            "{file}:{number}:{column}: {}\n{margin} |\n{number} | {line}\n{}",
            self.message.trim_end().replace('\n', ", "),
            under.trim_end()
        )
    }
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_diagnostic_points_at_its_line() {
        let text = "listen = 1\nworkrs = 4\n";
        let diagnostic = Diagnostic {
            message: "unknown key `workrs`".into(),
            span: 11..17,
            hint: Some("did you mean `x`?".into()),
        };
        assert_eq!(
            diagnostic.render("a.toml", text),
            "a.toml:2:1: unknown key `workrs`\n  |\n2 | workrs = 4\n  | ^^^^^^ did you mean `x`?"
        );
    }

    proptest! {
        #[test]
        fn no_place_in_no_text_breaks_it(text in "(?s).{0,60}", start in 0usize..80, length in 0usize..80) {
            let span = start..start + length;
            Diagnostic { message: String::new(), span, hint: None }.render("file", &text);
        }
    }
}
