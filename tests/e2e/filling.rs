//! What is missing is made.

use tests::Sandbox;

const FLOW: &str = r#"
every: 1d
start: "2026-01-01"
end: "2026-01-04"
window: 3
store: data
datasets: [{name: in, path: "in_%Y-%m-%d"}, {name: out, path: "out_%Y-%m-%d"}]
steps:
  - name: copy
    inputs: [{dataset: in}]
    outputs: [{dataset: out}]
    command: [cp, "{{ inputs.in }}", "{{ outputs.out }}"]
"#;

#[test]
fn a_window_is_filled() {
    let sandbox = Sandbox::node();
    for day in 1..=3 {
        std::fs::write(sandbox.path(format!("data/in_2026-01-0{day}")), day.to_string()).expect("ours");
    }
    sandbox.pipeline(FLOW);
    let _controller = sandbox.controller();
    sandbox.eventually("all is there", || {
        (1..=3).all(|day| sandbox.path(format!("data/out_2026-01-0{day}")).exists())
    });
}
