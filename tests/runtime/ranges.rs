//! Which partitions: `--date`, `--from` and `--to`, `--dry-run`.

use crate::flow;

#[test]
fn a_date_alone_is_filled() {
    let project = flow::project();
    project.run(&["--date", "2026-01-02"]).expect_code(0);
    assert_eq!(project.ledger().started(), ["clean 2026-01-02", "sum 2026-01-02"]);
}

#[test]
fn a_date_beyond_the_window_is_filled() {
    let project = flow::project_of(&flow::spec().replace("window: 3", "window: 1"));
    project.run(&["--date", "2026-01-01"]).expect_code(0);
    assert_eq!(project.ledger().started(), ["clean 2026-01-01", "sum 2026-01-01"]);
}

#[test]
fn a_range_includes_both_ends() {
    let project = flow::project();
    project.run(&["--from", "2026-01-02", "--to", "2026-01-03"]).expect_code(0);
    assert_eq!(project.ledger().started().len(), 4);
    assert!(!project.exists("data/clean_2026-01-01"));
}

#[test]
fn a_dry_run_says_what_would_run_and_leaves_no_trace() {
    let project = flow::project();
    let before = project.files("");
    let outcome = project.run(&["--dry-run"]).expect_code(0);
    outcome.expect_text(&["6 steps would run", "2026-01-02 clean", "2026-01-03 sum"]);
    assert_eq!(project.files(""), before);
    assert!(!project.exists(".daybreak"));
}

#[test]
fn a_dry_run_beside_a_run_is_no_second_run() {
    let project =
        flow::maker("note start make; while [ ! -e ../go ]; do sleep 0.01; done; echo new > \"$1\"");
    let running = project.start(&["run", "flow"]);
    tests::eventually("the step runs", || !project.ledger().started().is_empty());
    project.run(&["--dry-run"]).expect_code(0);
    project.write("go", "");
    running.wait().expect_code(0);
}

#[test]
fn dates_that_make_no_sense_are_refused() {
    let project = flow::project();
    let refused: [(&[&str], &str); 7] = [
        (&["--date", "2026-02-30"], "2026-02-30"),
        (&["--date", "yesterday"], "yesterday"),
        (&["--from", "2026-01-03", "--to", "2026-01-01"], "2026-01-03"),
        (&["--from", "2026-01-03"], "--to"),
        (&["--date", "2026-01-01", "--watch"], "--watch"),
        (&["--date", "2025-12-31"], "2025-12-31"),
        (&["--date", "2026-W02"], "2026-W02"),
    ];
    for (arguments, phrase) in refused {
        project.run(arguments).expect_code(2).expect_text(&[phrase]);
    }
    assert_eq!(project.ledger().started(), Vec::<String>::new());
}

const WEEK: &str = r#"
every: 1w
start: "2026-W02"
end: "2026-W03"
store: data
datasets: [{name: week, path: "week_%G-%V"}]
steps: [{name: week, outputs: [week], command: [sh, -c, 'echo 1 > "$0"', "{{ outputs.week }}"]}]
"#;

#[test]
fn a_date_of_one_pipelines_clock_leaves_out_those_of_another() {
    let project = flow::project();
    project.pipeline("week", WEEK);
    project.run(&["--date", "2026-01-02"]).expect_code(0).expect_text(&["left out: week", "2 steps ran"]);
    project.run(&["--date", "2026-W02"]).expect_code(0).expect_text(&["left out: flow", "1 step ran"]);
}
