//! Manifests as people write them: what is made of the good ones, what is said of the bad ones.

mod backfill;
mod bad;
mod cases;
mod digests;
mod folders;
mod good;
mod mangled;

use authoring::{Converted, Manifest, Problem, Setting, parse, pipeline};
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The one manifest of a text.
fn manifest(text: &str) -> Result<Manifest, Vec<Problem>> {
    let mut loaded = parse(Path::new("pipeline.yaml"), text);
    match loaded.manifests.pop() {
        Some(manifest) if loaded.problems.is_empty() => Ok(manifest),
        Some(_) | None => Err(loaded.problems),
    }
}

/// What is made of a manifest's text.
fn converted(text: &str) -> Result<Converted, Vec<Problem>> {
    pipeline(&manifest(text)?, &Setting::default())
}

/// What is made of a text that is good.
fn sound(text: &str) -> Converted {
    converted(text).map_err(|problems| lines(&problems)).expect("a good manifest")
}

/// Problems as lines, by the file's name only.
fn lines(problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let mut problem = problem.clone();
        problem.file = PathBuf::from(problem.file.file_name().unwrap_or_default());
        format!("{problem}\n")
    };
    problems.iter().map(line).collect()
}
