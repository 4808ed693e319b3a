//! What holds for every command that only looks.

use tests::Project;

use crate::shop;

/// Each of them, on a project that is filled.
const LOOKS: &[&[&str]] = &[
    &["lint", "flow"],
    &["plan", "flow"],
    &["graph", "flow"],
    &["status"],
    &["status", "shop"],
    &["status", "shop", "-o", "json"],
    &["explain", "shop", "2026-01-01"],
    &["explain", "shop", "2026-01-01", "-o", "yaml"],
    &["logs", "shop", "2026-01-01", "clean"],
];

#[test]
fn a_look_changes_nothing() {
    let project = shop::with_a_gap();
    let before = contents(&project);
    for look in LOOKS {
        project.daybreak(look).expect_code(0);
    }
    assert!(contents(&project) == before, "a file changed");
}

#[test]
fn a_look_at_a_project_that_never_ran_leaves_no_trace() {
    let project = shop::project();
    project.daybreak(&["status"]).expect_code(0);
    project.daybreak(&["explain", "shop", "2026-01-01"]).expect_code(0);
    assert!(!project.exists(".daybreak"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let project = shop::with_a_gap();
    for look in LOOKS.iter().chain([&["completions", "bash"].as_slice()]) {
        let outcome = project.start_unread(look).wait();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{look:?}");
    }
}

#[test]
fn what_is_piped_is_the_same_each_time_and_has_no_colours() {
    let project = shop::with_a_gap();
    for look in LOOKS {
        let (first, second) = (project.daybreak(look), project.daybreak(look));
        assert_eq!(first.stdout, second.stdout, "{look:?}");
        assert!(!first.text().contains('\u{1b}'), "{look:?}");
    }
}

#[test]
fn a_store_that_is_missing_is_named_with_its_place() {
    let project = shop::project();
    project.remove("data");
    for look in [&["status"][..], &["explain", "shop", "2026-01-01"], &["plan", "flow"]] {
        let outcome = project.daybreak(look).expect_code(2);
        assert!(outcome.stderr.contains("store `data`:"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("does not exist; create it"), "{}", outcome.stderr);
    }
}

#[test]
fn of_an_environment_that_is_made_for_each_run_nothing_stays_to_look_at() {
    let project = shop::project();
    project.write("daybreak.toml", "[env.test.stores.data]\ntemporary = true\n");
    let outcome = project.daybreak(&["status", "--env", "test"]).expect_code(2);
    assert!(outcome.stderr.contains("makes the store data anew for each run"), "{}", outcome.stderr);
}

#[test]
fn a_parameter_that_no_pipeline_has_is_refused() {
    let project = shop::project();
    let spec = shop::SPEC.replace("sum_%Y", "{{ params.country }}_sum_%Y");
    project.pipeline("shop", &format!("params: {{country: de}}{spec}"));
    project.daybreak(&["status", "--param", "country=fr"]).expect_code(0);
    let outcome = project.daybreak(&["status", "--param", "contry=fr"]).expect_code(2);
    assert_eq!(outcome.stderr, "daybreak: no pipeline has a parameter `contry`: did you mean `country`?\n");
}

#[test]
fn each_shell_gets_its_completions() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        project.daybreak(&["completions", shell]).expect_code(0).expect_text(&["explain", "status"]);
    }
}

/// Every file with what it holds.
fn contents(project: &Project) -> Vec<(String, String)> {
    project.files("").into_iter().map(|file| (file.clone(), project.read(&file))).collect()
}
