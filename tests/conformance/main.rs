//! One meaning on every store: the same cases on a directory, a memory, S3, HDFS and WebHDFS, real servers all.

mod completeness;
mod crashes;
mod credentials;
mod drawer;
mod interrupted;
mod launch;
mod listing;
mod looks;
mod pauses;
mod place;
mod preflight;
mod publishing;
mod races;
mod requests;
mod trouble;
