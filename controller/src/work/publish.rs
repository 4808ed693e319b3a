//! Publish: a launch ended well. Exit code 0 is a claim; the outputs are the proof.

use std::collections::BTreeMap;

use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::{Launch, Product};
use storage::{Existing, Published, Staging, StagingError, Store};

use crate::work::launch::chain;
use crate::work::look::Sight;
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::records::{Record, RecordsError};
use crate::work::stage::{Staged, direct_outputs, staged};

/// Why it is not known how a launch ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsettled {
    #[error(transparent)]
    Records(RecordsError),
    /// A store gave no answer: what was written stays where it is.
    #[error("{0}")]
    Open(String),
}

/// Why a launch did not end well, or that it is not known.
enum Trouble {
    Failed(String),
    Open(String),
}

/// Verifies the outputs of a launch where it wrote them, records that they are on their way, and publishes them.
pub(crate) fn verify_and_publish(
    work: &Work,
    sight: &mut Sight<'_>,
    (launch, now): (&Launch, Instant),
) -> Result<Outcome, Unsettled> {
    match verify(work, sight.stores, launch) {
        Ok(()) => {}
        Err(Trouble::Failed(why)) => return Ok(Outcome::Failed { exit_code: Some(0), why }),
        Err(Trouble::Open(why)) => return Err(Unsettled::Open(why)),
    }
    let record = Record::publishing(&work.plan, launch, now);
    sight.records.write(&record, (&work.plan, launch)).map_err(Unsettled::Records)?;
    publish(work, sight.stores, launch)
}

/// Publishes a launch's outputs. It may be called again after a crash at any point.
pub(crate) fn publish(
    work: &Work,
    stores: &BTreeMap<String, Store>,
    launch: &Launch,
) -> Result<Outcome, Unsettled> {
    match try_publish(work, stores, launch) {
        Ok(true) => Ok(Outcome::Succeeded),
        Ok(false) => Ok(Outcome::Discarded),
        Err(Trouble::Failed(why)) => Ok(Outcome::Failed { exit_code: Some(0), why }),
        Err(Trouble::Open(why)) => Err(Unsettled::Open(why)),
    }
}

/// Whether anything of it is ours.
fn try_publish(work: &Work, stores: &BTreeMap<String, Store>, launch: &Launch) -> Result<bool, Trouble> {
    let existing = if launch.replaces { Existing::Replace } else { Existing::Keep };
    let mut is_ours = direct_outputs(launch).next().is_some();
    for Staged { outputs, staging } in
        staged(work, stores, (launch, Staging::resume)).map_err(not_published)?
    {
        let rules: Vec<_> = outputs.iter().map(|product| observe::rule(&product.complete)).collect();
        let published = staging.publish(existing, &rules).map_err(not_published)?;
        is_ours |= published.contains(&Published::Published);
    }
    Ok(is_ours)
}

fn verify(work: &Work, stores: &BTreeMap<String, Store>, launch: &Launch) -> Result<(), Trouble> {
    for Staged { outputs, staging } in
        staged(work, stores, (launch, Staging::resume)).map_err(not_published)?
    {
        for (place, product) in outputs.iter().enumerate() {
            let rule = observe::rule(&product.complete);
            staging.verify(place, &rule).map_err(|error| not_written(product, &error))?;
        }
    }
    for product in direct_outputs(launch) {
        let Some(store) = stores.get(product.store.as_str()) else { continue };
        storage::verify(store, &product.path, &observe::rule(&product.complete))
            .map_err(|error| not_written(product, &error))?;
        let found = observe::product_fingerprint(stores, product);
        if found.is_some() && found.as_ref() == work.before(launch.partition, product) {
            return Err(Trouble::Failed(format!(
                "it ended well, but did not write its output {}: {}",
                product.dataset,
                store.uri(&product.path)
            )));
        }
    }
    Ok(())
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
