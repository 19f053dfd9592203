//! Erlang's formulas.

/// Erlang B: the share of arrivals that are lost where nobody may wait.
///
/// By the recursion B(0) = 1, B(k) = a B(k−1) ÷ (k + a B(k−1)), in which nothing grows or cancels (A. K. Erlang, "Solution
/// of some problems in the theory of probabilities of significance in automatic telephone exchanges", 1917; the
/// recursion: Cooper, "Introduction to Queueing Theory", chapter 3). A chance below 1e-300 is 0.
fn chance_of_loss(load: f64, slots: u32) -> f64 {
    (1..=slots).fold(1.0, |lost, slot| load * lost / (f64::from(slot) + load * lost))
}

/// Erlang C: the share of arrivals that wait where everybody may, for a load below the number of slots.
///
/// C = B ÷ (1 − ρ (1 − B)), of the same sources.
pub(super) fn chance_to_wait(load: f64, slots: u32) -> f64 {
    let (lost, utilisation) = (chance_of_loss(load, slots), load / f64::from(slots));
    lost / (1.0 - utilisation * (1.0 - lost))
}
