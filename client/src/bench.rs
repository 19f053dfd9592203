//! How much the server serves, and how fast: a closed loop or an open one, from one thread.

mod arrivals;
mod compare;
mod connection;
mod cpu;
mod csv;
mod engine;
mod exchange;
mod forecast;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod measured;
mod message;
mod plan;
mod progress;
mod record;
mod report;
mod route;
mod schedule;
mod stop;
mod text;
mod timer;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use mio::Poll;

pub use arrivals::{Arrivals, Rate, Spread};
pub use compare::Baseline;
pub use plan::{Content, Load, Plan, Predict};
pub use report::Report;

use cpu::Meter;
use engine::Engine;
use forecast::Forecast;
use message::Messages;
use progress::Progress;
use route::Route;
use stop::Stop;

use crate::terminal::Style;
use crate::{Error, interrupt, open_files};

/// In which form the result is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object, on one line.
    Json,
    /// A line for each second.
    Csv,
}

/// How the run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every request was answered, and rightly.
    Correct,
    /// At least one was not.
    Failed,
    /// The user had enough.
    Interrupted,
}

/// Runs the plan and prints the result on standard output, beside that of an earlier run if there is one.
pub fn run(plan: &Plan, format: Format, baseline: Option<&Baseline>) -> Result<Ending, Error> {
    let report = measure_until(plan, &mut |_| (), |stop| {
        interrupt::on_interrupt(move || stop.ask()).map_err(Error::local("cannot listen for signals"))?;
        Ok(())
    })?;
    let report = match baseline {
        Some(baseline) => report.compare(baseline),
        None => report,
    };
    print(&report, format).or_else(|error| match error.kind() {
        // Without anybody who reads it, the verdict still stands.
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Error::local("cannot write to standard output")(error)),
    })?;
    Ok(match (report.interrupted, report.is_correct()) {
        (true, _) => Ending::Interrupted,
        (false, true) => Ending::Correct,
        (false, false) => Ending::Failed,
    })
}

/// Runs the plan and hands out the result. Calls at both edges of the window, so that somebody else's clocks can be read
/// when ours are, those of the server, say; with how many connections have been served by then. A run that fails may call less
/// often. Raises the limit of open files of this process.
pub fn measure(plan: &Plan, at_edge: &mut dyn FnMut(u64)) -> Result<Report, Error> {
    measure_until(plan, at_edge, |_| Ok(()))
}

/// Runs the plan to its end, or until whoever listens for one puts a stop to it.
fn measure_until(
    plan: &Plan,
    at_edge: &mut dyn FnMut(u64),
    listen: impl FnOnce(Arc<Stop>) -> Result<(), Error>,
) -> Result<Report, Error> {
    open_files::raise_limit();
    let route = Route::find(plan)?;
    let messages = match &plan.content {
        Content::Random(size) => Messages::random(*size, plan.transform),
        Content::Text(text) => Messages::text(text, plan.transform),
    };
    let forecast = Forecast::prepare(plan)?;
    let prepared = Poll::new().and_then(|poll| Ok((Arc::new(Stop::new(&poll)?), poll)));
    let (stop, poll) = prepared.map_err(Error::local("cannot prepare the run"))?;
    listen(Arc::clone(&stop))?;
    let started_at = SystemTime::now();
    let mut engine =
        Engine::new(plan, &route, &messages, Progress::new(plan), Meter::new(at_edge), poll, stop)
            .map_err(Error::local("cannot prepare the run"))?;
    if let Some(forecast) = &forecast {
        engine.observe(forecast.observed());
    }
    let measured = engine.run().map_err(Error::local("cannot go on with the run"))?;
    let prediction = forecast.and_then(|forecast| forecast.predict(&measured.record));
    Ok(Report::new(plan, &route, started_at, &measured, prediction))
}

fn print(report: &Report, format: Format) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let text = match format {
        Format::Text => text::render(report, Style::of_stdout(false)),
        Format::Json => serde_json::to_string(report)? + "\n",
        Format::Csv => csv::render(report),
    };
    output.write_all(text.as_bytes())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::Transform;

    #[test]
    fn whoever_measures_hears_of_both_edges_of_the_window() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 64];
            for mut stream in listener.incoming().flatten() {
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    buffer[..length].make_ascii_uppercase();
                    stream.write_all(&buffer[..length]).unwrap();
                }
            }
        });
        let plan = Plan {
            address: address.into(),
            load: Load::Closed,
            connections: 1.try_into().unwrap(),
            reconnect: false,
            content: Content::Random(64),
            transform: Transform::default(),
            duration: Duration::from_secs(20),
            requests: Some(3),
            warm_up: Duration::ZERO,
            connect_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(20),
            predict: None,
            retry: Duration::ZERO,
        };
        let mut edges = Vec::new();
        let report = measure(&plan, &mut |served| edges.push(served)).unwrap();
        assert_eq!((edges, report.requests.ok, report.is_correct()), (vec![0, 1], 3, true));
    }
}
