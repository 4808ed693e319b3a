//! The project that these tests look at: three days of `raw` → step `clean` → `clean` → step `sum` → `sum`.

use tests::Project;

/// The whole spec. Its days are past, so that what is printed does not depend on today.
pub(crate) const SPEC: &str = r#"
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
  - {name: clean, inputs: [raw], outputs: [clean], command: [./clean, "{{ inputs.raw }}", "{{ outputs.clean }}"]}
  - {name: sum, inputs: [clean], outputs: [sum], command: [cp, "{{ inputs.clean }}", "{{ outputs.sum }}"]}
"#;

/// What a step waits for: the file `go`, or the end of the test, so that one whose run was killed does not stay.
pub(crate) const WAIT: &str = "while [ -e ../daybreak.toml ] && [ ! -e ../go ]; do sleep 0.01; done";

/// The project with all that it reads. `clean` says what it does, and copies.
pub(crate) fn project() -> Project {
    project_with(r#"echo "cleaning $DAYBREAK_PARTITION"; cp "$1" "$2""#)
}

/// The project with another program for `clean`.
pub(crate) fn project_with(clean: &str) -> Project {
    let project = Project::new();
    project.pipeline("shop", SPEC);
    project.program("clean", clean);
    for day in 1..=3 {
        project.write(&format!("data/raw_2026-01-{day:02}"), &format!("{day}\n"));
    }
    project
}

/// The project, filled, but for what the raw data of 2 January would bring.
pub(crate) fn with_a_gap() -> Project {
    let project = project();
    project.remove("data/raw_2026-01-02");
    project.run(&[]).expect_code(3);
    project
}
