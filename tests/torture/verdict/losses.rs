//! Who may lose a connection, and whether exactly those did.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

/// How a client's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every byte came back, as far as the client waited for it.
    Right,
    /// The server broke it off.
    Lost,
    /// Nobody listened.
    Refused,
    /// Nothing came for longer than anything may take.
    Late,
    /// Bytes came that should not have.
    Wrong,
    /// The client could not do what it was to do; the server has no part in it.
    Failed,
}

/// What became of a client. Times are since the start of the run.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) script: &'static str,
    pub(crate) port: u16,
    pub(crate) began: Duration,
    /// When it last began to ask for something.
    pub(crate) asked: Duration,
    pub(crate) ended: Duration,
    pub(crate) end: End,
    /// How many bytes had come back by that end, if it was right.
    pub(crate) echoed: u64,
    pub(crate) why: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { script, port, began, asked, ended, end, echoed: _, why } = self;
        let [began, asked, ended] = [began, asked, ended].map(Duration::as_secs_f64);
        write!(
            f,
            "the {script} client at port {port}, from {began:.3} s to {ended:.3} s, asked at {asked:.3} s: {end:?} ({why})"
        )
    }
}

/// What a client may not notice of a death: what was on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(200);

/// Who may lose, by what was done to the server.
#[derive(Debug, Default)]
pub(crate) struct Excuses {
    deaths: Vec<Death>,
    outages: Vec<Outage>,
}

/// Processes were killed.
#[derive(Debug)]
struct Death {
    at: Duration,
    /// When they were gone: until then they may have accepted somebody.
    gone: Duration,
    held: Held,
}

/// Whose connections they held.
#[derive(Debug)]
enum Held {
    /// Exactly these.
    By(HashSet<u16>),
    /// Nobody knows, but not these, whose connections lived after it.
    NotBy(HashSet<u16>),
}

/// For a while there was no server. Those who were served before go on.
#[derive(Debug)]
struct Outage {
    from: Duration,
    until: Option<Duration>,
    spared: HashSet<u16>,
}

impl Held {
    fn may_concern(&self, peer: u16) -> bool {
        match self {
            Self::By(peers) => peers.contains(&peer),
            Self::NotBy(peers) => !peers.contains(&peer),
        }
    }
}

impl Excuses {
    pub(crate) fn note_death(&mut self, at: Duration, peers: HashSet<u16>) {
        self.deaths.push(Death { at, gone: at, held: Held::By(peers) });
    }

    /// Somebody was killed without notice, and these were connected, or waited, when they were gone.
    pub(crate) fn note_sudden_death(&mut self, at: Duration, gone: Duration, spared: HashSet<u16>) {
        self.deaths.push(Death { at, gone, held: Held::NotBy(spared) });
    }

    pub(crate) fn begin_outage(&mut self, from: Duration, spared: HashSet<u16>) {
        self.outages.push(Outage { from, until: None, spared });
    }

    pub(crate) fn end_outage(&mut self, until: Duration) {
        for outage in &mut self.outages {
            outage.until.get_or_insert(until);
        }
    }

    /// Nobody is left whom any of them could concern.
    pub(crate) fn clear(&mut self) {
        self.deaths.clear();
        self.outages.clear();
    }

    /// What is wrong about the end of a client.
    pub(crate) fn judge(&self, outcome: &Outcome) -> Result<(), String> {
        let mut deaths = self.deaths_of(outcome);
        let is_excused = match outcome.end {
            End::Right => {
                let is_late = |death: &Death| outcome.asked > death.at + ON_ITS_WAY;
                if deaths.any(|death| matches!(death.held, Held::By(_)) && is_late(death)) {
                    return Err(format!("was served by a process that is dead: {outcome}"));
                }
                true
            }
            End::Lost => deaths.next().is_some() || self.is_in_outage(outcome),
            End::Refused => self.is_in_outage(outcome),
            End::Late | End::Wrong | End::Failed => false,
        };
        if is_excused { Ok(()) } else { Err(outcome.to_string()) }
    }

    /// Whether somebody was killed who may have served it.
    pub(crate) fn concern(&self, outcome: &Outcome) -> bool {
        self.deaths_of(outcome).next().is_some()
    }

    fn deaths_of(&self, outcome: &Outcome) -> impl Iterator<Item = &Death> {
        self.deaths.iter().filter(|death| {
            outcome.began <= death.gone && outcome.ended >= death.at && death.held.may_concern(outcome.port)
        })
    }

    fn is_in_outage(&self, outcome: &Outcome) -> bool {
        let concerns = |outage: &Outage| {
            let overlaps =
                outcome.ended >= outage.from && outage.until.is_none_or(|until| outcome.began <= until);
            let is_spared = outage.spared.contains(&outcome.port) && outcome.began <= outage.from;
            overlaps && !is_spared
        };
        self.outages.iter().any(concerns)
    }
}
