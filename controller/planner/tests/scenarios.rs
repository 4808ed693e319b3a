//! The scenarios: each file of `tests/scenarios` tells a story, and says after `----` what comes of it.
//!
//! A file is blocks with blank lines and comments between them. A block is commands, an indented line going on with the
//! one before, and then the expected output. `UPDATE=1 cargo test -p planner --test scenarios` writes what comes of
//! it into the files, to be reviewed as code is.

mod common;
mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::story::Story;

fn main() -> ExitCode {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the scenarios lie beside this file")
        .map(|entry| entry.expect("a folder of files can be listed").path())
        .collect();
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || check(&path))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Tells the story of a file, and compares what came of it.
fn check(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let told = tell(&text)?;
    if told == text {
        return Ok(());
    }
    if is_updating() {
        fs::write(path, told)?;
        return Ok(());
    }
    Err(difference(&text, &told).into())
}

#[expect(clippy::disallowed_methods, reason = "a test has no arguments of its own to put this in")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The text of a story with the output that it has now.
fn tell(text: &str) -> Result<String, Failed> {
    let mut story = Story::default();
    let mut told = String::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        told += line;
        told.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut commands = vec![line.to_owned()];
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.is_empty() && *line != "----") {
            told += line;
            told.push('\n');
            match commands.last_mut().filter(|_| line.starts_with(' ')) {
                Some(command) => command.extend(["\n", line]),
                None => commands.push(line.to_owned()),
            }
        }
        while lines.next_if(|(_, line)| !line.is_empty()).is_some() {}
        let mut output = String::new();
        for command in commands {
            let said = story
                .obey(&command)
                .map_err(|why| format!("the block in line {}: {command}: {why}", number + 1))?;
            output += &said;
        }
        if !output.is_empty() {
            told.extend(["----\n", &output]);
        }
    }
    Ok(told)
}

/// The first place where two texts part, with some lines of both.
fn difference(expected: &str, told: &str) -> String {
    const SHOWN: usize = 12;
    let same = expected.lines().zip(told.lines()).take_while(|(one, other)| one == other).count();
    let shown = |text: &str| text.lines().skip(same).take(SHOWN).collect::<Vec<_>>().join("\n");
    format!("from line {}\nexpected:\n{}\nbut:\n{}", same + 1, shown(expected), shown(told))
}
