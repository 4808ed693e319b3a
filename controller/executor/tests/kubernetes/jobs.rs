//! The Job of a launch, as the API server would get it.

use std::collections::BTreeMap;
use std::time::Duration;

use executor::kubernetes::{LaunchId, LaunchSpec, RunAs, StoreMount, job};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Container, PodSpec};
use serde_json::{Value, json};

fn spec() -> LaunchSpec {
    LaunchSpec {
        namespace: "ads".to_owned(),
        id: LaunchId {
            pipeline: "impressions".to_owned(),
            partition: "2026-01-05t07".to_owned(),
            step: "join".to_owned(),
            attempt: 2,
            launch: 1,
        },
        pipeline_uid: "0c8e6a1f".to_owned(),
        step_digest: "blake3:0123".to_owned(),
        backfill: None,
        image: "registry.example/impressions:1".to_owned(),
        argv: vec!["python3".to_owned(), "join.py".to_owned()],
        env: BTreeMap::new(),
        env_from: BTreeMap::new(),
        working_dir: None,
        resources: crds::step::Resources::default(),
        timeout: None,
        grace: Duration::from_secs(30),
        service_account: None,
        pod: crds::pod::Pod::default(),
        labels: BTreeMap::new(),
        store_mounts: Vec::new(),
        run_as: RunAs { user: 65532, group: 65532 },
    }
}

/// What the API calls a pod, read as a manifest would be.
fn api_pod(pod: Value) -> crds::pod::Pod {
    serde_json::from_value(pod).unwrap()
}

fn pod_of(spec: &LaunchSpec) -> PodSpec {
    pod_spec(job(spec))
}

fn pod_spec(job: Job) -> PodSpec {
    job.spec.and_then(|job| job.template.spec).unwrap()
}

fn container_of(spec: &LaunchSpec) -> Container {
    pod_of(spec).containers.remove(0)
}

#[test]
fn a_job_of_a_bare_step_is_one_pod_that_may_do_nothing_special() {
    let labels = json!({
        "app.kubernetes.io/managed-by": "daybreak",
        "daybreak.dev/pipeline": "impressions",
        "daybreak.dev/partition": "2026-01-05t07",
        "daybreak.dev/step": "join",
        "daybreak.dev/attempt": "2",
        "daybreak.dev/launch": "1"
    });
    let expected = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": spec().id.job_name(),
            "namespace": "ads",
            "labels": labels,
            "annotations": {"daybreak.dev/step-digest": "blake3:0123"},
            "ownerReferences": [{
                "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "name": "impressions", "uid": "0c8e6a1f",
                "controller": true, "blockOwnerDeletion": false
            }]
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": [
                {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
            ]},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": 30,
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "securityContext": {
                        "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                        "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}
                    },
                    "containers": [{
                        "name": "step",
                        "image": "registry.example/impressions:1",
                        "command": ["python3", "join.py"],
                        "resources": {},
                        "terminationMessagePolicy": "FallbackToLogsOnError",
                        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
                    }]
                }
            }
        }
    });
    let made = serde_json::to_value(job(&spec())).unwrap();
    assert_eq!(made, expected, "{}", serde_json::to_string_pretty(&made).unwrap());
}

#[test]
fn what_a_step_says_of_its_pod_is_passed_on() {
    let pod = json!({
        "nodeSelector": {"disktype": "ssd"},
        "tolerations": [
            {"key": "batch", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
        ],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}}
        ]}},
        "priorityClassName": "batch-low",
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [
            {"name": "rules", "configMap": {"name": "rules", "items": [{"key": "a", "path": "a.txt", "mode": 292}]}},
            {"name": "keys", "secret": {"secretName": "keys", "defaultMode": 256, "optional": true}},
            {"name": "models", "persistentVolumeClaim": {"claimName": "models", "readOnly": true}},
            {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
        ]
    });
    let mounts = json!([{"name": "scratch", "mountPath": "/scratch", "subPath": "a", "readOnly": true}]);
    let mut with_mounts = pod.clone();
    with_mounts["volumeMounts"] = mounts.clone();
    let spec = LaunchSpec { pod: api_pod(with_mounts), ..spec() };
    let made = serde_json::to_value(pod_of(&spec)).unwrap();
    for (field, expected) in pod.as_object().unwrap() {
        assert_eq!(made[field], *expected, "{field}");
    }
    assert_eq!(made["containers"][0]["volumeMounts"], mounts);
}

