//! Metrics, for Prometheus: what happened is told by name, and no caller knows a label.
//!
//! Metrics of a pipeline go with the pipeline, so that a deleted one alerts nobody and names never pile up.

mod calls;
mod gauges;
mod labels;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crds::pipeline_status::{PartitionCounts, PipelineStatus};
use planner::calendar::Instant;
use planner::facts::Outcome;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use self::calls::{Calls, Measured};
pub use self::labels::PipelineId;

use self::gauges::{Gauge, Gauges, Sample};
use self::labels::{Call, Ended, Notified, Refused, StorageCall, Store};
use super::limits::{CALL_BUCKETS, DELAY_BUCKETS};

/// What every name begins with.
const PREFIX: &str = "daybreak";

type Histograms<Labels> = Family<Labels, Histogram, fn() -> Histogram>;

/// All metrics of a controller.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    registry: Registry,
    pipelines: Arc<Gauges<PipelineId, Progress>>,
    catalogues: Arc<Gauges<Store, Instant>>,
    start_delays: Histograms<PipelineId>,
    launches: Family<Ended, Counter>,
    reconciles: Histogram,
    reconcile_errors: Counter,
    api_calls: Histograms<Call>,
    storage_calls: Histograms<StorageCall>,
    storage_requests: Family<StorageCall, Counter>,
    swept: Family<Store, Counter>,
    notifications: Family<Notified, Counter>,
    refused: Family<Refused, Counter>,
}

/// What is told of a pipeline.
#[derive(Clone, Debug)]
struct Progress {
    partitions: PartitionCounts,
    conditions: Vec<(String, bool)>,
    oldest_incomplete_due: Option<Instant>,
}

/// The gauges of a pipeline.
const OF_A_PIPELINE: &[Gauge<Progress>] = &[
    Gauge {
        name: "partitions",
        meaning: "Partitions that are looked after, each in one state",
        samples: |Progress { partitions, .. }, _| {
            let PartitionCounts { complete, running, failed, waiting, .. } = *partitions;
            let states =
                [("complete", complete), ("running", running), ("failed", failed), ("waiting", waiting)];
            let sample = |(state, count): (&str, u32)| Sample::of("state", state, count);
            states.map(sample).into()
        },
    },
    Gauge {
        name: "partitions_due",
        meaning: "Partitions that are looked after",
        samples: |progress, _| vec![Sample::plain(progress.partitions.due)],
    },
    Gauge {
        name: "partitions_missing",
        meaning: "Partitions that are due and not complete, whatever holds them up",
        samples: |Progress { partitions: PartitionCounts { due, complete, .. }, .. }, _| {
            vec![Sample::plain(due.saturating_sub(*complete))]
        },
    },
    Gauge {
        name: "pipeline_condition",
        meaning: "1 while a condition of the pipeline is true, 0 while it is not",
        samples: |progress, _| {
            let sample = |(kind, is_true): &(String, bool)| Sample::of("condition", kind, u8::from(*is_true));
            progress.conditions.iter().map(sample).collect()
        },
    },
    Gauge {
        name: "pipeline_lag_seconds",
        meaning: "How long ago the oldest partition that is not complete became due; 0 when all are complete",
        samples: |progress, now| vec![age(progress.oldest_incomplete_due.unwrap_or(now), now)],
    },
];

/// The gauges of a store.
const OF_A_STORE: &[Gauge<Instant>] = &[Gauge {
    name: "catalogue_age_seconds",
    meaning: "How long ago the oldest listing that decisions rest on was made",
    samples: |listed, now| vec![age(*listed, now)],
}];

impl Metrics {
    /// Metrics of a process that has done nothing yet. `now` is asked when they are read: ages go on while nothing happens.
    pub fn new(now: fn() -> Instant) -> Self {
        let families = Families {
            registry: Registry::with_prefix(PREFIX),
            pipelines: Arc::new(Gauges::new(OF_A_PIPELINE, now)),
            catalogues: Arc::new(Gauges::new(OF_A_STORE, now)),
            start_delays: Family::new_with_constructor(|| Histogram::new(DELAY_BUCKETS)),
            launches: Family::default(),
            reconciles: Histogram::new(CALL_BUCKETS),
            reconcile_errors: Counter::default(),
            api_calls: Family::new_with_constructor(|| Histogram::new(CALL_BUCKETS)),
            storage_calls: Family::new_with_constructor(|| Histogram::new(CALL_BUCKETS)),
            storage_requests: Family::default(),
            swept: Family::default(),
            notifications: Family::default(),
            refused: Family::default(),
        };
        Self(Arc::new(families.registered()))
    }

    /// A pipeline was looked at, with this to report; and its oldest due partition that is not complete became due then.
    pub fn pipeline(&self, id: &PipelineId, status: &PipelineStatus, oldest_incomplete_due: Option<Instant>) {
        let conditions = status.conditions.iter();
        let progress = Progress {
            partitions: status.partitions.unwrap_or_default(),
            conditions: conditions.map(|it| (it.type_.clone(), it.status == "True")).collect(),
            oldest_incomplete_due,
        };
        self.0.pipelines.set(id.clone(), progress);
    }

