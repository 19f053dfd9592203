//! Whether those who waited were served in the order in which they came.

/// The first who was served before somebody that had come earlier.
pub(crate) fn in_turn(served: &[usize]) -> Result<(), String> {
    match served.iter().enumerate().find(|(turn, client)| turn != *client) {
        None => Ok(()),
        Some((turn, client)) => {
            Err(format!("client {client} was served in turn {turn}; the order was {served:?}"))
        }
    }
}
