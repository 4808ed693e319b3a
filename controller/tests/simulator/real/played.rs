//! Which workloads are played in real time, and how.

use std::time::Duration;

use serde_json::json;

use crate::node::{Fate, Fates};
use crate::people::{Scene, When};
use crate::workloads::{self, Workload};

/// Those that are left to the simulator, each with its reason.
const NOT_PLAYED: [&str; 4] = [
    // People are to act while a step runs, and a late controller is one that acts otherwise.
    "edited",
    // A node is given up after minutes.
    "node_lost",
    // There is no queue here.
    "queued",
    // A store is looked at only every half a minute after it came back.
    "store_away",
];

/// How much faster than in the simulator people act and things befall.
const HASTE: u32 = 15;

/// All that are played.
pub(super) fn all() -> Vec<Workload> {
    let played = workloads::all().into_iter().filter(|it| !NOT_PLAYED.contains(&it.name));
    played.map(hasten).collect()
}

fn hasten(mut workload: Workload) -> Workload {
    for manifest in &mut workload.manifests {
        for step in manifest["spec"]["steps"].as_array_mut().into_iter().flatten() {
            step["retries"]["backoff"] = json!("1s");
            step["retries"]["maxBackoff"] = json!("1s");
        }
    }
    for Scene(when, _) in &mut workload.scenes {
        if let When::After(time) = when {
            *time /= HASTE;
        }
    }
    match workload.name {
        // A process that ends before its pipeline is deleted would be another end.
        "deleted" => workload.fates = Fates::default().always("second", Fate::Hangs),
        "image_missing" => {
            let time = Duration::from_secs(90) / HASTE;
            workload.fates = Fates::default().launch("make", 1, Fate::NoImage(time));
        }
        _ => {}
    }
    workload
}
