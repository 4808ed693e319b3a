//! When a store is left in peace: after it asked for fewer requests, or gave no answer, none begins for a while.
//!
//! Each time that it does so again, right after, the pause is twice as long; an answer ends that. Whoever asks meanwhile
//! hears so at once, for who asks for thousands of paths would wait for each.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest pause: about as long as a look at everything is apart from the next.
const LONGEST: Duration = Duration::from_secs(30);

/// Why no request begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, and is asked again in {} s at most{}", trouble.words(), LONGEST.as_secs(), because(why.as_deref()))]
pub struct Resting {
    trouble: Trouble,
    /// What it came to when the store was asked the last time.
    why: Option<Arc<str>>,
}

fn because(why: Option<&str>) -> String {
    why.map(|why| format!("; the last time it was: {why}")).unwrap_or_default()
}

/// What a store did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It asked for fewer requests: `SlowDown`, and the statuses 429 and 503.
    TooMany,
    /// It gave no answer in time.
    Silent,
}

/// The pauses of one store.
#[derive(Debug, Default)]
pub(super) struct Rest(Mutex<Option<Pause>>);

/// The last pause. It stays when it is over, until an answer comes: the next one is longer.
#[derive(Clone, Debug)]
struct Pause {
    trouble: Trouble,
    why: Option<Arc<str>>,
    began: Instant,
    length: Duration,
    until: Instant,
}

impl Trouble {
    /// The first pause. An attempt that is made at once again, a second later, comes after the shorter one.
    fn first(self) -> Duration {
        match self {
            Self::TooMany => Duration::from_secs(1),
            Self::Silent => Duration::from_secs(5),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::TooMany => "asked for fewer requests a moment ago",
            Self::Silent => "gave no answer a moment ago",
        }
    }
}

impl Rest {
    /// Whether a request may begin.
    pub(super) fn check(&self, now: Instant) -> Result<(), Resting> {
        match &*self.pause() {
            Some(Pause { trouble, why, until, .. }) if now < *until => {
                Err(Resting { trouble: *trouble, why: why.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Begins a pause because of a request, unless that began before the last pause did: of many at once each is
    /// refused, which is one word. `why` is what it came to.
    pub(super) fn begin(&self, (asked, now): (Instant, Instant), trouble: Trouble, why: Option<&str>) {
        let mut pause = self.pause();
        if pause.as_ref().is_some_and(|last| asked < last.began) {
            return;
        }
        let doubled = pause.as_ref().map_or(Duration::ZERO, |last| last.length * 2);
        let length = doubled.clamp(trouble.first(), LONGEST);
        let why = why.map(Into::into);
        *pause = Some(Pause { trouble, why, began: now, length, until: now + jittered(length) });
    }

    /// Forgets the last pause because of an answer, if that was asked for after it.
    pub(super) fn end(&self, asked: Instant) {
        let mut pause = self.pause();
        if pause.as_ref().is_some_and(|last| asked >= last.until) {
            *pause = None;
        }
    }

    fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Half of a time, and a part of the other half by chance: several controllers that were refused together come apart.
fn jittered(length: Duration) -> Duration {
    let chance = RandomState::new().hash_one(()) % 1_000;
    length / 2 + length / 2_000 * u32::try_from(chance).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LONGEST, Rest, Trouble};

    const SECOND: Duration = Duration::from_secs(1);

    /// How long no request may begin after `now`, to a tenth of a second.
    fn left(rest: &Rest, now: Instant) -> Duration {
        let tenth = SECOND / 10;
        let tenths = (0..400).take_while(|tenths| rest.check(now + tenth * *tenths).is_err());
        tenth * u32::try_from(tenths.count()).expect("it is small")
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let (rest, mut now) = (Rest::default(), Instant::now());
        for length in [1, 2, 4, 8, 16, 30, 30] {
            rest.begin((now, now), Trouble::TooMany, None);
            let (left, length) = (left(&rest, now), Duration::from_secs(length));
            assert!((length / 2..=length + SECOND / 10).contains(&left), "{left:?}, not about {length:?}");
            now += LONGEST;
        }
    }

    #[test]
    fn whoever_asks_meanwhile_hears_what_the_last_try_came_to() {
        let (rest, now) = (Rest::default(), Instant::now());
        rest.begin((now, now), Trouble::Silent, Some("connection refused"));
        let told = rest.check(now).expect_err("it rests").to_string();
        assert!(told.ends_with("the last time it was: connection refused"), "{told}");
        rest.begin((now, now), Trouble::TooMany, None);
        let told = rest.check(now).expect_err("it rests").to_string();
        assert!(told.ends_with("30 s at most"), "{told}");
    }

    #[test]
    fn requests_that_were_refused_together_are_one_word() {
        let (rest, now) = (Rest::default(), Instant::now());
        for number in 0..64 {
            rest.begin((now, now + SECOND / 100 * (number + 1)), Trouble::TooMany, None);
        }
        assert!(left(&rest, now + SECOND) <= SECOND / 5);
    }

    #[test]
    fn an_answer_ends_it_and_an_old_one_does_not() {
        let (rest, now) = (Rest::default(), Instant::now());
        rest.begin((now, now + SECOND), Trouble::TooMany, None);
        rest.end(now);
        let later = now + SECOND * 10;
        rest.begin((later, later), Trouble::TooMany, None);
        assert!(left(&rest, later) >= SECOND, "the second is twice as long");
        rest.end(later + SECOND * 10);
        let at_last = later + SECOND * 20;
        rest.begin((at_last, at_last), Trouble::TooMany, None);
        assert!(left(&rest, at_last) <= SECOND + SECOND / 10, "it is a first one again");
    }
}
