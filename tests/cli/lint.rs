//! `daybreak lint`.

use tests::Project;

use crate::golden::expect;
use crate::shop;

#[test]
fn manifests_that_are_in_order_are_counted() {
    let project = shop::project();
    let outcome = project.daybreak(&["lint", "flow"]).expect_code(0);
    assert_eq!(outcome.stdout, "1 manifest is in order\n");
}

#[test]
fn every_fault_has_its_line_and_column_and_what_would_be_right() {
    let project = Project::new();
    let spec = shop::SPEC.replace("every: 1d", "every: 7h").replace("outputs: [sum]", "outputs: [summ]");
    project.pipeline("shop", &spec);
    let outcome = project.daybreak(&["lint", "flow"]).expect_code(2);
    expect(
        &project,
        &outcome.stdout,
        "
flow/shop.yaml:5:10: spec.every: `7h` does not divide a day: write 6h or 8h
flow/shop.yaml:16:46: spec.steps[1].outputs[0].dataset: there is no dataset `summ`: did you mean `sum`?
flow/shop.yaml:16:89: spec.steps[1].command[2]: in `{{ outputs.sum }}` there is no output `sum`: the only one is `summ`
3 faults
",
    );
}

#[test]
fn faults_between_the_pipelines_of_several_folders_are_found() {
    let project = shop::project();
    project.write("other/shop.yaml", &project.read("flow/shop.yaml").replace("name: shop}", "name: copy}"));
    let outcome = project.daybreak(&["lint", "flow", "other"]).expect_code(2);
    outcome.expect_text(&["other/shop.yaml:", "flow/shop.yaml writes the same path", "2 faults\n"]);
}

#[test]
fn advice_and_notes_are_told_and_are_no_faults() {
    let project = Project::new();
    project.pipeline("shop", &shop::SPEC.replace("name: sum, inputs", "name: sum, image: python, inputs"));
    let outcome = project.daybreak(&["lint", "flow"]).expect_code(0);
    outcome.expect_text(&["flow/shop.yaml:16:", " note: spec.steps[1].image", "\n1 manifest is in order\n"]);
}

#[test]
fn a_backfill_is_checked_against_its_pipeline() {
    let project = shop::project();
    project.write(
        "flow/again.yaml",
        "apiVersion: daybreak.dev/v1alpha1\nkind: Backfill\nmetadata: {name: again}\nspec:\n  pipelineRef: {name: shop}\n  from: \"2026-01-02\"\n  to: \"2026-01-01\"\n",
    );
    let outcome = project.daybreak(&["lint", "flow"]).expect_code(2);
    outcome.expect_text(&["flow/again.yaml:7:", "it lies before `from`: swap the two"]);
}
