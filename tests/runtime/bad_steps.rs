//! Steps that can't run, or don't do what they promised: each gives one message, and the rest goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tests::Project;

use crate::flow;

/// Two pipelines: a good one, and one with a bad step.
fn beside_a_good_one(more: &str, program: &str) -> Project {
    let project = flow::project();
    project.pipeline("bad", &flow::maker_spec(more));
    project.program("make", program);
    project
}

/// The bad step's message says this, and the good pipeline is filled.
#[track_caller]
fn expect_told(project: &Project, phrases: &[&str]) {
    let outcome = project.run(&["--keep-going"]).expect_code(1);
    let outcome =
        outcome.expect_text(phrases).expect_text(&["flow: 3 of 3 partitions complete", "2026-01-01 make: "]);
    let told = outcome.text().lines().filter(|line| line.contains("Failed: ")).count();
    assert_eq!(told, 1, "{}", outcome.text());
    assert!(!project.exists("data/out_2026-01-01"));
    assert!(!project.exists("data/.daybreak"), "{:?}", project.files("data"));
}

#[test]
fn a_step_that_is_not_executable() {
    let project = beside_a_good_one("", "exit 0");
    let path = project.path("flow/make");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    expect_told(&project, &["flow/make may not be executed", "chmod +x"]);
}

#[test]
fn a_step_whose_program_is_missing() {
    let project = beside_a_good_one("", "exit 0");
    project.remove("flow/make");
    expect_told(&project, &["there is no file", "flow/make", "working directory"]);
}

#[test]
fn a_step_whose_program_is_not_installed() {
    let project = beside_a_good_one("", "exit 0");
    project.pipeline("bad", &flow::maker_spec("").replace("./make", "no-such-program"));
    expect_told(&project, &["no-such-program", "PATH", "install it"]);
}

#[test]
fn a_step_whose_working_directory_is_missing() {
    let project = beside_a_good_one(", workingDir: nowhere", "exit 0");
    expect_told(&project, &["flow/nowhere", "workingDir"]);
}

#[test]
fn a_script_without_its_first_line() {
    let project = beside_a_good_one("", "exit 0");
    project.write("flow/make", "echo 1\n");
    fs::set_permissions(project.path("flow/make"), fs::Permissions::from_mode(0o755)).expect("it is ours");
    expect_told(&project, &["flow/make", "#!/bin/sh"]);
}

#[test]
fn a_step_that_writes_nothing() {
    let project = beside_a_good_one("", "exit 0");
    expect_told(&project, &["output out is not complete", "out_2026-01-01 was not written"]);
}

#[test]
fn a_step_that_writes_somewhere_else() {
    let project = beside_a_good_one("", "echo 1 > \"$(dirname \"$1\")/out.csv\"; echo 2 > \"$1.tmp\"");
    expect_told(&project, &["was not written", "beside it", "out.csv", "out_2026-01-01.tmp"]);
}

#[test]
fn a_step_that_writes_a_directory_where_a_file_should_be() {
    let project = beside_a_good_one("", "mkdir \"$1\"");
    expect_told(&project, &["is a directory, not a file"]);
}

#[test]
fn a_step_that_never_ends() {
    let project = beside_a_good_one(", timeout: 1s", "sleep 1000 & wait");
    expect_told(&project, &["longer than its timeout of 1"]);
}

#[test]
fn a_step_that_is_killed() {
    let project = beside_a_good_one("", "kill -SEGV $$");
    expect_told(&project, &["signal 11, SIGSEGV"]);
}

#[test]
fn a_step_that_reads_its_standard_input_gets_none() {
    let project = beside_a_good_one("", "cat > /dev/null; echo it read nothing; exit 6");
    expect_told(&project, &["exit code 6", "it read nothing"]);
}

#[test]
fn a_step_that_prints_what_is_not_text() {
    let project = beside_a_good_one("", "printf 'caf\\351 \\377\\000\\033[31mred'; exit 1");
    expect_told(&project, &["exit code 1", "caf"]);
    let outcome = project.run(&["--keep-going"]);
    assert!(!outcome.text().contains('\u{1b}'), "{:?}", outcome.text());
}

#[test]
fn a_step_that_prints_two_hundred_megabytes() {
    let project = beside_a_good_one("", "head -c 200000000 /dev/zero; echo; echo that was much; exit 1");
    expect_told(&project, &["that was much"]);
    let printed = project.run(&["--keep-going"]).text().len();
    assert!(printed < 20_000, "{printed}");
}

#[test]
fn a_step_that_prints_two_hundred_megabytes_in_one_line_and_succeeds() {
    let project = flow::maker("head -c 200000000 /dev/zero; echo 1 > \"$1\"");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "1\n");
}

#[test]
fn a_step_whose_arguments_are_too_long() {
    let project = beside_a_good_one("", "exit 0");
    let long = "x".repeat(200_000);
    project.write(
        "daybreak.toml",
        &format!("[env.laptop]\nstores = {{data = \"./data\"}}\nparams = {{long = \"{long}\"}}\n"),
    );
    let spec = format!("params: {{long: short}}\n{}", flow::maker_spec("").trim_start());
    project.pipeline("bad", &spec.replace("[./make,", "[./make, \"{{ params.long }}\","));
    let outcome = project.run(&["--keep-going"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.text());
    outcome.expect_text(&["long", "flow: 3 of 3 partitions complete"]);
}

#[test]
fn a_step_that_removes_its_own_staging_directory() {
    let project = beside_a_good_one("", "rm -r \"$(dirname \"$1\")\"");
    expect_told(&project, &["was not written"]);
}

#[test]
fn a_step_that_takes_away_the_permission_to_clean_up() {
    let project = beside_a_good_one("", "mkdir \"$1\"; chmod 0 \"$1\"");
    expect_told(&project, &["is a directory, not a file"]);
}
