//! Stores: what a name of the configuration is bound to.

use storage::{Store, StoreError};

use crate::cluster::configuration::StoreBinding;

/// Binds a name to what the configuration says of it.
pub(crate) fn bind(name: &str, binding: &StoreBinding) -> Result<Store, StoreError> {
    Store::fs(name, &binding.directory)
}
