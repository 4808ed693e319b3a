//! From what people write to the planner's Pipeline, with every fault told.
//!
//! [`load`] reads files and folders into manifests of the right structure, [`pipeline`] makes the planner's own type
//! of one, [`lint`] looks across all of them, and [`render`] draws what is wrong.

mod flaw;
mod limits;
mod load;
mod manifest;
mod node;
mod place;
mod problem;
mod render;
mod scalar;
mod schema;
mod short;
mod suggest;
mod yaml;

pub use load::{Loaded, load};
pub use manifest::{BackfillManifest, Manifest, Source};
pub use problem::{Position, Problem, Severity};
pub use render::{Colour, render};
