//! planner.

pub mod calendar;
