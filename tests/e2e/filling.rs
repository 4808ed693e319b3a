//! What is missing is made, and only that.

use serde_json::{Value, json};
use tests::Sandbox;

use crate::world::{COPY, caught_up, flow, shell};

/// Two steps, of which the second needs the first.
fn chain(sandbox: &Sandbox, days: u32) -> Value {
    let mut spec = flow(sandbox, days, COPY);
    let datasets = ["in", "mid", "out"].map(|name| json!({"name": name, "path": format!("{name}_%Y-%m-%d")}));
    let step = |name: &str, from: &str, to: &str| {
        let program = format!(r#"note start {name}; cp "$1" "$2"; note end {name}"#);
        let arguments = [format!("{{{{ inputs.{from} }}}}"), format!("{{{{ outputs.{to} }}}}")];
        let command = shell(sandbox, &program, &[&arguments[0], &arguments[1]]);
        json!({"name": name, "inputs": [{"dataset": from}], "outputs": [{"dataset": to}], "command": command})
    };
    spec["datasets"] = datasets.into_iter().collect();
    spec["steps"] = json!([step("first", "in", "mid"), step("second", "mid", "out")]);
    spec
}

#[test]
fn a_window_is_filled_with_one_job_for_each_step() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.pipeline(&chain(&sandbox, 3).to_string());
    caught_up(&sandbox);
    for day in 1..=3 {
        assert_eq!(sandbox.read(&format!("out_2026-01-0{day}")), format!("day {day}\n"));
    }
    assert_eq!(sandbox.ledger().started().len(), 6);
    assert_eq!(sandbox.list("jobs").len(), 6);
}

#[test]
fn a_removed_output_comes_back_by_the_step_that_makes_it() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.pipeline(&chain(&sandbox, 2).to_string());
    caught_up(&sandbox);
    sandbox.remove("out_2026-01-02");
    sandbox.eventually("the last output is back", || sandbox.exists("out_2026-01-02"));
    sandbox.remove("mid_2026-01-01");
    sandbox.eventually("the one in the middle is back", || sandbox.exists("mid_2026-01-01"));
    caught_up(&sandbox);
    let again = &sandbox.ledger().order()[4..];
    assert_eq!(again, ["second 2026-01-02", "first 2026-01-01"]);
    assert_eq!(sandbox.list("jobs").len(), 6);
}
