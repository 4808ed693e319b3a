//! Look: what storage and the records say of a pipeline, and what follows; closer where that could change the decision.

use std::collections::{BTreeMap, BTreeSet};

use planner::calendar::Instant;
use planner::launch::Launch;
use storage::{Catalogue, ChangedPath, Store};

use crate::work::closely::{Closely, Questions};
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::records::{Records, RecordsError};

/// What a look is taken at.
#[derive(Debug)]
pub(crate) struct Sight<'a> {
    /// What looks at single paths.
    pub(crate) closely: Closely<'a>,
    /// What storage said.
    pub(crate) catalogue: &'a mut Catalogue,
    /// What was launched, published and ended.
    pub(crate) records: &'a mut dyn Records,
}

/// Decides for one pipeline, looking closer where the decision would differ.
pub(crate) fn decide(work: &mut Work, sight: Sight<'_>, now: Instant) -> Result<(), RecordsError> {
    let Sight { mut closely, catalogue, records } = sight;
    if work.settles_at().is_some_and(|at| at <= now) {
        observe::look_at_settled(work, catalogue, now);
    }
    if work.observed.as_ref() != Some(&work.stretch(now)) {
        observe::observe(work, catalogue, now);
    }
    work.decide(now);
    let partitions = work.in_doubt();
    if records.load(&work.plan, &partitions, &mut work.facts.history)? || closely.has_asked() {
        observe::look_at_leftovers(work, &mut closely);
        work.decide(now);
    }
    while observe::satisfy_curiosity(work, &mut closely) {
        work.decide(now);
    }
    work.is_stale = false;
    Ok(())
}

/// Decides for one pipeline, and asks services whatever that takes. What it is taken at, without what looks at single paths.
pub(crate) fn decide_at_once(
    work: &mut Work,
    (stores, catalogue, records): (&BTreeMap<String, Store>, &mut Catalogue, &mut dyn Records),
    now: Instant,
) -> Result<(), RecordsError> {
    let mut questions = Questions::default();
    loop {
        let closely = Closely::as_asked(stores, &mut questions);
        decide(work, Sight { closely, catalogue: &mut *catalogue, records: &mut *records }, now)?;
        if !questions.ask(stores) {
            return Ok(());
        }
    }
}

/// Looks once more at what a launch would read and write. What storage said before may be as old as the last word of a
/// change: another controller, or a person, may have made an output or removed an input since.
///
/// Of services somebody has looked already, and `found` is what has changed since.
pub(crate) fn has_changed(
    work: &mut Work,
    catalogue: &mut Catalogue,
    (launch, now): (&Launch, Instant),
    found: &BTreeSet<ChangedPath>,
) -> bool {
    let paths = observe::paths(&work.plan, launch);
    let mut changes = catalogue.look_again_in_directories(&paths);
    changes.extend(paths.into_iter().filter(|path| found.contains(path)));
    observe::note_changes(work, catalogue, (&changes, now))
}
