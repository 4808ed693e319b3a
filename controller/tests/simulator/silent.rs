//! A controller that has not heard of everything yet says nothing of what it misses.

use std::time::Duration;

use crate::faults::{EventFault, Place, Plan};
use crate::run::{Setting, run};
use crate::workloads;

#[test]
fn a_pipeline_that_is_heard_of_late_is_not_told_to_be_missing() {
    let found = workloads::all().into_iter().find(|it| it.name == "one_step");
    let mut workload = found.expect("each workload has a name");
    workload.manifests.push(workloads::rerun("2026-01-04"));
    let place = Place { kind: "pipelines".to_owned(), number: 0 };
    let plan = Plan::default().with_event_of(place, EventFault::Delay(Duration::from_secs(40)));
    let finding = run(&Setting {
        workload: &workload,
        seed: 1,
        plans: vec![plan],
        ends: &[],
        silence: Duration::from_mins(5),
        traces: false,
        pauses: false,
    });
    assert!(finding.has_met_all, "the pipelines were heard of at once");
    assert_eq!(finding.violations, []);
}
