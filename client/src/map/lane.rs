//! A lane: a thread with a connection, which is made again whenever it is lost.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::duplex::Duplex;
use super::shared::Shared;
use crate::{Connection, Failure, Options, Target};

/// The pause after the first connection that was of no use, and the longest one after many.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Starts the thread of a lane. It lasts as long as the program: one that waits for a server cannot be woken.
pub(super) fn start(
    lane: usize,
    target: Arc<Target>,
    options: Options,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let run = move || {
        let mut pause = PAUSE_MIN;
        loop {
            let was_useful = serve(lane, &target, &options, &shared);
            if was_useful {
                pause = PAUSE_MIN;
            } else {
                // Nothing tells when it is worth another attempt.
                thread::sleep(pause);
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    };
    thread::Builder::new().name(format!("lane {}", lane + 1)).spawn(run)?;
    Ok(())
}

/// Makes a connection and sends what there is until it is lost; whether anything came back on it.
fn serve(lane: usize, target: &Target, options: &Options, shared: &Shared) -> bool {
    match Connection::open_retrying(target, options, drop) {
        Err(failure) => {
            shared.not_connected(lane, failure);
            false
        }
        Ok(connection) => {
            shared.connected(lane);
            let mut was_served = false;
            let Err(failure) = exchange_all(connection, lane, options, shared, &mut was_served);
            shared.failed(lane, &failure);
            was_served
        }
    }
}

fn exchange_all(
    connection: Connection,
    lane: usize,
    options: &Options,
    shared: &Shared,
    was_served: &mut bool,
) -> Result<Infallible, Failure> {
    let mut connection = Duplex::new(connection, options, &shared.received)?;
    loop {
        let batch = shared.task(lane);
        let echo = connection.exchange(batch.bytes(), || {
            *was_served = true;
            shared.first_byte(lane);
        })?;
        shared.echoed(lane, echo);
    }
}
