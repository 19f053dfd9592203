//! A balancer: whom it sends the next connection, by what it knows.

use rand::RngExt;
use rand::rngs::StdRng;

use super::Fleet;
use super::ranking::Ranking;

/// Whom a balancer sends the next connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Any, as DNS does, and kube-proxy.
    Random,
    /// One after the other.
    RoundRobin,
    /// The one with fewer connections of two that are taken at random.
    TwoChoices,
    /// The one with the fewest connections.
    Least(Ties),
    /// The one that its client always gets, of so many clients that come equally often.
    Hash { clients: u32 },
    /// One with an idle slot; if there is none, all wait at the balancer, in one queue.
    OneQueue,
}

/// Which of those that have equally many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ties {
    Random,
    /// The first of the list, which is the same at all balancers.
    First,
}

#[derive(Debug)]
pub(super) struct Balancer {
    policy: Policy,
    /// Those it sends connections to.
    members: Vec<u32>,
    /// Where each stands among them.
    places: Vec<Option<u32>>,
    /// The connections that it has to each.
    connections: Vec<u32>,
    ranking: Option<Ranking>,
    /// Whose turn it is.
    turn: usize,
}

impl Balancer {
    pub(super) fn new(fleet: &Fleet, random: &mut StdRng) -> Self {
        let count = fleet.replicas;
        let mut balancer = Self {
            policy: fleet.policy,
            members: Vec::with_capacity(count),
            places: vec![None; count],
            connections: vec![0; count],
            ranking: match fleet.policy {
                Policy::Least(ties) => Some(Ranking::new(count, ties == Ties::First)),
                Policy::OneQueue => Some(Ranking::new(count, false)),
                _ => None,
            },
            turn: random.random_range(0..count),
        };
        (0..count).for_each(|replica| balancer.learn(replica));
        balancer
    }

    pub(super) fn choose(&mut self, random: &mut StdRng) -> Option<usize> {
        if self.members.is_empty() {
            return None;
        }
        let any = |random: &mut StdRng| self.members[random.random_range(0..self.members.len())] as usize;
        match self.policy {
            Policy::Random => Some(any(random)),
            Policy::RoundRobin => {
                self.turn += 1;
                Some(self.members[self.turn % self.members.len()] as usize)
            }
            Policy::TwoChoices => {
                let (one, two) = (any(random), any(random));
                Some(if self.connections[two] < self.connections[one] { two } else { one })
            }
            Policy::Hash { clients } => {
                let home = scatter(random.random_range(0..clients), self.places.len());
                Some(if self.knows(home) { home } else { any(random) })
            }
            Policy::Least(_) | Policy::OneQueue => {
                self.ranking.as_mut().and_then(|ranking| ranking.least(random))
            }
        }
    }

    /// How many connections it has there.
    pub(super) fn connections(&self, replica: usize) -> u32 {
        self.connections[replica]
    }

    pub(super) fn opened(&mut self, replica: usize) {
        self.recount(replica, self.connections[replica] + 1);
    }

    pub(super) fn closed(&mut self, replica: usize) {
        self.recount(replica, self.connections[replica] - 1);
    }

    pub(super) fn all_closed(&mut self, replica: usize) {
        self.recount(replica, 0);
    }

    fn recount(&mut self, replica: usize, connections: u32) {
        let before = std::mem::replace(&mut self.connections[replica], connections);
        if let Some(ranking) = &mut self.ranking
            && self.places[replica].is_some()
        {
            ranking.remove(replica, before as usize);
            ranking.insert(replica, connections as usize);
        }
    }

    pub(super) fn knows(&self, replica: usize) -> bool {
        self.places[replica].is_some()
    }

    pub(super) fn learn(&mut self, replica: usize) {
        if self.knows(replica) {
            return;
        }
        self.places[replica] = Some(number(self.members.len()));
        self.members.push(number(replica));
        if let Some(ranking) = &mut self.ranking {
            ranking.insert(replica, self.connections[replica] as usize);
        }
    }

    pub(super) fn forget(&mut self, replica: usize) {
        let Some(place) = self.places[replica].take() else { return };
        self.members.swap_remove(place as usize);
        if let Some(moved) = self.members.get(place as usize) {
            self.places[*moved as usize] = Some(place);
        }
        if let Some(ranking) = &mut self.ranking {
            ranking.remove(replica, self.connections[replica] as usize);
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("they are fewer")
}

/// The replica of a client, as a hash would scatter them: the finaliser of `SplitMix64` (G. L. Steele, D. Lea, C. H. Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[expect(clippy::cast_possible_truncation, reason = "it is less than the number of replicas")]
fn scatter(client: u32, replicas: usize) -> usize {
    let mut bits = (u64::from(client) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) % replicas as u64) as usize
}
