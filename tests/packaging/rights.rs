//! The controller may do exactly what it does, and people what their role says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{documents, must, of_kind, rendered, template};

/// Every call of the controller where pipelines live: `GROUP/RESOURCE: VERBS`.
const CALLS: [&str; 11] = [
    "/events: list",
    "/pods: get list watch",
    "/pods/log: get",
    "batch/jobs: create delete get list patch watch",
    "daybreak.dev/backfills: get list watch",
    "daybreak.dev/backfills/status: patch",
    "daybreak.dev/partitions: create delete get list watch",
    "daybreak.dev/partitions/status: patch",
    "daybreak.dev/pipelines: get list watch",
    "daybreak.dev/pipelines/status: patch",
    "events.k8s.io/events: create patch",
];

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// What a role allows, each resource once; what is for one name only says so.
fn allowed(role: &Value) -> Vec<String> {
    let mut allowed = BTreeMap::<String, Vec<String>>::new();
    for rule in role["rules"].as_array().expect("a role has rules") {
        let names = texts(&rule["resourceNames"]);
        let which = if names.is_empty() { String::new() } else { format!(" {}", names.join(" ")) };
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                allowed
                    .entry(format!("{group}/{resource}{which}"))
                    .or_default()
                    .extend(texts(&rule["verbs"]));
            }
        }
    }
    let line = |(resource, mut verbs): (String, Vec<String>)| {
        verbs.sort();
        format!("{resource}: {}", verbs.join(" "))
    };
    allowed.into_iter().map(line).collect()
}

/// The role of this name.
#[track_caller]
fn role(documents: &[Value], kind: &str, name: &str) -> Value {
    let roles = of_kind(documents, kind);
    let role = roles.into_iter().find(|it| it["metadata"]["name"] == name);
    must(name, role.ok_or("there is no such role"))
}

#[test]
fn in_a_cluster_the_controller_may_do_exactly_what_it_does() {
    let documents = documents(&rendered("minimal"));
    assert_eq!(allowed(&role(&documents, "ClusterRole", "daybreak")), CALLS);
    let lease = role(&documents, "Role", "daybreak-lease");
    assert_eq!(
        allowed(&lease),
        ["coordination.k8s.io/leases: create", "coordination.k8s.io/leases daybreak: get patch update"]
    );
}

#[test]
fn in_one_namespace_it_may_do_the_same_and_nothing_outside() {
    let documents = documents(&rendered("namespaced"));
    assert_eq!(allowed(&role(&documents, "Role", "daybreak")), CALLS);
    let lease = role(&documents, "Role", "daybreak-lease");
    assert_eq!(
        allowed(&lease),
        [
            "coordination.k8s.io/leases: create",
            "coordination.k8s.io/leases team-a-daybreak: get patch update"
        ]
    );
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        assert!(of_kind(&documents, kind).is_empty(), "{kind}");
    }
    let places = |kind| {
        let placed = of_kind(&documents, kind).into_iter();
        placed.map(|it| it["metadata"]["namespace"].clone()).collect::<Vec<_>>()
    };
    // The lease's stand where the release is.
    assert_eq!(places("Role"), [Value::from("team-a"), Value::Null]);
    assert_eq!(places("RoleBinding"), [Value::from("team-a"), Value::Null]);
}

#[test]
fn every_binding_gives_its_own_role_to_the_controller_alone() {
    for set in crate::SETS {
        let documents = documents(&rendered(set));
        for kind in ["Role", "ClusterRole"] {
            for binding in of_kind(&documents, &format!("{kind}Binding")) {
                assert_eq!(binding["roleRef"]["kind"], kind, "{set}");
                assert_eq!(binding["roleRef"]["name"], binding["metadata"]["name"], "{set}");
                let subject = serde_json::json!([{"kind": "ServiceAccount", "name": "daybreak", "namespace": "daybreak"}]);
                assert_eq!(binding["subjects"], subject, "{set}");
            }
        }
    }
}

#[test]
fn people_may_read_or_write_pipelines_by_their_built_in_role() {
    let documents = documents(&rendered("minimal"));
    let view = role(&documents, "ClusterRole", "daybreak-view");
    assert_eq!(
        allowed(&view),
        ["backfills", "partitions", "pipelines"].map(|it| format!("daybreak.dev/{it}: get list watch"))
    );
    let edit = role(&documents, "ClusterRole", "daybreak-edit");
    assert_eq!(
        allowed(&edit),
        [
            "daybreak.dev/backfills: create delete deletecollection patch update",
            "daybreak.dev/partitions: patch update",
            "daybreak.dev/pipelines: create delete deletecollection patch update",
        ]
    );
}

#[test]
fn who_makes_the_roles_elsewhere_gets_none() {
    let set = [
        "--values",
        "tests/packaging/values/minimal.yaml",
        "--set",
        "rbac.create=false,rbac.aggregate=false",
    ];
    let rendered = template("charts/daybreak", &set);
    let rendered = rendered.expect("the chart renders");
    assert!(!rendered.contains("rbac.authorization.k8s.io"));
}
