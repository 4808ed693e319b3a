//! The desk of a run: the stores, the executor and the state that its pipelines share.

use std::collections::BTreeMap;

use executor::LocalExecutor;
use planner::admission::Capacity;
use storage::{Catalogue, Store};

use crate::local::progress::Progress;
use crate::state::State;

/// What the pipelines of a run share.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The stores by name.
    pub(crate) stores: BTreeMap<String, Store>,
    /// What storage said.
    pub(crate) catalogue: Catalogue,
    /// What runs processes.
    pub(crate) executor: LocalExecutor,
    /// Where records, logs and requests lie.
    pub(crate) state: State,
    /// What there is to share.
    pub(crate) capacity: Capacity,
    /// What the person sees.
    pub(crate) progress: Progress,
}
