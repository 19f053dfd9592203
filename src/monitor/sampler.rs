//! One sampling that all who look share. It happens when somebody looks, and takes a fifth of the time at most.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::live::{Live, Viewer};
use super::metrics;
use crate::snapshot::Sample;

/// A sample is good for this long at least.
const REUSE_MIN: Duration = Duration::from_millis(20);
/// A sample is good for so many times what it cost.
const REUSE_COSTS: u32 = 4;
/// Viewers at a time: half of the connections, so that they cannot keep scrapers and probes out.
pub(crate) const VIEWERS_MAX: usize = 128;
/// Questions that may wait for the sampling to hear them.
const QUESTIONS_MAX: usize = 64;

/// Shares one source of samples among all who ask, as long as the second value, the sampling itself, is polled.
///
/// `source` gives `None` if it could not get a consistent picture; the last one is kept then.
pub(crate) fn share(source: impl FnMut() -> Option<Sample>) -> (Sampler, impl Future<Output = ()>) {
    let (ask, questions) = mpsc::channel(QUESTIONS_MAX);
    let viewers = Arc::new(Semaphore::new(VIEWERS_MAX));
    let sampling = Sampling { source, last: None, reusable_until: Instant::now(), live: Live::new() };
    (Sampler { ask, viewers }, sampling.run(questions))
}

/// How long a sample is good for that took so long to take.
fn reusable_for(cost: Duration) -> Duration {
    REUSE_MIN.max(cost * REUSE_COSTS)
}

/// Where one asks for samples.
#[derive(Debug, Clone)]
pub(crate) struct Sampler {
    ask: mpsc::Sender<Question>,
    /// Places for viewers.
    pub(crate) viewers: Arc<Semaphore>,
}

impl Sampler {
    /// The pool as it is; `None` if it could not be read yet, or the monitor ends.
    pub(crate) async fn look(&self) -> Option<Arc<Picture>> {
        let (answer, picture) = oneshot::channel();
        self.ask.send(Question::Look(answer)).await.ok()?;
        picture.await.ok().flatten()
    }

    /// A viewer of the pool from now on, who has seen events up to this one; `None` if the monitor ends.
    pub(crate) async fn view(&self, seen: Option<u64>) -> Option<Viewer> {
        let (answer, viewer) = oneshot::channel();
        self.ask.send(Question::View(seen, answer)).await.ok()?;
        viewer.await.ok()
    }
}

/// What the sampling is asked.
#[derive(Debug)]
enum Question {
    Look(oneshot::Sender<Option<Arc<Picture>>>),
    View(Option<u64>, oneshot::Sender<Viewer>),
}

/// A sample, and what it looks like to those who asked: each form is made once.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) sample: Sample,
    status: OnceLock<Bytes>,
    metrics: OnceLock<Bytes>,
}

impl Picture {
    fn of(sample: Sample) -> Self {
        Self { sample, status: OnceLock::new(), metrics: OnceLock::new() }
    }

    /// The status as JSON.
    pub(crate) fn status(&self) -> Bytes {
        let render =
            || serde_json::to_vec(&self.sample.status).expect("a status has string keys only").into();
        self.status.get_or_init(render).clone()
    }

    /// The text that Prometheus scrapes.
    pub(crate) fn metrics(&self) -> Bytes {
        self.metrics.get_or_init(|| metrics::render(&self.sample).into()).clone()
    }
}

/// The side that answers.
struct Sampling<S> {
    source: S,
    last: Option<Arc<Picture>>,
    reusable_until: Instant,
    live: Live,
}

