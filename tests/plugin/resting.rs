//! `suspend` and `resume`: the field is the person's own, or its owner's to change.

use serde_json::{Value, json};

use crate::shop::{Shop, pipeline};

fn spec(shop: &Shop) -> Value {
    shop.sandbox.get("pipelines", "shop").expect("it is there")["spec"].clone()
}

fn managers(shop: &Shop) -> Vec<String> {
    let pipeline = shop.sandbox.get("pipelines", "shop").expect("it is there");
    let managers = pipeline["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    managers.iter().filter_map(|it| it["manager"].as_str().map(str::to_owned)).collect()
}

/// The pipeline as a tool applies it that reads it from git, and sets the field to this.
fn apply_from_git(shop: &Shop, suspend: &Value) {
    let mut manifest = pipeline();
    manifest["spec"]["suspend"] = suspend.clone();
    let file = shop.sandbox.path("git.json");
    std::fs::write(&file, manifest.to_string()).expect("the folder is ours");
    let (file, force) = (file.to_string_lossy().into_owned(), "--force-conflicts");
    shop.sandbox.kubectl(&[
        "apply",
        "--server-side",
        force,
        "--field-manager=argocd-controller",
        "--filename",
        &file,
    ]);
}

#[test]
fn a_suspended_pipeline_is_as_it_was_once_it_is_resumed() {
    let shop = Shop::new();
    let before = (spec(&shop), managers(&shop));
    let suspend = shop.daybreak(&["suspend", "shop"]).expect_code(0);
    assert_eq!(suspend.stdout, "pipeline.daybreak.dev/shop suspended\n");
    assert_eq!(spec(&shop)["suspend"], true);
    let again = shop.daybreak(&["suspend", "shop"]).expect_code(0);
    assert_eq!(again.stdout, "pipeline.daybreak.dev/shop was suspended already\n");
    let resume = shop.daybreak(&["resume", "shop"]).expect_code(0);
    assert_eq!(resume.stdout, "pipeline.daybreak.dev/shop resumed\n");
    assert_eq!((spec(&shop), managers(&shop)), before, "nothing of it stays");
    let again = shop.daybreak(&["resume", "shop"]).expect_code(0);
    assert_eq!(again.stdout, "pipeline.daybreak.dev/shop was not suspended\n");
}

#[test]
fn what_git_applies_without_the_field_leaves_it_suspended() {
    let shop = Shop::new();
    shop.daybreak(&["suspend", "shop"]).expect_code(0);
    shop.sandbox.apply(&pipeline());
    assert_eq!(spec(&shop)["suspend"], true);
}

#[test]
fn a_field_that_git_sets_is_left_to_git_unless_forced() {
    let shop = Shop::new();
    apply_from_git(&shop, &json!(false));
    let refused = shop.daybreak(&["suspend", "shop"]).expect_code(2);
    assert_eq!(
        refused.stderr,
        "daybreak: spec.suspend of the pipeline shop is set by argocd-controller, which may set it back: write \
         `suspend: true` there, such as in git, or overrule it with --force\n"
    );
    assert_eq!(spec(&shop)["suspend"], false);
    shop.daybreak(&["suspend", "shop", "--force"]).expect_code(0);
    assert_eq!(spec(&shop)["suspend"], true);
}

#[test]
fn what_git_suspended_is_resumed_in_git_unless_forced() {
    let shop = Shop::new();
    apply_from_git(&shop, &json!(true));
    shop.daybreak(&["resume", "shop"]).expect_code(2).expect_text(&["argocd-controller", "`suspend: false`"]);
    assert_eq!(spec(&shop)["suspend"], true);
    shop.daybreak(&["resume", "shop", "--force"]).expect_code(0);
    assert_ne!(spec(&shop)["suspend"], true);
}

#[test]
fn a_partition_rests_by_its_object_if_it_has_one() {
    let shop = Shop::at_work();
    let suspend = shop.daybreak(&["suspend", "shop", "2026-01-03"]).expect_code(0);
    assert_eq!(suspend.stdout, "partition.daybreak.dev/shop.2026-01-03 suspended\n");
    let suspended =
        || shop.sandbox.get("partitions", "shop.2026-01-03").expect("it is there")["spec"]["suspend"].clone();
    assert_eq!(suspended(), true);
    shop.daybreak(&["resume", "shop", "2026-01-03"]).expect_code(0);
    assert_eq!(suspended(), Value::Null);
    shop.daybreak(&["suspend", "shop", "2026-01-01"])
        .expect_code(2)
        .expect_text(&["daybreak: shop 2026-01-01 has no object to suspend: "]);
}

#[test]
fn a_pipeline_that_is_not_there_is_not_made() {
    let shop = Shop::new();
    shop.daybreak(&["suspend", "shpo"]).expect_code(2).expect_text(&["there is no pipeline shpo"]);
    assert!(shop.sandbox.get("pipelines", "shpo").is_none());
}
