//! Help and completions.

use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

/// What the plugin prints without a cluster.
fn plugin(arguments: &[&str]) -> String {
    let folder = TempDir::new().expect("there is room for temporary files");
    let program = folder.path().join("kubectl-daybreak");
    symlink(tests::binary(), &program).expect("the folder is ours");
    let output = Command::new(program).args(arguments).output().expect("it starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_plugin_is_called_as_kubectl_calls_it_and_shows_only_what_it_is_for() {
    let help = plugin(&["--help"]);
    assert!(help.contains("Usage: kubectl daybreak [OPTIONS] <COMMAND>"), "{help}");
    assert!(!help.contains("\n  lint") && help.contains("\n  suspend"), "{help}");
    assert!(help.contains("--namespace") && help.contains("--kubeconfig"), "{help}");
    let help = plugin(&["backfill", "--help"]);
    assert!(help.contains("Usage: kubectl daybreak backfill"), "{help}");
    assert!(!help.contains("--env") && help.contains("--context"), "{help}");
    let help = plugin(&["explain", "--help"]);
    assert!(!help.contains("--all-namespaces") && help.contains("--namespace"), "{help}");
}

#[test]
fn completions_are_those_of_the_program_that_makes_them() {
    let script = plugin(&["completions", "bash"]);
    assert!(script.contains(" kubectl-daybreak\n") && script.contains("suspend"), "{script}");
}
