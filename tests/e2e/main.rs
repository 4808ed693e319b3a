//! End to end: the real controller on a real node, with real pods.

mod filling;
