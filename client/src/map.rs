//! Every line of the input through many connections: none is lost, none is doubled, whatever becomes of the server.

mod batch;
mod coordinator;
mod duplex;
mod end;
mod lane;
mod progress;
mod reader;
mod shared;
mod summary;
mod unfinished;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use coordinator::Order;
#[cfg(any(test, fuzzing))]
pub(crate) use coordinator::play as fuzz;
use coordinator::{Coordinator, Limits};
use end::End;
use progress::{Glance, LOOK_EVERY, Progress};
use reader::Reader;
use shared::{Shared, Step};
pub use unfinished::Unfinished;

use crate::{Address, Error, Options, Target, interrupt, open_files};

/// What may be read before it is written, with the records about it.
const WINDOW_BYTES: usize = 16 << 20;

/// The bounds of what is read, sent and written at once.
const BATCH_BYTES_MIN: usize = 4 << 10;
const BATCH_BYTES_MAX: usize = 256 << 10;

/// After so many failures of the same lines it is not the server's bad luck any more.
const FAILURES_MAX: u32 = 10;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server listens.
    pub address: Address,
    /// How connections are made, and what is expected of them. `echo_timeout` is also how long there may be no echo
    /// on any of them.
    pub options: Options,
    /// The connections, each with a thread.
    pub connections: NonZeroUsize,
    /// In which order lines are written.
    pub order: Order,
    /// Whether the summary is a JSON object.
    pub json: bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every line was written.
    Complete,
    /// The user had enough.
    Interrupted,
}

/// Sends the lines of standard input, and writes what comes back to standard output; a summary goes to stderr.
///
/// Fails if not every line came back, or if anything ever came back wrong. What was written is right in any case.
/// The threads that wait, for the input or for the server, last until the program ends.
pub fn run(plan: &Plan) -> Result<Ending, Error> {
    open_files::raise_limit();
    let output = io::stdout().as_fd().try_clone_to_owned();
    let output = File::from(output.map_err(Error::local("cannot write to standard output"))?);
    let shared = Arc::new(Shared::new(coordinator(plan)));
    // The progress looks at the input, and so comes before whoever reads that.
    let end = Arc::new(End::new(plan.clone(), Arc::clone(&shared), Progress::start()));
    let interrupted = Arc::clone(&end);
    interrupt::on_interrupt(move || interrupted.interrupt())
        .map_err(Error::local("cannot listen for signals"))?;
    start(plan, &shared).map_err(Error::local("cannot start a thread"))?;
    let outcome = follow(&shared, output, &end.progress).and_then(|ending| {
        let counts = shared.with(|coordinator| coordinator.counts().clone());
        match counts.first_wrong.clone().filter(|_| ending == Ending::Complete) {
            Some(first) => Err(Error::Unfinished(Unfinished::Wrong { count: counts.wrong(), first })),
            None => Ok(ending),
        }
    });
    let outcome = outcome.map_err(|error| match error {
        Error::Unfinished(unfinished) => unfinished.into_error(&plan.address),
        other => other,
    });
    end.tell(&outcome);
    outcome
}

fn coordinator(plan: &Plan) -> Coordinator {
    let lanes = plan.connections.get();
    let limits = Limits {
        window_bytes: WINDOW_BYTES,
        batch_bytes: batch_bytes(lanes),
        failures: FAILURES_MAX,
        silence: plan.options.echo_timeout,
        retry: plan.options.retry,
    };
    Coordinator::new(lanes, plan.order, limits)
}

/// All lanes together hold a quarter of the window at most, so that nobody waits for whom the others wait.
fn batch_bytes(lanes: usize) -> usize {
    (WINDOW_BYTES / 4 / lanes).clamp(BATCH_BYTES_MIN, BATCH_BYTES_MAX)
}

/// Starts the threads: one reads, and each lane has one.
fn start(plan: &Plan, shared: &Arc<Shared>) -> io::Result<()> {
    let lanes = plan.connections.get();
    let reader = Reader::new(io::stdin(), plan.order, batch_bytes(lanes));
    let reading = Arc::clone(shared);
    thread::Builder::new().name("reader".to_owned()).spawn(move || read_all(reader, &reading))?;
    // The coordinator knows how often and for how long to try again.
    let options = Options { retry: Duration::ZERO, ..plan.options.clone() };
    let target = Arc::new(Target::new(plan.address.clone()));
    (0..lanes)
        .try_for_each(|lane| lane::start(lane, Arc::clone(&target), options.clone(), Arc::clone(shared)))
}

fn read_all(mut reader: Reader<io::Stdin>, shared: &Shared) {
    loop {
        match reader.next() {
            Ok(Some(batch)) => shared.add(batch),
            Ok(None) => return shared.end_input(None),
            Err(failure) => return shared.end_input(Some(failure)),
        }
    }
}

/// Writes what there is, and looks at the clock.
fn follow(shared: &Shared, output: File, progress: &Progress) -> Result<Ending, Error> {
    let mut output = BufWriter::with_capacity(BATCH_BYTES_MAX, output);
    let mut written = Vec::new();
    loop {
        match shared.step(&written, LOOK_EVERY) {
            Step::Write(echoes) => {
                write(&mut output, &echoes).map_err(Error::local("cannot write to standard output"))?;
                written = echoes;
            }
            Step::Look => written.clear(),
            Step::Complete => return Ok(Ending::Complete),
            Step::Interrupted => return Ok(Ending::Interrupted),
            Step::Unfinished(unfinished) => return Err(Error::Unfinished(unfinished)),
        }
        progress.show(|| shared.with(Glance::at));
    }
}

fn write(output: &mut BufWriter<File>, echoes: &[Vec<u8>]) -> io::Result<()> {
    echoes.iter().try_for_each(|echo| output.write_all(echo))?;
    output.flush()
}
