//! An API server in memory: what processes ask of Kubernetes, answered as the real one answers it.

mod answer;
pub(crate) mod cluster;
mod defaults;
pub(crate) mod delete;
mod fields;
pub(crate) mod object;
pub(crate) mod ownership;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod resource;
mod selector;
pub(crate) mod server;
mod watch;
pub(crate) mod write;
