//! Controllers that are killed at any moment, and two at once.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Random, Sandbox, number};

use crate::world::{caught_up, flow};

/// How many moments are tried.
const KILLS: u64 = 20;

/// The longest that a controller lives before it is killed, in milliseconds: as long as it takes to run a step or two.
const LIFE: u64 = 4_000;

const DAYS: u32 = 28;

fn work(sandbox: &Sandbox) -> Value {
    let mut spec = flow(sandbox, DAYS, r#"note start make; sleep 1; cp "$1" "$2"; note end make"#);
    spec["parallelism"] = json!(3);
    spec
}

/// Each day was made once and recorded once, and nothing ran twice at once.
#[track_caller]
fn check(sandbox: &Sandbox, story: &str) {
    let ledger = sandbox.ledger();
    assert_eq!(ledger.doubled(), Vec::<String>::new(), "{story}");
    assert_eq!(ledger.started().len(), DAYS as usize, "{story}: {ledger:?}");
    for day in 1..=DAYS {
        assert_eq!(sandbox.read(&format!("out_2026-01-{day:02}")), format!("day {day}\n"), "{story}");
        let end = sandbox.archived(&format!("2026-01-{day:02}/make.1.1.ended.json"));
        assert!(end.contains("Succeeded"), "{story}: {day}: {end}");
    }
    let jobs = sandbox.list("jobs").len();
    assert_eq!(jobs, DAYS as usize, "{story}");
}

#[test]
fn whenever_a_controller_is_killed_the_next_one_brings_it_to_the_same_end() {
    let (mut random, seed) = Random::new();
    let story = format!("all of it again: DAYBREAK_SEED={seed}");
    let sandbox = Sandbox::node();
    sandbox.pipeline(&work(&sandbox).to_string());
    for number in 0..number("DAYBREAK_KILLS").unwrap_or(KILLS) {
        let mut configuration = sandbox.configuration();
        // Whoever was killed could not give its lease back, and it would be waited for.
        configuration["lease"] = json!({"name": format!("daybreak-{number}")});
        let controller = sandbox.controller_with(&configuration);
        thread::sleep(Duration::from_millis(random.below(LIFE)));
        controller.kill();
    }
    let _last = sandbox.controller();
    caught_up(&sandbox);
    check(&sandbox, &story);
}

#[test]
fn an_archive_that_is_lost_is_begun_anew_by_what_the_cluster_shows() {
    let sandbox = Sandbox::node();
    let first = sandbox.controller();
    let tries = sandbox.path("data/try").display().to_string();
    let program = format!(
        r#"note start make; mkdir {tries}1 2>&1 && exit 3; mkdir {tries}2 2>&1 && exit 3; cp "$1" "$2"; note end make"#
    );
    let mut spec = flow(&sandbox, 1, &program);
    spec["steps"][0]["retries"] = json!({"maxAttempts": 3, "backoff": "1s"});
    sandbox.pipeline(&spec.to_string());
    caught_up(&sandbox);
    drop(first);
    fs::remove_dir_all(sandbox.path("data/.daybreak/archive")).expect("the archive is there");
    let _second = sandbox.controller();
    sandbox.eventually("the newest Job is recorded", || {
        fs::exists(sandbox.path("data/.daybreak/archive")).expect("the folder is ours")
    });
    fs::remove_file(sandbox.path("data/out_2026-01-01")).expect("the output is there");
    sandbox.eventually("its output is back", || {
        fs::read_to_string(sandbox.path("data/out_2026-01-01")).is_ok_and(|text| text == "day 1\n")
    });
    caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 4, "three tries, and one more for what was removed");
}

#[test]
fn two_controllers_at_once_launch_each_step_once() {
    let sandbox = Sandbox::node();
    let _both = ["one", "other"].map(|name| {
        let mut configuration = sandbox.configuration();
        configuration["lease"] = json!({"name": name});
        sandbox.controller_with(&configuration)
    });
    sandbox.pipeline(&work(&sandbox).to_string());
    caught_up(&sandbox);
    check(&sandbox, "two controllers");
}
