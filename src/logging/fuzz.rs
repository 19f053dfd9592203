//! What holds for whatever is said in the log.

use tracing::Level;

use super::line::Form;
use crate::printable::{self, steers};

/// It is one line, which steers no terminal, and in JSON it says what was said.
pub(crate) fn message(said: &str) {
    for form in [Form::Text { colour: false }, Form::Json] {
        let line = form.note(Level::WARN, said);
        let inside = line.strip_suffix('\n').expect("a line has an end");
        assert!(!inside.contains(steers), "{inside:?}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&Form::Json.note(Level::WARN, said)).expect("it is one document");
    assert_eq!(json["message"].as_str(), Some(said));
    assert!(!printable::lines(said).contains(|char| steers(char) && !"\n\t".contains(char)));
}
