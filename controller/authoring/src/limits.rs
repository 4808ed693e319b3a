//! Every bound of reading manifests, each with its reason.

/// The largest file, in bytes: etcd takes objects of at most 1.5 MiB, so that no larger manifest can be applied.
pub(crate) const FILE_BYTES: u64 = 1024 * 1024;

/// The most values that a file may stand for once its aliases are put in: ten times those of the largest pipeline.
pub(crate) const VALUES: usize = 200_000;

/// The deepest nesting of lists and maps: a pod's affinity, the deepest thing that there is, has eleven levels.
pub(crate) const DEPTH: usize = 64;

/// The most files that are looked into below a folder: more is a folder of data, and its reader should name the manifests.
pub(crate) const FILES: usize = 10_000;

/// The deepest folder that is looked into, counted from the one that was named.
pub(crate) const FOLDER_DEPTH: usize = 16;
