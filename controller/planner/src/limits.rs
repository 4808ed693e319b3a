//! Every bound of the planner, each with its reason.

/// The longest name: the longest label value of Kubernetes.
pub const NAME_MAX_BYTES: usize = 63;

/// The most partitions in a window: a year of five-minute partitions is twice that, and nobody repairs by hand what is older.
pub const WINDOW_MAX_PARTITIONS: u32 = 50_000;

/// The most steps of a pipeline: status and graph stay readable, and a `Partition` object below 10 kB.
pub const STEPS_MAX: usize = 200;

/// The most datasets of a pipeline: two and a half for each step.
pub const DATASETS_MAX: usize = 500;

/// The most partitions that one input may read: a year of days, or two weeks of hours.
pub const INPUT_MAX_PARTITIONS: i64 = 400;

/// The most ranges in a report: a status stays below 100 kB even when every second partition is missing.
pub const RANGES_MAX: usize = 500;

/// The window of a pipeline that names none: a week of days; a surprise catch-up would be worse than a short window.
pub const DEFAULT_WINDOW_PARTITIONS: u32 = 7;

/// The launches at once of a pipeline that names no limit: gentle with a laptop and with a shared cluster.
pub const DEFAULT_PARALLELISM: u32 = 4;

/// How long a candidate waits before it counts as one class more urgent, in seconds: backfill never starves.
pub const AGEING_SECONDS: i64 = 600;

/// The longest path of a file below its store's root, in bytes: the limit of an S3 key.
pub const PATH_MAX_BYTES: usize = 1024;
