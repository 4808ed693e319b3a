//! Filling a window, and keeping it full.

use std::fs;

use crate::flow;

const ALL: [&str; 6] = [
    "clean 2026-01-01",
    "clean 2026-01-02",
    "clean 2026-01-03",
    "sum 2026-01-01",
    "sum 2026-01-02",
    "sum 2026-01-03",
];

#[test]
fn a_run_fills_the_window() {
    let project = flow::project();
    project.run(&[]).expect_code(0).expect_text(&["3 of 3 partitions complete", "6 steps ran, 0 failed"]);
    assert_eq!(project.ledger().started(), ALL);
    assert_eq!(project.read("data/sum_2026-01-02"), "2\nclean\nsum\n");
    assert!(!project.exists("data/.daybreak"), "{:?}", project.files("data"));
}

#[test]
fn a_second_run_runs_nothing_and_writes_nothing() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    let looks = || {
        let files = project.files("").into_iter().filter(|it| !it.ends_with("/lock"));
        let look = |it: String| (fs::metadata(project.path(&it)).and_then(|it| it.modified()).ok(), it);
        files.map(look).collect::<Vec<_>>()
    };
    let before = looks();
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
    assert_eq!(looks(), before);
}

#[test]
fn a_deleted_middle_output_is_rebuilt_with_only_what_is_needed() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.remove("data/clean_2026-01-02");
    project.run(&[]).expect_code(0).expect_text(&["1 step ran"]);
    assert_eq!(project.ledger().started(), ["clean 2026-01-02"]);
    assert_eq!(project.read("data/clean_2026-01-02"), "2\nclean\n");
}

#[test]
fn a_deleted_last_output_is_rebuilt_alone() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.remove("data/sum_2026-01-03");
    project.run(&[]).expect_code(0);
    assert_eq!(project.ledger().started(), ["sum 2026-01-03"]);
}

#[test]
fn where_the_manifest_asks_for_it_what_hangs_on_changed_data_is_rebuilt() {
    let project = flow::project_of(
        &flow::spec().replace("{name: sum, inputs", "{name: sum, whenInputsChange: Rebuild, inputs"),
    );
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.remove("data/clean_2026-01-02");
    project.write("data/raw_2026-01-02", "two\n");
    project.run(&[]).expect_code(0);
    assert_eq!(project.ledger().order(), ["clean 2026-01-02", "sum 2026-01-02"]);
    assert_eq!(project.read("data/sum_2026-01-02"), "two\nclean\nsum\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn changed_input_alone_changes_nothing_where_the_manifest_does_not_ask_for_it() {
    let project = flow::project();
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.write("data/raw_2026-01-02", "two\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn a_rebuild_that_fails_leaves_the_old_data() {
    let project = flow::project_of(
        &flow::spec()
            .replace("{name: clean, inputs: [raw]", "{name: clean, whenInputsChange: Rebuild, inputs: [raw]"),
    );
    project.run(&[]).expect_code(0);
    project.program("append", "exit 7");
    project.write("data/raw_2026-01-02", "two\n");
    project.run(&[]).expect_code(1).expect_text(&["exit code 7"]);
    assert_eq!(project.read("data/clean_2026-01-02"), "2\nclean\n");
    project.program("append", flow::APPEND);
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/clean_2026-01-02"), "two\nclean\n");
    assert_eq!(project.read("data/sum_2026-01-02"), "2\nclean\nsum\n");
}

#[test]
fn a_changed_step_rebuilds_where_it_says_so() {
    let spec = flow::spec().replace("{name: sum, inputs", "{name: sum, whenStepChanges: Rebuild, inputs");
    let project = flow::project_of(&spec);
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.pipeline(
        "flow",
        &spec.replace("[./append, sum, \"{{ inputs.clean }}\"", "[./append, total, \"{{ inputs.clean }}\""),
    );
    project.run(&[]).expect_code(0);
    assert_eq!(project.ledger().started(), ["total 2026-01-01", "total 2026-01-02", "total 2026-01-03"]);
    assert_eq!(project.read("data/sum_2026-01-01"), "1\nclean\ntotal\n");
}

#[test]
fn data_that_somebody_put_there_is_data() {
    let project = flow::project();
    project.write("data/clean_2026-01-01", "mine\n");
    project.run(&[]).expect_code(0);
    assert_eq!(project.ledger().started(), ALL[1..]);
    assert_eq!(project.read("data/clean_2026-01-01"), "mine\n");
    assert_eq!(project.read("data/sum_2026-01-01"), "mine\nsum\n");
}

#[test]
fn data_that_appears_meanwhile_stays_and_ours_is_discarded() {
    let project = flow::maker("echo theirs > ../data/out_2026-01-01; echo ours > \"$1\"");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "theirs\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn a_missing_input_holds_up_only_what_reads_it() {
    let project = flow::project();
    project.remove("data/raw_2026-01-02");
    let path = project.path("data/raw_2026-01-02");
    let outcome = project.run(&[]).expect_code(3);
    let outcome = outcome.expect_text(&["2 of 3 partitions complete", "WaitingForInputs"]);
    outcome.expect_text(&[&path.to_string_lossy()]);
    assert_eq!(project.ledger().started(), [ALL[0], ALL[2], ALL[3], ALL[5]]);
    project.write("data/raw_2026-01-02", "2\n");
    project.run(&[]).expect_code(0).expect_text(&["2 steps ran, 0 failed"]);
}
