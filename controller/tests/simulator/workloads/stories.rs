//! Each workload, one story.

use std::time::Duration;

use serde_json::json;

use super::manifest::{pipeline, rerun, step, with};
use super::{Ending, Workload};
use crate::node::{Fate, Fates};
use crate::people::{Scene, What, When};

/// Everything is there and the pipeline says so.
const CAUGHT_UP: [(&str, &str); 2] = [("Ready", "True"), ("CaughtUp", "True")];
const BEHIND: [(&str, &str); 2] = [("Ready", "True"), ("CaughtUp", "False")];
const RAW: (&str, &str) = ("raw_20260104.txt", "raw 4");
const DONE: (&str, &str) = ("days.2026-01-04", "True");

/// All workloads.
pub(crate) fn all() -> Vec<Workload> {
    vec![
        one_step(),
        chain(),
        diamond(),
        yesterday(),
        fails_twice(),
        fails_for_good(),
        late_input(),
        output_removed(),
        remade(),
        edited(),
        disrupted(),
        deleted(),
        suspended(),
        node_lost(),
        image_missing(),
        queued(),
        store_away(),
    ]
}

/// The workloads that end as they do only if the controller hears of a change at once: where a watch breaks, it depends on
/// the hour by which spec something is launched.
pub(crate) fn prompt() -> Vec<Workload> {
    vec![moved()]
}

fn one_step() -> Workload {
    Workload {
        name: "one_step",
        manifests: vec![pipeline((4, 5), &["raw", "made"], &[step("make", &["raw"], "made")])],
        files: vec![RAW],
        ending: Ending {
            files: vec![("made_20260104.txt", "make 2026-01-04(raw 4)")],
            partitions: vec![DONE],
            conditions: CAUGHT_UP.into(),
            launches: 1,
        },
        ..Workload::default()
    }
}

fn chain() -> Workload {
    let steps = vec![step("first", &["raw"], "half"), step("second", &["half"], "whole")];
    Workload {
        name: "chain",
        manifests: vec![pipeline((2, 5), &["raw", "half", "whole"], &steps)],
        files: vec![("raw_20260102.txt", "raw 2"), ("raw_20260103.txt", "raw 3"), RAW],
        ending: Ending {
            files: vec![
                ("half_20260102.txt", "first 2026-01-02(raw 2)"),
                ("half_20260103.txt", "first 2026-01-03(raw 3)"),
                ("half_20260104.txt", "first 2026-01-04(raw 4)"),
                ("whole_20260102.txt", "second 2026-01-02(first 2026-01-02(raw 2))"),
                ("whole_20260103.txt", "second 2026-01-03(first 2026-01-03(raw 3))"),
                ("whole_20260104.txt", "second 2026-01-04(first 2026-01-04(raw 4))"),
            ],
            partitions: vec![("days.2026-01-02", "True"), ("days.2026-01-03", "True"), DONE],
            conditions: CAUGHT_UP.into(),
            launches: 6,
        },
        ..Workload::default()
    }
}

fn diamond() -> Workload {
    let steps = vec![
        step("top", &["raw"], "base"),
        step("left", &["base"], "west"),
        step("right", &["base"], "east"),
        step("join", &["west", "east"], "joined"),
    ];
    let diamond = pipeline((3, 5), &["raw", "base", "west", "east", "joined"], &steps);
    let joined = |day: u32| {
        let base = format!("top 2026-01-0{day}(raw {day})");
        format!("join 2026-01-0{day}(right 2026-01-0{day}({base}), left 2026-01-0{day}({base}))")
    };
    let files = [3, 4].into_iter().flat_map(|day| {
        let base = format!("top 2026-01-0{day}(raw {day})");
        [
            (format!("base_2026010{day}.txt"), base.clone()),
            (format!("west_2026010{day}.txt"), format!("left 2026-01-0{day}({base})")),
            (format!("east_2026010{day}.txt"), format!("right 2026-01-0{day}({base})")),
            (format!("joined_2026010{day}.txt"), joined(day)),
        ]
    });
    Workload {
        name: "diamond",
        manifests: vec![with(diamond, "/spec/parallelism", json!(2))],
        files: vec![("raw_20260103.txt", "raw 3"), RAW],
        ending: Ending {
            files: files.map(|(path, text)| (&*path.leak(), &*text.leak())).collect(),
            partitions: vec![("days.2026-01-03", "True"), DONE],
            conditions: CAUGHT_UP.into(),
            launches: 8,
        },
        ..Workload::default()
    }
}

