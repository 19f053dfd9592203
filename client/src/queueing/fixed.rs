//! The queue M/D/c: all service times are the same.
//!
//! At the ends of a service time D the number there, N, follows N(t + D) = max(N(t) − c, 0) + those who came. From
//! its generating function everything follows by the c − 1 roots z of zᶜ = e^(a(z − 1)) inside the unit circle (C. D.
//! Crommelin, "Delay probability formulae when the holding times are constant", Post Office Electrical Engineers'
//! Journal 25, 1932), and the far tail by its root outside (H. C. Tijms, "A First Course in Stochastic Models", 2003,
//! chapter 9). Chance and mean wait ÷ D are exact to some 1e-15 × c, and below that 0. The tail is an approximation:
//! compared with the exact distribution (G. J. Franx, "A simple solution for the M/D/c waiting time distribution",
//! Operations Research Letters 29, 2001) the waits that 99 of 100 or fewer do not exceed are less than a tenth of D
//! too short or less than half of D too long, the more so the shorter they are.

use std::f64::consts::TAU;

use super::{Steady, Tail};

/// What is smaller than this × slots is lost in the rounding of the others.
const NOISE: f64 = 1e-15;

/// A steady queue with this many arrivals per second, seconds of service, and slots.
pub(super) fn steady(rate: f64, service: f64, slots: u32) -> Steady {
    let load = rate * service;
    let (count, utilisation) = (f64::from(slots), load / f64::from(slots));
    let excess = outer_root(utilisation);
    let outer = 1.0 + excess;
    // The logarithm of ∏(1 − z), ∑ 1 ÷ (1 − z), and the logarithm of ∏(1 − z ÷ outer).
    let (mut product, mut sum, mut outer_product) = (0.0, 0.0, 0.0);
    // The roots are pairs of conjugates, and with an even number of slots one that is real.
    for turn in 1..=slots / 2 {
        let weight = if 2 * turn == slots { 1.0 } else { 2.0 };
        let root = inner_root(utilisation, TAU * f64::from(turn) / count);
        let (real, imaginary) = (1.0 - root.real, root.imaginary);
        let square = real * real + imaginary * imaginary;
        product += weight / 2.0 * square.ln();
        sum += weight * real / square;
        let (real, imaginary) = (1.0 - root.real / outer, root.imaginary / outer);
        outer_product += weight / 2.0 * (real * real + imaginary * imaginary).ln();
    }
    let free = count - load;
    let chance = 1.0 - free * (-product).exp();
    let mean_there = sum + (count - free * free) / (2.0 * free);
    let factor = (1.0 - utilisation) / (utilisation * outer - 1.0) * (outer_product - product).exp();
    let known = |figure: f64| if figure < NOISE * count { 0.0 } else { figure };
    Steady {
        chance_to_wait: known(chance).min(1.0),
        mean_wait: known((mean_there - load) / load) * service,
        tail: Tail { factor, decay: rate * excess },
    }
}

#[derive(Debug, Clone, Copy)]
struct Complex {
    real: f64,
    imaginary: f64,
}

/// The root of z = e^(i·angle) e^(ρ(z − 1)) inside the unit circle.
fn inner_root(utilisation: f64, angle: f64) -> Complex {
    let image = |z: Complex| {
        let length = (utilisation * (z.real - 1.0)).exp();
        let (sine, cosine) = (angle + utilisation * z.imaginary).sin_cos();
        Complex { real: length * cosine, imaginary: length * sine }
    };
    let mut root = Complex { real: 0.0, imaginary: 0.0 };
    // Newton's method for z − image(z), whose derivative is 1 − ρ image(z). It takes a dozen steps at most.
    for _ in 0..100 {
        let image = image(root);
        let (real, imaginary) = (root.real - image.real, root.imaginary - image.imaginary);
        let slope =
            Complex { real: 1.0 - utilisation * image.real, imaginary: -utilisation * image.imaginary };
        let square = slope.real * slope.real + slope.imaginary * slope.imaginary;
        let step = Complex {
            real: (real * slope.real + imaginary * slope.imaginary) / square,
            imaginary: (imaginary * slope.real - real * slope.imaginary) / square,
        };
        root = Complex { real: root.real - step.real, imaginary: root.imaginary - step.imaginary };
        if step.real.abs() + step.imaginary.abs() < 1e-16 {
            break;
        }
    }
    root
}

/// By how much the root of zᶜ = e^(a(z − 1)) exceeds 1 that is real and outside: ρ x = ln(1 + x), x > 0.
fn outer_root(utilisation: f64) -> f64 {
    let above = |excess: f64| utilisation * excess - excess.ln_1p();
    let mut excess = 2.0 * (1.0 - utilisation) / utilisation;
    while above(excess) <= 0.0 {
        excess *= 2.0;
    }
    // The function is convex, and from above Newton's method only goes down.
    for _ in 0..100 {
        let next = excess - above(excess) / (utilisation - 1.0 / (1.0 + excess));
        if next >= excess {
            break;
        }
        excess = next;
    }
    excess
}
