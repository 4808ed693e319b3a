//! A laptop's run over a bucket: what came late, what is made on demand, what is expected no more, as in a directory; and a
//! bucket that is away for a while.

use std::ops::Range;

use rustix::process::Signal;
use tests::{Fault, Outcome, Project, Proxy, Running, S3, eventually};

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
fn start(project: &Project, (store, url): (&S3, &str), more: &[&str]) -> Running {
    let place = format!("lake={url}&region=us-east-1");
    project.start_with(store.env(), &[&["run", "flow", "--store", &place], more].concat())
}

/// Runs all there is to do.
#[track_caller]
fn run(project: &Project, store: &S3) -> Outcome {
    start(project, (store, &store.url()), &[]).wait().expect_code(0)
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

/// Lets a run begin, until its first steps have written their outputs. They end when they are let go.
#[track_caller]
fn begin(project: &Project, (store, url): (&S3, &str), more: &[&str]) -> Running {
    project.program("copy", &format!("{COPY}\nuntil [ -e ../go ]; do sleep 0.01; done"));
    let running = start(project, (store, url), &[&["--jobs", "2"], more].concat());
    eventually("both days are written", || project.ledger().that("end").len() == 2);
    running
}

fn let_go(project: &Project) {
    project.write("go", "");
}

/// A bucket of which the server is killed before the first steps end, and what then runs.
#[track_caller]
fn killed(project: &Project) -> (S3, Running) {
    let store = S3::own(&[]);
    fill(&store);
    let running = begin(project, (&store, &store.url()), &["--watch"]);
    store.signal("KILL");
    let_go(project);
    eventually("it says so", || running.text().matches("is settled once there is an answer").count() == 2);
    (store, running)
}

/// Whether a dataset is there for a day, or for both.
fn is_made(store: &S3, dataset: &str, mut days: Range<u32>) -> bool {
    days.all(|day| store.read(&format!("{dataset}/2026-01-0{day}")) == Some(format!("day {day}\n")))
}

const BOTH: Range<u32> = 1..3;

#[test]
fn a_run_that_watches_goes_on_once_a_bucket_is_back() {
    let project = project("", "");
    let (store, running) = killed(&project);
    store.start();
    eventually("all is made", || is_made(&store, "sum", BOTH));
    running.signal(Signal::TERM);
    running.wait().expect_code(130);
    assert_eq!(project.ledger().started().len(), 4, "nothing is made twice");
}

#[test]
fn a_run_that_watches_and_ends_while_a_bucket_is_away_leaves_the_rest_to_the_next() {
    let project = project("", "");
    let (store, running) = killed(&project);
    running.signal(Signal::TERM);
    let said =
        ["not settled yet: flow 2026-01-01 clean, flow 2026-01-02 clean;", "the next run takes them up"];
    running.wait().expect_code(2).expect_text(&said);
    store.start();
    run(&project, &store);
    assert!(is_made(&store, "sum", BOTH));
    assert_eq!(
        project.ledger().started().len(),
        6,
        "nobody knows what a step wrote at which nobody could look"
    );
}

#[test]
fn what_is_on_its_way_when_a_bucket_breaks_off_arrives_once_that_answers_and_nothing_is_made_twice() {
    let (project, store) = (project("", ""), bucket());
    let proxy = Proxy::http(store.endpoint().trim_start_matches("http://"));
    let url = store.url().replace(store.endpoint(), &format!("http://{}", proxy.address()));
    let running = begin(&project, (&store, &url), &["--watch"]);
    // One request verifies an output, and the next eleven publish it.
    proxy.fail(Fault::Broken, 6..u64::MAX);
    let_go(&project);
    eventually("it says so", || running.text().contains("is settled once there is an answer"));
    assert!(project.read(".daybreak/laptop/records/flow/2026-01.jsonl").contains("Publishing"));
    proxy.heal();
    eventually("all is made", || is_made(&store, "sum", BOTH));
    running.signal(Signal::TERM);
    running.wait().expect_code(130);
    assert_eq!(project.ledger().started().len(), 4, "nothing is made twice");
}
