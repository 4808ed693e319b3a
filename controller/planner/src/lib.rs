//! The planner: from facts to a decision. No IO, no clock, no randomness, no async.
//!
//! A [`pipeline::Pipeline`] is built once and is then sound. The runtime gathers [`facts::Facts`],
//! [`decide::decide`] gives each step of each partition one [`verdict::Verdict`], [`admission::admit`] turns the ready
//! ones into [`launch::Launch`]es, and [`report::Reporter`] says it in people's words.

pub mod admission;
pub mod calendar;
pub mod command;
pub mod decide;
pub mod decision;
mod demand;
pub mod digest;
pub mod duration;
pub mod facts;
pub mod fault;
mod graph;
pub mod launch;
pub mod limits;
pub mod name;
pub mod pipeline;
pub mod quantity;
pub mod ranges;
pub mod reads;
pub mod report;
mod rules;
pub mod template;
pub mod verdict;
mod wake;
pub mod window;
