//! The charts, installed by the real helm on a real API server.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::eventually;

use crate::schemas::{OPERATED, operator};
use crate::{RESOURCES, SETS, TESTBED, documents, must, root, run};

/// A control plane, which ends with it.
struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// One with the custom resources, the Prometheus operator's, and namespaces where Pod Security warns of all that is
    /// not restricted.
    fn up() -> Self {
        let cluster = Self { folder: TempDir::new().expect("there is room for temporary files") };
        must("up", run(cluster.testbed("up")));
        for resource in OPERATED {
            cluster.kubectl(&["create", "--filename", &operator(resource).to_string_lossy()]);
        }
        for namespace in ["daybreak", "team-a"] {
            cluster.kubectl(&["create", "namespace", namespace]);
            cluster.kubectl(&["label", "namespace", namespace, "pod-security.kubernetes.io/warn=restricted"]);
        }
        cluster.helm(&["install", "daybreak-crds", "charts/daybreak-crds"]);
        // The server serves them a moment after helm says so.
        for resource in RESOURCES {
            cluster.kubectl(&["wait", "--for=condition=Established", &format!("crd/{resource}")]);
        }
        cluster
    }

    fn testbed(&self, subcommand: &str) -> Command {
        let mut command = Command::new(root().join("tests/testbed/cluster"));
        command.arg(subcommand).arg(self.folder.path());
        command
    }

    /// What a program of the testbed says of this cluster, or that it failed.
    fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new("bash");
        // Warnings and answers, in the order in which they come.
        command.args(["-c", "exec \"$@\" 2>&1", "bash"]).arg(TESTBED.join(program)).args(arguments);
        command.env("KUBECONFIG", self.folder.path().join("kubeconfig")).current_dir(root());
        run(command)
    }

    #[track_caller]
    fn kubectl(&self, arguments: &[&str]) -> String {
        must("kubectl", self.ask("kubectl", arguments))
    }

    #[track_caller]
    fn helm(&self, arguments: &[&str]) -> String {
        must("helm", self.ask("helm", arguments))
    }

    #[track_caller]
    fn install(&self, set: &str) -> String {
        let values = format!("tests/packaging/values/{set}.yaml");
        self.helm(&["install", "daybreak", "charts/daybreak", "--namespace", "daybreak", "--values", &values])
    }

    #[track_caller]
    fn uninstall(&self) {
        self.helm(&["uninstall", "daybreak", "--namespace", "daybreak"]);
    }

    /// Whether somebody may do something.
    fn may(&self, who: &str, what: &str) -> bool {
        let what: Vec<_> = what.split(' ').collect();
        let asked = self.ask("kubectl", &[&["auth", "can-i", "--as", who], what.as_slice()].concat());
        // It fails with the answer no.
        let answer = asked.unwrap_or_else(|said| said);
        assert!(answer.contains("yes\n") != answer.contains("no\n"), "{answer}");
        answer.contains("yes\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A test that fails says so by itself.
        let _ = run(self.testbed("down"));
    }
}

const CONTROLLER: &str = "system:serviceaccount:daybreak:daybreak";

#[test]
fn every_set_of_values_installs_without_a_warning_and_uninstalls_without_a_trace() {
    let cluster = Cluster::up();
    for set in SETS {
        let said = cluster.install(set);
        // The node's own network is what restricted pods may not have.
        assert_eq!(said.contains("violate PodSecurity"), set == "one-node", "{set}:\n{said}");
        assert!(!said.contains("custom resources are not there"), "{set}:\n{said}");
        let release = ["get", "manifest", "daybreak", "--namespace", "daybreak"];
        let installed = documents(&cluster.helm(&release)).len();
        cluster.uninstall();
        let left = "deployment,service,configmap,role,rolebinding,pvc,pdb,networkpolicy,servicemonitor,prometheusrule";
        let select = "app.kubernetes.io/instance=daybreak";
        let namespaced = ["get", left, "--all-namespaces", "--selector", select];
        let global = ["get", "clusterrole,clusterrolebinding,pv", "--selector", select];
        assert!(installed > 5, "{set}");
        // Claims and volumes go a moment after helm says so.
        eventually(&format!("nothing is left of {set}"), || {
            let looks = [&namespaced[..], &global];
            looks.into_iter().all(|look| cluster.kubectl(look).contains("No resources found"))
        });
    }
}

#[test]
fn the_custom_resources_outlive_their_release_and_pipelines_stay() {
    let cluster = Cluster::up();
    cluster.kubectl(&["apply", "--filename", "pipelines/impressions/pipeline.yaml"]);
    cluster.helm(&["upgrade", "daybreak-crds", "charts/daybreak-crds"]);
    cluster.helm(&["uninstall", "daybreak-crds"]);
    assert!(
        cluster
            .kubectl(&["get", "pipelines", "--output", "name"])
            .contains("pipeline.daybreak.dev/impressions")
    );
    // What stayed is taken up again.
    cluster.helm(&["install", "daybreak-crds", "charts/daybreak-crds"]);
    let resource = cluster.kubectl(&["get", "crd", "pipelines.daybreak.dev", "--output", "json"]);
    let resource: Value = serde_json::from_str(&resource).expect("kubectl prints JSON");
    assert_eq!(resource["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
}

#[test]
fn the_controllers_account_is_held_to_its_namespace() {
    let cluster = Cluster::up();
    cluster.install("namespaced");
    assert!(cluster.may(CONTROLLER, "create jobs.batch --namespace team-a"));
    assert!(
        cluster.may(CONTROLLER, "update leases.coordination.k8s.io/team-a-daybreak --namespace daybreak")
    );
    for what in [
        "create jobs.batch --namespace daybreak",
        "list pipelines.daybreak.dev --all-namespaces",
        "update leases.coordination.k8s.io/another --namespace daybreak",
        "get secrets --namespace team-a",
        "create pods --namespace team-a",
        "patch pipelines.daybreak.dev --namespace team-a",
    ] {
        assert!(!cluster.may(CONTROLLER, what), "{what}");
    }
}

#[test]
fn the_built_in_roles_reach_pipelines() {
    let cluster = Cluster::up();
    cluster.install("minimal");
    for (user, role) in [("reader", "view"), ("writer", "edit")] {
        let name = format!("{user}s");
        cluster.kubectl(&[
            "create",
            "rolebinding",
            &name,
            "--clusterrole",
            role,
            "--user",
            user,
            "--namespace",
            "team-a",
        ]);
    }
    // The controller manager gathers the rules after a moment.
    tests::eventually("edit has the rules of daybreak-edit", || {
        cluster.may("writer", "create pipelines.daybreak.dev --namespace team-a")
    });
    tests::eventually("view has the rules of daybreak-view", || {
        cluster.may("reader", "list partitions.daybreak.dev --namespace team-a")
    });
    assert!(cluster.may("writer", "patch partitions.daybreak.dev --namespace team-a"));
    assert!(!cluster.may("writer", "create partitions.daybreak.dev --namespace team-a"));
    assert!(!cluster.may("reader", "create backfills.daybreak.dev --namespace team-a"));
}