    /// A launch was started, so long after the inputs of its step were complete and it was due.
    pub fn launched(&self, id: &PipelineId, delay: Duration) {
        self.0.start_delays.get_or_create(id).observe(delay.as_secs_f64());
    }

    /// A launch came to its end.
    pub fn ended(&self, id: &PipelineId, outcome: &Outcome) {
        self.0.launches.get_or_create(&Ended::new(id, outcome)).inc();
    }

    /// A pipeline is gone.
    pub fn forget(&self, id: &PipelineId) {
        self.0.pipelines.remove(id);
        self.0.start_delays.remove(id);
        for ended in Ended::all(id) {
            self.0.launches.remove(&ended);
        }
    }

    /// Another controller leads: it is the one that knows about pipelines and stores now.
    pub fn stepped_down(&self) {
        self.0.pipelines.clear();
        self.0.catalogues.clear();
    }

    /// A reconcile came to its end, whatever that was.
    pub fn reconciled(&self, took: Duration) {
        self.0.reconciles.observe(took.as_secs_f64());
    }

    /// A reconcile failed, and is tried again.
    pub fn reconcile_failed(&self) {
        self.0.reconcile_errors.inc();
    }

    /// A store was asked for something.
    pub fn asked_storage(&self, store: &str, operation: &'static str, took: Duration) {
        let labels = StorageCall { store: store.to_owned(), operation };
        self.0.storage_calls.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A store was asked so often since it was bound, by what was asked for.
    pub fn requested(&self, store: &str, requests: impl IntoIterator<Item = (&'static str, u64)>) {
        for (operation, total) in requests {
            let labels = StorageCall { store: store.to_owned(), operation };
            let counter = self.0.storage_requests.get_or_create(&labels);
            counter.inc_by(total.saturating_sub(counter.get()));
        }
    }

    /// Decisions rest on listings of a store that are no older than this.
    pub fn listed(&self, store: &str, at: Instant) {
        self.0.catalogues.set(Store { store: store.to_owned() }, at);
    }

    /// What so many launches had left in the staging of a store was removed.
    pub fn swept(&self, store: &str, launches: usize) {
        let launches = u64::try_from(launches).unwrap_or(u64::MAX);
        self.0.swept.get_or_create(&Store { store: store.to_owned() }).inc_by(launches);
    }

    /// A bucket told of something.
    pub fn notified(&self, kind: &'static str) {
        self.0.notifications.get_or_create(&Notified { kind }).inc();
    }

    /// What somebody told was not taken.
    pub fn refused_notification(&self, reason: &'static str) {
        self.0.refused.get_or_create(&Refused { reason }).inc();
    }

    /// A layer that measures each call of a client.
    pub fn calls(&self) -> Calls {
        Calls::new(self.0.api_calls.clone())
    }

    /// All of them, as Prometheus reads them; and the media type of that.
    pub fn render(&self) -> Result<(&'static str, String), fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.0.registry)?;
        Ok((prometheus_text::CONTENT_TYPE, text))
    }
}

impl Families {
    /// Each with its name and its meaning. A dot follows by itself, and `_total` after a counter.
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs; always 1", build);
        registry.register_collector(Box::new(Arc::clone(&self.pipelines)));
        registry.register(
            "step_start_delay_seconds",
            "From a step's inputs being complete to its launch",
            self.start_delays.clone(),
        );
        registry.register("launches", "Launches that ended, by what they came to", self.launches.clone());
        registry.register(
            "reconcile_duration_seconds",
            "How long it took to look at a pipeline and act",
            self.reconciles.clone(),
        );
        registry.register(
            "reconcile_errors",
            "Reconciles that failed and are tried again",
            self.reconcile_errors.clone(),
        );
        registry.register(
            "api_request_duration_seconds",
            "How long the API server took to begin its answer; the code is `none` when none came",
            self.api_calls.clone(),
        );
        registry.register(
            "storage_request_duration_seconds",
            "How long a store took to answer",
            self.storage_calls.clone(),
        );
        registry.register(
            "storage_requests",
            "Requests to a store that answers over a network: each page of a listing is one, each attempt is one",
            self.storage_requests.clone(),
        );
        registry.register(
            "staging_swept",
            "Launches that nobody comes back to and whose staging was removed",
            self.swept.clone(),
        );
        registry.register(
            "notifications",
            "Notifications of buckets, by what they were about",
            self.notifications.clone(),
        );
        registry.register(
            "notifications_refused",
            "Notifications that were not taken, by why",
            self.refused.clone(),
        );
        registry.register_collector(Box::new(Arc::clone(&self.catalogues)));
        self
    }
}

/// From then to now in seconds; never negative, since a partition may be looked at before it is due.
fn age(then: Instant, now: Instant) -> Sample {
    Sample::plain((now - then).to_std().unwrap_or_default().as_secs_f64())
}
