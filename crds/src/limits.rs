//! Every bound of the API, each with its reason.
//!
//! A bound on each text, list and map lets the API server prove that a validation rule is cheap, keeps an object within
//! what etcd stores, and makes a mistake of a generator visible before it fills a cluster.

/// A name: the longest label value of Kubernetes, since names become labels.
pub const NAME: usize = 63;
/// The name of an object of Kubernetes: a DNS subdomain (RFC 1123).
pub const OBJECT_NAME: usize = 253;
/// A partition's key: `2026-01-05T0705`.
pub const KEY: usize = 15;
/// The length of a partition: `1440m` is already too long a spelling of a day.
pub const EVERY: usize = 5;
/// A duration: `3153600000s` is a hundred years.
pub const DURATION: usize = 11;
/// A name in the time zone database; the longest is `America/Argentina/ComodRivadavia`.
pub const TIME_ZONE: usize = 40;
/// The name of an environment variable.
pub const VARIABLE_NAME: usize = 128;
/// A path below a store's root: the limit of an S3 key.
pub const PATH: usize = 1024;
/// A path that is the same for all partitions, in a store, a container or a manifest's folder: people write it by hand.
pub const STATIC_PATH: usize = 255;
/// A glob of file names: the longest file name of Linux.
pub const FILE_NAME: usize = 255;
/// One argument of a command: room for an inline script, an eighth of what Linux takes for one argument.
pub const ARGUMENT: usize = 16_384;
/// The arguments of a command.
pub const ARGUMENTS: usize = 256;
/// The value of a parameter or an environment variable.
pub const VALUE: usize = 4096;
/// A container image with registry and digest.
pub const IMAGE: usize = 512;
/// A line about a person or a team.
pub const LINE: usize = 256;
/// A quantity: `18446744073709551615Ei` and a little more.
pub const QUANTITY: usize = 32;
/// A key of a label, an annotation or a resource: a prefix of 253, a slash, a name of 63.
pub const QUALIFIED_NAME: usize = 317;
/// The value of a label.
pub const LABEL_VALUE: usize = 63;

/// The steps of a pipeline: more would neither be readable in a status nor in a picture.
pub const STEPS: usize = 200;
/// The datasets of a pipeline: two and a half for each step.
pub const DATASETS: usize = 500;
/// The inputs of a step, and its outputs: each pair of inputs is compared by a rule, and 200 steps share its budget.
pub const STEP_DATASETS: usize = 32;
/// The parameters of a pipeline.
pub const PARAMS: usize = 64;
/// The environment variables of a step.
pub const ENVIRONMENT: usize = 64;
/// The labels and node selectors of a step.
pub const LABELS: usize = 32;
/// The kinds of resources that a step asks for.
pub const RESOURCES: usize = 16;
/// The volumes of a step's pod, their mounts, and the files of one of them.
pub const VOLUMES: usize = 16;
/// The tolerations of a step's pod, and any list within its affinity.
pub const POD_LIST: usize = 16;
/// The settings of a Spark application.
pub const SPARK_SETTINGS: usize = 128;
/// The exit codes that end a step's tries: there are 255 that mean a failure.
pub const EXIT_CODES: usize = 255;

/// The partitions of a window: half a year of five-minute partitions, more than a person oversees.
pub const WINDOW_PARTITIONS: u32 = 50_000;
/// The launches of a pipeline at once: beyond that a cluster needs a queue such as Kueue.
pub const PARALLELISM: u32 = 10_000;
/// The partitions that one input may read: a year of days and a month to spare, or two weeks of hours.
pub const INPUT_PARTITIONS: u32 = 400;
/// How far back an input may look, in partitions: a leap year of five minutes.
pub const OFFSET: i32 = 105_408;
/// The tries of a step.
pub const ATTEMPTS: u32 = 100;
/// The finished Partition objects that are kept: the namespace holds 1,500 in all.
pub const HISTORY: u32 = 1_000;
/// The files that a directory must hold to be complete.
pub const FILES_AT_LEAST: u32 = 1_000_000;
/// The executors of a Spark step.
pub const SPARK_EXECUTORS: u32 = 10_000;

/// The ranges of complete partitions in a status: 27 kB, even when every second partition is missing.
pub const RANGES: usize = 500;
/// The conditions of an object: ours and a few of others.
pub const CONDITIONS: usize = 6;
/// A condition's message: all faults of a bad spec, or one sentence of a good one.
pub const CONDITION_MESSAGE: usize = 4096;
/// The sentence about a step or a partition: with its path it fits, and [`PARTITION_BYTES`] hold.
pub const STEP_MESSAGE: usize = 256;
/// The address of a log.
pub const LOG: usize = 256;
/// A Partition of eight steps with the longest sentences, in bytes: up to this size a namespace may hold 1,500 objects
/// (Kubernetes' scale targets). What a pipeline of more steps says at such length is for its writer to shorten.
pub const PARTITION_BYTES: usize = 10_000;
/// A Pipeline's status, in bytes: all of it is written at each change.
pub const PIPELINE_STATUS_BYTES: usize = 100_000;
