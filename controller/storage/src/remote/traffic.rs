//! What goes to a store: requests, counted by what they ask for, and held back while the store asks for fewer.

mod call;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) use call::Call;

use crate::remote::rest::{Rest, Resting, Trouble};

/// An answer of so long ago says that a store is not away: less than the pauses between attempts take.
const LATELY: Duration = Duration::from_secs(1);

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// What is at one path.
    Look,
    /// A page of a listing.
    List,
    Read,
    Write,
    Copy,
    Remove,
    /// A directory.
    Make,
    Rename,
    /// Keys of a role, say.
    Other,
}

/// The requests of one store, since it was bound.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    counts: [AtomicU64; Request::ALL.len()],
    rest: Rest,
    last_answer: Mutex<Option<Instant>>,
}

impl Request {
    const ALL: [Self; 9] = [
        Self::Look,
        Self::List,
        Self::Read,
        Self::Write,
        Self::Copy,
        Self::Remove,
        Self::Make,
        Self::Rename,
        Self::Other,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
            Self::Copy => "copy",
            Self::Remove => "remove",
            Self::Make => "make",
            Self::Rename => "rename",
            Self::Other => "other",
        }
    }
}

impl Traffic {
    /// Counts a request that begins now, unless none may.
    pub(super) fn begin(&self, request: Request) -> Result<Call<'_>, Resting> {
        self.check()?;
        self.counts[request as usize].fetch_add(1, Ordering::Relaxed);
        Ok(Call::new(self))
    }

    /// As [`Self::begin`], of a request whose end does not show.
    pub(super) fn count(&self, request: Request) -> Result<(), Resting> {
        self.begin(request).map(Call::failed)
    }

    /// Whether a request may begin.
    pub(super) fn check(&self) -> Result<(), Resting> {
        self.rest.check(Instant::now())
    }

    /// Takes in that what was tried again and again came to nothing, and to what. If the store answers others it is not away.
    pub(super) fn fail(&self, why: &str) {
        let now = Instant::now();
        let has_answered = self.last_answer().is_some_and(|last| now.duration_since(last) < LATELY);
        if !has_answered {
            self.rest.begin((now, now), Trouble::Silent, Some(why));
        }
    }

    fn last_answer(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many requests began, by what they ask for, without those of which there was none.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let count =
            |request: Request| (request.name(), self.counts[request as usize].load(Ordering::Relaxed));
        Request::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }
}

impl From<Resting> for opendal::Error {
    /// For good: an attempt at once would come too early as well.
    fn from(resting: Resting) -> Self {
        Self::new(opendal::ErrorKind::RateLimited, resting.to_string())
    }
}
