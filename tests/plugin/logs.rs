//! `logs`: from the pod while there is one, from the archive after.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use tests::{Sandbox, binary};

use crate::shop::Shop;

/// What the controller's program prints of an archive with logs of two steps.
fn archived(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("there is room for temporary files");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    };
    for (log, text) in [
        ("clean.1.1", "no disk\n"),
        ("clean.2.1", "evicted\n"),
        ("clean.2.2", "cleaned\n"),
        ("sum.1.1", "6\n"),
    ] {
        write(&format!("data/.daybreak/archive/ads/shop/2026-01-02/{log}.log"), text);
    }
    write("data/.daybreak/archive/ads/shop/2026-01-01/clean.1.1.ended.json", "{}");
    let configuration = json!({"stores": {"data": {"directory": folder.path().join("data")}}});
    write("controller.json", &configuration.to_string());
    let mut command = Command::new(binary());
    command.arg("archived-log").arg("--config").arg(folder.path().join("controller.json")).args(arguments);
    let output = command.output().expect("the command starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_archive_has_the_last_launch_of_the_attempt_that_is_asked_for() {
    assert_eq!(archived(&["ads", "shop", "2026-01-02", "clean"]), (Some(0), "cleaned\n".to_owned()));
    let first = ["ads", "shop", "2026-01-02", "clean", "--attempt", "1"];
    assert_eq!(archived(&first), (Some(0), "no disk\n".to_owned()));
    let several = "daybreak: several steps of shop 2026-01-02 have run: name one of clean, sum\n";
    assert_eq!(archived(&["ads", "shop", "2026-01-02"]), (Some(2), several.to_owned()));
    let none = "daybreak: no step of shop 2026-01-03 has run yet, so that there is no log\n";
    assert_eq!(archived(&["ads", "shop", "2026-01-03"]), (Some(2), none.to_owned()));
    let pruned = "daybreak: shop 2026-01-01 has no log: one is there once a launch is over, and until it is older than archive.retention\n";
    assert_eq!(archived(&["ads", "shop", "2026-01-01", "clean"]), (Some(2), pruned.to_owned()));
}

#[test]
fn nothing_outside_the_archive_can_be_named() {
    for path in ["..", "../../ads", "/etc", "ads/shop", "ads/", ""] {
        let refused = (Some(2), format!("daybreak: `{path}` is a path, and no name\n"));
        assert_eq!(archived(&[path, "shop", "2026-01-02"]), refused);
        assert_eq!(archived(&["ads", path, "2026-01-02"]), refused);
        assert_eq!(archived(&["ads", "shop", path]), refused);
    }
}

#[test]
fn without_a_pod_and_a_controller_it_says_what_is_missing() {
    let shop = Shop::at_work();
    shop.daybreak(&["logs", "shop", "2026-01-03"])
        .expect_code(2)
        .expect_text(&["daybreak: the pod is gone, and no controller runs that could read the archive"]);
    shop.daybreak(&["logs", "shop", "2026-02-01"])
        .expect_code(2)
        .expect_text(&["has no partition 2026-02-01"]);
}

/// A controller in a pod with what the chart's have in common: labels, the container's name, and its flag.
fn install_controller(sandbox: &Sandbox) {
    let folder = sandbox.path("").canonicalize().expect("it is there");
    let program = binary().canonicalize().expect("it is there");
    let folders = [folder.as_path(), program.parent().expect("it lies in a folder")];
    let configuration = sandbox.path("controller.json");
    fs::write(&configuration, sandbox.configuration().to_string()).expect("the folder is ours");
    let volume = |(number, folder): (usize, &&Path)| json!({"name": format!("folder-{number}"), "hostPath": {"path": folder}});
    let mount =
        |(number, folder): (usize, &&Path)| json!({"name": format!("folder-{number}"), "mountPath": folder});
    let labels = json!({"app.kubernetes.io/name": "daybreak", "app.kubernetes.io/component": "controller"});
    sandbox.apply(&json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "controller", "labels": labels},
        "spec": {
            "securityContext": {"runAsUser": 65532, "runAsGroup": 65532},
            "containers": [{
                "name": "controller", "image": "localhost/daybreak-examples:1", "imagePullPolicy": "Never",
                "command": [program],
                "args": ["controller", format!("--config={}", configuration.display()), "--pod-namespace", sandbox.namespace()],
                "env": [{"name": "KUBECONFIG", "value": sandbox.path("kubeconfig")}],
                "volumeMounts": folders.iter().enumerate().map(mount).collect::<Vec<_>>(),
            }],
            "volumes": folders.iter().enumerate().map(volume).collect::<Vec<_>>(),
        },
    }));
}

#[test]
fn a_log_is_followed_in_its_pod_and_read_from_the_archive_when_that_is_gone() {
    let shop = Shop::within(Sandbox::node());
    let sandbox = &shop.sandbox;
    let wait = format!(
        "echo begun; until [ -e {} ]; do sleep 0.1; done; echo ended; echo 1 > \"$1\"",
        sandbox.path("data/go").display()
    );
    install_controller(sandbox);
    sandbox.apply(&json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "talk"},
        "spec": {
            "every": "1d", "start": "2026-01-01", "end": "2026-01-02", "store": "data",
            "datasets": [{"name": "said", "path": "said_%Y-%m-%d"}],
            "steps": [{
                "name": "say", "outputs": [{"dataset": "said"}],
                "command": ["/bin/sh", "-c", wait, "sh", "{{ outputs.said }}"],
            }],
        },
    }));
    let log = ["logs", "talk", "2026-01-01"];
    sandbox.eventually("the step has begun", || shop.daybreak(&log).text() == "begun\n");
    let mut follow = shop.kubectl();
    follow.arg("daybreak").args(log).args(["-f", "-n", sandbox.namespace()]);
    let follow = std::thread::spawn(move || follow.output().expect("kubectl is there"));
    sandbox.write("go", "");
    let followed = follow.join().expect("it ends with the step");
    assert_eq!(String::from_utf8_lossy(&followed.stdout), "begun\nended\n");
    sandbox.eventually("its end is recorded", || sandbox.exists("said_2026-01-01"));
    let jobs = "daybreak.dev/pipeline=talk";
    sandbox.kubectl(&["delete", "jobs", "--selector", jobs, "--wait=true"]);
    sandbox.eventually("its pod is gone", || sandbox.list("pods").len() == 1);
    let outcome = shop.daybreak(&[&log[..], &["say", "--attempt", "1"]].concat()).expect_code(0);
    assert_eq!(outcome.stdout, "begun\nended\n");
    shop.daybreak(&[&log[..], &["say", "--attempt", "2"]].concat())
        .expect_code(2)
        .expect_text(&["daybreak: say of talk 2026-01-01 has no attempt 2: there is 1\n"]);
}
