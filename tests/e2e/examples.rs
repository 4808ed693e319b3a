//! The examples, as their users apply them, against what the same manifests make without a cluster.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tests::{Project, Sandbox};

use crate::world::condition;

const IMAGE: &str = "localhost/daybreak-examples:1";

/// An example with its input in a sandbox's store, and the same for a run without a cluster.
struct Example {
    sandbox: Sandbox,
    laptop: Project,
}

impl Example {
    /// `changes` are made to the manifests, so that they ask for a part of the past that stays the same.
    fn new(name: &str, setup: &[&str], changes: &[(&str, &str)]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the repo");
        let (sandbox, laptop) = (Sandbox::node(), Project::new());
        for file in fs::read_dir(root.join("pipelines").join(name)).expect("it is there").flatten() {
            let text = fs::read_to_string(file.path()).expect("all of it is text");
            let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
            laptop.write(&format!("flow/{}", file.file_name().to_string_lossy()), &text);
        }
        for store in [sandbox.path("data"), laptop.path("data")] {
            let set_up = Command::new("python3").current_dir(root).args(setup).arg(store).status();
            assert!(set_up.expect("python3 is there").success());
        }
        Self { sandbox, laptop }
    }

    fn apply(&self, store: &str) -> tests::Controller {
        let mut configuration = self.sandbox.configuration();
        let stores = configuration["stores"]["data"].take();
        configuration["stores"] = json!({store: stores});
        configuration["steps"]["image"] = json!(IMAGE);
        let controller = self.sandbox.controller_with(&configuration);
        let files = self.laptop.files("flow").into_iter().map(|file| self.laptop.path("flow").join(file));
        for file in files.filter(|it| it.extension().is_some_and(|it| it == "yaml")) {
            self.sandbox.kubectl(&["apply", "--filename", &file.to_string_lossy()]);
        }
        controller
    }

    fn caught_up(&self, pipeline: &str) {
        self.sandbox.eventually(&format!("{pipeline} is caught up"), || {
            let pipeline = self.sandbox.get("pipelines", pipeline).unwrap_or_default();
            condition(&pipeline, "CaughtUp")["status"] == "True"
        });
    }

    /// Both stores hold the same files with the same bytes, beside what Daybreak keeps.
    fn is_equal(&self, store: &str) {
        let binding = format!("{store}={}", self.laptop.path("data").display());
        self.laptop.run(&["--store", &binding]).expect_code(0);
        let files = self.laptop.files("data");
        let files: Vec<_> = files.iter().filter(|it| !it.starts_with(".daybreak")).collect();
        assert!(!files.is_empty());
        for file in files {
            let made = fs::read(self.sandbox.path("data").join(file)).unwrap_or_default();
            let expected = fs::read(self.laptop.path("data").join(file)).unwrap_or_default();
            assert!(made == expected, "{file} differs");
        }
    }
}

#[test]
fn impressions_fill_their_window_as_on_a_laptop() {
    let setup = ["pipelines/impressions/generate_input.py", "--hours", "5", "--until", "2026-01-05T07"];
    let past = [("  window: 5h", "  end: \"2026-01-05T08\"\n  window: 5h")];
    let example = Example::new("impressions", &setup, &past);
    let _controller = example.apply("warehouse");
    example.caught_up("impressions");
    example.is_equal("warehouse");
    let shown = example.sandbox.kubectl(&["get", "pipelines,partitions"]);
    assert!(shown.contains("2026-01-05T07"), "{shown}");
    assert_eq!(example.sandbox.list("jobs").len(), 10);
}

#[test]
fn flights_fill_a_week_as_on_a_laptop() {
    let week = [
        ("start: \"2013-01-01\"", "start: \"2013-01-07\""),
        ("end: \"2014-01-01\"", "end: \"2013-01-14\""),
        ("window: 365", "window: 7"),
        ("end: \"2014-W01\"", "end: \"2013-W03\""),
        ("window: 51", "window: 1"),
    ];
    let example = Example::new("flights", &["pipelines/flights/setup_data.py"], &week);
    let _controller = example.apply("airports");
    example.caught_up("flights");
    example.caught_up("flights-weekly");
    example.is_equal("airports");
}
