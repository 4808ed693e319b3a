//! What a failed step holds up, and what not.

use crate::flow;

/// Fails for the second of January, and otherwise does its work.
const SECOND_FAILS: &str = r#"
note start "$1"
[ "$1 $DAYBREAK_PARTITION" != "clean 2026-01-02" ] || { echo "no such column: price" >&2; exit 9; }
{ cat "$2"; echo "$1"; } > "$3"
note end "$1"
"#;

#[test]
fn after_a_failure_nothing_new_starts() {
    let project = flow::project();
    project.program("append", SECOND_FAILS);
    let outcome = project.run(&["--jobs", "1"]).expect_code(1);
    outcome.expect_text(&["exit code 9", "no such column: price", "2026-01-02 clean", "1 failed"]);
    let started = project.ledger().started();
    assert!(!started.contains(&"clean 2026-01-03".to_owned()), "{started:?}");
    assert!(!project.exists("data/clean_2026-01-02"));
}

#[test]
fn with_keep_going_only_what_depends_on_it_waits() {
    let project = flow::project();
    project.program("append", SECOND_FAILS);
    let outcome = project.run(&["--jobs", "1", "--keep-going"]).expect_code(1);
    outcome.expect_text(&["2 of 3 partitions complete", "5 steps ran, 1 failed"]);
    let expected =
        ["clean 2026-01-01", "clean 2026-01-02", "clean 2026-01-03", "sum 2026-01-01", "sum 2026-01-03"];
    assert_eq!(project.ledger().started(), expected);
}

#[test]
fn the_log_of_a_failure_is_named_and_there() {
    let project = flow::project();
    project.program("append", SECOND_FAILS);
    project.run(&["--keep-going"]).expect_code(1);
    let log = ".daybreak/laptop/logs/flow/2026-01-02/clean.1.1.log";
    assert_eq!(project.read(log), "no such column: price\n");
}

#[test]
fn the_next_run_tries_again_with_the_next_attempt() {
    let project = flow::project();
    project.program("append", SECOND_FAILS);
    project.run(&["--keep-going"]).expect_code(1);
    project.run(&["--keep-going"]).expect_code(1);
    project.program("append", flow::APPEND);
    project.run(&[]).expect_code(0);
    let tries = project.ledger().entries;
    let tries: Vec<_> = tries
        .iter()
        .filter(|it| it.what == "start" && it.step == "clean" && it.partition == "2026-01-02")
        .collect();
    assert_eq!(tries.iter().map(|it| it.attempt.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
}

#[test]
fn attempts_asks_for_more_tries_in_one_run() {
    let spec = flow::spec()
        .replace("{name: clean, inputs", "{name: clean, retries: {backoff: 1s, maxBackoff: 1s}, inputs");
    let project = flow::project_of(&spec);
    let third = r#"note start "$1"; [ "$DAYBREAK_ATTEMPT" -ge 3 ] || exit 1; cat "$2" > "$3"; note end "$1""#;
    project.program("append", &third.replace("|| exit", "|| [ $1 = sum ] || exit"));
    project.run(&["--attempts", "3", "--date", "2026-01-01"]).expect_code(0);
    assert_eq!(
        project.ledger().order(),
        ["clean 2026-01-01", "clean 2026-01-01", "clean 2026-01-01", "sum 2026-01-01"]
    );
}

#[test]
fn a_broken_manifest_beside_a_good_one_leaves_the_good_one_running() {
    let project = flow::project();
    project.write(
        "flow/broken.yaml",
        "apiVersion: daybreak.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: broken}\nspec:\n  every: 7q\n",
    );
    let outcome = project.run(&[]).expect_code(2);
    outcome.expect_text(&["broken.yaml:5:", "flow: 3 of 3 partitions complete"]);
    assert_eq!(project.ledger().started().len(), 6);
}

#[test]
fn a_folder_that_holds_nothing_to_run_is_told_of() {
    let project = flow::project();
    project.write("empty/README", "");
    project
        .daybreak(&["run", "empty"])
        .expect_code(2)
        .expect_text(&["empty: there is no manifest in this folder"]);
    project.daybreak(&["run", "nowhere"]).expect_code(2).expect_text(&["no folder", "nowhere"]);
    project.daybreak(&["run"]).expect_code(2).expect_text(&["<DIR>"]);
}
