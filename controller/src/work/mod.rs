//! A pipeline at work, wherever its steps run: what is known of it, and what is done for a launch before and after it runs.

pub(crate) mod closely;
pub(crate) mod errand;
pub(crate) mod launch;
pub(crate) mod look;
pub(crate) mod objects;
pub(crate) mod observe;
pub(crate) mod pipeline;
pub(crate) mod places;
pub(crate) mod product;
pub(crate) mod publish;
pub(crate) mod records;
pub(crate) mod stage;
