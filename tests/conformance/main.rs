//! One meaning on every store: the same cases on a directory, a memory, S3, HDFS and WebHDFS, real servers all.

mod completeness;
mod interrupted;
mod launch;
mod listing;
mod looks;
mod pauses;
mod place;
mod publishing;
mod requests;
mod trouble;
