//! Every fault at every request of something that is done, each tried by itself, many at once.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use tests::{Fault, Random, number};

use crate::place::Place;

/// Tries at once: each waits for pauses most of its time.
const AT_ONCE: usize = 64;

/// One fault, at these requests.
pub(crate) type Trouble = (Fault, Range<u64>);

/// What may go wrong with `requests` requests: one of them, or all from one on.
pub(crate) fn troubles(place: &Place, requests: u64) -> Vec<Trouble> {
    let (once, on): (&[Fault], &[Fault]) = match place {
        Place::Hdfs(_) => {
            (&[Fault::ResetBefore, Fault::ResetAfter], &[Fault::ResetBefore, Fault::ResetAfter])
        }
        Place::S3(_) | Place::WebHdfs(_) | Place::Directory(_) => (
            &[
                Fault::SlowDown,
                Fault::Broken,
                Fault::Forbidden,
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::Delay,
                Fault::Cut,
            ],
            &[
                Fault::SlowDown,
                Fault::Broken,
                Fault::Forbidden,
                Fault::NoBucket,
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::Cut,
            ],
        ),
    };
    let at = |number: u64| {
        let once = once.iter().map(move |fault| (*fault, number..number + 1));
        once.chain(on.iter().map(move |fault| (*fault, number..u64::MAX)))
    };
    (0..requests).flat_map(at).collect()
}

/// So many of them by chance, or as many as the variable `DAYBREAK_FAULTS` says; and from which seed.
pub(crate) fn some<T>(mut all: Vec<T>, count: usize) -> (Vec<T>, u64) {
    let (mut random, seed) = Random::new();
    let count = number("DAYBREAK_FAULTS").and_then(|count| count.try_into().ok()).unwrap_or(count);
    while all.len() > count {
        let place = random.below(all.len() as u64);
        all.swap_remove(usize::try_from(place).expect("it is a place in a list"));
    }
    (all, seed)
}

/// Tries each with its number, and tells all that went wrong.
#[track_caller]
pub(crate) fn each<T: Sync + std::fmt::Debug>(all: &(Vec<T>, u64), tries: impl Fn(usize, &T) + Sync) {
    let (all, seed) = all;
    let next = Mutex::new(all.iter().enumerate());
    let wrong = Mutex::new(Vec::new());
    // The lock is held for the moment of taking one alone.
    let take = || next.lock().expect("nobody panics with it").next();
    let run = || {
        while let Some((number, one)) = take() {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| tries(number, one))) {
                let words = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                wrong.lock().expect("nobody panics with it").push(format!("{one:?}: {words}"));
            }
        }
    };
    thread::scope(|scope| (0..AT_ONCE.min(all.len())).for_each(|_| drop(scope.spawn(run))));
    let wrong = wrong.into_inner().expect("nobody panics with it");
    assert!(
        wrong.is_empty(),
        "DAYBREAK_SEED={seed}: {} of {}:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}
