//! The table of bad manifests: each `tests/bad/*.yaml` has beside it what is said of it, each fault by place and sentence.
//! A first comment `# with: ...` names the setting. `UPDATE=1 cargo test -p authoring` writes what is said now.

use crate::lines;
use authoring::{Colour, Problem, Setting, lint, load, pipeline, render};
use planner::pipeline::Resources;
use std::fs;
use std::path::{Path, PathBuf};

fn table() -> Vec<PathBuf> {
    // Tests run in the folder of their package.
    let entries = fs::read_dir("tests/bad").expect("the table");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// The environment of a file: unlimited, but for what its first comment says.
fn setting(text: &str) -> Setting {
    let mut setting = Setting::default();
    let with = text.lines().next().and_then(|line| line.strip_prefix("# with: ")).unwrap_or_default();
    if with.contains("stores") {
        setting.stores = Some(["warehouse", "lake"].map(str::to_owned).into());
    }
    if with.contains("machine") {
        let gibibytes = |count: u64| count << 30;
        setting.machine =
            Some(Resources { cpu_millis: 2000, memory_bytes: gibibytes(4), disk_bytes: gibibytes(20) });
    }
    setting
}

fn problems(file: &Path) -> Vec<Problem> {
    let setting = setting(&fs::read_to_string(file).expect("a manifest"));
    let mut loaded = load(&[file.to_owned()]);
    let mut problems = std::mem::take(&mut loaded.problems);
    let mut sound = Vec::new();
    for manifest in &loaded.manifests {
        match pipeline(manifest, &setting) {
            Ok(converted) => {
                problems.extend(converted.notes);
                sound.push((manifest, converted.pipeline));
            }
            Err(faults) => problems.extend(faults),
        }
    }
    let members: Vec<_> = sound.iter().map(|(manifest, pipeline)| (*manifest, pipeline)).collect();
    problems.extend(lint(&members));
    problems
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests says whether to write the golden files")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

#[test]
fn each_bad_manifest_is_told_what_is_wrong_and_where() {
    let mut differences = Vec::new();
    for file in table() {
        let said = lines(&problems(&file));
        let golden = file.with_extension("txt");
        if is_updating() {
            fs::write(&golden, &said).expect("a golden file");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if said != expected || said.is_empty() {
            differences.push(format!("{}\nexpected:\n{expected}\nsaid:\n{said}", file.display()));
        }
    }
    let hint = "UPDATE=1 cargo test -p authoring writes what is said now";
    assert!(differences.is_empty(), "{}\n{hint}", differences.join("\n"));
}

#[test]
fn each_fault_has_a_line_and_a_column() {
    for file in table() {
        for problem in problems(&file) {
            assert!(
                problem.position.is_some_and(|position| position.line > 0 && position.column > 0),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_drawing_shows_the_line_and_has_colour_only_if_asked() {
    let problems = problems(Path::new("tests/bad/unknown-field.yaml"));
    let plain = render(&problems, Colour::Never);
    assert!(plain.contains("comand: [") && plain.contains("did you mean `command`?"), "{plain}");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(render(&problems, Colour::Always).contains('\u{1b}'));
}
