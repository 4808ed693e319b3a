//! The world in which runs are killed: steps of each kind that tell on themselves, and what must be true at the end.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::Project;

/// The partitions.
const DAYS: std::ops::RangeInclusive<u32> = 1..=12;

/// Where the runtime keeps its records.
const RECORDS: &str = ".daybreak/laptop/records/flow/2026-01.jsonl";

/// One step with a plain output, one with two, one that writes in place, one that writes a directory.
const SPEC: &str = r#"
every: 1d
start: "2026-01-01"
end: "2026-01-13"
window: 12
store: data
datasets:
  - {name: raw, path: "raw/%Y-%m-%d"}
  - {name: left, path: "left/%Y/%m/%d.txt"}
  - {name: right, path: "right_%Y-%m-%d.txt"}
  - {name: placed, path: "placed_%Y-%m-%d.txt", publish: Direct}
  - {name: packed, path: "packed/%Y-%m-%d/"}
steps:
  - name: split
    inputs: [raw]
    outputs: [left, right]
    command: [./split, "{{ inputs.raw }}", "{{ outputs.left }}", "{{ outputs.right }}"]
  - name: place
    inputs: [left]
    outputs: [placed]
    command: [./place, "{{ inputs.left }}", "{{ outputs.placed }}"]
  - name: pack
    inputs: [right, placed]
    outputs: [packed]
    command: [./pack, "{{ inputs.right }}", "{{ inputs.placed }}", "{{ outputs.packed }}"]
"#;

/// `begin STEP OUTPUT...` tells when the process of an earlier launch is still alive, and when all outputs are there.
const BEGIN: &str = r#"
begin() {
    step=$1 alive=../alive/$1-$DAYBREAK_PARTITION
    shift
    if [ -f "$alive" ] && read -r pid < "$alive" && read -r _ _ state _ 2> /dev/null < "/proc/$pid/stat"; then
        [ "$state" = Z ] || note doubled "$step"
    fi
    echo $$ > "$alive"
    missing=
    for output; do [ -e "$output" ] || missing=1; done
    [ -n "$missing" ] || note needless "$step"
    note start "$step"
}
"#;

/// Both outputs are written in two goes: a kill between them leaves half a file, or one of two.
const SPLIT: &str = r#"
begin split "../data/left/$(echo "$DAYBREAK_PARTITION" | tr - /).txt" "../data/right_$DAYBREAK_PARTITION.txt"
read -r raw < "$1"
echo "left of $raw" > "$2"
sleep 0.01
printf "right " > "$3"
sleep 0.01
echo "of $raw" >> "$3"
note end split
"#;

/// Written in place, so what is there at the start may be what a killed launch left.
const PLACE: &str = r#"
begin place /nowhere
read -r left < "$1"
printf "placed " > "$2"
sleep 0.02
echo "$left" >> "$2"
note end place
"#;

const PACK: &str = r#"
begin pack "../data/packed/$DAYBREAK_PARTITION/_SUCCESS"
mkdir "$3"
cat "$1" "$2" > "$3/part-0"
sleep 0.01
cat "$2" "$1" > "$3/part-1"
: > "$3/_SUCCESS"
note end pack
"#;

/// A world before its first run.
pub(crate) fn project() -> Project {
    let project = Project::with(SPEC);
    deliver(&project, "day");
    project.write("alive/README", "One file for each step and partition: its last process.\n");
    for (name, text) in [("split", SPLIT), ("place", PLACE), ("pack", PACK)] {
        project.program(name, &format!("{BEGIN}{text}"));
    }
    project
}

/// Brings the input, in these words.
pub(crate) fn deliver(project: &Project, word: &str) {
    for day in DAYS {
        project.write(&format!("data/raw/2026-01-{day:02}"), &format!("{word} {day}\n"));
    }
}

/// Whether anything was begun to be made for the so-manieth time.
pub(crate) fn has_begun(project: &Project, times: u64) -> bool {
    project.read(RECORDS).contains(&format!("\"attempt\":{times},"))
}

/// Checks a world after its last run: made once from its first input.
pub(crate) fn check(project: &Project, story: &str) {
    assert_eq!(project.ledger().that("needless"), Vec::<String>::new(), "{story}");
    check_made(project, ("day", 1), story);
}

/// Checks that all was made so many times, the last time of the input in these words.
pub(crate) fn check_made(project: &Project, (word, times): (&str, u64), story: &str) {
    check_data(project, word, story);
    assert_eq!(project.ledger().that("doubled"), Vec::<String>::new(), "{story}");
    let records = project.read(RECORDS);
    let mut launches: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in records.lines() {
        let record: Value = serde_json::from_str(line).expect("no record is torn: each is one write");
        launches.entry(format!("{} {}", record["step"], record["partition"])).or_default().push(record);
    }
    assert_eq!(launches.len(), DAYS.count() * 3, "{story}\n{records}");
    for (name, records) in launches {
        check_records(&records, times, &format!("{name}; {story}"));
    }
}

fn check_data(project: &Project, word: &str, story: &str) {
    let mut expected = BTreeMap::new();
    for day in DAYS {
        let (left, right) = (format!("left of {word} {day}\n"), format!("right of {word} {day}\n"));
        let placed = format!("placed {left}");
        expected.insert(format!("raw/2026-01-{day:02}"), format!("{word} {day}\n"));
        expected.insert(format!("packed/2026-01-{day:02}/part-0"), format!("{right}{placed}"));
        expected.insert(format!("packed/2026-01-{day:02}/part-1"), format!("{placed}{right}"));
        expected.insert(format!("packed/2026-01-{day:02}/_SUCCESS"), String::new());
        expected.insert(format!("left/2026/01/{day:02}.txt"), left);
        expected.insert(format!("right_2026-01-{day:02}.txt"), right);
        expected.insert(format!("placed_2026-01-{day:02}.txt"), placed);
    }
    // Staging lies in the store, too: this finds what was left there.
    let names = project.files("data");
    let found: BTreeMap<_, _> =
        names.into_iter().map(|it| (it.clone(), project.read(&format!("data/{it}")))).collect();
    assert_eq!(found, expected, "{story}");
    assert!(!project.exists("data/.daybreak/staging"), "the staging directory is left; {story}");
}

/// Each time is one attempt, however often it was disrupted; its launches are counted, and nothing follows its success.
fn check_records(records: &[Value], times: u64, story: &str) {
    let (mut attempt, mut launch, mut last) = (1, 0, "Disrupted");
    for record in records {
        let event = record["event"].as_str().unwrap_or_default();
        if event == "Launched" {
            match last {
                "Disrupted" => launch += 1,
                "Succeeded" => (attempt, launch) = (attempt + 1, 1),
                _ => assert_eq!(last, "the end of the launch before", "{story}\n{records:?}"),
            }
        }
        let number = (record["attempt"].as_u64(), record["launch"].as_u64());
        assert_eq!(number, (Some(attempt), Some(launch)), "{story}\n{records:?}");
        last = record["outcome"].as_str().unwrap_or(event);
    }
    assert_eq!((last, attempt), ("Succeeded", times), "{story}\n{records:?}");
}
