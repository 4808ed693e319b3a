//! What steps read: yesterday's data, a window of data, another pipeline's data, static data.

use tests::Project;

use crate::flow;

/// `total STEP OUTPUT INPUT...` writes the sum of the numbers in its inputs.
const TOTAL: &str = r#"
step=$1 output=$2 total=0
shift 2
note start "$step"
for input; do read -r number < "$input"; total=$((total + number)); done
echo $total > "$output"
note end "$step"
"#;

fn numbers(spec: &str) -> Project {
    let project = Project::with(spec);
    project.program("total", TOTAL);
    for day in 1..=5 {
        project.write(&format!("data/raw_2026-01-{day:02}"), &format!("{day}\n"));
    }
    project
}

const CHAIN: &str = r#"
every: 1d
start: "2026-01-01"
end: "2026-01-06"
window: 5
store: data
datasets:
  - {name: raw, path: "raw_%Y-%m-%d"}
  - {name: total, path: "total_%Y-%m-%d"}
steps:
  - name: add
    inputs:
      - {dataset: raw}
      - {dataset: total, name: before, offset: -1, initial: zero}
    outputs: [total]
    command: [./total, add, "{{ outputs.total }}", "{{ inputs.raw }}", "{{ inputs.before }}"]
"#;

#[test]
fn each_day_reads_the_day_before_and_the_first_reads_the_initial_path() {
    let project = numbers(CHAIN);
    project.write("data/zero", "100\n");
    project.run(&["--jobs", "4"]).expect_code(0);
    let order: Vec<_> = (1..=5).map(|day| format!("add 2026-01-{day:02}")).collect();
    assert_eq!(project.ledger().order(), order);
    assert_eq!(project.read("data/total_2026-01-05"), "115\n");
}

#[test]
fn without_the_initial_path_the_chain_waits_for_it() {
    let project = numbers(CHAIN);
    project.run(&[]).expect_code(3).expect_text(&[&project.path("data/zero").to_string_lossy()]);
    assert_eq!(project.ledger().started(), Vec::<String>::new());
}

#[test]
fn a_link_that_is_deleted_comes_back_alone() {
    let project = numbers(CHAIN);
    project.write("data/zero", "0\n");
    project.run(&[]).expect_code(0);
    project.clear_ledger();
    project.remove("data/total_2026-01-03");
    project.run(&[]).expect_code(0);
    assert_eq!(project.ledger().started(), ["add 2026-01-03"]);
    assert_eq!(project.read("data/total_2026-01-03"), "6\n");
}

const WINDOWS: &str = r#"
every: 1d
start: "2026-01-03"
end: "2026-01-06"
window: 3
store: data
datasets:
  - {name: raw, path: "raw_%Y-%m-%d"}
  - {name: names, path: "names.txt"}
  - {name: three, path: "three_%Y-%m-%d"}
steps:
  - name: three
    inputs: [{dataset: raw, window: {from: -2, to: 0}}, {dataset: names}]
    outputs: [three]
    command: [./total, three, "{{ outputs.three }}", "{{ inputs.names }}", "{{ inputs.raw }}"]
"#;

#[test]
fn a_window_of_inputs_becomes_several_arguments() {
    let project = numbers(WINDOWS);
    project.write("data/names.txt", "1000\n");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/three_2026-01-03"), "1006\n");
    assert_eq!(project.read("data/three_2026-01-05"), "1012\n");
}

#[test]
fn an_optional_input_that_is_absent_is_left_out() {
    let project = numbers(&WINDOWS.replace("{dataset: names}", "{dataset: names, optional: true}"));
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/three_2026-01-03"), "6\n");
}

/// Two steps in two pipelines of other clocks.
const WEEK: &str = r#"
every: 1w
start: "2026-W02"
end: "2026-W03"
store: data
datasets:
  - {name: sum, every: 1d, path: "sum_%Y-%m-%d"}
  - {name: week, path: "week_%G-%V"}
steps:
  - {name: roll, inputs: [sum], outputs: [week], command: [./total, roll, "{{ outputs.week }}", "{{ inputs.sum }}"]}
"#;

const DAYS: &str = r#"
every: 1d
start: "2026-01-05"
end: "2026-01-12"
window: 7
store: data
datasets:
  - {name: sum, path: "sum_%Y-%m-%d"}
steps:
  - {name: day, outputs: [sum], command: [./day, "{{ outputs.sum }}"]}
"#;

#[test]
fn a_pipeline_reads_what_another_one_makes() {
    let project = numbers(DAYS);
    project.pipeline("week", WEEK);
    project.program("day", "note start day; echo 3 > \"$1\"; note end day");
    let outcome = project.run(&[]).expect_code(0);
    outcome.expect_text(&["flow: 7 of 7", "week: 1 of 1", "8 steps ran"]);
    assert_eq!(project.ledger().order().last().map(String::as_str), Some("roll 2026-W02"));
    assert_eq!(project.read("data/week_2026-02"), "21\n");
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn what_a_step_is_told_is_in_its_environment_too() {
    let project = flow::project_of(&flow::spec_of(
        r"  - {name: tell, inputs: [raw], outputs: [clean], env: [{name: COLOUR, value: blue}], command: [./tell]}",
    ));
    let tell = r#"echo "$DAYBREAK_PARTITION $DAYBREAK_START $DAYBREAK_END $DAYBREAK_ATTEMPT $COLOUR $(cat "$DAYBREAK_INPUT_RAW")" > "$DAYBREAK_OUTPUT_CLEAN""#;
    project.program("tell", tell);
    project.run(&["--date", "2026-01-02"]).expect_code(0);
    let told = project.read("data/clean_2026-01-02");
    assert!(told.starts_with("2026-01-02 2026-01-02T00:00:00"), "{told}");
    assert!(told.ends_with(" 1 blue 2\n"), "{told}");
}
