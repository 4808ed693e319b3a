//! `daybreak run` from outside: the real command on real files.

mod bad_steps;
mod bad_stores;
mod ending;
mod environments;
mod failures;
mod filling;
mod flow;
mod outputs;
mod pace;
mod ranges;
mod reading;
mod requests;
