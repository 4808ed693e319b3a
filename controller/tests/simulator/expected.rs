//! Whether a run without faults ended as its workload says.

use crate::apiserver::resource::Resource;
use crate::ending::End;
use crate::run::Finding;
use crate::workloads::Workload;

/// In what a run did not end as expected.
pub(crate) fn unexpected(workload: &Workload, finding: &Finding) -> Vec<String> {
    let mut wrong: Vec<_> = finding.violations.iter().map(ToString::to_string).collect();
    let End { files, staged, .. } = &finding.end;
    let expected = &workload.ending;
    let wanted = workload.files.iter().chain(&expected.files);
    let wanted = wanted.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    if *files != wanted {
        wrong.push(format!("files {files:?}, not {wanted:?}"));
    }
    if !staged.is_empty() {
        wrong.push(format!("left in staging: {staged:?}"));
    }
    let launches = finding.creates.len();
    if launches != expected.launches {
        wrong.push(format!("{launches} launches, not {}", expected.launches));
    }
    for (name, status) in &expected.partitions {
        let found = finding.end.status(Resource::Partitions, name);
        if found.is_none_or(|it| it["conditions"]["Complete"][0] != *status) {
            wrong.push(format!("{name} is not Complete={status}: {found:?}"));
        }
    }
    for (kind, status) in &expected.conditions {
        let found = finding.end.status(Resource::Pipelines, "days");
        if found.is_none_or(|it| it["conditions"][kind][0] != *status) {
            wrong.push(format!("the pipeline is not {kind}={status}: {found:?}"));
        }
    }
    wrong
}
