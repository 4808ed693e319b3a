//! Places: addresses and doubts, for reports.

use std::collections::BTreeMap;

use planner::name::Name;
use planner::report::Places;
use storage::Store;

use crate::cluster::limits::POLL;

/// What a controller knows of places.
#[derive(Debug)]
pub(crate) struct ClusterPlaces<'a> {
    /// The stores by name.
    pub(crate) stores: &'a BTreeMap<String, Store>,
    /// Why a store gives no reliable answer about a path.
    pub(crate) doubts: &'a BTreeMap<(String, String), String>,
}

impl Places for ClusterPlaces<'_> {
    fn uri(&self, store: &Name, path: &str) -> String {
        let store_of = self.stores.get(store.as_str());
        store_of.map_or_else(|| format!("{store}:{path}"), |store| store.uri(path))
    }

    fn doubt(&self, store: &Name, path: &str) -> String {
        let doubt = self.doubts.get(&(store.to_string(), path.to_owned()));
        doubt
            .cloned()
            .unwrap_or_else(|| "it has not been looked at, or is younger than its settle time".to_owned())
    }

    fn watch(&self) -> String {
        format!("watched; looked at every {} s in any case", POLL.as_secs())
    }
}
