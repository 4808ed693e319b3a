//! The cluster's simulator: the real controller in a model of Kubernetes, in virtual time, with a fault at every point.
//!
//! The seam is the client: everything that the controller asks of a cluster goes through it. On its other side stand an
//! API server, a node that runs Jobs, and people; between them a layer breaks what a plan says.

mod apiserver;
mod clock;
mod dice;
mod faults;
mod model;
