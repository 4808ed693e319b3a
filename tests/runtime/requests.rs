//! What people ask for: reruns and backfills.

use tests::eventually;

use crate::flow;

#[test]
fn a_rerun_makes_one_partition_again_once() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.write("data/raw_2026-01-02", "two\n");
    project.daybreak(&["rerun", "flow", "2026-01-02"]).expect_code(0);
    assert_eq!(project.ledger().order(), ["clean 2026-01-02", "sum 2026-01-02"]);
    assert_eq!(project.read("data/sum_2026-01-02"), "two\nclean\nsum\n");
    assert_eq!(project.files(".daybreak/laptop/requests"), Vec::<String>::new());
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn a_rerun_of_one_step_leaves_the_others() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.daybreak(&["rerun", "flow", "2026-01-02", "clean"]).expect_code(0);
    assert_eq!(project.ledger().started(), ["clean 2026-01-02"]);
}

#[test]
fn old_data_stays_until_the_new_is_there() {
    let project =
        flow::maker("note start make; while [ ! -e ../go ]; do sleep 0.01; done; echo new > \"$1\"");
    project.write("data/out_2026-01-01", "old\n");
    let running = project.start(&["rerun", "flow", "2026-01-01"]);
    eventually("the step runs", || !project.ledger().started().is_empty());
    assert_eq!(project.read("data/out_2026-01-01"), "old\n");
    project.write("go", "");
    running.wait().expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "new\n");
    assert_eq!(project.files("data"), ["out_2026-01-01"]);
}

#[test]
fn a_rerun_that_fails_leaves_the_old_data() {
    let project = flow::maker("exit 3");
    project.write("data/out_2026-01-01", "old\n");
    project.daybreak(&["rerun", "flow", "2026-01-01"]).expect_code(1).expect_text(&["exit code 3"]);
    assert_eq!(project.read("data/out_2026-01-01"), "old\n");
}

#[test]
fn a_backfill_reaches_beyond_the_window() {
    let project = flow::project_of(&flow::spec().replace("window: 3", "window: 1"));
    project.run(&[]).expect_code(0).expect_text(&["1 of 1 partitions complete"]);
    project.clear_ledger();
    let backfill = ["backfill", "flow", "--from", "2026-01-01", "--to", "2026-01-02"];
    project.daybreak(&backfill).expect_code(0);
    assert_eq!(project.ledger().started().len(), 4);
    assert_eq!(project.read("data/sum_2026-01-01"), "1\nclean\nsum\n");
    project.clear_ledger();
    project.daybreak(&backfill).expect_code(0);
    assert_eq!(project.ledger().started(), Vec::<String>::new());
    assert_eq!(project.files(".daybreak/laptop/requests"), Vec::<String>::new());
}

#[test]
fn a_backfill_of_one_step_brings_what_it_needs() {
    let project = flow::project_of(&flow::spec().replace("window: 3", "window: 1"));
    project
        .daybreak(&["backfill", "flow", "--from", "2026-01-01", "--to", "2026-01-01", "--step", "sum"])
        .expect_code(0);
    assert!(project.exists("data/sum_2026-01-01"));
}

#[test]
fn a_backfill_that_was_interrupted_by_a_failure_goes_on_with_the_next_run() {
    let project = flow::project_of(&flow::spec().replace("window: 3", "window: 1"));
    project.program("append", "exit 1");
    project.daybreak(&["backfill", "flow", "--from", "2026-01-01", "--to", "2026-01-02"]).expect_code(1);
    project.program("append", flow::APPEND);
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/sum_2026-01-01"), "1\nclean\nsum\n");
    assert_eq!(project.files(".daybreak/laptop/requests"), Vec::<String>::new());
}

#[test]
fn requests_that_make_no_sense_are_refused_and_not_kept() {
    let project = flow::project();
    let refused: [(&[&str], &str); 5] = [
        (&["rerun", "flow", "2026-13-01"], "2026-13-01"),
        (&["rerun", "flow", "2026-01-01", "sun"], "sun"),
        (&["rerun", "flaw", "2026-01-01"], "flow"),
        (&["backfill", "flow", "--from", "2026-01-03", "--to", "2026-01-01"], "swap the two"),
        (&["backfill", "flow", "--from", "2026-01-03"], "--to"),
    ];
    for (arguments, phrase) in refused {
        project.daybreak(arguments).expect_code(2).expect_text(&[phrase]);
    }
    assert_eq!(project.files(".daybreak/laptop/requests"), Vec::<String>::new());
    assert_eq!(project.ledger().started(), Vec::<String>::new());
}
