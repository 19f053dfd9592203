//! What all rounds gave, and why something is missing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::summary::Summary;
use crate::workload::{Figures, Workload};

#[derive(Debug, Default)]
pub(crate) struct Results {
    figures: BTreeMap<(Workload, Peer), BTreeMap<&'static str, Vec<f64>>>,
    missing: BTreeMap<(Workload, Peer), String>,
}

impl Results {
    /// Takes what one measurement gave.
    pub(crate) fn add(&mut self, workload: Workload, peer: Peer, outcome: Result<Figures, String>) {
        match outcome {
            Ok(figures) => {
                let of_both = self.figures.entry((workload, peer)).or_default();
                for (name, value) in figures {
                    of_both.entry(name).or_default().push(value);
                }
            }
            Err(reason) => {
                self.missing.insert((workload, peer), reason);
            }
        }
    }

    /// A figure of all rounds. If one of them failed there is none: the rest would be what it is good at.
    pub(crate) fn get(&self, workload: Workload, peer: Peer, name: &str) -> Option<Summary> {
        Some(Summary::of(self.rounds(workload, peer, name)?.to_vec()))
    }

    /// A figure of one by that of another, round by round: what disturbs a round disturbs both.
    pub(crate) fn ratio(&self, workload: Workload, one: Peer, other: Peer, name: &str) -> Option<Summary> {
        let ratios = self.rounds(workload, one, name)?.iter().zip(self.rounds(workload, other, name)?);
        Some(Summary::of(ratios.map(|(one, other)| one / other).collect()))
    }

    fn rounds(&self, workload: Workload, peer: Peer, name: &str) -> Option<&[f64]> {
        if self.missing.contains_key(&(workload, peer)) {
            return None;
        }
        self.figures.get(&(workload, peer))?.get(name).map(Vec::as_slice)
    }

    /// Why there is no figure.
    pub(crate) fn missing(&self, workload: Workload, peer: Peer) -> Option<&str> {
        self.missing.get(&(workload, peer)).map(String::as_str)
    }

    /// For programs: every figure of every round.
    pub(crate) fn to_json(&self, about: &Value) -> Value {
        let figures = self.figures.iter().map(|((workload, peer), figures)| {
            json!({ "workload": workload.name(), "server": peer, "rounds": figures })
        });
        let missing = self.missing.iter().map(|((workload, peer), reason)| {
            json!({ "workload": workload.name(), "server": peer, "reason": reason })
        });
        json!({ "about": about, "figures": figures.collect::<Vec<_>>(), "missing": missing.collect::<Vec<_>>() })
    }
}