#[test]
fn stores_are_mounted_once_a_claim_beside_what_the_step_mounts() {
    let mount = |claim: &str, mount_path: &str, read_only| StoreMount {
        claim: claim.to_owned(),
        mount_path: mount_path.to_owned(),
        read_only,
    };
    let pod = json!({"volumes": [{"name": "store-0", "emptyDir": {}}]});
    let store_mounts = vec![
        mount("warehouse", "/data/w", false),
        mount("archive", "/data/a", true),
        mount("warehouse", "/in", true),
    ];
    let spec = LaunchSpec { pod: api_pod(pod), store_mounts, ..spec() };
    let made = serde_json::to_value(pod_of(&spec)).unwrap();
    assert_eq!(
        made["volumes"],
        json!([
            {"name": "store-0", "emptyDir": {}},
            {"name": "store-1", "persistentVolumeClaim": {"claimName": "archive"}},
            {"name": "store-2", "persistentVolumeClaim": {"claimName": "warehouse"}}
        ])
    );
    assert_eq!(
        made["containers"][0]["volumeMounts"],
        json!([
            {"name": "store-2", "mountPath": "/data/w"},
            {"name": "store-1", "mountPath": "/data/a", "readOnly": true},
            {"name": "store-2", "mountPath": "/in", "readOnly": true}
        ])
    );
}

#[test]
fn variables_are_passed_on_as_they_stand_and_taken_from_where_they_are() {
    let source = |place: Value| serde_json::from_value(place).unwrap();
    let spec = LaunchSpec {
        argv: vec!["sh".to_owned(), "-c".to_owned(), "echo $(date) $HOME $$".to_owned()],
        env: BTreeMap::from([
            ("DAYBREAK_PARTITION".to_owned(), "2026-01-05T07".to_owned()),
            ("TEMPLATE".to_owned(), "$(DAYBREAK_PARTITION)".to_owned()),
        ]),
        env_from: BTreeMap::from([
            ("DAYBREAK_PARTITION".to_owned(), source(json!({"configMapKeyRef": {"name": "a", "key": "b"}}))),
            (
                "TOKEN".to_owned(),
                source(json!({"secretKeyRef": {"name": "api", "key": "token", "optional": true}})),
            ),
        ]),
        ..spec()
    };
    let made = serde_json::to_value(container_of(&spec)).unwrap();
    assert_eq!(made["command"], json!(["sh", "-c", "echo $$(date) $HOME $$$"]));
    assert_eq!(
        made["env"],
        json!([
            {"name": "DAYBREAK_PARTITION", "value": "2026-01-05T07"},
            {"name": "TEMPLATE", "value": "$$(DAYBREAK_PARTITION)"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token", "optional": true}}}
        ])
    );
}

#[test]
fn resources_directory_deadline_and_account_are_passed_on() {
    let resources = json!({"requests": {"cpu": "1", "memory": "64Mi"}, "limits": {"memory": "128Mi"}});
    let spec = LaunchSpec {
        resources: serde_json::from_value(resources.clone()).unwrap(),
        working_dir: Some("/app".to_owned()),
        timeout: Some(Duration::from_millis(1500)),
        service_account: Some("joiner".to_owned()),
        ..spec()
    };
    let made = serde_json::to_value(pod_of(&spec)).unwrap();
    assert_eq!(made["containers"][0]["resources"], resources);
    assert_eq!(made["containers"][0]["workingDir"], "/app");
    assert_eq!(made["activeDeadlineSeconds"], 2);
    assert_eq!(made["serviceAccountName"], "joiner");
    // Whoever names an account wants what it may do.
    assert_eq!(made.get("automountServiceAccountToken"), None);
}

#[test]
fn the_labels_of_a_step_stand_on_job_and_pod_and_never_over_ours() {
    let labels = BTreeMap::from([
        ("kueue.x-k8s.io/queue-name".to_owned(), "batch".to_owned()),
        ("daybreak.dev/launch".to_owned(), "7".to_owned()),
    ]);
    let spec = LaunchSpec { labels, backfill: Some("january".to_owned()), ..spec() };
    let made = serde_json::to_value(job(&spec)).unwrap();
    for labels in [&made["metadata"]["labels"], &made["spec"]["template"]["metadata"]["labels"]] {
        assert_eq!(labels["kueue.x-k8s.io/queue-name"], "batch");
        assert_eq!(labels["daybreak.dev/launch"], "1");
    }
    assert_eq!(made["metadata"]["annotations"]["daybreak.dev/backfill"], "january");
}

#[test]
fn a_step_that_asks_for_root_is_left_to_the_namespace_to_judge() {
    let user = |user: i64| {
        let spec = LaunchSpec { pod: api_pod(json!({"runAsUser": user})), ..spec() };
        let context = pod_of(&spec).security_context.unwrap();
        (context.run_as_user, context.run_as_non_root, context.run_as_group)
    };
    assert_eq!(user(1000), (Some(1000), Some(true), Some(65532)));
    assert_eq!(user(0), (Some(0), Some(false), Some(65532)));
}
