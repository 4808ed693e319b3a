//! The desk of a run: the stores, the executor and the state that its pipelines share.

use executor::LocalExecutor;
use planner::admission::Capacity;
use storage::{Catalogue, ChangedPath};

use crate::local::progress::Progress;
use crate::state::State;
use crate::work::errand::Stores;

/// What the pipelines of a run share.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The stores by name.
    pub(crate) stores: Stores,
    /// What storage said.
    pub(crate) catalogue: Catalogue,
    /// What runs processes.
    pub(crate) executor: LocalExecutor,
    /// Where records, logs and requests lie.
    pub(crate) state: State,
    /// What there is to share.
    pub(crate) capacity: Capacity,
    /// The paths that this run wrote or removed, and has not told its pipelines of yet.
    pub(crate) changes: Vec<ChangedPath>,
    /// What the person sees.
    pub(crate) progress: Progress,
}
