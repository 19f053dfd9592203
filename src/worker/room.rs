//! Room for those who wait: a worker ends connections whose peers say nothing.

use std::net::Shutdown;

use super::slots::Shared;
use crate::saturation::TICK;
use crate::silence;
use crate::sys::{self, Moment};

impl<H> Shared<H> {
    /// Ends so many connections, those first whose peers have been silent longest.
    ///
    /// What was asked for half the time between two of the master's looks ago is void: it may look again before this is
    /// done, and ask again for what it does not find. So an order that is late never comes on top of the next one.
    /// An answer that its peer still takes is no silence.
    pub(super) fn make_room(&self, count: u32, asked: Moment) {
        let now = Moment::now();
        let Some(least) = self.config.timeouts.idle_saturated.filter(|_| now.since(asked) < TICK / 2) else {
            return;
        };
        let mut silent: Vec<(Moment, usize)> = silence::long(self.rows.silences, least, now).collect();
        silent.sort_unstable();
        let mut left = count;
        for (since, slot) in silent {
            if left == 0 {
                break;
            }
            // The slot's thread takes its socket out under this lock, after the silence that belongs to it has ended.
            let Some(socket) = &*self.socket(slot) else { continue };
            if sys::unsent(socket).is_ok_and(|unsent| unsent > 0) {
                self.rows.silences[slot].put_off(since, now);
            } else if self.rows.silences[slot].tell(since) {
                // The thread that waits in a read finds its end; what has come before that it finds first. It fails
                // when the peer is gone, which is as good.
                let _ = socket.shutdown(Shutdown::Read);
                left -= 1;
            }
        }
    }
}
