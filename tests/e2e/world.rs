//! The pipeline that most tests need, and what is asked of its objects.

use serde_json::{Value, json};
use tests::Sandbox;

/// The spec of a pipeline of the first days of 2026, whose step `make` makes `out_DAY` of `in_DAY` by a shell program: `$1`
/// is its input, `$2` its output. It writes to the ledger by `note`.
pub(crate) fn flow(sandbox: &Sandbox, days: u32, program: &str) -> Value {
    for day in 1..=days {
        sandbox.write(&format!("in_2026-01-{day:02}"), &format!("day {day}\n"));
    }
    json!({
        "every": "1d", "start": "2026-01-01", "end": format!("2026-01-{:02}", days + 1), "window": days, "store": "data",
        "datasets": [{"name": "in", "path": "in_%Y-%m-%d"}, {"name": "out", "path": "out_%Y-%m-%d"}],
        "steps": [{
            "name": "make", "inputs": [{"dataset": "in"}], "outputs": [{"dataset": "out"}],
            "command": shell(sandbox, program, &["{{ inputs.in }}", "{{ outputs.out }}"]),
            "retries": {"maxAttempts": 1},
        }],
    })
}

/// The command of a step that is a shell program.
pub(crate) fn shell(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> Value {
    let program = sandbox.program(program);
    json!([&["sh", "-c", &program, "step"], arguments].concat())
}

/// What a program does that only notes that it ran.
pub(crate) const COPY: &str = r#"note start make; cp "$1" "$2"; note end make"#;

/// What a program does that goes on once the test has written the file `go`.
pub(crate) fn when_told(sandbox: &Sandbox) -> String {
    let go = sandbox.path("data/go");
    let wait = format!("until [ -e {} ]; do sleep 0.2; done", go.display());
    format!(r#"trap 'exit 143' TERM; note start make; {wait}; cp "$1" "$2"; note end make"#)
}

/// The Partition of a key.
pub(crate) fn partition(sandbox: &Sandbox, key: &str) -> Value {
    let all = sandbox.list("partitions");
    all.into_iter().find(|it| it["spec"]["key"] == key).unwrap_or_default()
}

/// What a Partition says of a step.
pub(crate) fn step(sandbox: &Sandbox, key: &str, name: &str) -> Value {
    let steps = partition(sandbox, key)["status"]["steps"].as_array().cloned().unwrap_or_default();
    steps.into_iter().find(|it| it["name"] == name).unwrap_or_default()
}

/// What holds for a condition of an object: its status, and its reason and message.
pub(crate) fn condition(object: &Value, type_: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.into_iter().find(|it| it["type"] == type_).unwrap_or_default()
}

/// Waits until the only step of the first day says something.
#[track_caller]
pub(crate) fn says(sandbox: &Sandbox, reason: &str, words: &str) {
    sandbox.eventually(&format!("{reason}: …{words}…"), || {
        let step = step(sandbox, "2026-01-01", "make");
        step["reason"] == reason && step["message"].as_str().unwrap_or_default().contains(words)
    });
}

/// Waits until a window of the first days is full and told so.
#[track_caller]
pub(crate) fn caught_up(sandbox: &Sandbox) {
    sandbox.eventually("the pipeline is caught up", || {
        let pipeline = sandbox.get("pipelines", "flow").unwrap_or_default();
        condition(&pipeline, "CaughtUp")["status"] == "True"
    });
}

/// The names of the pods that run or have run.
pub(crate) fn pods(sandbox: &Sandbox) -> Vec<String> {
    let pods = sandbox.list("pods");
    pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str()).map(str::to_owned).collect()
}
