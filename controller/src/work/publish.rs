//! Publish: a launch ended well. Exit code 0 is a claim; the outputs are the proof.

use planner::calendar::Instant;
use planner::facts::{Outcome, Stage};
use planner::launch::Product;
use storage::{Existing, Published, Staging, StagingError};

use crate::work::closely::Closely;
use crate::work::errand::Errand;
use crate::work::launch::chain;
use crate::work::observe;
use crate::work::records::{Record, Recorder, RecordsError};
use crate::work::stage::{Staged, direct_outputs};

/// Why it is not known how a launch ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsettled {
    #[error(transparent)]
    Records(RecordsError),
    /// A store gave no answer: what was written stays where it is. How far it has come.
    #[error("{0}")]
    Open(String, Stage),
}

impl Unsettled {
    /// A store gave no answer, and nothing is on its way.
    pub(crate) fn held(why: String) -> Self {
        Self::Open(why.clone(), Stage::Held(why))
    }
}

/// Why a launch did not end well, or that it is not known.
enum Trouble {
    Failed(String),
    Open(String),
}

impl Errand {
    /// Verifies the outputs where the launch wrote them, records that they are on their way, and publishes them.
    pub(crate) fn verify_and_publish(
        &self,
        records: &mut dyn Recorder,
        now: Instant,
    ) -> Result<Outcome, Unsettled> {
        match self.verify() {
            Ok(()) => {}
            Err(Trouble::Failed(why)) => return Ok(Outcome::Failed { exit_code: Some(0), why }),
            Err(Trouble::Open(why)) => return Err(Unsettled::held(why)),
        }
        let record = Record::publishing(&self.plan, &self.launch, now);
        records.write(&record, (&self.plan, &self.launch)).map_err(Unsettled::Records)?;
        self.publish()
    }

    /// Publishes the outputs. It may be called again after a crash at any point.
    pub(crate) fn publish(&self) -> Result<Outcome, Unsettled> {
        match self.try_publish() {
            Ok(true) => Ok(Outcome::Succeeded),
            Ok(false) => Ok(Outcome::Discarded),
            Err(Trouble::Failed(why)) => Ok(Outcome::Failed { exit_code: Some(0), why }),
            Err(Trouble::Open(why)) => Err(Unsettled::Open(why, Stage::Publishing)),
        }
    }

    /// Whether anything of it is ours.
    fn try_publish(&self) -> Result<bool, Trouble> {
        let existing = if self.launch.replaces { Existing::Replace } else { Existing::Keep };
        let mut is_ours = direct_outputs(&self.launch).next().is_some();
        for Staged { outputs, staging } in self.staged(Staging::resume).map_err(not_published)? {
            let rules: Vec<_> = outputs.iter().map(|product| observe::rule(&product.complete)).collect();
            let published = staging.publish(existing, &rules).map_err(not_published)?;
            is_ours |= published.contains(&Published::Published);
        }
        Ok(is_ours)
    }

    fn verify(&self) -> Result<(), Trouble> {
        for Staged { outputs, staging } in self.staged(Staging::resume).map_err(not_published)? {
            for (place, product) in outputs.iter().enumerate() {
                let rule = observe::rule(&product.complete);
                staging.verify(place, &rule).map_err(|error| not_written(product, &error))?;
            }
        }
        for product in direct_outputs(&self.launch) {
            let Some(store) = self.stores.get(product.store.as_str()) else { continue };
            storage::verify(store, &product.path, &observe::rule(&product.complete))
                .map_err(|error| not_written(product, &error))?;
            let found = observe::product_fingerprint(&mut Closely::at_once(&self.stores), product);
            if found.is_some() && found.as_ref() == self.before(product) {
                return Err(Trouble::Failed(format!(
                    "it ended well, but did not write its output {}: {}",
                    product.dataset,
                    store.uri(&product.path)
                )));
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn not_published(error: StagingError) -> Trouble {
    let why = chain(&error);
    if error.is_open() { Trouble::Open(why) } else { Trouble::Failed(why) }
}

fn not_written(Product { dataset, .. }: &Product, error: &storage::NotWritten) -> Trouble {
    let why = chain(error);
    if error.is_open() {
        Trouble::Open(format!("cannot tell whether the output {dataset} is complete: {why}"))
    } else {
        Trouble::Failed(format!("it ended well, but its output {dataset} is not complete: {why}"))
    }
}
