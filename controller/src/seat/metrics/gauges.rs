//! Gauges that are computed when they are read, from what is known of each subject.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};

use planner::calendar::Instant;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::MetricType;

/// A gauge: its name, what it means, and its value from what is known at a moment.
#[derive(Debug)]
pub(super) struct Gauge<Known> {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) value: fn(&Known, Instant) -> f64,
}

/// The same gauges for each of several subjects.
#[derive(Debug)]
pub(super) struct Gauges<Subject, Known: 'static> {
    kinds: &'static [Gauge<Known>],
    known: Mutex<BTreeMap<Subject, Known>>,
    now: fn() -> Instant,
}

impl<Subject: Ord, Known> Gauges<Subject, Known> {
    pub(super) fn new(kinds: &'static [Gauge<Known>], now: fn() -> Instant) -> Self {
        Self { kinds, known: Mutex::default(), now }
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
    Subject: EncodeLabelSet + Ord + Debug + Send + Sync + 'static,
    Known: Debug + Send + Sync + 'static,
{
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (known, now) = (self.known(), (self.now)());
        for Gauge { name, meaning, value } in self.kinds {
            let meaning = format!("{meaning}.");
            let mut family = encoder.encode_descriptor(name, &meaning, None, MetricType::Gauge)?;
            for (subject, known) in known.iter() {
                family.encode_family(subject)?.encode_gauge(&value(known, now))?;
            }
        }
        Ok(())
    }
}
