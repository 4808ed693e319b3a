//! Health and metrics of a controller at work.

use tests::{Controller, Sandbox};

use crate::flow::{FLOW, complete, mix};
use crate::objects::{metric, samples};

fn status(controller: &Controller, path: &str) -> String {
    let answer = controller.get(path).unwrap_or_default();
    answer.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned()
}

fn gauge(controller: &Controller, name: &str) -> f64 {
    metric(controller, &format!("daybreak_{name}"), &["pipeline=\"flow\""])
}

/// How many partitions are in a state.
fn in_state(controller: &Controller, state: &str) -> f64 {
    let state = format!("state=\"{state}\"");
    metric(controller, "daybreak_partitions", &["pipeline=\"flow\"", &state])
}

#[test]
fn a_controller_at_work_is_alive_and_ready() {
    let sandbox = Sandbox::control_plane();
    let controller = sandbox.controller();
    sandbox.eventually("it is ready", || status(&controller, "/readyz") == "200");
    assert_eq!(status(&controller, "/livez"), "200");
    assert_eq!(status(&controller, "/metrics"), "200");
    assert_eq!(status(&controller, "/else"), "404");
}

#[test]
fn a_pipeline_is_counted_and_forgotten_when_it_goes() {
    let sandbox = Sandbox::control_plane();
    mix(&sandbox);
    let controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    let counted = || {
        let states = ["complete", "running", "failed", "waiting"].map(|state| in_state(&controller, state));
        let sums = ["partitions_due", "partitions_missing"].map(|name| gauge(&controller, name));
        [states.as_slice(), &sums].concat()
    };
    sandbox.eventually("its partitions are counted", || counted() == [1.0, 1.0, 0.0, 1.0, 3.0, 2.0]);
    let ready = ["pipeline=\"flow\"", "condition=\"Ready\""];
    assert_eq!(metric(&controller, "daybreak_pipeline_condition", &ready).to_string(), "1");
    assert!(gauge(&controller, "pipeline_lag_seconds") > 0.0);
    assert!(samples(&controller, "daybreak_catalogue_age_seconds").iter().any(|it| it.0.contains("data")));
    sandbox.kubectl(&["delete", "pipeline", "flow"]);
    sandbox.eventually("no metric names it", || {
        let metrics = controller.get("/metrics").unwrap_or_default();
        !metrics.contains("pipeline=\"flow\"")
    });
}

#[test]
fn a_pipeline_that_has_caught_up_lags_behind_nothing() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    sandbox.eventually("it is counted", || (in_state(&controller, "complete") - 3.0).abs() < 0.5);
    assert!(gauge(&controller, "pipeline_lag_seconds") < 0.5);
    assert!(gauge(&controller, "partitions_missing") < 0.5);
}

#[test]
fn a_controller_that_is_told_to_end_ends_and_the_next_leads_at_once() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    sandbox.pipeline(FLOW);
    let first = sandbox.controller();
    sandbox.eventually("the first leads", || (gauge(&first, "partitions_due") - 3.0).abs() < 0.5);
    let second = sandbox.controller();
    sandbox.eventually("the second is alive and waits", || status(&second, "/livez") == "200");
    assert!(gauge(&second, "partitions_due") < 0.5);
    first.terminate();
    first.wait().expect_code(0);
    sandbox.eventually("the second leads", || (gauge(&second, "partitions_due") - 3.0).abs() < 0.5);
}
