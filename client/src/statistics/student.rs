//! Student's distribution.

/// The value that Student's t exceeds in either direction in 5 % of cases, with these degrees of freedom.
///
/// Exact for one and two; from there on the expansion around the normal distribution of Abramowitz and Stegun, "Handbook
/// of Mathematical Functions", 26.7.5, to 0.2 % for three and ever better.
pub(super) fn quantile_95(freedom: u32) -> f64 {
    /// The same value of the normal distribution.
    const NORMAL: f64 = 1.959_963_984_540_054;
    match freedom {
        0 => f64::INFINITY,
        1 => 12.706_204_736_432_1,
        2 => 4.302_652_729_749_46,
        _ => {
            let (x, n) = (NORMAL, f64::from(freedom));
            let terms = [
                (x.powi(3) + x) / 4.0,
                (5.0 * x.powi(5) + 16.0 * x.powi(3) + 3.0 * x) / 96.0,
                (3.0 * x.powi(7) + 19.0 * x.powi(5) + 17.0 * x.powi(3) - 15.0 * x) / 384.0,
                (79.0 * x.powi(9) + 776.0 * x.powi(7) + 1482.0 * x.powi(5) - 1920.0 * x.powi(3) - 945.0 * x)
                    / 92_160.0,
            ];
            // x + terms[0] ÷ n + terms[1] ÷ n² + …
            x + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_tables() {
        for (freedom, value) in [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (10, 2.228),
            (15, 2.131),
            (31, 2.040),
        ] {
            assert!((quantile_95(freedom) / value - 1.0).abs() < 2e-3, "{freedom}: {}", quantile_95(freedom));
        }
        assert!((quantile_95(1_000_000) - 1.96).abs() < 1e-4);
        assert!((1..100).all(|freedom| quantile_95(freedom) > quantile_95(freedom + 1)));
    }
}
