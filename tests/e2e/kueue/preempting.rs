//! Launches that Kueue suspends after they have started: each is ended and launched again, and no try is lost.

use tests::Sandbox;

use super::queue::{Queue, queued};
use super::sandbox;
use crate::world::{caught_up, says, step};

/// What goes on once the test has written the file `go`, and notes its end also when it is told to end: a second that
/// starts before that would show.
fn until_told(sandbox: &Sandbox) -> String {
    let wait = format!("until [ -e {} ]; do sleep 0.2; done", sandbox.path("data/go").display());
    format!(r#"trap 'note end make; exit 143' TERM; note start make; {wait}; cp "$1" "$2"; note end make"#)
}

/// Lets a step run, takes its place away, gives it back, and checks that the same attempt is launched again.
fn is_launched_again(take: impl Fn(&Queue<'_>), give_back: impl Fn(&Sandbox, &Queue<'_>)) {
    let sandbox = sandbox();
    let queue = Queue::of(&sandbox, 1);
    let _controller = sandbox.controller();
    sandbox.pipeline(&queued(&sandbox, 1, &until_told(&sandbox)).to_string());
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    take(&queue);
    sandbox.eventually("its first launch is over", || {
        !sandbox.archived("2026-01-01/make.1.1.ended.json").is_empty()
    });
    give_back(&sandbox, &queue);
    sandbox.eventually("it runs again", || sandbox.ledger().started().len() == 2);
    ends_well(&sandbox);
}

/// Lets the second launch end, and checks that it is of the same attempt.
fn ends_well(sandbox: &Sandbox) {
    sandbox.write("go", "");
    caught_up(sandbox);
    assert_eq!(sandbox.read("out_2026-01-01"), "day 1\n");
    assert_eq!(step(sandbox, "2026-01-01", "make")["attempts"], 1);
    assert_eq!(sandbox.ledger().doubled(), Vec::<String>::new());
    let first = sandbox.archived("2026-01-01/make.1.1.ended.json");
    assert!(
        first.contains("Disrupted") && first.contains("its Job was suspended after it had started"),
        "{first}"
    );
    assert!(sandbox.archived("2026-01-01/make.1.2.ended.json").contains("Succeeded"));
}

#[test]
fn a_launch_that_gives_its_place_to_an_urgent_job_is_launched_again() {
    is_launched_again(
        |queue| queue.let_in_an_urgent_job(),
        |sandbox, _| {
            says(sandbox, "Running", "it waits for quota in the queue batch");
            sandbox.kubectl(&["delete", "job", "urgent", "--wait=false"]);
        },
    );
}

#[test]
fn a_launch_whose_queue_is_drained_is_launched_again() {
    is_launched_again(
        |queue| queue.stop("HoldAndDrain"),
        |sandbox, queue| {
            says(sandbox, "Running", "it waits for quota in the queue batch");
            queue.stop("None");
        },
    );
}

#[test]
fn a_launch_whose_workload_is_deactivated_is_launched_again() {
    // The next launch is another workload, which is active.
    is_launched_again(|queue| queue.deactivate(), |_, _| {});
}

#[test]
fn a_launch_that_kueue_ends_and_starts_once_more_while_nobody_looks_is_launched_again() {
    let sandbox = sandbox();
    let queue = Queue::of(&sandbox, 1);
    let first = sandbox.controller();
    sandbox.pipeline(&queued(&sandbox, 1, &until_told(&sandbox)).to_string());
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    // In order, so that its lease is given back.
    first.terminate();
    first.wait();
    queue.stop("HoldAndDrain");
    sandbox.eventually("it has ended", || sandbox.ledger().that("end").len() == 1);
    queue.stop("None");
    sandbox.eventually("its Job runs once more", || sandbox.ledger().started().len() == 2);
    let _second = sandbox.controller();
    sandbox.eventually("the next launch runs", || sandbox.ledger().started().len() == 3);
    ends_well(&sandbox);
}
