//! From what people write to the planner's Pipeline, with every fault told.
//!
//! [`load`] reads files and folders into manifests of the right structure, [`parse`] a text, [`pipeline`] makes the planner's own type
//! of one, [`lint`] looks across all of them, and [`render`] draws what is wrong. [`convert`] and [`request`] do the
//! same for objects that were never a file.

mod convert;
mod flaw;
mod limits;
mod lint;
mod load;
mod manifest;
mod node;
mod place;
mod problem;
mod render;
mod request;
mod scalar;
mod schema;
mod short;
mod suggest;
mod yaml;

pub use convert::{Remark, Setting, convert};
pub use lint::{Member, lint, unknown_params};
pub use load::{Loaded, load, parse};
pub use manifest::{BackfillManifest, Manifest, Source};
pub use problem::{Position, Problem, Severity};
pub use render::{Colour, render};
pub use request::request;

use planner::fault::Fault;
use planner::pipeline::Pipeline;

/// A manifest as the planner knows it.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The pipeline, which is sound.
    pub pipeline: Pipeline,
    /// Advice, and what is not used here.
    pub notes: Vec<Problem>,
}

/// Makes a planner's pipeline of a manifest, or tells every fault with its place.
pub fn pipeline(manifest: &Manifest, setting: &Setting) -> Result<Converted, Vec<Problem>> {
    let source = &manifest.source;
    let (pipeline, remarks) = convert(&manifest.pipeline, setting).map_err(|faults| source.faults(faults))?;
    let note = |remark: Remark| source.problem(remark.severity, Fault::new(remark.path, remark.message));
    let mut notes: Vec<Problem> = remarks.into_iter().map(note).collect();
    notes.sort_by_key(|note| note.position);
    Ok(Converted { pipeline, notes })
}
