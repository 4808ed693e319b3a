//! The pipeline that these tests look at, as a controller would have reported it: four days of `raw` → step `clean` →
//! `clean` → step `sum` → `sum`. The first is complete, and has no object any more.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};
use tests::{Outcome, Sandbox, binary};

/// When the state of a step or of a condition began.
pub(crate) const SINCE: &str = "2026-01-05T06:07:08Z";

/// A namespace with the pipeline.
pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
}

impl Shop {
    /// The pipeline without a status, and no partitions.
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::within(Sandbox::control_plane())
    }

    /// The pipeline as it is in the middle of its work.
    #[track_caller]
    pub(crate) fn at_work() -> Self {
        let shop = Self::new();
        shop.report("pipeline", "shop", &json!({
            "observedGeneration": 1,
            "conditions": [
                condition("Ready", "True", ("Accepted", "")),
                condition("CaughtUp", "False", ("InProgress", "1 of 4 partitions are complete")),
            ],
            "partitions": {"due": 4, "complete": 1, "running": 1, "failed": 1, "waiting": 1, "stale": 0},
            "completeThrough": "2026-01-01",
            "completeRanges": [{"from": "2025-12-24", "to": "2025-12-24"}, {"from": "2026-01-01", "to": "2026-01-01"}],
        }));
        let raw = "raw is not there: file:///data/raw_2026-01-02";
        shop.partition("2026-01-02", &json!([
            step("clean", "WaitingForInputs", raw),
            step("sum", "WaitingForInputs", &format!(
                "clean is not there: file:///data/clean_2026-01-02, which the step clean of 2026-01-02 makes; that is WaitingForInputs: {raw}"
            )),
        ]));
        let mut failed = step("clean", "Failed", "attempt 5 failed (try 5 of 5): it ended with exit code 3");
        failed["attempts"] = json!(5);
        failed["log"] = json!("/data/.daybreak/archive/ads/shop/2026-01-03/clean.5.1.log");
        shop.partition("2026-01-03", &json!([failed, step("sum", "WaitingForInputs", "clean is not there: file:///data/clean_2026-01-03, which the step clean of 2026-01-03 makes; that is Failed")]));
        let mut runs = step("sum", "Running", "attempt 1 runs since 2026-01-05T06:07:08Z");
        runs["attempts"] = json!(1);
        shop.partition(
            "2026-01-04",
            &json!([
                step("clean", "OutputsExist", "the outputs are there: file:///data/clean_2026-01-04"),
                runs
            ]),
        );
        shop
    }

    #[track_caller]
    pub(crate) fn within(sandbox: Sandbox) -> Self {
        symlink(binary(), sandbox.path("kubectl-daybreak")).expect("the folder is ours");
        let shop = Self { sandbox };
        shop.sandbox.apply(&pipeline());
        shop
    }

    /// What `kubectl daybreak` does in the namespace.
    #[track_caller]
    pub(crate) fn daybreak(&self, arguments: &[&str]) -> Outcome {
        self.ask(&[arguments, &["--namespace", self.sandbox.namespace()]].concat())
    }

    /// What `kubectl daybreak` does.
    #[track_caller]
    pub(crate) fn ask(&self, arguments: &[&str]) -> Outcome {
        let mut kubectl = self.kubectl();
        self.outcome(kubectl.arg("daybreak").args(arguments))
    }

    /// The real kubectl, which finds the plugin.
    pub(crate) fn kubectl(&self) -> Command {
        let mut kubectl = self.sandbox.cluster().tool("kubectl");
        kubectl.env("PATH", self.sandbox.path(""));
        kubectl
    }

    /// What a command prints, in which the namespace is called `ads`.
    #[track_caller]
    pub(crate) fn outcome(&self, command: &mut Command) -> Outcome {
        let output = command.output().expect("the command starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.sandbox.namespace(), "ads");
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Outcome { code: output.status.code(), signal: None, stdout, bytes: output.stdout, stderr }
    }

    /// Makes the object of a partition, and reports on its steps.
    #[track_caller]
    pub(crate) fn partition(&self, key: &str, steps: &Value) {
        let name = format!("shop.{key}");
        self.sandbox.apply(&json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition",
            "metadata": {"name": name, "labels": {"daybreak.dev/pipeline": "shop", "daybreak.dev/partition": key}},
            "spec": {"pipelineRef": {"name": "shop"}, "key": key},
        }));
        let complete = condition("Complete", "False", ("InProgress", "it waits"));
        self.report("partition", &name, &json!({"conditions": [complete], "steps": steps}));
    }

    /// Writes a status, as the controller does.
    #[track_caller]
    pub(crate) fn report(&self, kind: &str, name: &str, status: &Value) {
        let patch = json!({"status": status}).to_string();
        self.sandbox.kubectl(&[
            "patch",
            kind,
            name,
            "--subresource=status",
            "--type=merge",
            "--patch",
            &patch,
        ]);
    }
}

/// The manifest.
pub(crate) fn pipeline() -> Value {
    let path = |name: &str| json!({"name": name, "path": format!("{name}_%Y-%m-%d")});
    let step = |name: &str, input: &str| {
        json!({
            "name": name, "image": "busybox:1", "inputs": [{"dataset": input}], "outputs": [{"dataset": name}],
            "command": ["cp", format!("{{{{ inputs.{input} }}}}"), format!("{{{{ outputs.{name} }}}}")],
        })
    };
    json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "shop"},
        "spec": {
            "every": "1d", "start": "2025-12-24", "end": "2026-01-05", "window": 4, "store": "data",
            "datasets": [path("raw"), path("clean"), path("sum")],
            "steps": [step("clean", "raw"), step("sum", "clean")],
        },
    })
}

/// The status of a step.
pub(crate) fn step(name: &str, reason: &str, message: &str) -> Value {
    let state = match reason {
        "Running" => "Running",
        "OutputsExist" => "Complete",
        "Failed" => "Failed",
        _ => "Waiting",
    };
    json!({"name": name, "state": state, "reason": reason, "message": message, "since": SINCE})
}

/// A condition.
pub(crate) fn condition(kind: &str, status: &str, (reason, message): (&str, &str)) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": SINCE})
}
