//! The cluster's simulator: the real controller in a model of Kubernetes, in virtual time, with a fault at every point.
//!
//! The seam is the client: everything that the controller asks of a cluster goes through it. On its other side stand an
//! API server, a node that runs Jobs, and people; between them a layer breaks what a plan says.
//!
//! `DAYBREAK_SEEDS=1000` sets how many seeds the tests by seed run for each workload, `DAYBREAK_SEED=7` runs
//! that one alone, `DAYBREAK_PLAN` a plan that a sweep told of, and `DAYBREAK_TRACE=1` tells every change. The same
//! faults before a real API server are in `real`.

mod apiserver;
mod clock;
mod compared;
mod dice;
mod ending;
mod expected;
mod faults;
mod model;
mod node;
mod oracle;
mod people;
mod promises;
mod real;
mod run;
mod serve;
mod silent;
mod sweeps;
mod testbed;
mod tidied;
mod trace;
mod workloads;
