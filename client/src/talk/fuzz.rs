//! What holds for whatever a server says in a conversation.

use crate::printable::{lines, steers};

/// What is shown of it steers no terminal, and text is shown as it is.
pub(crate) fn said(bytes: &[u8]) {
    let shown = lines(bytes);
    assert!(!shown.contains(|char| steers(char) && !"\t\n".contains(char)), "{shown:?}");
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains(steers)
    {
        assert_eq!(shown, text);
    }
}
