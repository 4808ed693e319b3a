//! The lease: one of several is at work, and whoever is not says so in time. The clock is tokio's, and does not wait.

use std::time::Duration;

use daybreak::seat::lease::{Elector, Leadership};
use proptest::prelude::*;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::model::{Fault, Model};

/// A controller that stands for the lease.
struct Candidate {
    leadership: watch::Receiver<Leadership>,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Candidate {
    fn start(model: &Model, identity: &str) -> Self {
        let (elector, leadership) = Elector::new(model.api(), "controller", identity);
        let (end, ended) = oneshot::channel();
        let until = async { ended.await.unwrap_or_default() };
        Self { leadership, end, task: tokio::spawn(elector.run(until)) }
    }

    fn leads(&self) -> bool {
        *self.leadership.borrow() == Leadership::Leading
    }

    async fn takes_to_lead(&mut self) -> Duration {
        self.takes_until(|leadership| *leadership == Leadership::Leading).await
    }

    async fn takes_to_follow(&mut self) -> Duration {
        self.takes_until(|leadership| *leadership != Leadership::Leading).await
    }

    async fn takes_until(&mut self, is_so: impl FnMut(&Leadership) -> bool) -> Duration {
        let start = Instant::now();
        let change = timeout(seconds(60), self.leadership.wait_for(is_so)).await;
        change.expect("it changes within a minute").expect("the elector runs");
        start.elapsed()
    }

    async fn stop(self) {
        self.end.send(()).expect("the elector runs");
        self.task.await.expect("it ends by itself");
    }
}

fn following(holder: Option<&str>) -> Leadership {
    Leadership::Following { holder: holder.map(str::to_owned) }
}

/// The timer counts in milliseconds, and the clock in less.
fn is_about(duration: Duration, expected: u64) -> bool {
    (seconds(expected)..seconds(expected) + Duration::from_millis(100)).contains(&duration)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn the_first_leads_at_once_and_the_second_follows_it() {
    let model = Model::default();
    let mut first = Candidate::start(&model, "first");
    assert!(is_about(first.takes_to_lead().await, 0));
    let second = Candidate::start(&model, "second");
    sleep(seconds(60)).await;
    assert!(first.leads());
    assert_eq!(*second.leadership.borrow(), following(Some("first")));
    assert_eq!(model.field("leaseTransitions"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_holder_calls_once_in_two_seconds() {
    let model = Model::default();
    let mut first = Candidate::start(&model, "first");
    first.takes_to_lead().await;
    model.calls();
    sleep(seconds(60)).await;
    let calls = model.calls();
    assert_eq!(calls.keys().collect::<Vec<_>>(), ["PUT"]);
    assert!((29..=30).contains(&calls["PUT"]), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_back_is_taken_at_the_next_look() {
    let model = Model::default();
    let first = Candidate::start(&model, "first");
    sleep(seconds(1)).await;
    let mut second = Candidate::start(&model, "second");
    sleep(seconds(20)).await;
    first.stop().await;
    assert_eq!(model.holder(), None);
    assert!(second.takes_to_lead().await <= seconds(2));
    assert_eq!(model.field("leaseTransitions"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_the_dead_is_taken_once_it_has_run_out_by_our_clock() {
    let model = Model::default();
    model.hold("dead");
    let mut second = Candidate::start(&model, "second");
    let took = second.takes_to_lead().await;
    assert!((seconds(15)..=seconds(17)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_renews_keeps_it_whatever_its_time_stamp_says() {
    let model = Model::default();
    let second = Candidate::start(&model, "second");
    for _ in 0..20 {
        model.hold("first");
        sleep(seconds(10)).await;
        assert!(!second.leads());
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_without_answers_follows_ten_seconds_after_its_last_renewal() {
    for fault in [Fault::Hang, Fault::Refuse] {
        let model = Model::default();
        let mut first = Candidate::start(&model, "first");
        first.takes_to_lead().await;
        model.fail(fault);
        let worked_on = first.takes_to_follow().await;
        assert!(is_about(worked_on, 10), "{fault:?}: {worked_on:?}");
        assert_eq!(*first.leadership.borrow(), following(None));
        model.fail(Fault::None);
        assert!(first.takes_to_lead().await <= seconds(7), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_whose_lease_another_has_taken_follows_at_its_next_call() {
    let model = Model::default();
    let mut first = Candidate::start(&model, "first");
    first.takes_to_lead().await;
    model.hold("thief");
    assert!(first.takes_to_follow().await <= seconds(4));
    assert_eq!(*first.leadership.borrow(), following(Some("thief")));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_was_lost_costs_nothing() {
    let model = Model::default();
    let mut first = Candidate::start(&model, "first");
    first.takes_to_lead().await;
    model.fail(Fault::Swallow);
    sleep(seconds(3)).await;
    model.fail(Fault::None);
    sleep(seconds(30)).await;
    assert!(!first.leadership.has_changed().unwrap(), "it led all the time");
}

#[tokio::test(start_paused = true)]
async fn ending_takes_two_seconds_when_nobody_answers() {
    let model = Model::default();
    let mut first = Candidate::start(&model, "first");
    first.takes_to_lead().await;
    model.fail(Fault::Hang);
    let start = Instant::now();
    first.stop().await;
    assert!(is_about(start.elapsed(), 2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn ending_leaves_the_lease_of_another_alone() {
    let model = Model::default();
    model.hold("other");
    let second = Candidate::start(&model, "second");
    sleep(seconds(3)).await;
    second.stop().await;
    assert_eq!(model.holder().as_deref(), Some("other"));
}

fn faults() -> impl Strategy<Value = Vec<(Fault, u64)>> {
    let fault = prop_oneof![
        3 => Just(Fault::None),
        1 => Just(Fault::Hang),
        1 => Just(Fault::Refuse),
        1 => Just(Fault::Swallow),
    ];
    prop::collection::vec((fault, 1..40_u64), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Clocks that run at one rate are all that this rests on.
    #[test]
    fn never_do_two_lead_whatever_fails(faults in faults()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a clock is all it needs");
        runtime.block_on(async {
            let model = Model::default();
            let candidates = ["a", "b", "c"].map(|identity| Candidate::start(&model, identity));
            for (fault, halves) in faults {
                model.fail(fault);
                for _ in 0..halves {
                    sleep(Duration::from_millis(500)).await;
                    let leading = candidates.iter().filter(|candidate| candidate.leads()).count();
                    assert!(leading <= 1, "{leading} lead");
                }
            }
            model.fail(Fault::None);
            sleep(seconds(30)).await;
            assert_eq!(candidates.iter().filter(|candidate| candidate.leads()).count(), 1);
        });
    }
}
