//! What this process was given by whoever has started it: a master before it, or a service manager.

use std::io;

use super::generation::Present;
use super::succession::Estate;
use crate::activation::Activation;
use crate::config::Config;
use crate::error::Error;
use crate::handover::Line;
use crate::listener::Listener;
use crate::monitor;
use crate::scoreboard::Scoreboard;

/// What a process may be given by whoever has started it.
pub(crate) struct Inheritance {
    /// To a master whose successor this one is.
    pub(crate) line: Option<Line>,
    pub(crate) activation: Activation,
}

impl Inheritance {
    /// Takes all of it into this master's hands.
    pub(super) fn take(
        self,
        config: &Config,
        scoreboard: &mut Scoreboard,
    ) -> Result<(Option<Estate>, Inherited), Error> {
        let estate = self.line.map(|line| Estate::take(line, scoreboard)).transpose();
        let estate = estate.map_err(Error::system("take over from the master before"))?;
        let inherited = Inherited::of(self.activation, config, scoreboard);
        Ok((estate, inherited.map_err(Error::system("set up the sockets of the service manager"))?))
    }
}

/// What a service manager has passed, ready to be shared.
pub(super) struct Inherited {
    listeners: Vec<Listener>,
    monitor: Option<monitor::Listener>,
}

impl Inherited {
    fn of(passed: Activation, config: &Config, scoreboard: &mut Scoreboard) -> io::Result<Self> {
        let names: Vec<String> = passed.listeners.iter().map(ToString::to_string).collect();
        if !names.is_empty() {
            tracing::info!("the service manager has passed {}, in the place of `listen`", names.join(", "));
        }
        if let Some(monitor) = &passed.monitor {
            let address = monitor.address;
            tracing::info!("the service manager has passed {address}, in the place of `monitor.listen`");
        }
        let inherit = |passed| Listener::inherit(passed, config, scoreboard.gate());
        Ok(Self {
            listeners: passed.listeners.into_iter().map(inherit).collect::<io::Result<_>>()?,
            monitor: passed.monitor.map(monitor::Listener::inherit).transpose()?,
        })
    }

    pub(super) fn present(&self) -> Present<'_> {
        Present {
            listeners: &self.listeners,
            monitor: self.monitor.as_ref(),
            control: None,
            workers: None,
            is_first: true,
        }
    }
}
