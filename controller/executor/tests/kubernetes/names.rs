//! The names and labels of Jobs.

use std::collections::BTreeSet;

use executor::kubernetes::LaunchId;
use proptest::prelude::*;

fn id((pipeline, partition, step): (&str, &str, &str), attempt: u32, launch: u32) -> LaunchId {
    LaunchId {
        pipeline: pipeline.to_owned(),
        partition: partition.to_owned(),
        step: step.to_owned(),
        attempt,
        launch,
    }
}

#[test]
fn a_name_is_readable_and_the_same_for_ever() {
    // A name that changed with a release would launch twice what runs during an upgrade.
    let name = id(("impressions", "2026-01-05t07", "join"), 1, 1).job_name();
    assert_eq!(name, "impressions-2026-01-05t07-join-0d92322b504c8179cfcf");
}

#[test]
fn different_launches_have_different_names() {
    let ids = [
        id(("a", "2026-01-05", "b"), 1, 1),
        id(("a", "2026-01-05", "b"), 1, 2),
        id(("a", "2026-01-05", "b"), 2, 1),
        id(("a", "2026-01-05", "b"), 12, 1),
        id(("a", "2026-01-05", "b"), 1, 21),
        id(("a", "2026-01-05", "b-c"), 1, 1),
        id(("a-2026", "01-05", "b"), 1, 1),
        id(("a", "2026-01-05-b", "c"), 1, 1),
    ];
    let names: BTreeSet<String> = ids.iter().map(LaunchId::job_name).collect();
    assert_eq!(names.len(), ids.len());
}

proptest! {
    #[test]
    fn a_name_is_one_of_kubernetes_and_at_most_52_characters_long(
        pipeline in "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
        step in "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
        attempt: u32,
    ) {
        let name = id((&pipeline, "2026-01-05t0705", &step), attempt, 1).job_name();
        prop_assert!(name.len() <= 52);
        let inner = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        prop_assert!(inner && !name.starts_with('-') && !name.ends_with('-'), "{name}");
    }
}
