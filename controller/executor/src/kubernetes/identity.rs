//! Which launch a Job is: the labels that say so, and the name that follows from them.

use std::collections::BTreeMap;

use crds::labels;

/// The longest name of a Job. What is named after it has at most 63 characters: its pod, 6 longer, and the workload
/// that Kueue makes for it, 10 longer.
const NAME_CHARS: usize = 52;

/// How much of the hash a name carries, in hexadecimal digits of four bits. Among a million Jobs of a namespace
/// two share 80 bits once in a trillion, and then the second is refused and not taken for the first.
const HASH_DIGITS: usize = 20;

/// A launch among all of its namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaunchId {
    /// The name of the Pipeline.
    pub pipeline: String,
    /// The key of the partition as object names have it, in lower case: `2026-01-05t07`.
    pub partition: String,
    /// The name of the step.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The launch within its attempt, from 1.
    pub launch: u32,
}

impl LaunchId {
    /// The name of the launch's Job: what a person can read of it, cut, and a hash of all of it. Equal launches
    /// have equal names, and different ones have different names.
    pub fn job_name(&self) -> String {
        let Self { pipeline, partition, step, .. } = self;
        let readable = format!("{pipeline}-{partition}-{step}");
        let cut: String = readable.chars().take(NAME_CHARS - HASH_DIGITS - 1).collect();
        let hash = self.hash();
        format!("{}-{}", cut.trim_end_matches('-'), &hash[..HASH_DIGITS])
    }

    /// The labels by which the launch's Job and pod are found and told apart.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels: BTreeMap<String, String> =
            self.parts().map(|(key, value)| (key.to_owned(), value)).into();
        labels.insert(labels::MANAGED_BY.to_owned(), labels::MANAGER.to_owned());
        labels
    }

    /// The labels and values that make the identity.
    fn parts(&self) -> [(&'static str, String); 5] {
        [
            (labels::PIPELINE, self.pipeline.clone()),
            (labels::PARTITION, self.partition.clone()),
            (labels::STEP, self.step.clone()),
            (labels::ATTEMPT, self.attempt.to_string()),
            (labels::LAUNCH, self.launch.to_string()),
        ]
    }

    fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (_, value) in self.parts() {
            // With its length in front, no part can run into the next.
            hasher.update(&(value.len() as u64).to_le_bytes());
            hasher.update(value.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
