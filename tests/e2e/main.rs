//! End to end: the real controller on a real node, with real pods.

mod changes;
mod disruptions;
mod ending;
mod examples;
mod failures;
mod filling;
mod killing;
mod kueue;
mod logs;
mod services;
mod waiting;
mod world;
