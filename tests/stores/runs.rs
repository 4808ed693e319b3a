//! A laptop's run over a bucket: what came late, what is made on demand, what is expected no more, as in a directory.

use std::process::Command;

use tests::{Project, S3, binary};

/// A step in shell that copies an object, by curl, and writes to the ledger.
const COPY: &str = r#"
s3() {
    curl --silent --show-error --fail --aws-sigv4 "aws:amz:$AWS_REGION:s3" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        --header "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@" || exit 1
}
note start "$3"
s3 "$AWS_ENDPOINT_URL/${1#s3://}" --output "copy.$$"
s3 --upload-file "copy.$$" "$AWS_ENDPOINT_URL/$(printf %s "${2#s3://}" | sed 's/@/%40/g')"
note end "$3"
"#;

/// Two days, by two steps; `clean` says more of the dataset in the middle, `step` of the step that makes the last.
fn project(clean: &str, step: &str) -> Project {
    let project = Project::with(&format!(
        "
every: 1d
start: '2026-01-01'
end: '2026-01-03'
window: 2
store: lake
datasets:
  - {{name: raw, path: 'raw/%Y-%m-%d'}}
  - {{name: clean, path: 'clean/%Y-%m-%d'{clean}}}
  - {{name: sum, path: 'sum/%Y-%m-%d'}}
steps:
  - {{name: clean, inputs: [raw], outputs: [clean], command: [./copy, '{{{{ inputs.raw }}}}', '{{{{ outputs.clean }}}}', clean]}}
  - {{name: sum, inputs: [clean], outputs: [sum]{step}, command: [./copy, '{{{{ inputs.clean }}}}', '{{{{ outputs.sum }}}}', sum]}}
"
    ));
    project.program("copy", COPY);
    project
}

/// Runs all there is to do, and says how that ended.
#[track_caller]
fn run(project: &Project, store: &S3) -> Option<i32> {
    let place = format!("lake={}&region=us-east-1", store.url());
    let mut run = Command::new(binary());
    run.args(["run", "flow", "--store", &place]).current_dir(project.path("")).envs(store.env());
    let output = run.output().expect("it was built");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    output.status.code()
}

fn bucket() -> S3 {
    let store = S3::shared();
    (1..=2).for_each(|day| store.put(&format!("raw/2026-01-0{day}"), &format!("day {day}\n")));
    store
}

#[test]
fn an_input_that_changed_is_noticed_and_what_hangs_on_it_made_anew() {
    let store = bucket();
    let project = project("", ", whenInputsChange: Rebuild");
    assert_eq!(run(&project, &store), Some(0));
    assert_eq!(project.ledger().started().len(), 4);
    project.clear_ledger();
    assert_eq!(run(&project, &store), Some(0));
    assert!(project.ledger().started().is_empty(), "nothing changed");
    store.put("clean/2026-01-02", "late\n");
    assert_eq!(run(&project, &store), Some(0));
    assert_eq!(project.ledger().started(), ["sum 2026-01-02"]);
    assert_eq!(store.read("sum/2026-01-02").as_deref(), Some("late\n"));
    assert_eq!(store.read("sum/2026-01-01").as_deref(), Some("day 1\n"));
}

#[test]
fn what_is_made_on_demand_comes_back_only_for_who_needs_it() {
    let store = bucket();
    let project = project(", onMissing: OnDemand", "");
    assert_eq!(run(&project, &store), Some(0));
    project.clear_ledger();
    store.delete("clean/2026-01-01");
    assert_eq!(run(&project, &store), Some(0));
    assert!(project.ledger().started().is_empty(), "nobody needs it");
    store.delete("sum/2026-01-01");
    assert_eq!(run(&project, &store), Some(0));
    assert_eq!(project.ledger().started(), ["clean 2026-01-01", "sum 2026-01-01"]);
}

#[test]
fn what_has_expired_is_not_missing() {
    let store = bucket();
    assert_eq!(run(&project("", ""), &store), Some(0));
    for path in ["clean/2026-01-01", "clean/2026-01-02"] {
        store.delete(path);
    }
    let project = project(", expectedFor: 1d", "");
    assert_eq!(run(&project, &store), Some(0));
    assert!(project.ledger().started().is_empty(), "nobody expects them any more");
}
