//! Gauges that are computed when they are read, from what is known of each subject.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};

use planner::calendar::Instant;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::MetricType;

/// A gauge: its name, what it means, and what it shows from what is known at a moment.
#[derive(Debug)]
pub(super) struct Gauge<Known> {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) samples: fn(&Known, Instant) -> Vec<Sample>,
}

/// A value, and what it is of within its subject.
#[derive(Debug)]
pub(super) struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Sample {
    /// The only value of its subject.
    pub(super) fn plain(value: impl Into<f64>) -> Self {
        Self { labels: Vec::new(), value: value.into() }
    }

    /// One of several values of its subject.
    pub(super) fn of(label: &'static str, what: &str, value: impl Into<f64>) -> Self {
        Self { labels: vec![(label, what.to_owned())], value: value.into() }
    }
}

/// The same gauges for each of several subjects.
#[derive(Debug)]
pub(super) struct Gauges<Subject, Known: 'static> {
    shown: &'static [Gauge<Known>],
    known: Mutex<BTreeMap<Subject, Known>>,
    now: fn() -> Instant,
}

impl<Subject: Ord, Known> Gauges<Subject, Known> {
    pub(super) fn new(shown: &'static [Gauge<Known>], now: fn() -> Instant) -> Self {
        Self { shown, known: Mutex::default(), now }
    }

    pub(super) fn set(&self, subject: Subject, known: Known) {
        self.known().insert(subject, known);
    }

    pub(super) fn remove(&self, subject: &Subject) {
        self.known().remove(subject);
    }

    pub(super) fn clear(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Subject, Known>> {
        // Each change is one call, so whoever panicked left it whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Subject, Known> Collector for Gauges<Subject, Known>
where
    Subject: EncodeLabelSet + Clone + Ord + Debug + Send + Sync + 'static,
    Known: Debug + Send + Sync + 'static,
{
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (known, now) = (self.known(), (self.now)());
        for Gauge { name, meaning, samples } in self.shown {
            let meaning = format!("{meaning}.");
            let mut family = encoder.encode_descriptor(name, &meaning, None, MetricType::Gauge)?;
            let all = known.iter().flat_map(|(subject, known)| {
                samples(known, now).into_iter().map(move |sample| (subject.clone(), sample))
            });
            for (subject, Sample { labels, value }) in all {
                family.encode_family(&(subject, labels))?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}
