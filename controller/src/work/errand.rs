//! Errand: what a launch needs done in storage before and after it runs, apart from all else that is known of its pipeline,
//! so that it can be done while others think: a store over a network may take long to answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use planner::calendar::Instant;
use planner::facts::{Fingerprints, Leftovers, Outcome};
use planner::launch::{Launch, Product};
use planner::pipeline::{DatasetId, Pipeline};
use storage::{Staging, StagingError, Store};

use crate::work::closely::Closely;
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::records::{Record, Recorder, RecordsError, dataset};
use crate::work::stage::{Staged, by_store, direct_outputs};

/// The stores by name, for whoever needs them for longer.
pub(crate) type Stores = Arc<BTreeMap<String, Store>>;

/// A launch with all that it takes to begin, publish and end it in storage.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    /// The plan that the launch is of.
    pub(crate) plan: Arc<Pipeline>,
    /// The stores by name.
    pub(crate) stores: Stores,
    /// Its name, unique among all that may share a store.
    pub(crate) name: String,
    /// The launch.
    pub(crate) launch: Launch,
    /// What its `Direct` outputs looked like before it.
    pub(crate) before: BTreeMap<DatasetId, String>,
}

/// What a launch found when it began.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// What its inputs looked like.
    pub(crate) inputs: Fingerprints,
    /// What its `Direct` outputs looked like.
    pub(crate) before: BTreeMap<DatasetId, String>,
}

/// How a staging is opened: anew, or taken up again. The store, the launch and the final paths of its outputs.
pub(crate) type Open = fn(&Store, &str, &[&str]) -> Result<Staging, StagingError>;

impl Errand {
    /// The errand of a launch.
    pub(crate) fn of(work: &Work, stores: &Stores, launch: &Launch) -> Self {
        let before = work.before.range((launch.partition, DatasetId(0))..);
        let before = before.take_while(|((partition, _), _)| *partition == launch.partition);
        Self {
            plan: Arc::clone(&work.plan),
            stores: Arc::clone(stores),
            name: work.launch_name(launch),
            launch: launch.clone(),
            before: before.map(|((_, id), found)| (*id, found.clone())).collect(),
        }
    }

    /// Records that the launch starts, before anything of it does.
    pub(crate) fn begin(&self, records: &mut dyn Recorder, now: Instant) -> Result<Begun, RecordsError> {
        let Self { plan, stores, launch, .. } = self;
        let mut closely = Closely::at_once(stores);
        let inputs = observe::fingerprints(plan, &mut closely, (launch.partition, launch.step));
        let inputs = inputs.expect("whoever looks at once lacks no answer");
        records.write(&Record::launched(plan, launch, (&inputs, now)), (plan, launch))?;
        let found = direct_outputs(launch).filter_map(|product| {
            let id = dataset(plan, product.dataset.as_str())?;
            Some((id, observe::product_fingerprint(&mut closely, product)?))
        });
        Ok(Begun { inputs, before: found.collect() })
    }

    /// Records how the launch ended, and gives its staging back. What it left that is no data.
    pub(crate) fn end(
        &self,
        records: &mut dyn Recorder,
        (outcome, now): (&Outcome, Instant),
    ) -> Result<Leftovers, RecordsError> {
        let left = self.leftovers(outcome);
        records.write(
            &Record::ended(&self.plan, &self.launch, (outcome, &left, now)),
            (&self.plan, &self.launch),
        )?;
        // What can't be removed now is swept later.
        for staged in self.staged(Staging::resume).into_iter().flatten() {
            let _ = staged.staging.discard();
        }
        Ok(left)
    }

    /// The staging of the launch, one for each store that it writes to.
    pub(crate) fn staged(&self, open: Open) -> Result<Vec<Staged>, StagingError> {
        let by_store = by_store(&self.stores, &self.launch).into_iter();
        by_store
            .map(|(store, outputs)| {
                let finals: Vec<_> = outputs.iter().map(|it| it.path.as_str()).collect();
                Ok(Staged { staging: open(store, &self.name, &finals)?, outputs })
            })
            .collect()
    }

    /// What a `Direct` output looked like before the launch.
    pub(crate) fn before(&self, product: &Product) -> Option<&String> {
        self.before.get(&dataset(&self.plan, product.dataset.as_str())?)
    }

    /// What a launch that did not succeed left in the place of `Direct` outputs: that is not data.
    fn leftovers(&self, outcome: &Outcome) -> Leftovers {
        match outcome {
            Outcome::Succeeded | Outcome::Discarded => return Leftovers::new(),
            Outcome::Failed { .. } | Outcome::Disrupted(_) => {}
        }
        let Self { plan, stores, launch, .. } = self;
        let mut left = Leftovers::new();
        for product in direct_outputs(launch) {
            // What lies where the dataset was before its spec changed is nobody's data.
            let id = dataset(plan, product.dataset.as_str());
            let is_there = |id: &DatasetId| observe::path(plan, *id, launch.partition) == product.path;
            let Some(id) = id.filter(is_there) else { continue };
            let found = observe::product_fingerprint(&mut Closely::at_once(stores), product);
            // Old data that a replacement did not touch is still data.
            let is_untouched = launch.replaces && found.as_ref() == self.before(product);
            left.extend(found.filter(|_| !is_untouched).map(|found| (id, found)));
        }
        left
    }
}
