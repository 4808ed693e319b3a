//! The overlay: what was written to the cluster and does not show in the caches yet.
//!
//! A cache lags behind. Until it shows a later version of an object than the one that was there at our write, what we
//! wrote counts; after a while only the cache does, for what it never shows was undone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use executor::kubernetes::Left;
use tokio::time::Instant;

/// How long a cache may lag behind. A watch that broke is made anew within a few seconds.
pub(crate) const LAG_MAX: Duration = Duration::from_secs(30);

/// What was written about one pipeline.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// The Jobs that were created by this process or seen by it, by name.
    pub(crate) jobs: BTreeMap<String, Sent>,
    /// What the server had of a launch that the caches don't show whole, by the name of the Job.
    left: BTreeMap<String, (Left, Instant)>,
    /// Why the cluster makes no pod of a Job, by the name of the Job.
    pub(crate) refusals: BTreeMap<String, String>,
    /// When that was asked.
    asked: Option<Instant>,
    /// Why the pod of a Job had to go, by the name of the Job.
    pub(crate) disruptions: BTreeMap<String, String>,
    /// Why a Job was told to go before its end, by the name of the Job.
    pub(crate) interruptions: BTreeMap<String, String>,
    /// The names of the Jobs of launches whose steps are still what they were. Of others it is known before they start
    /// that they are to be made anew.
    pub(crate) current: BTreeSet<String>,
    /// The uids of Jobs and Partition objects that were told to go, or to go later.
    dismissed: BTreeMap<String, Instant>,
    /// The Partition objects that were created and are not seen yet.
    made: BTreeMap<String, Made>,
    /// The statuses that were written, by kind and name.
    written: BTreeMap<(Kind, String), Written>,
}

/// Which kind of object a status belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Pipeline,
    Partition,
    Backfill,
}

/// How far the creation of a Job is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The server has it.
    Created,
    /// The caches have shown it, or a pod of it.
    Seen,
    /// The server has none, though it was sent or could have been.
    Absent,
    /// The server had it, and has neither it nor a pod of it any more.
    Gone,
    /// The server took none of it, for the time being, and says why.
    Refused(String),
}

#[derive(Debug)]
struct Made {
    /// The version of the object as it was made, without a status.
    version: Option<String>,
    at: Instant,
}

#[derive(Debug)]
struct Written {
    /// The version that the cache showed at our write; none of an object that was made in the same pass.
    over: Option<String>,
    status: serde_json::Value,
    at: Instant,
}

impl Overlay {
    /// Notes that objects of these uids were told to go, or to go later.
    pub(crate) fn dismiss(&mut self, uids: impl IntoIterator<Item = String>) {
        self.dismissed.extend(uids.into_iter().map(|uid| (uid, Instant::now())));
    }

    /// Whether an object was told to go a moment ago. One that is still there after any lag is told again.
    pub(crate) fn was_dismissed(&self, uid: &str) -> bool {
        self.dismissed.get(uid).is_some_and(|at| at.elapsed() < LAG_MAX)
    }

    /// How long until the first of what was told to go may be told again.
    pub(crate) fn dismissed_for(&self) -> Option<Duration> {
        self.dismissed.values().map(|at| LAG_MAX.saturating_sub(at.elapsed())).min()
    }

    /// Notes that the caches show a Job or a pod of it. What the server said is gone stays so: a cache lags behind.
    pub(crate) fn note_seen(&mut self, name: String) {
        let sent = self.jobs.entry(name).or_insert(Sent::Seen);
        if *sent != Sent::Gone {
            *sent = Sent::Seen;
        }
    }

    /// Notes what the server has of a launch that the caches don't show whole: they may lag behind.
    pub(crate) fn note_left(&mut self, name: String, left: Left) {
        let sent = self.jobs.entry(name.clone()).or_insert(Sent::Absent);
        match left {
            Left::Nothing if matches!(sent, Sent::Created | Sent::Seen) => *sent = Sent::Gone,
            Left::JobAlone | Left::Pod if *sent == Sent::Absent => *sent = Sent::Created,
            Left::Nothing | Left::JobAlone | Left::Pod => {}
        }
        self.left.insert(name, (left, Instant::now()));
    }

