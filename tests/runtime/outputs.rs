//! Outputs of every kind: in place, directories with a flag, several of one step.

use crate::flow;

fn maker_of(dataset: &str, program: &str) -> tests::Project {
    let spec = flow::maker_spec("").replace("{name: out, path: \"out_%Y-%m-%d\"}", dataset);
    let project = flow::project_of(&spec);
    project.program("make", program);
    project
}

const DIRECT: &str = r#"{name: out, path: "out_%Y-%m-%d", publish: Direct}"#;

#[test]
fn a_direct_output_is_written_in_its_place() {
    let project = maker_of(DIRECT, "echo \"$1\" > \"$1\"");
    project.run(&[]).expect_code(0);
    let path = project.path("data/out_2026-01-01");
    assert_eq!(project.read("data/out_2026-01-01").trim(), path.to_string_lossy());
}

#[test]
fn what_a_failed_attempt_left_in_place_is_not_data() {
    let project = maker_of(DIRECT, "echo half > \"$1\"; exit 1");
    project.run(&[]).expect_code(1);
    project.run(&[]).expect_code(1);
    project.program("make", "echo whole > \"$1\"");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "whole\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn what_others_put_in_place_after_a_failed_attempt_is_data() {
    let project = maker_of(DIRECT, "echo half > \"$1\"; exit 1");
    project.run(&[]).expect_code(1);
    project.write("data/out_2026-01-01", "repaired by hand\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
    assert_eq!(project.read("data/out_2026-01-01"), "repaired by hand\n");
}

const DIRECTORY: &str = r#"{name: out, path: "out/%Y/%m/%d/"}"#;

#[test]
fn a_directory_counts_once_its_flag_is_there() {
    let project = maker_of(DIRECTORY, "mkdir \"$1\"; echo 1 > \"$1/part\"; : > \"$1/_SUCCESS\"");
    project.run(&[]).expect_code(0);
    assert_eq!(project.files("data/out/2026/01/01"), ["_SUCCESS", "part"]);
    project.remove("data/out/2026/01/01");
    project.run(&[]).expect_code(0).expect_text(&["1 step ran"]);
}

#[test]
fn a_directory_without_its_flag_is_not_published() {
    let project = maker_of(DIRECTORY, "mkdir \"$1\"; echo 1 > \"$1/part\"");
    project.run(&[]).expect_code(1).expect_text(&["_SUCCESS", "complete"]);
    assert!(!project.exists("data/out/2026/01/01"));
}

#[test]
fn foreign_parts_without_a_flag_are_told_of_and_never_deleted() {
    let project = maker_of(DIRECTORY, "mkdir \"$1\"; echo 1 > \"$1/part\"; : > \"$1/_SUCCESS\"");
    project.write("data/out/2026/01/01/theirs", "theirs\n");
    project.run(&[]).expect_code(1).expect_text(&["OutputOccupied", "out/2026/01/01"]);
    assert_eq!(
        project.files("data"),
        ["out/2026/01/01/theirs", "raw_2026-01-01", "raw_2026-01-02", "raw_2026-01-03"]
    );
}

#[test]
fn a_rerun_replaces_a_directory_as_a_whole() {
    let project =
        maker_of(DIRECTORY, "mkdir \"$1\"; echo 1 > \"$1/part-$DAYBREAK_ATTEMPT\"; : > \"$1/_SUCCESS\"");
    project.run(&[]).expect_code(0);
    project.daybreak(&["rerun", "flow", "2026-01-01"]).expect_code(0);
    assert_eq!(project.files("data/out/2026/01/01"), ["_SUCCESS", "part-2"]);
    assert!(!project.exists("data/.daybreak"));
}

const TWO: &str = r#"
  - {name: both, inputs: [raw], outputs: [clean, sum], command: [./both, "{{ outputs.clean }}", "{{ outputs.sum }}"]}
"#;

#[test]
fn of_two_outputs_only_the_missing_one_is_published() {
    let project = flow::project_of(&flow::spec_of(TWO));
    project.program("both", "echo $DAYBREAK_ATTEMPT > \"$1\"; echo $DAYBREAK_ATTEMPT > \"$2\"");
    project.run(&[]).expect_code(0);
    project.remove("data/sum_2026-01-02");
    project.run(&[]).expect_code(0).expect_text(&["1 step ran"]);
    assert_eq!(project.read("data/clean_2026-01-02"), "1\n");
    assert_eq!(project.read("data/sum_2026-01-02"), "2\n");
}

#[test]
fn of_two_outputs_none_is_published_when_one_is_not_written() {
    let project = flow::project_of(&flow::spec_of(TWO));
    project.program("both", "echo 1 > \"$1\"");
    project.run(&["--date", "2026-01-01"]).expect_code(1).expect_text(&["sum_2026-01-01 was not written"]);
    assert!(!project.exists("data/clean_2026-01-01"));
}

#[test]
fn an_output_that_is_too_small_is_told_of() {
    let dataset = r#"{name: out, path: "out_%Y-%m-%d", complete: {type: File, minBytes: 10}}"#;
    let project = maker_of(dataset, "echo 1 > \"$1\"");
    project.run(&[]).expect_code(1).expect_text(&["2 bytes", "at least 10"]);
    assert!(!project.exists("data/out_2026-01-01"));
}

#[test]
fn an_output_in_a_directory_that_is_not_there_is_published_into_it() {
    let project = maker_of(r#"{name: out, path: "a/b/%Y/out_%Y-%m-%d.txt"}"#, "echo \"$1\" > \"$1\"");
    project.run(&[]).expect_code(0);
    assert!(project.read("data/a/b/2026/out_2026-01-01.txt").trim().ends_with("/out_2026-01-01.txt"));
}
