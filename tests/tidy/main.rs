//! Proportions and promises of the sources, read like text. A number at the top may only improve.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod code;
mod documents;
mod manifests;

/// A tracked file.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Whether its name ends so.
    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|it| it == extension)
    }

    /// Whether it is a test, or what tests stand on.
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.contains("/benches/")
    }

    /// Its text up to the tests inside it.
    fn product(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default()
    }
}

/// The folder of the repo.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}

/// All tracked files that hold text.
fn sources() -> Vec<Source> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = listed.expect("git lists the files of the repo");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    // A file that is listed and not there was just removed; one that is not text has no words.
    let read = |path: &str| {
        Some(Source { text: fs::read_to_string(root().join(path)).ok()?, path: path.to_owned() })
    };
    listed.split_terminator('\0').filter_map(read).collect()
}

/// All tracked Rust files.
fn rust() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| source.has_extension("rs"));
    sources
}

/// Fails with all faults at once.
#[track_caller]
fn expect_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Where these texts stand, as `PATH:LINE: TEXT`.
fn places<'a>(source: &'a Source, text: &'a str, forbidden: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    text.lines().enumerate().flat_map(move |(line, content)| {
        let found = forbidden.iter().filter(move |it| content.contains(**it));
        found.map(move |it| format!("{}:{}: {it}", source.path, line + 1))
    })
}
