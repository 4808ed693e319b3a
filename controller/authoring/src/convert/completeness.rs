//! When a dataset is complete: the rule, and what each rule can be told.

use super::clock;
use super::findings::Findings;
use crate::place::FieldPath;
use crds::dataset::{Complete, CompleteType};
use planner::pipeline::Completeness;
use planner::template::PathTemplate;
use std::time::Duration;

/// The name of the flag where none is written: that of Hadoop and Spark.
const FLAG: &str = "_SUCCESS";

/// The rule of a dataset; its faults are told at `path`, where the dataset lies.
pub(super) fn completeness(
    complete: Option<&Complete>,
    template: &PathTemplate,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Completeness> {
    let default = if template.is_directory() { CompleteType::Flag } else { CompleteType::File };
    let kind = complete.and_then(|complete| complete.type_).unwrap_or(default);
    let path = path.field("complete");
    check_kind(kind, template, &path.field("type"), findings);
    let Some(complete) = complete else { return Some(rule(kind, None, Duration::ZERO)) };
    check_fields(kind, complete, &path, findings);
    let settle = match &complete.settle {
        Some(settle) => clock::span(settle, &path.field("settle"), findings)?.seconds(),
        None => 0,
    };
    for (name, file) in [("flag", &complete.flag), ("glob", &complete.glob)] {
        if let Some(file) = file.as_deref().filter(|file| !is_file_name(file)) {
            findings.fault(path.field(name), format!("`{file}` names no file in the directory: write a name without slashes, such as _SUCCESS or *.parquet"));
        }
    }
    Some(rule(kind, Some(complete), Duration::from_secs(settle)))
}

fn rule(kind: CompleteType, complete: Option<&Complete>, settle: Duration) -> Completeness {
    let min_bytes = complete.and_then(|complete| complete.min_bytes).unwrap_or(0).max(0).cast_unsigned();
    let flag = complete.and_then(|complete| complete.flag.as_deref());
    match kind {
        CompleteType::File => Completeness::File { min_bytes, settle },
        CompleteType::Flag => Completeness::Flag { name: flag.unwrap_or(FLAG).to_owned() },
        CompleteType::Files => Completeness::Files {
            at_least: complete.and_then(|complete| complete.at_least).unwrap_or(1),
            glob: complete.and_then(|complete| complete.glob.as_deref()).map(str::to_owned),
            min_bytes,
            settle,
        },
    }
}

fn check_kind(kind: CompleteType, template: &PathTemplate, path: &FieldPath<'_>, findings: &mut Findings) {
    let written = template.as_str();
    match kind {
        CompleteType::File if template.is_directory() => findings.fault(
            path,
            format!("`File` is for one file, and `{written}` is a directory: write `Flag` or `Files`, or leave the last slash out"),
        ),
        CompleteType::Flag | CompleteType::Files if !template.is_directory() => findings.fault(
            path,
            format!("`{kind:?}` is for a directory, and `{written}` is one file: end the path with a slash, or write `File`"),
        ),
        CompleteType::File | CompleteType::Flag | CompleteType::Files => {}
    }
}

/// Each field belongs to some of the rules.
fn check_fields(kind: CompleteType, complete: &Complete, path: &FieldPath<'_>, findings: &mut Findings) {
    use CompleteType::{File, Files, Flag};
    let fields: [(&str, bool, &[CompleteType]); 5] = [
        ("flag", complete.flag.is_some(), &[Flag]),
        ("atLeast", complete.at_least.is_some(), &[Files]),
        ("glob", complete.glob.is_some(), &[Files]),
        ("minBytes", complete.min_bytes.is_some(), &[File, Files]),
        ("settle", complete.settle.is_some(), &[File, Files]),
    ];
    for (name, is_written, kinds) in fields {
        if is_written && !kinds.contains(&kind) {
            let right: Vec<String> = kinds.iter().map(|kind| format!("`type: {kind:?}`")).collect();
            findings.fault(
                path.field(name),
                format!("`{name}` says nothing to `{kind:?}`: leave it out, or write {}", right.join(" or ")),
            );
        }
    }
}

fn is_file_name(name: &str) -> bool {
    !["", ".", ".."].contains(&name) && !name.contains('/') && !name.contains(char::is_control)
}
