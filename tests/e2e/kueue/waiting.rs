//! Steps that wait for quota: they say so, lose no try, and run as many at once as it allows.

use serde_json::{Value, json};
use tests::Sandbox;

use super::queue::{LABEL, Queue, queued};
use super::sandbox;
use crate::world::{COPY, caught_up, pods, says, step, when_told};

/// Applies a pipeline whose queue lets nothing in, checks that it waits for quota, and lets it in.
fn waits(open: impl Fn(&Sandbox) -> Queue<'_>, let_in: impl Fn(&Queue<'_>)) {
    let sandbox = sandbox();
    let queue = open(&sandbox);
    let _controller = sandbox.controller();
    sandbox.pipeline(&queued(&sandbox, 1, COPY).to_string());
    says(&sandbox, "Running", "it waits for quota in the queue batch");
    let job = &sandbox.list("jobs")[0];
    assert_eq!((&job["metadata"]["labels"][LABEL], &job["spec"]["suspend"]), (&json!("batch"), &json!(true)));
    assert_eq!(pods(&sandbox), Vec::<String>::new());
    let_in(&queue);
    caught_up(&sandbox);
    assert_eq!(sandbox.read("out_2026-01-01"), "day 1\n");
    assert_eq!(sandbox.ledger().started().len(), 1);
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 1);
    assert!(sandbox.archived("2026-01-01/make.1.1.ended.json").contains("Succeeded"));
}

#[test]
fn a_step_whose_queue_has_no_quota_waits_for_it_and_runs_once_it_is_there() {
    waits(|sandbox| Queue::of(sandbox, 0), |queue| queue.set_quota(1));
}

#[test]
fn a_step_whose_queue_is_held_waits_for_quota_and_runs_once_it_goes_on() {
    waits(held, |queue| queue.stop("None"));
}

#[test]
fn only_as_many_steps_run_at_once_as_the_quota_allows() {
    let sandbox = sandbox();
    let _queue = Queue::of(&sandbox, 2);
    let _controller = sandbox.controller();
    let mut spec = queued(&sandbox, 6, &when_told(&sandbox));
    spec["parallelism"] = json!(6);
    sandbox.pipeline(&spec.to_string());
    sandbox.eventually("two run and four wait for quota", || {
        let waits = |day| message(&sandbox, day).contains("it waits for quota in the queue batch");
        sandbox.ledger().started().len() == 2 && (1..=6).filter(|day| waits(*day)).count() == 4
    });
    sandbox.write("go", "");
    caught_up(&sandbox);
    let ledger = sandbox.ledger();
    assert_eq!((ledger.started().len(), ledger.most_at_once()), (6, 2), "{ledger:?}");
}

#[test]
fn suspend_is_written_by_kueue_alone() {
    let sandbox = sandbox();
    let _queue = Queue::of(&sandbox, 1);
    let _controller = sandbox.controller();
    sandbox.pipeline(&queued(&sandbox, 1, COPY).to_string());
    caught_up(&sandbox);
    // It is the last that is written to a Job.
    sandbox.eventually("its Job has a time to expire", || {
        sandbox.list("jobs")[0]["spec"]["ttlSecondsAfterFinished"].is_u64()
    });
    let job = &sandbox.list("jobs")[0];
    assert_eq!(writers(job, "f:ttlSecondsAfterFinished"), ["daybreak"]);
    assert_eq!(writers(job, "f:suspend"), ["kueue"], "{job:#}");
}

fn held(sandbox: &Sandbox) -> Queue<'_> {
    let queue = Queue::of(sandbox, 1);
    queue.stop("Hold");
    queue
}

fn message(sandbox: &Sandbox, day: u32) -> String {
    let step = step(sandbox, &format!("2026-01-{day:02}"), "make");
    step["message"].as_str().unwrap_or_default().to_owned()
}

/// The last to write a field of a Job's spec, as the server knows them.
fn writers<'a>(job: &'a Value, field: &str) -> Vec<&'a str> {
    let entries = job["metadata"]["managedFields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_field = entries.iter().filter(|entry| entry["fieldsV1"]["f:spec"].get(field).is_some());
    of_field.filter_map(|entry| entry["manager"].as_str()).collect()
}
