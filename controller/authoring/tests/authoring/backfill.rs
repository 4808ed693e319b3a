//! Backfills: what is asked for, within what there is.

use crate::good::SHORTEST;
use crate::sound;
use authoring::{parse, request};
use planner::pipeline::StepId;
use std::path::Path;

fn requested(spec: &str) -> Result<planner::facts::Request, String> {
    let text = format!(
        "apiVersion: daybreak.dev/v1alpha1\nkind: Backfill\nmetadata: {{name: december}}\nspec: {{pipelineRef: {{name: shortest}}, {spec}}}\n"
    );
    let loaded = parse(Path::new("backfill.yaml"), &text);
    let [manifest] = &loaded.backfills[..] else { return Err(crate::lines(&loaded.problems)) };
    let pipeline = sound(&SHORTEST.replace("  every", "  start: '2025-12-01'\n  every")).pipeline;
    request(&manifest.backfill, &pipeline)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_range_is_inclusive_and_may_be_of_some_steps() {
    let request =
        requested("from: '2025-12-01', to: '2025-12-31', steps: [make], rerun: true").expect("a request");
    assert_eq!(request.to.0 - request.from.0, 30);
    assert_eq!(request.steps, [StepId(0)].into());
    assert!(request.rerun && !request.suspended);
    assert_eq!(request.name, "december");
}

#[test]
fn what_cannot_be_asked_for_is_told() {
    let cases = [
        ("from: '2025-12-05', to: '2025-12-01'", "spec.to: it lies before `from`: swap the two"),
        (
            "from: '2025-11-30', to: '2025-12-01'",
            "spec.from: the pipeline has no partition 2025-11-30: they start with 2025-12-01",
        ),
        ("from: '2025-12-01', to: '2999-12-01'", "spec.to: 355"),
        (
            "from: '2025-12-01', to: '2025-12-32'",
            "spec.to: `2025-12-32` does not exist: the days of 2025-12 are 01 to 31",
        ),
        (
            "from: '2025-12-01', to: '2025-12-02', steps: [maek]",
            "spec.steps[0]: the pipeline has no step `maek`: did you mean `make`?",
        ),
        ("from: '2025-12-01', to: '2025-12-02', step: [make]", "unknown field `step`: did you mean `steps`?"),
        ("from: '2025-12-01'", "the field `to` is missing"),
    ];
    for (spec, expected) in cases {
        let said = requested(spec).expect_err("a fault");
        assert!(said.contains(expected), "{spec}: {said}");
    }
}
