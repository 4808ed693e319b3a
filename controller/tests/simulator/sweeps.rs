//! The sweeps: every workload without a fault, and then with a fault at every point.

use std::time::Duration;

use crate::apiserver::resource::Resource;
use crate::ending::End;
use crate::faults::Plan;
use crate::run::{Finding, Setting, run};
use crate::workloads::{self, Workload};

/// How long nothing may be written after the end of a run without faults.
const HOUR: Duration = Duration::from_hours(1);

/// The runs of one workload are all of this seed, unless they are by seed.
const SEED: u64 = 1;

fn clean(workload: &Workload) -> Finding {
    let plans = vec![Plan::default()];
    run(&Setting { workload, seed: SEED, plans, end: None, silence: HOUR, pauses: false })
}

/// In what a run without faults did not end as its workload says.
fn unexpected(workload: &Workload, finding: &Finding) -> Vec<String> {
    let mut faults: Vec<_> =
        finding.violations.iter().map(|it| format!("{}: {}", it.promise, it.what)).collect();
    let End { files, staged, .. } = &finding.end;
    let expected = &workload.ending;
    let wanted = workload.files.iter().chain(&expected.files);
    let wanted = wanted.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    if *files != wanted {
        faults.push(format!("files {files:?}, not {wanted:?}"));
    }
    if !staged.is_empty() {
        faults.push(format!("left in staging: {staged:?}"));
    }
    if finding.launches != expected.launches {
        faults.push(format!("{} launches, not {}", finding.launches, expected.launches));
    }
    for (name, status) in &expected.partitions {
        let found = finding.end.status(Resource::Partitions, name);
        if found.is_none_or(|it| it["conditions"]["Complete"][0] != *status) {
            faults.push(format!("{name} is not Complete={status}: {found:?}"));
        }
    }
    for (kind, status) in &expected.conditions {
        let found = finding.end.status(Resource::Pipelines, "days");
        if found.is_none_or(|it| it["conditions"][kind][0] != *status) {
            faults.push(format!("the pipeline is not {kind}={status}: {found:?}"));
        }
    }
    faults
}

#[test]
fn clean_runs_end_as_expected() {
    let mut faults = Vec::new();
    for workload in workloads::all() {
        let start = std::time::Instant::now();
        let finding = clean(&workload);
        eprintln!(
            "{:>16}: {:>4} calls, {:>4} events, {} launches, {:.0} s in {:.0?}",
            workload.name,
            finding.calls[0].len(),
            finding.events[0],
            finding.launches,
            finding.took.as_secs_f64(),
            start.elapsed(),
        );
        faults.extend(unexpected(&workload, &finding).into_iter().map(|it| format!("{}: {it}", workload.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