/// Each day needs the day before; the first one has its own beginning.
fn yesterday() -> Workload {
    let mut sum = step("sum", &["raw"], "total");
    sum["inputs"] = json!([
        {"dataset": "raw"},
        {"dataset": "total", "name": "before", "offset": -1, "initial": "total_begin.txt"},
    ]);
    Workload {
        name: "yesterday",
        manifests: vec![pipeline((3, 5), &["raw", "total"], &[sum])],
        files: vec![("raw_20260103.txt", "raw 3"), RAW, ("total_begin.txt", "0")],
        ending: Ending {
            files: vec![
                ("total_20260103.txt", "sum 2026-01-03(0, raw 3)"),
                ("total_20260104.txt", "sum 2026-01-04(sum 2026-01-03(0, raw 3), raw 4)"),
            ],
            partitions: vec![("days.2026-01-03", "True"), DONE],
            conditions: CAUGHT_UP.into(),
            launches: 2,
        },
        ..Workload::default()
    }
}

fn fails_twice() -> Workload {
    Workload {
        name: "fails_twice",
        fates: Fates::default().attempt("make", 1, Fate::Fails(1)).attempt("make", 2, Fate::OutOfMemory),
        ending: Ending { launches: 3, ..one_step().ending },
        ..one_step()
    }
}

fn fails_for_good() -> Workload {
    let steps = vec![step("make", &["raw"], "made"), step("after", &["made"], "end")];
    let pipeline = pipeline((4, 5), &["raw", "made", "end"], &steps);
    Workload {
        name: "fails_for_good",
        manifests: vec![with(pipeline, "/spec/steps/0/retries/maxAttempts", json!(2))],
        files: vec![RAW],
        fates: Fates::default().attempt("make", 1, Fate::WritesNothing).always("make", Fate::Fails(7)),
        ending: Ending {
            files: vec![],
            partitions: vec![("days.2026-01-04", "False")],
            conditions: BEHIND.into(),
            launches: 2,
        },
        ..Workload::default()
    }
}

fn late_input() -> Workload {
    Workload {
        name: "late_input",
        files: vec![],
        scenes: vec![Scene(When::After(Duration::from_secs(45)), What::Write(RAW.0, RAW.1))],
        ending: Ending { files: [vec![RAW], one_step().ending.files].concat(), ..one_step().ending },
        ..one_step()
    }
}

fn output_removed() -> Workload {
    Workload {
        name: "output_removed",
        scenes: vec![Scene(When::Complete("days.2026-01-04"), What::Remove("made_20260104.txt"))],
        ending: Ending { launches: 2, ..one_step().ending },
        ..one_step()
    }
}

fn remade() -> Workload {
    Workload {
        name: "remade",
        scenes: vec![Scene(When::Complete("days.2026-01-04"), What::Apply(rerun("2026-01-04")))],
        ending: Ending { launches: 2, ..one_step().ending },
        ..one_step()
    }
}

/// While the first step runs, the second becomes another, then wrong, then right.
fn edited() -> Workload {
    let steps = vec![step("first", &["raw"], "half"), step("second", &["half"], "whole")];
    let pipeline = pipeline((4, 5), &["raw", "half", "whole"], &steps);
    let other = with(pipeline.clone(), "/spec/steps/1/command", json!(["other"]));
    let wrong = with(other.clone(), "/spec/steps/1/inputs", json!([{"dataset": "unknown"}]));
    let apply = |after, manifest| Scene(When::After(Duration::from_secs(after)), What::Apply(manifest));
    Workload {
        name: "edited",
        manifests: vec![pipeline],
        files: vec![RAW],
        scenes: vec![
            Scene(When::Runs("first"), What::Apply(other.clone())),
            apply(2, wrong),
            apply(90, other),
        ],
        ending: Ending {
            files: vec![
                ("half_20260104.txt", "first 2026-01-04(raw 4)"),
                ("whole_20260104.txt", "other 2026-01-04(first 2026-01-04(raw 4))"),
            ],
            partitions: vec![DONE],
            conditions: CAUGHT_UP.into(),
            launches: 2,
        },
        // What is there is kept, though its step has changed since.
        late: vec![("whole_20260104.txt", "second 2026-01-04(first 2026-01-04(raw 4))")],
        ..Workload::default()
    }
}

