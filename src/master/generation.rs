//! One configuration with all that came of it: what a reload replaces as a whole.

use std::sync::Arc;

use crate::config::{Config, Control};
use crate::confinement::Confinement;
use crate::connection::LINGER;
use crate::control::ControlListener;
use crate::error::Error;
use crate::listener::{self, Listener};
use crate::logging::LogFile;
use crate::monitor;
use crate::process_table::{Aim, Goal, Patience};
use crate::queue::Target;
use crate::scoreboard::Scoreboard;

/// Reads the configuration, and makes the service that it describes: at the start, and at each reload.
pub(crate) type Load<H> = Box<dyn Fn() -> Result<Loaded<H>, Error>>;

/// A configuration, and what was made of it before anything is opened.
pub(crate) struct Loaded<H> {
    pub(crate) config: Config,
    /// Decided once: it asks who the users are, for which there may be a server.
    pub(crate) confinement: Confinement,
    pub(crate) handler: H,
}

/// What serves, or is to serve.
pub(super) struct Generation<H> {
    pub(super) number: u64,
    pub(super) config: Arc<Config>,
    /// Of its workers, and of the monitor while it serves.
    pub(super) confinement: Confinement,
    /// Its size at first.
    pub(super) workers: usize,
    pub(super) handler: Arc<H>,
    pub(super) listeners: Vec<Listener>,
    pub(super) monitor: Option<monitor::Listener>,
    /// Where the log is to go from the commit on.
    pub(super) log_file: Option<LogFile>,
    /// Where the control socket is to listen, and the listener if that is another place than now.
    pub(super) control: Control,
    pub(super) new_control: Option<ControlListener>,
    /// What finds its queues.
    pub(super) targets: Vec<Target>,
}

/// What is open already, and can be shared.
#[derive(Default)]
pub(super) struct Present<'a> {
    pub(super) listeners: &'a [Listener],
    pub(super) monitor: Option<&'a monitor::Listener>,
    pub(super) control: Option<&'a Control>,
    /// How many workers there are to be.
    pub(super) workers: Option<usize>,
    /// Nobody has served before: whoever knocks may wait for the first workers.
    pub(super) is_first: bool,
}

impl<H> Generation<H> {
    /// What another generation can share.
    pub(super) fn present(&self, workers: usize) -> Present<'_> {
        Present {
            workers: Some(workers),
            listeners: &self.listeners,
            monitor: self.monitor.as_ref(),
            control: Some(&self.control),
            is_first: false,
        }
    }

    /// Opens what this configuration wants and `present` has not; the rest is shared with it. When it fails, nothing is
    /// left behind.
    pub(super) fn open(
        number: u64,
        Loaded { config, confinement, handler }: Loaded<H>,
        present: &Present<'_>,
        scoreboard: &mut Scoreboard,
    ) -> Result<Self, Error> {
        let shared = present.listeners;
        let listeners = listener::open_all(&config, shared, present.is_first, || scoreboard.gate())?;
        let mut generation = Self {
            number,
            workers: config.first_size(present.workers),
            config: Arc::new(config),
            confinement,
            handler: Arc::new(handler),
            listeners,
            monitor: None,
            log_file: None,
            control: Control::Auto,
            new_control: None,
            targets: Vec::new(),
        };
        match generation.open_faces(present) {
            Ok(()) => Ok(generation),
            Err(error) => {
                generation.discard(shared);
                Err(error)
            }
        }
    }

    /// Opens all by which the pool is seen.
    fn open_faces(&mut self, present: &Present<'_>) -> Result<(), Error> {
        let places = self.listeners.iter().map(Listener::place);
        self.control = self.config.control.resolve(places).map_err(Error::Config)?;
        if present.control != Some(&self.control) {
            self.new_control = Some(ControlListener::open(&self.control)?);
        }
        let address = self.config.monitor.as_ref();
        self.monitor = match present.monitor.filter(|monitor| monitor.is_for(address)) {
            Some(monitor) => Some(monitor.share().map_err(Error::system("share the monitor's listener"))?),
            None => address.map(monitor::Listener::open).transpose()?,
        };
        let targets = self.listeners.iter().map(Listener::target).collect::<Result<_, _>>();
        self.targets = targets.map_err(Error::system("look at the listeners"))?;
        Ok(())
    }

    /// Takes back what it has put into the file system: it is not going to serve.
    pub(super) fn discard(self, present: &[Listener]) {
        listener::discard(self.listeners, present);
    }

    /// The listeners of another generation that this one has too.
    pub(super) fn listeners_of<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Listener> {
        other.listeners.iter().filter(|one| self.listeners.iter().any(|own| own.is_shared_with(one)))
    }

    /// Its own listeners, which another generation has not.
    pub(super) fn listeners_beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Listener> {
        self.listeners.iter().filter(|own| !other.listeners.iter().any(|one| own.is_shared_with(one)))
    }

    /// What a master wants that begins with it.
    pub(super) fn goal(&self, may_open: bool) -> Goal {
        Goal {
            generation: self.number,
            workers: self.workers,
            next: None,
            may_open,
            monitor: self.monitor.is_some() && may_open,
            stuck_after: self.config.timeouts.stuck,
            start_timeout: self.config.timeouts.start,
            leaves_queue: listener::is_inherited(&self.listeners),
            aim: Aim::Serve,
        }
    }

    /// How long its workers may take.
    pub(super) fn patience(&self) -> Patience {
        let timeouts = &self.config.timeouts;
        Patience { start: timeouts.start, leave: timeouts.drain.map(|drain| drain + LINGER) }
    }
}
