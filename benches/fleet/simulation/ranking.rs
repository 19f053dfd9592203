//! Replicas by how many connections they have: the least one at once.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;

/// Those that have equally many, from which one is taken at random, or the first of the list.
#[derive(Debug)]
enum Level {
    Any(Vec<u32>),
    First(BTreeSet<u32>),
}

#[derive(Debug)]
pub(crate) struct Ranking {
    /// By number of connections.
    levels: Vec<Level>,
    /// Where in its level each stands, if one is taken at random.
    places: Vec<u32>,
    /// No level below this has any.
    least: usize,
    in_order: bool,
}

impl Ranking {
    pub(crate) fn new(replicas: usize, in_order: bool) -> Self {
        Self { levels: Vec::new(), places: vec![0; replicas], least: 0, in_order }
    }

    pub(crate) fn insert(&mut self, replica: usize, level: usize) {
        let number = u32::try_from(replica).expect("they are fewer");
        while self.levels.len() <= level {
            let empty = if self.in_order { Level::First(BTreeSet::new()) } else { Level::Any(Vec::new()) };
            self.levels.push(empty);
        }
        match &mut self.levels[level] {
            Level::Any(replicas) => {
                self.places[replica] = u32::try_from(replicas.len()).expect("they are fewer");
                replicas.push(number);
            }
            Level::First(replicas) => {
                replicas.insert(number);
            }
        }
        self.least = self.least.min(level);
    }

    pub(crate) fn remove(&mut self, replica: usize, level: usize) {
        match &mut self.levels[level] {
            Level::Any(replicas) => {
                let place = self.places[replica] as usize;
                replicas.swap_remove(place);
                if let Some(moved) = replicas.get(place) {
                    self.places[*moved as usize] = self.places[replica];
                }
            }
            Level::First(replicas) => {
                replicas.remove(&u32::try_from(replica).expect("they are fewer"));
            }
        }
    }

    /// One of those that have the least.
    pub(crate) fn least(&mut self, random: &mut StdRng) -> Option<usize> {
        let from = self.least;
        for (level, replicas) in self.levels.iter().enumerate().skip(from) {
            let found = match replicas {
                Level::Any(replicas) if replicas.is_empty() => None,
                Level::Any(replicas) => Some(replicas[random.random_range(0..replicas.len())]),
                Level::First(replicas) => replicas.first().copied(),
            };
            if let Some(found) = found {
                self.least = level;
                return Some(found as usize);
            }
        }
        None
    }
}
