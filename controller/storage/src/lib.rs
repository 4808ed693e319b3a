//! What exists: stores, the catalogue of listings, change hints, fingerprints, staging and publishing.
//!
//! Everything here answers from storage alone and decides nothing. The calls block: a file store answers in
//! microseconds, less than a hop to another thread would take (docs/decisions/0003-listing-without-opendal.md).

mod address;
mod catalogue;
mod completeness;
mod drawer;
mod fingerprint;
mod hints;
mod observation;
mod path;
mod publish;
mod remote;
mod root;
mod service_error;
mod shelf;
mod staging;
mod staging_error;
mod store;
mod sweep;
mod tally;
mod verify;
mod words;

pub use address::{Address, BadAddress, Credentials, Scheme, Service};
pub use catalogue::{Catalogue, ChangedPath, Extent, Look, Want};
pub use completeness::{Completeness, Presence};
pub use drawer::{Chunks, Created, Drawer, File, Folder, Listing, Moved, Moves, Picks, Progress, Texts};
pub use fingerprint::{BadFingerprint, Fingerprint, NoAnswer, Seen, fingerprint, fingerprints};
pub use hints::{Hint, Hints, HintsError};
pub use path::{BadPath, is_reserved};
pub use publish::{Existing, Published};
pub use remote::{RenameError, Resting, holding_up, may_wait};
pub use root::StorageError;
pub use service_error::ServiceError;
pub use staging::Staging;
pub use staging_error::StagingError;
pub use store::{Store, StoreError};
pub use sweep::{sweep, sweep_old};
pub use verify::{NotWritten, verify};
