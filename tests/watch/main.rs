//! `daybreak run --watch` from outside: it stays, and does what is to be done once it can be done.

use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use tests::{Project, Running, are_gone, eventually};

/// Three days; `raw` lies in directories that come with the data.
const SPEC: &str = r#"
every: 1d
start: "2026-01-01"
end: "2026-01-04"
window: 3
store: data
datasets:
  - {name: raw, path: "raw/%Y/%m/%d/part.txt"}
  - {name: sum, path: "sum_%Y-%m-%d"}
steps:
  - {name: sum, inputs: [raw], outputs: [sum], command: [./sum, "{{ inputs.raw }}", "{{ outputs.sum }}"]}
"#;

const SUM: &str = "note start sum; cat \"$1\" > \"$2\"; echo summed >> \"$2\"; note end sum";

fn project() -> Project {
    let project = Project::with(SPEC);
    project.program("sum", SUM);
    project
}

/// Begins to watch, with `day` as a sign that the first look is over.
fn watch(project: &Project, day: &str) -> Running {
    land(project, day, "first\n");
    let running = project.start(&["run", "flow", "--watch"]);
    expect(project, day, "first\nsummed\n");
    running
}

fn land(project: &Project, day: &str, text: &str) {
    project.write(&format!("data/raw/2026/01/{day}/part.txt"), text);
}

#[track_caller]
fn expect(project: &Project, day: &str, text: &str) {
    let path = project.path(format!("data/sum_2026-01-{day}"));
    eventually(&format!("{} holds {text:?}", path.display()), || {
        fs::read_to_string(&path).is_ok_and(|found| found == text)
    });
}

#[track_caller]
fn end(running: Running) {
    running.signal(Signal::TERM);
    running.wait().expect_code(130);
}

#[test]
fn a_step_starts_when_its_input_lands_in_a_directory_that_comes_with_it() {
    let project = project();
    let running = watch(&project, "01");
    land(&project, "02", "two\n");
    expect(&project, "02", "two\nsummed\n");
    // Another month is another directory, of which nothing was known.
    land(&project, "03", "three\n");
    expect(&project, "03", "three\nsummed\n");
    assert_eq!(project.ledger().started().len(), 3);
    end(running);
}

#[test]
fn an_input_that_is_renamed_into_its_place_is_noticed() {
    let project = project();
    let running = watch(&project, "01");
    project.write("elsewhere/02/part.txt", "two\n");
    fs::rename(project.path("elsewhere/02"), project.path("data/raw/2026/01/02")).expect("both are ours");
    expect(&project, "02", "two\nsummed\n");
    end(running);
}

#[test]
fn a_deleted_output_comes_back() {
    let project = project();
    let running = watch(&project, "01");
    project.remove("data/sum_2026-01-01");
    expect(&project, "01", "first\nsummed\n");
    assert_eq!(project.ledger().started(), ["sum 2026-01-01", "sum 2026-01-01"]);
    end(running);
}

#[test]
fn a_rerun_asked_for_meanwhile_is_taken_up() {
    let project = project();
    let running = watch(&project, "01");
    land(&project, "01", "second\n");
    project.daybreak(&["rerun", "flow", "2026-01-01"]).expect_code(0).expect_text(&["asked for"]);
    expect(&project, "01", "second\nsummed\n");
    eventually("the request is forgotten", || project.files(".daybreak/laptop/requests").is_empty());
    assert_eq!(project.ledger().started().len(), 2);
    end(running);
}

#[test]
fn a_backfill_asked_for_meanwhile_is_taken_up() {
    let project = project();
    project.pipeline("flow", &SPEC.replace("window: 3", "window: 1"));
    let running = watch(&project, "03");
    land(&project, "01", "one\n");
    project.daybreak(&["backfill", "flow", "--from", "2026-01-01", "--to", "2026-01-01"]).expect_code(0);
    expect(&project, "01", "one\nsummed\n");
    eventually("the request is forgotten", || project.files(".daybreak/laptop/requests").is_empty());
    end(running);
}

#[test]
fn a_backfill_of_what_is_not_there_yet_waits_for_it() {
    let project = project();
    project.pipeline("flow", &SPEC.replace("window: 3", "window: 1"));
    let running = watch(&project, "03");
    project.daybreak(&["backfill", "flow", "--from", "2026-01-02", "--to", "2026-01-02"]).expect_code(0);
    land(&project, "02", "two\n");
    expect(&project, "02", "two\nsummed\n");
    end(running);
}

#[test]
fn a_failed_step_is_tried_again_after_its_pause() {
    let project = project();
    project.pipeline(
        "flow",
        &SPEC.replace("{name: sum, inputs", "{name: sum, retries: {backoff: 1s, maxBackoff: 1s}, inputs"),
    );
    project
        .program("sum", &format!("[ \"$DAYBREAK_ATTEMPT\" -ge 2 ] || {{ note failed sum; exit 1; }}\n{SUM}"));
    let running = watch(&project, "01");
    assert_eq!(project.ledger().that("failed"), ["sum 2026-01-01"]);
    end(running);
}

