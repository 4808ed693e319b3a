//! Where names in manifests point to: `daybreak.toml`, `--env`, `--store`, `--param`.

use std::fs;

use crate::flow;

#[test]
fn a_store_may_be_bound_by_a_flag() {
    let project = flow::project();
    fs::rename(project.path("data"), project.path("elsewhere")).expect("both are ours");
    project.run(&["--store", "data=elsewhere"]).expect_code(0);
    assert!(project.exists("elsewhere/sum_2026-01-01"));
    assert!(!project.exists("data"));
}

#[test]
fn a_parameter_may_be_given_by_a_flag() {
    let spec = format!("params: {{colour: red}}\n{}", flow::maker_spec("").trim_start())
        .replace("[./make,", "[./make, \"{{ params.colour }}\",");
    let project = flow::project_of(&spec);
    project.program("make", "echo \"$1\" > \"$2\"");
    project.run(&["--param", "colour=blue"]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "blue\n");
    project.remove("data/out_2026-01-01");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "red\n");
}

const TEST_ENVIRONMENT: &str = r#"
[env.laptop.stores]
data = "./data"

[env.test.stores.data]
temporary = true
fill = ["sh", "fill.sh", "7"]
"#;

#[test]
fn a_temporary_store_is_filled_used_and_removed() {
    let project = flow::project();
    project.write("daybreak.toml", TEST_ENVIRONMENT);
    project.write("fill.sh", "for day in 1 2 3; do echo $1 > $2/raw_2026-01-0$day; done; echo $2 > root");
    project.program("append", &format!("{}\ncat \"$3\" >> ../seen", flow::APPEND));
    let before = project.files("data");
    project.run(&["--env", "test"]).expect_code(0).expect_text(&["6 steps ran"]);
    assert!(project.read("seen").contains("7\nclean\nsum\n"));
    assert_eq!(project.files("data"), before);
    assert!(!project.exists(".daybreak"));
    let root = project.read("root");
    assert!(!fs::exists(root.trim()).expect("it can be looked for"), "{root} is left");
}

#[test]
fn a_temporary_store_of_a_failed_run_is_kept_to_be_looked_at() {
    let project = flow::project();
    project.write("daybreak.toml", TEST_ENVIRONMENT);
    project.write("fill.sh", "for day in 1 2 3; do echo $1 > $2/raw_2026-01-0$day; done; echo $2 > root");
    project.program("append", "exit 5");
    let outcome = project.run(&["--env", "test"]).expect_code(1);
    let root = project.read("root");
    let root = root.trim().trim_end_matches("/data");
    outcome.expect_text(&[root]);
    fs::remove_dir_all(root).expect("it was kept");
}

#[test]
fn a_store_that_cannot_be_filled_is_told_of() {
    let project = flow::project();
    project.write("daybreak.toml", TEST_ENVIRONMENT);
    project.write("fill.sh", "echo the source is down >&2; exit 4");
    project.run(&["--env", "test"]).expect_code(2).expect_text(&[
        "data",
        "could not be filled",
        "the source is down",
    ]);
}

#[test]
fn what_is_wrong_with_an_environment_is_told_with_what_would_be_right() {
    let project = flow::project();
    project.run(&["--env", "prod"]).expect_code(2).expect_text(&["prod", "laptop"]);
    project.run(&["--store", "data"]).expect_code(2).expect_text(&["NAME=DIR"]);
    project.run(&["--store", "data=nowhere"]).expect_code(2).expect_text(&["nowhere", "data"]);
    project.write("daybreak.toml", "[env.laptop.store]\ndata = \"./data\"\n");
    project.run(&[]).expect_code(2).expect_text(&["daybreak.toml", "store", "stores"]);
    project.write("daybreak.toml", "[env.laptop.stores]\nother = \"./data\"\n");
    project.run(&[]).expect_code(2).expect_text(&["data", "flow.yaml"]);
}

#[test]
fn the_state_stands_beside_daybreak_toml_wherever_the_command_is_started() {
    let project = flow::project();
    project.daybreak(&["run", &project.path("flow").to_string_lossy()]).expect_code(0);
    assert!(project.exists(".daybreak/laptop/records/flow"));
    assert!(!project.exists("flow/.daybreak"));
}
