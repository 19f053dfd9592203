//! The result for spreadsheets: a line for each second.

use std::fmt::Write;

use super::report::{IntervalReport, Report};

/// The names of the columns, then the seconds. What is not known is empty.
pub(super) fn render(report: &Report) -> String {
    let mut text =
        "at_seconds,length_seconds,requests,failed,p50_seconds,p99_seconds,max_seconds\n".to_owned();
    for interval in &report.intervals {
        let IntervalReport { at_seconds, length_seconds, requests, failed, .. } = interval;
        let IntervalReport { p50_seconds, p99_seconds, max_seconds, .. } = interval;
        let [p50, p99, max] = [p50_seconds, p99_seconds, max_seconds]
            .map(|time| time.map(|time| time.to_string()).unwrap_or_default());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{at_seconds},{length_seconds},{requests},{failed},{p50},{p99},{max}");
    }
    text
}