    /// What the server had of a launch that short a time ago.
    pub(crate) fn left_within(&self, name: &str, pause: Duration) -> Option<Left> {
        self.left.get(name).filter(|(_, at)| at.elapsed() < pause).map(|(left, _)| *left)
    }

    /// Notes that a Partition object was created.
    pub(crate) fn note_made(&mut self, name: String, version: Option<String>) {
        self.made.insert(name, Made { version, at: Instant::now() });
    }

    /// Notes that a Partition object was removed. If it is wanted again it is made again.
    pub(crate) fn note_removed(&mut self, name: &str) {
        self.made.remove(name);
    }

    /// Whether a Partition object that the cache does not show was created a moment ago.
    pub(crate) fn was_made(&self, name: &str) -> bool {
        self.made.get(name).is_some_and(|made| made.at.elapsed() < LAG_MAX)
    }

    /// Takes over why the cluster makes no pods; whether that is news.
    pub(crate) fn note_refusals(&mut self, refusals: BTreeMap<String, String>) -> bool {
        self.asked = Some(Instant::now());
        let is_news = self.refusals != refusals;
        self.refusals = refusals;
        is_news
    }

    /// Whether it was asked that short a time ago why the cluster makes no pods.
    pub(crate) fn asked_within(&self, pause: Duration) -> bool {
        self.asked.is_some_and(|at| at.elapsed() < pause)
    }

    /// Notes that a status was written over the version that the cache shows.
    pub(crate) fn note_written(
        &mut self,
        key: (Kind, String),
        over: Option<String>,
        status: serde_json::Value,
    ) {
        self.written.insert(key, Written { over, status, at: Instant::now() });
    }

    /// The status that was written, if the cache still shows what was there before it.
    pub(crate) fn status(&self, kind: Kind, name: &str, shown: Option<&str>) -> Option<&serde_json::Value> {
        let written = self.written.get(&(kind, name.to_owned()))?;
        // A cache that does not show a new object yet may show it without its status first.
        let made = self.made.get(name).filter(|_| written.over.is_none());
        let is_before =
            written.over.as_deref() == shown || made.is_some_and(|it| it.version.as_deref() == shown);
        let is_behind = is_before && written.at.elapsed() < LAG_MAX;
        is_behind.then_some(&written.status)
    }

    /// Whether a status was written that short a time ago.
    pub(crate) fn wrote_within(&self, kind: Kind, name: &str, pause: Duration) -> bool {
        self.written.get(&(kind, name.to_owned())).is_some_and(|written| written.at.elapsed() < pause)
    }

    /// Whether another controller has written something else over what this one wrote. Both would go on for as long
    /// as one of them knows less, so neither may at once.
    pub(crate) fn is_disputed(
        &self,
        (kind, name): (Kind, &str),
        (version, shown): (Option<&str>, &serde_json::Value),
    ) -> bool {
        let written = self.written.get(&(kind, name.to_owned()));
        written.is_some_and(|it| it.over.as_deref() != version && it.status != *shown)
    }

    /// Forgets what is older than any lag.
    pub(crate) fn tidy(&mut self) {
        self.left.retain(|_, (_, at)| at.elapsed() < LAG_MAX);
        self.dismissed.retain(|_, at| at.elapsed() < LAG_MAX);
        self.made.retain(|_, made| made.at.elapsed() < LAG_MAX);
        self.written.retain(|_, written| written.at.elapsed() < LAG_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_object_has_its_status_until_the_cache_shows_more_than_its_making() {
        let (mut overlay, name) = (Overlay::default(), "daily.2026-01-05");
        overlay.note_made(name.to_owned(), Some("7".to_owned()));
        overlay.note_written((Kind::Partition, name.to_owned()), None, serde_json::json!({}));
        let is_behind = |shown| overlay.status(Kind::Partition, name, shown).is_some();
        assert!(is_behind(None) && is_behind(Some("7")));
        assert!(!is_behind(Some("8")));
    }
}
