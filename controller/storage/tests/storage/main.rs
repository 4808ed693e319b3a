//! Stores, catalogue, hints and publishing against real directories.

mod catalogue;
mod confinement;
mod crash;
mod fingerprint;
mod hints;
mod presence;
mod publish;
mod replace;
mod staging;
mod store;
mod sweep;
mod trouble;
mod world;
