//! Digests: which changes of a manifest change a step's result, and which any part of it.

use crate::good::SHORTEST;
use crate::sound;
use planner::digest::Digest;

fn digests(text: &str) -> (Digest, Digest) {
    let converted = sound(text);
    let step = &converted.pipeline.parts().steps[0];
    (step.result_digest, step.whole_digest)
}

#[test]
fn an_equal_manifest_has_equal_digests() {
    let commented = SHORTEST.replace("spec:", "# another comment\nspec:");
    assert_eq!(digests(SHORTEST), digests(&commented));
}

#[test]
fn what_shapes_the_result_changes_both_digests() {
    let changes = [
        ("[make,", "[make, -B,"),
        ("path: raw_%Y%m%d", "path: raw/%Y%m%d"),
        ("inputs: [raw]", "inputs: [{dataset: raw, offset: -1}]"),
        ("outputs: [made]", "outputs: [made]\n      image: make:2"),
        ("outputs: [made]", "outputs: [made]\n      env: [{name: LEVEL, value: high}]"),
    ];
    let (result, whole) = digests(SHORTEST);
    for (from, to) in changes {
        let after = digests(&SHORTEST.replace(from, to));
        assert!(after.0 != result && after.1 != whole, "{to}");
    }
}

#[test]
fn what_does_not_shape_the_result_changes_the_whole_digest_only() {
    let changes = [
        ("outputs: [made]", "outputs: [made]\n      timeout: 1h"),
        ("outputs: [made]", "outputs: [made]\n      retries: {maxAttempts: 3}"),
        ("path: made/%Y%m%d/", "path: made/%Y%m%d/, complete: {type: Files}"),
    ];
    let (result, whole) = digests(SHORTEST);
    for (from, to) in changes {
        let after = digests(&SHORTEST.replace(from, to));
        assert!(after.0 == result && after.1 != whole, "{to}");
    }
}

#[test]
fn the_value_of_a_parameter_that_the_command_names_counts() {
    let with = |value: &str| {
        SHORTEST
            .replace("  every: 1d", &format!("  every: 1d\n  params: {{level: {value}}}"))
            .replace("[make,", "[make, '{{ params.level }}',")
    };
    assert_ne!(digests(&with("low")), digests(&with("high")));
}
