//! The log's file: the master opens it, and hands it to its workers, who could not.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::Master;
use crate::control::Ticket;
use crate::handler::Handler;
use crate::logging::{self, LogFile};

impl<H: Handler> Master<H> {
    /// Opens the log's file anew: the one before was put aside. When that fails the log goes on where it went.
    pub(super) fn reopen_log(&mut self) -> Result<String, String> {
        let Some(path) = self.serving.config.log_file.clone() else {
            let words = "the log goes to standard error: there is nothing to reopen".to_owned();
            tracing::info!("{words}");
            return Ok(words);
        };
        let began = Instant::now();
        let result = LogFile::open(&path).map_err(|error| error.to_string());
        let result = result.and_then(|file| self.move_log(Some(file)));
        match result {
            Ok(()) => {
                let words = format!("the log was reopened: {}", path.display());
                tracing::info!("{words}; it took {:.1?}", began.elapsed());
                Ok(words)
            }
            Err(cause) => {
                let words = format!("cannot reopen the log: {cause}");
                tracing::error!("{words}");
                Err(words)
            }
        }
    }

    /// The same for somebody who waits for the outcome.
    pub(super) fn reopen_log_for(&mut self, asker: Ticket) {
        let began = Instant::now();
        let result = self.reopen_log();
        let took = if result.is_ok() { began.elapsed() } else { Duration::ZERO };
        self.tell_outcome(vec![asker], result, took);
    }

    /// A worker of the next generation has that one's log before it accepts: no line of it goes where the log went before.
    pub(super) fn send_log_ahead(&mut self, pid: Pid) {
        let Some(next) = &self.next else { return };
        if !logging::has_file() && next.log_file.is_none() {
            return;
        }
        let Some(worker) = self.table.find(pid).filter(|worker| worker.generation == next.number) else {
            return;
        };
        match logging::share_of(next.log_file.as_ref()) {
            Ok(file) => drop(worker.send_log(file.as_fd(), Instant::now())),
            // It is sent once more when the generation serves, and told then.
            Err(error) => tracing::debug!("cannot share the next log's file: {error}"),
        }
    }

    /// From now on the log of all processes goes there. It fails if not all of them could be told; those are told later.
    pub(super) fn move_log(&mut self, file: Option<LogFile>) -> Result<(), String> {
        logging::move_to(file, self.serving.config.log);
        let shared = logging::share()
            .map_err(|error| format!("this process has the new file, and cannot share it: {error}"))?;
        let now = Instant::now();
        let mut untold = Vec::new();
        for worker in &mut self.table.workers {
            if !worker.send_log(shared.as_fd(), now) {
                untold.push(format!("worker {} (pid {})", worker.id, worker.pid));
            }
        }
        if untold.is_empty() {
            return Ok(());
        }
        Err(format!("{} did not take the new file yet, being stopped or very busy", untold.join(", ")))
    }
}
