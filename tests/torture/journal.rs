//! What was done, as lines on the terminal and for the report.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::run::Run;
use crate::violation::Violation;

/// How many steps and lines of the log the terminal shows of a violation; the folder has all.
const STEPS_SHOWN: usize = 8;
const LINES_SHOWN: usize = 30;

/// The file in the folder that has the steps so far.
pub(crate) const STEPS: &str = "steps.txt";

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Journal {
    began: Instant,
    step_began: Duration,
    step: &'static str,
    /// The one that is going on, or that was the last; the start is 0.
    number: usize,
    lines: Vec<String>,
    /// The same lines, in the folder: whatever ends the run, they are there.
    file: PathBuf,
}

impl Journal {
    pub(crate) fn new(folder: &Path) -> Self {
        let (began, file) = (Instant::now(), folder.join(STEPS));
        // There is something to keep from now on.
        let _ = fs::write(&file, "");
        Self { began, step_began: Duration::ZERO, step: "", number: 0, lines: Vec::new(), file }
    }

    /// A step begins.
    pub(crate) fn begin(&mut self, step: &'static str) {
        self.number = self.lines.len();
        (self.step, self.step_began) = (step, self.began.elapsed());
    }

    /// It is over, and nothing was violated.
    pub(crate) fn end(&mut self, found: &str) {
        self.write(&format!("ok: {found}"));
    }

    fn write(&mut self, found: &str) {
        let took = self.began.elapsed().saturating_sub(self.step_began).as_secs_f64();
        let (at, number, step) = (self.step_began.as_secs_f64(), self.number, self.step);
        let line = format!("{at:7.1} s  {number:4}  {step:<20} {took:5.1} s  {found}");
        println!("{line}");
        self.lines.push(line);
        let _ = fs::write(&self.file, self.lines.join("\n"));
    }

    /// The run went well.
    pub(crate) fn summarise(&self, run: &Run) {
        println!(
            "{} steps in {:.0?}; {}",
            self.number.saturating_sub(1),
            self.began.elapsed(),
            measured(run)
        );
    }

    /// Something was found: shows it, and leaves all that is known in the folder.
    pub(crate) fn report(&mut self, seed: u64, run: &Run, violation: &Violation) {
        self.write(&format!("VIOLATED {violation}"));
        let folder = &run.world.folder;
        let mut text = format!("seed {seed}, step {}: VIOLATED {violation}\n", self.number);
        let _ = writeln!(text, "{}\n", measured(run));
        let shown = self.lines.len().saturating_sub(STEPS_SHOWN);
        text.push_str(&self.lines[shown..].join("\n"));
        for (name, command) in [("status.json", ["status", "--json"]), ("events.json", ["events", "--json"])]
        {
            let said = run.subject.ask(&command).map(|answer| answer.output).unwrap_or_default();
            let _ = fs::write(folder.join(name), &said);
            if name == "status.json" {
                let _ = write!(text, "\n\n--- status ---\n{}", String::from_utf8_lossy(&said));
            }
        }
        let processes: Vec<String> = crate::census::all().values().map(|it| format!("{it:?}")).collect();
        let _ = write!(text, "\n--- processes ---\n{}\n", processes.join("\n"));
        for log in run.subject.logs() {
            let Ok(lines) = fs::read(&log) else { continue };
            let _ = log.file_name().map(|name| fs::write(folder.join(name), &lines));
            let lines = String::from_utf8_lossy(&lines);
            let lines: Vec<&str> = lines.lines().collect();
            let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
            let _ = write!(text, "--- the end of {} ---\n{last}\n", log.display());
        }
        let _ = fs::write(folder.join("violation.txt"), &text);
        eprintln!("{text}");
    }
}

fn measured(run: &Run) -> String {
    let ends: Vec<String> = run.oracle.ends.iter().map(|(end, count)| format!("{count} {end}")).collect();
    let ends = if ends.is_empty() { "none".to_owned() } else { ends.join(", ") };
    let (looks, worst) = (run.oracle.looks, run.oracle.status_worst);
    format!("clients: {ends}; {looks} looks at the status, the slowest took {worst:.1?}")
}
