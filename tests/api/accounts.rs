//! The chart's own account may do what the controller does, and each right is there for something that people see.

use std::thread;

use serde_json::{Value, json};
use tests::{Controller, Sandbox};

use crate::flow::{FLOW, mix, write};
use crate::objects::{get, list, metric, outcome, step, text};

/// What a person sees, and does not see without the right.
type Seen = fn(&Sandbox) -> bool;

/// Rights, as `VERB RESOURCE`, and what each is for. Those that only pods that run ask for are not here: they wait for
/// ever on a control plane.
const RIGHTS: [(&str, Seen); 14] = [
    ("watch pipelines", pipeline_is_told),
    ("watch partitions", pipeline_is_told),
    ("watch backfills", pipeline_is_told),
    ("watch jobs", pipeline_is_told),
    ("watch pods", pipeline_is_told),
    ("patch pipelines/status", pipeline_is_told),
    ("create partitions", days_have_objects),
    ("patch partitions/status", days_are_told),
    ("patch backfills/status", backfill_is_told),
    ("create jobs", steps_start),
    ("create events", events_are_told),
    ("list events", a_refusal_is_told),
    ("get leases", pipeline_is_told),
    ("create leases", pipeline_is_told),
];

fn pipeline_is_told(sandbox: &Sandbox) -> bool {
    outcome(&get(sandbox, "pipelines", "flow"), "Ready") == "Ready=True Accepted"
}

fn days_have_objects(sandbox: &Sandbox) -> bool {
    sandbox.list("partitions").len() == 3
}

fn days_are_told(sandbox: &Sandbox) -> bool {
    step(sandbox, "2026-01-05")["reason"] == "OutputsExist"
}

fn backfill_is_told(sandbox: &Sandbox) -> bool {
    outcome(&get(sandbox, "backfills", "done"), "Complete") == "Complete=True AllComplete"
}

fn steps_start(sandbox: &Sandbox) -> bool {
    !sandbox.list("jobs").is_empty()
}

fn events_are_told(sandbox: &Sandbox) -> bool {
    sandbox.list("events").iter().any(|it| text(it, "/involvedObject/kind") == "Partition")
}

fn a_refusal_is_told(sandbox: &Sandbox) -> bool {
    text(&step(sandbox, "2026-01-06"), "/message").contains("exceeded quota: full")
}

/// The roles of the chart, for a controller of one namespace, with the account that has them.
#[track_caller]
pub(crate) fn install(sandbox: &Sandbox) -> Vec<Value> {
    let namespace = sandbox.namespace();
    let mut helm = sandbox.cluster().tool("helm");
    helm.args(["template", "daybreak", "charts/daybreak", "--namespace", namespace]);
    helm.args(["--show-only", "templates/rbac.yaml", "--show-only", "templates/serviceaccount.yaml"]);
    helm.args(["--set", "rbac.scope=Namespaced,configuration.stores.data.directory=/data"]);
    helm.args(["--set", "notifications.enabled=true,notifications.secretName=token"]);
    let rendered = helm.output().expect("helm is there");
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let rendered = String::from_utf8_lossy(&rendered.stdout).into_owned();
    let objects: Vec<Value> = serde_saphyr::from_multiple(&rendered).expect("helm prints YAML");
    for object in &objects {
        sandbox.apply(object);
    }
    act_as(sandbox, "daybreak");
    objects.into_iter().filter(|it| it["kind"] == "Role").collect()
}

/// Lets the controllers of a sandbox reach the cluster by an account of its namespace alone.
#[track_caller]
fn act_as(sandbox: &Sandbox, account: &str) {
    let token = sandbox.kubectl(&["create", "token", account]);
    let kubeconfig = sandbox.path("kubeconfig");
    let user = format!("--token={}", token.trim());
    for arguments in [["set-credentials", account, &user], ["set-context", "--current", "--user=daybreak"]] {
        let mut kubectl = sandbox.cluster().tool("kubectl");
        kubectl.args(["config", "--kubeconfig"]).arg(&kubeconfig).args(arguments);
        let output = kubectl.output().expect("kubectl is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A role without one right.
fn without(role: &Value, (verb, resource): (&str, &str)) -> Value {
    let mut rules = Vec::new();
    for rule in list(role, "/rules") {
        for named in list(rule, "/resources") {
            let mut own = rule.clone();
            own["resources"] = json!([named]);
            if named == resource {
                own["verbs"] = list(rule, "/verbs").iter().filter(|it| **it != verb).cloned().collect();
            }
            rules.push(own);
        }
    }
    // A rule without verbs is none.
    rules.retain(|rule| !list(rule, "/verbs").is_empty());
    let mut less = role.clone();
    less["rules"] = rules.into();
    less
}

/// What there is to do: a day that is complete, one whose pod the quota refuses, one that waits, and a backfill.
#[track_caller]
fn prepare(sandbox: &Sandbox) {
    mix(sandbox);
    let quota = json!({"hard": {"pods": "0"}});
    let range = json!({"pipelineRef": {"name": "flow"}, "from": "2026-01-05", "to": "2026-01-05"});
    for (version, kind, name, spec) in
        [("v1", "ResourceQuota", "full", quota), ("daybreak.dev/v1alpha1", "Backfill", "done", range)]
    {
        sandbox
            .apply(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}));
    }
    sandbox.pipeline(FLOW);
}

/// How often a controller was refused a call.
pub(crate) fn refused(controller: &Controller, labels: &[&str]) -> f64 {
    let labels = [labels, &["code=\"403\""]].concat();
    metric(controller, "daybreak_api_request_duration_seconds_count", &labels)
}

#[test]
fn with_the_charts_account_all_is_told_and_nothing_is_refused() {
    let sandbox = Sandbox::control_plane();
    install(&sandbox);
    prepare(&sandbox);
    let controller = sandbox.controller();
    for (right, seen) in RIGHTS {
        sandbox.eventually(right, || seen(&sandbox));
    }
    // The quota's own refusal is of the Job controller.
    assert!(refused(&controller, &[]) < 0.5, "{}", controller.text());
}

#[test]
fn without_a_right_what_it_is_for_is_not_seen_and_with_it_again_it_is() {
    let (one, other) = RIGHTS.split_at(RIGHTS.len() / 2);
    thread::scope(|scope| {
        for rights in [one, other] {
            scope.spawn(|| rights.iter().for_each(|(right, seen)| take_away(right, *seen)));
        }
    });
}

#[track_caller]
fn take_away(right: &str, seen: Seen) {
    let sandbox = Sandbox::control_plane();
    let roles = install(&sandbox);
    let (verb, resource) = right.split_once(' ').expect("a right is a verb and a resource");
    for role in &roles {
        sandbox.apply(&without(role, (verb, resource)));
    }
    prepare(&sandbox);
    let controller = sandbox.controller();
    let labels = [format!("verb=\"{verb}\""), format!("resource=\"{resource}\"")];
    sandbox.eventually(&format!("{right} is refused"), || {
        refused(&controller, &labels.each_ref().map(String::as_str)) > 0.5
    });
    assert!(!seen(&sandbox), "it is seen without the right to {right}");
    for role in &roles {
        sandbox.apply(role);
    }
    write(&sandbox, &["in_20260107.txt"]);
    sandbox.eventually(&format!("what {right} is for is seen"), || seen(&sandbox));
}
