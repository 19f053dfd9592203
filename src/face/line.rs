//! A line of text whose pieces have tones. It knows its width, and nothing in it can steer a terminal.

use ratatui::text::Span;

use super::Style;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As any other.
    Plain,
    /// Of little weight.
    Faint,
    /// It catches the eye.
    Strong,
    /// All is well; somebody is served.
    Good,
    /// It begins, or is being worked on.
    Lively,
    /// Somebody waits.
    Waiting,
    /// Something is wrong.
    Bad,
}

impl Tone {
    fn escape(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Faint => "\x1b[2m",
            Self::Strong => "\x1b[1m",
            Self::Good => "\x1b[32m",
            Self::Lively => "\x1b[36m",
            Self::Waiting => "\x1b[33m",
            Self::Bad => "\x1b[31m",
        }
    }
}

const RESET: &str = "\x1b[0m";

/// Pieces of text in a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// A line of one piece.
    pub(crate) fn new(tone: Tone, text: &str) -> Self {
        Self::default().then(tone, text)
    }

    /// A line of one piece without a tone.
    pub(crate) fn plain(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }

    /// The same with one more piece at its end.
    #[must_use]
    pub(crate) fn then(mut self, tone: Tone, text: &str) -> Self {
        if !text.is_empty() {
            self.pieces.push((tone, printable(text)));
        }
        self
    }

    /// Adds another line at the end.
    pub(crate) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// Adds spaces at the end.
    pub(crate) fn space(&mut self, columns: usize) {
        if columns > 0 {
            self.pieces.push((Tone::Plain, " ".repeat(columns)));
        }
    }

    /// The same, further to the right.
    #[must_use]
    pub(crate) fn indented(self, columns: usize) -> Self {
        let mut line = Self::default();
        line.space(columns);
        line.append(self);
        line
    }

    /// In columns.
    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().flat_map(|(_, text)| text.chars()).map(width_of).sum()
    }

    /// The same, if need be without its end.
    #[must_use]
    pub(crate) fn cut(self, style: Style) -> Self {
        if self.width() <= style.width {
            return self;
        }
        let mut room = style.width.saturating_sub(style.ellipsis().chars().count());
        let mut pieces = Vec::new();
        for (tone, text) in self.pieces {
            let (kept, is_whole) = beginning(&text, room);
            room -= kept.chars().map(width_of).sum::<usize>();
            pieces.push((tone, kept));
            if !is_whole {
                break;
            }
        }
        let dots = style.ellipsis().chars().take(style.width).collect();
        pieces.push((Tone::Faint, dots));
        Self { pieces }
    }

    /// The pieces, each with its tone.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.pieces.iter().map(|(tone, text)| (*tone, text.as_str()))
    }

    /// The text for an output, with a newline.
    pub(crate) fn write(&self, style: Style) -> String {
        let mut output = String::new();
        for (tone, text) in self.pieces() {
            let is_coloured = style.colour && tone != Tone::Plain;
            output.push_str(if is_coloured { tone.escape() } else { "" });
            output.extend(text.chars().map(|char| if style.unicode || char.is_ascii() { char } else { '?' }));
            output.push_str(if is_coloured { RESET } else { "" });
        }
        output.push('\n');
        output
    }
}

/// As much of a text's beginning as fits, and whether that is all of it.
fn beginning(text: &str, room: usize) -> (String, bool) {
    let mut width = 0;
    let kept: String = text
        .chars()
        .take_while(|char| {
            width += width_of(*char);
            width <= room
        })
        .collect();
    let is_whole = kept.len() == text.len();
    (kept, is_whole)
}

/// The columns that a character takes.
fn width_of(char: char) -> usize {
    if char.is_ascii() { 1 } else { Span::raw(&*char.encode_utf8(&mut [0; 4])).width() }
}

/// A text without what a terminal would obey. What has no width may reorder or join its neighbours, so it goes too, and
/// the width of a text is the sum of its characters'.
fn printable(text: &str) -> String {
    let is_harmless = |char: char| !char.is_control() && width_of(char) > 0;
    text.chars().map(|char| if is_harmless(char) { char } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Limits;

    const STYLE: Style = Style { width: 10, colour: true, unicode: true, limits: Limits::GLANCE };

    #[test]
    fn a_tone_is_a_colour_where_there_are_colours() {
        let line = Line::new(Tone::Good, "ready").then(Tone::Plain, " 1");
        assert_eq!(line.write(STYLE), "\x1b[32mready\x1b[0m 1\n");
        assert_eq!(line.write(Style { colour: false, ..STYLE }), "ready 1\n");
    }

    #[test]
    fn a_long_line_loses_its_end() {
        let line = Line::plain("12345").then(Tone::Bad, "67890").then(Tone::Good, "!");
        let written = |width, unicode| {
            let style = Style { width, unicode, colour: false, ..STYLE };
            line.clone().cut(style).write(style)
        };
        assert_eq!(written(11, true), "1234567890!\n");
        assert_eq!(written(10, true), "123456789…\n");
        assert_eq!(written(5, true), "1234…\n");
        assert_eq!(written(5, false), "12...\n");
        assert_eq!(written(1, false), ".\n");
        assert_eq!(written(0, true), "\n");
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        let line = Line::plain("日本語");
        assert_eq!(line.width(), 6);
        let style = Style { width: 4, ..STYLE };
        assert_eq!(line.cut(style).write(Style { colour: false, ..style }), "日…\n");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let line = Line::plain("a\x1b[2Jb\nc\u{9b}d\u{202e}e\u{200b}f\tg");
        assert_eq!(line.write(STYLE), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g\n");
        assert_eq!(Line::plain("é\x07").write(Style { unicode: false, ..STYLE }), "??\n");
    }
}
