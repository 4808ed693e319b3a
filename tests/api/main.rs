//! The API as its users meet it: the real API server judges, and the real controller writes. There is no node, so pods
//! wait for ever.

#[path = "../../crds/tests/rules/table.rs"]
mod table;

mod accounts;
mod bad;
mod configuration;
mod definitions;
mod endpoint;
mod flow;
mod objects;
mod ownership;
mod rules;
mod serving;
mod silence;
mod standing;
mod states;

use std::path::{Path, PathBuf};

/// The folder of the repo.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}
