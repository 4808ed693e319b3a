//! The commands that only look, from outside: the real command on real projects, their prints as golden text.

mod explain;
mod following;
mod golden;
mod graph;
mod lint;
mod logs;
mod looking;
mod plan;
mod shop;
mod status;
