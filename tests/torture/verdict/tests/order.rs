//! The order of the queue.

use crate::verdict::order::*;

#[test]
fn who_comes_first_is_served_first() {
    in_turn(&[0, 1, 2]).unwrap();
    assert!(in_turn(&[0, 2, 1]).unwrap_err().starts_with("client 2 was served in turn 1"));
    assert!(in_turn(&[1]).is_err());
}
