//! Publish: a launch ended well. Exit code 0 is a claim; the outputs are the proof.

use std::collections::BTreeMap;

use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::{Launch, Product};
use storage::{Existing, Published, Staging, Store};

use crate::work::launch::chain;
use crate::work::look::Sight;
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::records::{Record, RecordsError};
use crate::work::stage::{Staged, direct_outputs, staged};

/// Verifies the outputs of a launch where it wrote them, records that they are on their way, and publishes them.
pub(crate) fn verify_and_publish(
    work: &Work,
    sight: &mut Sight<'_>,
    (launch, now): (&Launch, Instant),
) -> Result<Outcome, RecordsError> {
    if let Err(why) = verify(work, sight.stores, launch) {
        return Ok(Outcome::Failed { exit_code: Some(0), why });
    }
    sight.records.write(&Record::publishing(&work.plan, launch, now), (&work.plan, launch))?;
    Ok(publish(work, sight.stores, launch))
}

/// Publishes a launch's outputs. It may be called again after a crash at any point.
pub(crate) fn publish(work: &Work, stores: &BTreeMap<String, Store>, launch: &Launch) -> Outcome {
    let failed = |why| Outcome::Failed { exit_code: Some(0), why };
    let existing = if launch.replaces { Existing::Replace } else { Existing::Keep };
    let mut is_ours = direct_outputs(launch).next().is_some();
    let staged = match staged(work, stores, (launch, Staging::resume)) {
        Ok(staged) => staged,
        Err(error) => return failed(chain(&error)),
    };
    for Staged { outputs, staging } in staged {
        let rules: Vec<_> = outputs.iter().map(|product| observe::rule(&product.complete)).collect();
        match staging.publish(existing, &rules) {
            Ok(published) => is_ours |= published.contains(&Published::Published),
            Err(error) => return failed(chain(&error)),
        }
    }
    if is_ours { Outcome::Succeeded } else { Outcome::Discarded }
}

fn verify(work: &Work, stores: &BTreeMap<String, Store>, launch: &Launch) -> Result<(), String> {
    for Staged { outputs, staging } in
        staged(work, stores, (launch, Staging::resume)).map_err(|error| chain(&error))?
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
            return Err(format!(
                "it ended well, but did not write its output {}: {}",
                product.dataset,
                store.uri(&product.path)
            ));
        }
    }
    Ok(())
}

fn not_written(Product { dataset, .. }: &Product, error: &storage::NotWritten) -> String {
    format!("it ended well, but its output {dataset} is not complete: {}", chain(error))
}
