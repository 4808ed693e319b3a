//! The pipeline that most tests use: three days, one step.

use std::fs;

use tests::Sandbox;

/// Days that need no Job, as long as nothing or everything is there.
pub(crate) const FLOW: &str = r#"
every: 1d
start: "2026-01-05"
end: "2026-01-08"
window: 3
store: data
datasets:
  - {name: in, path: "in_%Y%m%d.txt"}
  - {name: out, path: "out_%Y%m%d.txt"}
steps:
  - name: copy
    inputs: [{dataset: in}]
    outputs: [{dataset: out}]
    command: [cp, "{{ inputs.in }}", "{{ outputs.out }}"]
"#;

/// Writes files of the store.
pub(crate) fn write(sandbox: &Sandbox, names: &[&str]) {
    for name in names {
        fs::write(sandbox.path("data").join(name), name).expect("the store is ours");
    }
}

/// Writes what makes all days complete.
pub(crate) fn complete(sandbox: &Sandbox) {
    write(sandbox, &["out_20260105.txt", "out_20260106.txt", "out_20260107.txt"]);
}

/// Writes what makes one day complete, one run, and one wait.
pub(crate) fn mix(sandbox: &Sandbox) {
    write(sandbox, &["out_20260105.txt", "in_20260106.txt"]);
}
