//! Notifications of buckets: what is read of them, who is let in, and what a real server sends.

mod bucket;
mod messages;
mod receiving;
mod world;
