//! The trace of a run: a line for each change, for people who look for the reason of a broken promise.

use serde_json::Value;

use crate::apiserver::cluster::Change;
use crate::clock::Clock;

/// What changed, when and by whom.
pub(crate) fn line(change: &Change, clock: Clock) -> String {
    let Change { verb, id, after, author, .. } = change;
    format!("{:>9.3} {author:>12} {verb:?} {id} {}", clock.seconds(), standing(&after.value))
}

/// How an object stands: its phase, its conditions, its steps.
pub(crate) fn standing(object: &Value) -> String {
    let status = &object["status"];
    let list = |field: &str| status[field].as_array().into_iter().flatten();
    let conditions = list("conditions").map(|it| format!("{}={} {}", it["type"], it["status"], it["reason"]));
    let steps = list("steps");
    let steps = steps.map(|it| format!("{}={} {} {}", it["name"], it["reason"], it["attempts"], it["since"]));
    let text = conditions.chain(steps).collect::<Vec<_>>().join(", ").replace('"', "");
    let phase = status["phase"].as_str().unwrap_or_default();
    format!("{phase} {text}")
}
