//! What holds for a file that is given as the result of an earlier run: it is refused, or can be compared.

use super::compare::Baseline;
use super::report::Report;
use super::text;
use crate::printable::steers;

/// A file with this text, as both of two runs.
pub(crate) fn baseline(file: &str) {
    let Ok(baseline) = file.parse::<Baseline>() else { return };
    let report: Report = serde_json::from_str(file).expect("it is one");
    let comparison = report.compare(&baseline).comparison.expect("it was made");
    let written = serde_json::to_string(&comparison).expect("its keys are texts");
    serde_json::from_str::<serde_json::Value>(&written).expect("we wrote it");
    for line in text::compare(&comparison, false) {
        assert!(!line.contains(steers), "{line:?}");
    }
}
