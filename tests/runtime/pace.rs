//! How many at once, and in which order.

use crate::flow;

/// Takes long enough for others to start meanwhile.
const SLOW: &str = "note start \"$1\"; sleep 0.05; cat \"$2\" > \"$3\"; note end \"$1\"";

#[test]
fn never_more_than_jobs_run_at_once() {
    for jobs in [1, 2] {
        let project = flow::project();
        project.program("append", SLOW);
        project.run(&["--jobs", &jobs.to_string()]).expect_code(0);
        assert_eq!(project.ledger().most_at_once(), jobs);
    }
}

#[test]
fn never_more_than_the_pipeline_allows_run_at_once() {
    let project = flow::project_of(&format!("parallelism: 2\n{}", flow::spec().trim_start()));
    project.program("append", SLOW);
    project.run(&["--jobs", "8"]).expect_code(0);
    assert_eq!(project.ledger().most_at_once(), 2);
}

#[test]
fn two_pipelines_share_the_jobs() {
    let project = flow::project();
    project.pipeline("other", &flow::spec().replace("clean_%", "c_%").replace("sum_%", "s_%"));
    project.program("append", SLOW);
    project.run(&["--jobs", "3"]).expect_code(0).expect_text(&["12 steps ran"]);
    assert!(project.ledger().most_at_once() <= 3);
}

#[test]
fn a_pool_of_the_environment_bounds_the_steps_that_name_it() {
    let project = flow::project_of(
        &flow::spec().replace("{name: clean, inputs", "{name: clean, pool: licence, inputs"),
    );
    project.write("daybreak.toml", "[env.laptop]\nstores = {data = \"./data\"}\npools = {licence = 1}\n");
    project.program("append", SLOW);
    project.run(&["--jobs", "4"]).expect_code(0);
    let mut running = 0;
    for entry in project.ledger().entries.iter().filter(|entry| entry.step == "clean") {
        running += if entry.what == "start" { 1 } else { -1 };
        assert!(running <= 1);
    }
}

#[test]
fn a_step_larger_than_the_rest_of_the_machine_waits_for_it() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let whole = format!("{{name: clean, resources: {{requests: {{cpu: \"{cores}\"}}}}, inputs");
    let project = flow::project_of(&flow::spec().replace("{name: clean, inputs", &whole));
    project.program("append", SLOW);
    project.run(&["--jobs", "8"]).expect_code(0);
    let mut running = 0;
    for entry in project.ledger().entries.iter().filter(|entry| entry.step == "clean") {
        running += if entry.what == "start" { 1 } else { -1 };
        assert!(running <= 1);
    }
}

#[test]
fn the_order_is_the_pipelines() {
    let project = flow::project_of(&format!("order: NewestFirst\n{}", flow::spec().trim_start()));
    project.run(&["--jobs", "1"]).expect_code(0);
    let order = project.ledger().order();
    assert_eq!(order.first().map(String::as_str), Some("clean 2026-01-03"), "{order:?}");
}

#[test]
fn no_jobs_at_all_is_refused() {
    flow::project().run(&["--jobs", "0"]).expect_code(2).expect_text(&["--jobs"]);
}
