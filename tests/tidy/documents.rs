//! What documents promise, and what no file says.

use crate::{Source, expect_none, places, root, sources};

/// Words of the place where this was written, which mean nothing to whoever reads it; in two halves, so that this file
/// may be read, too.
const ELSEWHERE: &[&str] = &[
    concat!("hel", "per"),
    concat!("Hel", "per"),
    concat!("ses", "sion"),
    concat!("Ses", "sion"),
    concat!("clau", "de"),
    concat!("Clau", "de"),
    concat!("anth", "ropic"),
    concat!("Anth", "ropic"),
    concat!(" /wo", "rk/"),
    concat!("`/wo", "rk/"),
    concat!("\"/wo", "rk/"),
    concat!("../sha", "red"),
    concat!("design", ".md"),
    concat!("conventions", ".md"),
];

/// What AWS calls the third of temporary keys, in the entries of a Secret and in the library's struct: whoever has such keys
/// has them by this name. Nothing else may hold the word.
const OF_AWS: [&str; 2] = [concat!("ses", "sionToken"), concat!("ses", "sion_token")];

/// Lines without the words of others that may stand there.
fn without_names(text: &str) -> String {
    OF_AWS.iter().fold(text.to_owned(), |text, name| text.replace(name, ""))
}

fn document(path: &str) -> Source {
    sources().into_iter().find(|source| source.path == path).expect("it is tracked")
}

#[test]
fn no_file_speaks_of_the_place_where_it_was_written() {
    // What others published keeps its words.
    let is_ours = |path: &str| !["Cargo.lock", "go.mod", "go.sum"].iter().any(|name| path.ends_with(name));
    let ours = sources().into_iter().filter(|source| is_ours(&source.path));
    let faults =
        |source: Source| places(&source, &without_names(&source.text), ELSEWHERE).collect::<Vec<_>>();
    let faults: Vec<_> = ours.flat_map(faults).collect();
    expect_none(&faults);
}

#[test]
fn every_reason_has_a_scenario_that_tells_of_it() {
    let code = document("controller/planner/src/report/reason.rs").text;
    let body = code.split("pub enum Reason {").nth(1).and_then(|it| it.split('}').next()).unwrap_or_default();
    let reasons: Vec<_> = body.lines().map(|line| line.trim().trim_end_matches(',')).collect();
    let reasons: Vec<_> = reasons.into_iter().filter(|it| !it.is_empty() && !it.starts_with("//")).collect();
    assert!(reasons.len() >= 15, "{reasons:?}");
    let sources = sources();
    let scenarios = || sources.iter().filter(|it| it.path.starts_with("controller/planner/tests/scenarios/"));
    let untold = reasons.iter().filter(|reason| {
        let is_word = |word: &str| word.trim_matches(|it: char| !it.is_alphanumeric()) == **reason;
        !scenarios().any(|scenario| scenario.text.split_whitespace().any(is_word))
    });
    let faults: Vec<_> = untold.map(|reason| format!("{reason}: no scenario prints it")).collect();
    expect_none(&faults);
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let text = document("ARCHITECTURE.md").text;
    let table = text.split("## Promises").nth(1).and_then(|it| it.split("\n## ").next()).unwrap_or_default();
    let rows: Vec<_> =
        table.lines().filter(|line| line.starts_with("| S") || line.starts_with("| L")).collect();
    assert!(rows.len() >= 7, "{rows:?}");
    let mut faults = Vec::new();
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let paths: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        if paths.is_empty() {
            faults.push(format!("{row}: it names no test"));
        }
        let missing = paths.into_iter().filter(|path| !root().join(path).exists());
        faults.extend(missing.map(|path| format!("ARCHITECTURE.md: there is no {path}")));
    }
    expect_none(&faults);
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut faults = Vec::new();
    for document in sources().iter().filter(|source| source.has_extension("md")) {
        let folder = root().join(&document.path).parent().map(std::path::Path::to_owned).unwrap_or_default();
        let links = document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let local = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        for link in local {
            let path = link.split('#').next().unwrap_or_default();
            if !folder.join(path).exists() {
                faults.push(format!("{}: there is no {link}", document.path));
            }
        }
    }
    expect_none(&faults);
}