impl<S: FnMut() -> Option<Sample>> Sampling<S> {
    /// Answers until nobody is left who could ask. Ticks only while there are viewers.
    async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        loop {
            tokio::select! {
                question = questions.recv() => match question {
                    Some(question) => self.answer(question),
                    None => return,
                },
                () = sleep_until(self.live.next_tick()), if self.live.is_on() => self.tick(),
            }
        }
    }

    /// Whoever asked may have gone away meanwhile: then the answer is for nobody.
    fn answer(&mut self, question: Question) {
        match question {
            Question::Look(answer) => {
                let _ = answer.send(self.look());
            }
            Question::View(seen, answer) => {
                if !self.live.is_on() {
                    let picture = self.look();
                    self.live.show(picture.as_deref().map(|picture| &picture.sample));
                }
                let _ = answer.send(self.live.viewer(seen));
            }
        }
    }

    fn tick(&mut self) {
        if self.live.has_viewers() {
            let picture = self.look();
            self.live.show(picture.as_deref().map(|picture| &picture.sample));
        } else {
            self.live.turn_off();
        }
    }

    fn look(&mut self) -> Option<Arc<Picture>> {
        let start = Instant::now();
        if start >= self.reusable_until {
            if let Some(sample) = (self.source)() {
                self.last = Some(Arc::new(Picture::of(sample)));
            }
            let end = Instant::now();
            self.reusable_until = end + reusable_for(end - start);
        }
        self.last.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::{advance, sleep};

    use super::super::fixture;
    use super::*;

    /// Runs what asks beside the sampling, with a clock that stands still unless all wait for it.
    ///
    /// It returns how often a sample was taken.
    fn asking(mut client: impl AsyncFnMut(&Sampler, &Cell<u32>)) -> u32 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let taken = Cell::new(0);
        runtime.unwrap().block_on(async {
            let source = || {
                taken.set(taken.get() + 1);
                // The third fails.
                (taken.get() != 3).then(fixture::sample)
            };
            let (sampler, sampling) = share(source);
            tokio::select! {
                () = sampling => unreachable!("somebody can still ask"),
                () = client(&sampler, &taken) => {}
            }
        });
        taken.get()
    }

    #[test]
    fn sampling_takes_a_fifth_of_the_time_at_most() {
        assert_eq!(reusable_for(Duration::ZERO), Duration::from_millis(20));
        assert_eq!(reusable_for(Duration::from_millis(5)), Duration::from_millis(20));
        assert_eq!(reusable_for(Duration::from_millis(30)), Duration::from_millis(120));
    }

    #[test]
    fn a_sample_is_shared_while_it_is_young() {
        let taken = asking(async |sampler, _| {
            let first = sampler.look().await.unwrap();
            advance(REUSE_MIN.checked_sub(Duration::from_millis(1)).unwrap()).await;
            assert!(Arc::ptr_eq(&first, &sampler.look().await.unwrap()));
            advance(Duration::from_millis(1)).await;
            assert!(!Arc::ptr_eq(&first, &sampler.look().await.unwrap()));
        });
        assert_eq!(taken, 2);
    }

    #[test]
    fn the_last_sample_is_kept_where_there_is_no_new_one() {
        let taken = asking(async |sampler, _| {
            sampler.look().await;
            advance(REUSE_MIN).await;
            let second = sampler.look().await.unwrap();
            advance(REUSE_MIN).await;
            assert!(Arc::ptr_eq(&second, &sampler.look().await.unwrap()));
            assert!(Arc::ptr_eq(&second, &sampler.look().await.unwrap()), "nor is it tried again at once");
        });
        assert_eq!(taken, 3);
    }

    #[test]
    fn nothing_is_sampled_while_nobody_looks() {
        let taken = asking(async |sampler, taken| {
            sleep(Duration::from_secs(3600)).await;
            assert_eq!(taken.get(), 0);
            sampler.look().await;
            sleep(Duration::from_secs(3600)).await;
            assert_eq!(taken.get(), 1);
            drop(sampler.view(None).await);
            sleep(Duration::from_secs(3600)).await;
        });
        assert_eq!(taken, 2);
    }

    #[test]
    fn twenty_viewers_and_twenty_scrapers_share_one_sampling() {
        let taken = asking(async |sampler, _| {
            let mut viewers = Vec::new();
            for _ in 0..20 {
                viewers.push(sampler.view(None).await.unwrap());
            }
            // At 0, 250, 500 and 750 ms.
            sleep(Duration::from_millis(990)).await;
            for _ in 0..20 {
                sampler.look().await.unwrap().metrics();
            }
        });
        assert_eq!(taken, 5);
    }

    #[test]
    fn a_form_is_made_once() {
        asking(async |sampler, _| {
            let picture = sampler.look().await.unwrap();
            assert_eq!(picture.status().as_ptr(), picture.status().as_ptr());
            assert_eq!(picture.metrics().as_ptr(), picture.metrics().as_ptr());
        });
    }
}
