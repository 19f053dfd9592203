//! Runs with lanes that do whatever they like, of which every byte must come back.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::play::{Play, sorted_lines, whatever_happens};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_happens_every_byte_leaves_once_and_every_line_whole(
        input in vec(prop_oneof![2 => Just(b'\n'), 9 => b'a'..=b'z'], 0..1500), any_order: bool,
        lanes in 0..6_usize, slots in 0..6_usize, actions in vec(any::<u8>(), 0..600),
    ) {
        whatever_happens(any_order, lanes, slots, &input, &actions);
    }

    #[test]
    fn connections_of_a_short_life_are_enough_and_only_a_line_that_ends_them_all_is_too_much(
        count in 1..300_usize, any_order: bool, lanes in 1..7_usize, batches in 1..4_usize, poison in 0..600_usize,
    ) {
        let order = if any_order { Order::Any } else { Order::Input };
        let input: Vec<u8> = (0..count).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
        let mut play = Play::new(&input, order, lanes, 3);
        match play.finish_with_short_lives(batches, format!(" {poison}\n").as_bytes()) {
            None => {
                prop_assert!(poison >= count);
                let expected = input.to_ascii_uppercase();
                prop_assert_eq!(sorted_lines(&play.output), sorted_lines(&expected));
                prop_assert!(any_order || play.output == expected);
            }
            Some(Unfinished::Line { line, failures, .. }) => {
                prop_assert_eq!((line, failures), (poison as u64 + 1, 3));
            }
            Some(other) => panic!("{other:?}"),
        }
    }
}
