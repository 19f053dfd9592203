//! Room for those who wait: a worker ends connections whose peers say nothing.

use std::net::Shutdown;

use super::slots::Shared;
use crate::saturation::TICK;
use crate::silence;
use crate::sys::Moment;

impl<H> Shared<H> {
    /// Ends so many connections, those first whose peers have been silent longest.
    ///
    /// What was asked for before the master's last look is void: that look has found what was done by then, and asked again
    /// for the rest. So an order that is late never comes on top of the next one.
    pub(super) fn make_room(&self, count: u32, asked: Moment) {
        let now = Moment::now();
        let Some(least) = self.config.timeouts.idle_saturated.filter(|_| now.since(asked) < TICK) else {
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
            if let Some(socket) = &*self.socket(slot)
                && self.rows.silences[slot].tell(since)
            {
                // The thread that waits in a read finds its end; what has come before that it finds first. It fails
                // when the peer is gone, which is as good.
                let _ = socket.shutdown(Shutdown::Read);
                left -= 1;
            }
        }
    }
}