/// While the first step runs, its output is to lie elsewhere: it ends as it began, and its data is made once more.
fn moved() -> Workload {
    let pipeline = edited().manifests.remove(0);
    let other = with(pipeline, "/spec/datasets/1/path", json!("other/moved_%Y%m%d.txt"));
    Workload {
        name: "moved",
        scenes: vec![Scene(When::Runs("first"), What::Apply(other))],
        ending: Ending {
            files: vec![
                ("half_20260104.txt", "first 2026-01-04(raw 4)"),
                ("other/moved_20260104.txt", "first 2026-01-04(raw 4)"),
                ("whole_20260104.txt", "second 2026-01-04(first 2026-01-04(raw 4))"),
            ],
            launches: 3,
            ..edited().ending
        },
        late: vec![],
        ..edited()
    }
}

/// A pod is evicted, then the Job is deleted, then the node is short of memory: none of them is a try.
fn disrupted() -> Workload {
    Workload {
        name: "disrupted",
        fates: Fates::default().launch("make", 1, Fate::Evicted).launch("make", 2, Fate::JobDeleted).launch(
            "make",
            3,
            Fate::Pressed,
        ),
        ending: Ending { launches: 4, ..one_step().ending },
        ..one_step()
    }
}

fn deleted() -> Workload {
    let ending = Ending { launches: 2, ..Ending::default() };
    Workload {
        name: "deleted",
        scenes: vec![Scene(When::Runs("second"), What::DeletePipeline("days"))],
        manifests: edited().manifests,
        files: vec![RAW],
        ending: Ending { files: vec![("half_20260104.txt", "first 2026-01-04(raw 4)")], ..ending },
        ..Workload::default()
    }
}

fn suspended() -> Workload {
    let pipeline = edited().manifests.remove(0);
    let suspend = with(pipeline.clone(), "/spec/suspend", json!(true));
    let mut ending = edited().ending;
    ending.files[1].1 = "second 2026-01-04(first 2026-01-04(raw 4))";
    Workload {
        name: "suspended",
        scenes: vec![
            Scene(When::Runs("first"), What::Apply(suspend)),
            Scene(When::After(Duration::from_secs(90)), What::Apply(pipeline)),
        ],
        ending,
        late: vec![],
        ..edited()
    }
}

fn node_lost() -> Workload {
    Workload {
        name: "node_lost",
        fates: Fates::default().launch("make", 1, Fate::NodeLost(Duration::from_mins(2))),
        ending: Ending { launches: 2, ..one_step().ending },
        ..one_step()
    }
}

fn image_missing() -> Workload {
    Workload {
        name: "image_missing",
        fates: Fates::default().launch("make", 1, Fate::NoImage(Duration::from_secs(90))),
        ..one_step()
    }
}

/// A queue holds the Job back, and takes its place away once.
fn queued() -> Workload {
    let pipeline = one_step().manifests.remove(0);
    let labels = json!({"kueue.x-k8s.io/queue-name": "nightly"});
    Workload {
        name: "queued",
        manifests: vec![with(pipeline, "/spec/steps/0/labels", labels)],
        fates: Fates::default().launch("make", 1, Fate::Preempted(Duration::from_secs(40))),
        ending: Ending { launches: 2, ..one_step().ending },
        ..one_step()
    }
}

/// The store goes away before the input comes, and comes back after it.
fn store_away() -> Workload {
    let after = |seconds, what| Scene(When::After(Duration::from_secs(seconds)), what);
    Workload {
        name: "store_away",
        scenes: vec![
            Scene(When::Complete("days.2026-01-04"), What::Remove("made_20260104.txt")),
            after(0, What::Unmount),
            after(200, What::Mount),
        ],
        ending: Ending { launches: 2, ..one_step().ending },
        ..one_step()
    }
}
