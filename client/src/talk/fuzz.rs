//! What holds for whatever a server says in a conversation.

use super::text::harmless;

/// What is shown of it steers no terminal, and text is shown as it is.
pub(crate) fn said(bytes: &[u8]) {
    let shown = harmless(bytes);
    assert!(!shown.contains(|char: char| char.is_control() && char != '\t' && char != '\n'), "{shown:?}");
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains(char::is_control)
    {
        assert_eq!(shown, text);
    }
}
