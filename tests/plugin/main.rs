//! The commands on a cluster: the real kubectl with its plugin, on a real API server whose objects tell a story.

mod asking;
mod completions;
mod golden;
mod logs;
mod looking;
mod naming;
mod planning;
mod resting;
mod shop;