#[test]
fn a_step_that_gave_up_is_tried_again_when_its_input_changes() {
    let project = project();
    project.pipeline(
        "flow",
        &SPEC.replace("{name: sum, inputs", "{name: sum, retries: {maxAttempts: 1}, inputs"),
    );
    project.program("sum", &format!("grep -q first \"$1\" || {{ note failed sum; exit 1; }}\n{SUM}"));
    land(&project, "01", "broken\n");
    let running = project.start(&["run", "flow", "--watch"]);
    eventually("it fails", || !project.ledger().that("failed").is_empty());
    land(&project, "01", "first\n");
    expect(&project, "01", "first\nsummed\n");
    end(running);
}

#[test]
fn a_changed_manifest_is_taken_up() {
    let project = project();
    let running = watch(&project, "01");
    project.pipeline("flow", &SPEC.replace("sum_%Y", "total_%Y"));
    eventually("the new output is there", || project.exists("data/total_2026-01-01"));
    end(running);
}

#[test]
fn a_manifest_that_breaks_stops_only_its_pipeline_and_comes_back_when_it_is_mended() {
    let project = project();
    let running = watch(&project, "01");
    project.pipeline("flow", &SPEC.replace("every: 1d", "every: 7q"));
    eventually("it is told of", || running.text().contains("7q"));
    project.pipeline("flow", SPEC);
    land(&project, "02", "two\n");
    expect(&project, "02", "two\nsummed\n");
    end(running);
}

#[test]
fn it_ends_when_told_to_and_its_children_end_with_it() {
    for signal in [Signal::TERM, Signal::INT] {
        let project = project();
        project.program("sum", "note start sum; sleep 1000 & echo \"child sum x 1 $!\" >> ../ledger; wait");
        land(&project, "01", "one\n");
        let running = project.start(&["run", "flow", "--watch"]);
        eventually("the step runs", || !project.ledger().that("child").is_empty());
        running.signal(signal);
        running.wait().expect_code(130);
        let processes: Vec<_> = project.ledger().entries.iter().map(|entry| entry.pid).collect();
        assert!(are_gone(&processes), "{processes:?}");
        assert!(!project.exists("data/.daybreak"));
    }
}

#[test]
fn a_file_that_is_written_slowly_is_not_read_early() {
    let project = project();
    let settles = "{name: raw, path: \"raw/%Y/%m/%d/part.txt\", complete: {type: File, settle: 2s}}";
    project.pipeline("flow", &SPEC.replace("{name: raw, path: \"raw/%Y/%m/%d/part.txt\"}", settles));
    let running = watch(&project, "01");
    let path = project.path("data/raw/2026/01/02/part.txt");
    fs::create_dir_all(path.parent().expect("it has one")).expect("the folder is writable");
    let mut file = fs::File::create(&path).expect("the folder is writable");
    for line in ["a\n", "b\n", "c\n", "d\n"] {
        // The writer is slow: that is the point.
        thread::sleep(Duration::from_millis(700));
        file.write_all(line.as_bytes()).expect("the folder is writable");
    }
    drop(file);
    expect(&project, "02", "a\nb\nc\nd\nsummed\n");
    assert_eq!(project.ledger().started(), ["sum 2026-01-01", "sum 2026-01-02"]);
    end(running);
}

#[test]
fn nothing_is_written_while_there_is_nothing_to_do() {
    let project = project();
    let running = watch(&project, "01");
    let looks = || {
        let files = project.files("").into_iter();
        files
            .map(|it| (fs::metadata(project.path(&it)).and_then(|it| it.modified()).ok(), it))
            .collect::<Vec<_>>()
    };
    eventually("the step's end is recorded", || running.text().contains("sum: succeeded"));
    eventually("what waits is noted", || project.exists(".daybreak/laptop/since/flow.json"));
    let before = looks();
    // Longer than any of its polls but the one of storage.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(looks(), before);
    end(running);
}

#[test]
fn two_pipelines_wake_each_other() {
    let project = project();
    let reader = SPEC
        .replace("raw/%Y/%m/%d/part.txt", "sum_%Y-%m-%d")
        .replace("\"sum_%Y-%m-%d\"}\nsteps", "\"twice_%Y-%m-%d\"}\nsteps");
    project.pipeline("reader", &reader);
    let running = watch(&project, "01");
    eventually("the reader has run", || project.exists("data/twice_2026-01-01"));
    land(&project, "02", "two\n");
    eventually("the reader has run again", || project.exists("data/twice_2026-01-02"));
    assert_eq!(project.read("data/twice_2026-01-02"), "two\nsummed\nsummed\n");
    end(running);
}
