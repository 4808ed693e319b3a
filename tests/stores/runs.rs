//! A laptop's run over a bucket: what came late, what is made on demand, what is expected no more, as in a directory; and a
//! bucket that is away for a while.

use rustix::process::Signal;
use tests::{Outcome, Project, Running, S3, eventually};

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

/// Begins to run.
#[track_caller]
fn start(project: &Project, store: &S3, more: &[&str]) -> Running {
    let place = format!("lake={}&region=us-east-1", store.url());
    project.start_with(store.env(), &[&["run", "flow", "--store", &place], more].concat())
}

/// Runs all there is to do.
#[track_caller]
fn run(project: &Project, store: &S3) -> Outcome {
    start(project, store, &[]).wait().expect_code(0)
}

fn bucket() -> S3 {
    let store = S3::shared();
    fill(&store);
    store
}

fn fill(store: &S3) {
    (1..=2).for_each(|day| store.put(&format!("raw/2026-01-0{day}"), &format!("day {day}\n")));
}

#[test]
fn an_input_that_changed_is_noticed_and_what_hangs_on_it_made_anew() {
    let store = bucket();
    let project = project("", ", whenInputsChange: Rebuild");
    run(&project, &store);
    assert_eq!(project.ledger().started().len(), 4);
    project.clear_ledger();
    run(&project, &store);
    assert!(project.ledger().started().is_empty(), "nothing changed");
    store.put("clean/2026-01-02", "late\n");
    run(&project, &store);
    assert_eq!(project.ledger().started(), ["sum 2026-01-02"]);
    assert_eq!(store.read("sum/2026-01-02").as_deref(), Some("late\n"));
    assert_eq!(store.read("sum/2026-01-01").as_deref(), Some("day 1\n"));
}

#[test]
fn what_is_made_on_demand_comes_back_only_for_who_needs_it() {
    let store = bucket();
    let project = project(", onMissing: OnDemand", "");
    run(&project, &store);
    project.clear_ledger();
    store.delete("clean/2026-01-01");
    run(&project, &store);
    assert!(project.ledger().started().is_empty(), "nobody needs it");
    store.delete("sum/2026-01-01");
    run(&project, &store);
    assert_eq!(project.ledger().started(), ["clean 2026-01-01", "sum 2026-01-01"]);
}

#[test]
fn what_has_expired_is_not_missing() {
    let store = bucket();
    run(&project("", ""), &store);
    for path in ["clean/2026-01-01", "clean/2026-01-02"] {
        store.delete(path);
    }
    let project = project(", expectedFor: 1d", "");
    run(&project, &store);
    assert!(project.ledger().started().is_empty(), "nobody expects them any more");
}

/// A bucket of which the server is killed when the first steps have written their outputs, and before they end. What
/// then runs.
#[track_caller]
fn killed(project: &Project, more: &[&str]) -> (S3, Running) {
    let store = S3::own(&[]);
    fill(&store);
    project.program("copy", &format!("{COPY}\nuntil [ -e ../go ]; do sleep 0.01; done"));
    let running = start(project, &store, &[&["--jobs", "2"], more].concat());
    eventually("both days are written", || project.ledger().that("end").len() == 2);
    store.signal("KILL");
    project.write("go", "");
    (store, running)
}

#[test]
fn a_run_that_watches_goes_on_once_a_bucket_is_back() {
    let project = project("", "");
    let (store, running) = killed(&project, &["--watch"]);
    eventually("it says so", || running.text().matches("is not settled: ").count() == 2);
    store.start();
    let is_made =
        |day| store.read(&format!("sum/2026-01-0{day}")).is_some_and(|it| it == format!("day {day}\n"));
    eventually("all is made", || is_made(1) && is_made(2));
    running.signal(Signal::TERM);
    running.wait().expect_code(130).expect_text(&["that is tried every 5 s"]);
    assert_eq!(project.ledger().started().len(), 4, "nothing is made twice");
}

#[test]
fn a_run_that_watches_and_ends_while_a_bucket_is_away_leaves_the_rest_to_the_next() {
    let project = project("", "");
    let (store, running) = killed(&project, &["--watch"]);
    eventually("it says so", || running.text().matches("is not settled: ").count() == 2);
    running.signal(Signal::TERM);
    running.wait().expect_code(2).expect_text(&[
        "not settled yet: flow 2026-01-01 clean, flow 2026-01-02 clean;",
        "the next run takes them up",
    ]);
    store.start();
    run(&project, &store);
    assert_eq!(store.read("sum/2026-01-02").as_deref(), Some("day 2\n"));
}

#[test]
fn a_run_that_comes_to_an_end_says_which_launch_a_bucket_kept_open() {
    let project = project("", "");
    let (store, running) = killed(&project, &[]);
    running.wait().expect_code(2).expect_text(&["clean is not settled: ", "the next run takes it up"]);
    store.start();
    run(&project, &store);
    assert_eq!(store.read("sum/2026-01-02").as_deref(), Some("day 2\n"));
}
