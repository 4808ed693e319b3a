//! The pipeline that most tests begin with: three days, `raw` → step `clean` → `clean` → step `sum` → `sum`.

use tests::Project;

/// What stands before the steps.
const HEAD: &str = r#"
every: 1d
start: "2026-01-01"
end: "2026-01-04"
window: 3
store: data
datasets:
  - {name: raw, path: "raw_%Y-%m-%d"}
  - {name: clean, path: "clean_%Y-%m-%d"}
  - {name: sum, path: "sum_%Y-%m-%d"}
steps:
"#;

/// The two steps.
const STEPS: &str = r#"
  - {name: clean, inputs: [raw], outputs: [clean], command: [./append, clean, "{{ inputs.raw }}", "{{ outputs.clean }}"]}
  - {name: sum, inputs: [clean], outputs: [sum], command: [./append, sum, "{{ inputs.clean }}", "{{ outputs.sum }}"]}
"#;

/// `append STEP INPUT OUTPUT` writes the input and the step's name.
pub(crate) const APPEND: &str = r#"
note start "$1"
{ cat "$2"; echo "$1"; } > "$3"
note end "$1"
"#;

/// The whole spec, of three days.
pub(crate) fn spec() -> String {
    format!("{HEAD}{}", STEPS.trim_start_matches('\n'))
}

/// The spec with other steps, of three days.
pub(crate) fn spec_of(steps: &str) -> String {
    format!("{HEAD}{}", steps.trim_start_matches('\n'))
}

/// The pipeline with all that it reads.
pub(crate) fn project() -> Project {
    project_of(&spec())
}

/// A pipeline of another spec, with the same input and program.
pub(crate) fn project_of(spec: &str) -> Project {
    let project = Project::with(spec);
    project.program("append", APPEND);
    for day in 1..=3 {
        project.write(&format!("data/raw_2026-01-{day:02}"), &format!("{day}\n"));
    }
    project
}

/// A pipeline of one step, `make`, that runs `./make OUTPUT` for `out_DATE`, with these programs' lines.
pub(crate) fn maker(program: &str) -> Project {
    let project = Project::with(&maker_spec(""));
    project.program("make", program);
    project
}

/// Its spec, for one day; `more` are further fields of the step.
pub(crate) fn maker_spec(more: &str) -> String {
    format!(
        r#"
every: 1d
start: "2026-01-01"
end: "2026-01-02"
store: data
datasets: [{{name: out, path: "out_%Y-%m-%d"}}]
steps:
  - {{name: make, outputs: [out], command: [./make, "{{{{ outputs.out }}}}"]{more}}}
"#
    )
}
