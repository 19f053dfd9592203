//! The departures to come, by time: a calendar queue (R. Brown, "Calendar queues: a fast O(1) priority queue
//! implementation for the simulation event set problem", Communications of the ACM 31, 1988).
//!
//! Time is cut into days, and a year has so many days; each day has its page, which holds the departures of that day in
//! all years. Only the page of today is sorted. A binary heap of 256,000 departures takes several times as long.

/// A connection that ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Departure {
    pub(crate) time: f64,
    pub(crate) replica: u32,
    pub(crate) balancer: u16,
    pub(crate) life: u16,
}

/// How many mean service times a year has: few departures are more than a year away.
const YEAR: f64 = 8.0;

/// The limits of how many pages there are.
const PAGES: (usize, usize) = (1 << 8, 1 << 18);

#[derive(Debug)]
pub(crate) struct Calendar {
    pages: Vec<Vec<Departure>>,
    days_per_second: f64,
    /// The day whose departures are in `today`.
    day: u64,
    /// The departures of today and of days before, the next one last.
    today: Vec<Departure>,
    /// On all other pages.
    later: usize,
}

impl Calendar {
    /// For about so many departures at a time, which are about so many seconds away.
    pub(crate) fn new(departures: usize, away: f64) -> Self {
        let pages = departures.next_power_of_two().clamp(PAGES.0, PAGES.1);
        Self {
            pages: vec![Vec::new(); pages],
            days_per_second: super::float(pages) / (YEAR * away),
            day: 0,
            today: Vec::new(),
            later: 0,
        }
    }

    pub(crate) fn add(&mut self, departure: Departure) {
        let day = self.day_of(departure.time);
        if day <= self.day {
            let place = self.today.partition_point(|other| other.time > departure.time);
            self.today.insert(place, departure);
        } else {
            let page = self.page_of(day);
            self.pages[page].push(departure);
            self.later += 1;
        }
    }

    /// Takes the first departure, if it is not later than this.
    pub(crate) fn pop_until(&mut self, limit: f64) -> Option<Departure> {
        loop {
            if let Some(next) = self.today.last() {
                return if next.time <= limit { self.today.pop() } else { None };
            }
            let last = self.day_of(limit);
            if self.later == 0 {
                self.day = self.day.max(last);
            }
            if self.day >= last {
                return None;
            }
            self.turn();
        }
    }

    /// The next day becomes today.
    fn turn(&mut self) {
        self.day += 1;
        let (day, per_second) = (self.day, self.days_per_second);
        let page = self.page_of(day);
        let page = &mut self.pages[page];
        // Nearly always all of them are of this year.
        if page.iter().all(|departure| number(departure.time, per_second) == day) {
            std::mem::swap(&mut self.today, page);
        } else {
            self.today.extend(page.extract_if(.., |departure| number(departure.time, per_second) == day));
        }
        self.later -= self.today.len();
        self.today.sort_unstable_by(|one, two| two.time.total_cmp(&one.time));
    }

    fn day_of(&self, time: f64) -> u64 {
        number(time, self.days_per_second)
    }

    /// There is a power of two of pages.
    #[expect(clippy::cast_possible_truncation, reason = "it is less than the number of pages")]
    fn page_of(&self, day: u64) -> usize {
        (day & (self.pages.len() as u64 - 1)) as usize
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times begin with 0, and end")]
fn number(time: f64, days_per_second: f64) -> u64 {
    (time * days_per_second) as u64
}
