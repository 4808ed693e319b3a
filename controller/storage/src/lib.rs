//! What exists: stores, the catalogue of listings, change hints, fingerprints, staging and publishing.
//!
//! Everything here answers from storage alone and decides nothing. The calls block: a file store answers in
//! microseconds, less than a hop to another thread would take (docs/decisions/0003-listing-without-opendal.md).

mod catalogue;
mod completeness;
mod fingerprint;
mod hints;
mod staging;
mod store;

pub use catalogue::{Catalogue, ChangedPath, Want};
pub use completeness::{Completeness, Presence};
pub use fingerprint::{Fingerprint, StorageError, fingerprint};
pub use hints::{Hint, Hints, HintsError};
pub use staging::{Existing, NotWritten, Published, Staging, StagingError, sweep, verify};
pub use store::{Store, StoreError};
