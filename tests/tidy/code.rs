//! What holds for every Rust file.

use crate::{expect_none, places, rust};

/// No file of the product is longer, in lines.
const LONGEST: usize = 400;

/// The mean length of the product's files, in lines. It may only shrink.
const MEAN: usize = 125;

/// What is never written; in two halves, so that this file may be read, too.
const NEVER: &[&str] = &[
    concat!("#[", "allow("),
    concat!("#![", "allow("),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// What is not written in the product: `expect` says why it can't happen.
const NOT_IN_THE_PRODUCT: &[&str] = &[".unwrap()"];

/// What the planner is free of.
const NOT_IN_THE_PLANNER: &[&str] = &[
    "HashMap",
    "HashSet",
    "async ",
    ".await",
    "std::env",
    "std::fs",
    "std::net",
    "SystemTime::now",
    "Utc::now",
    "Instant::now",
];

#[test]
fn every_file_says_first_what_it_is() {
    let silent = rust().into_iter().filter(|source| !source.text.starts_with("//! "));
    let faults: Vec<_> =
        silent.map(|source| format!("{}: its first line begins with `//! `", source.path)).collect();
    expect_none(&faults);
}

#[test]
fn no_file_of_the_product_is_longer_than_the_longest() {
    let product = rust().into_iter().filter(|source| !source.is_test());
    let long = product.filter(|source| source.text.lines().count() > LONGEST);
    let faults: Vec<_> = long
        .map(|source| {
            format!("{}: {} lines, at most {LONGEST}: split it", source.path, source.text.lines().count())
        })
        .collect();
    expect_none(&faults);
}

#[test]
fn the_mean_file_of_the_product_is_short() {
    let lengths: Vec<_> =
        rust().iter().filter(|source| !source.is_test()).map(|source| source.text.lines().count()).collect();
    let mean = lengths.iter().sum::<usize>() / lengths.len().max(1);
    assert!(mean <= MEAN, "a file has {mean} lines on average, at most {MEAN}");
}

#[test]
fn nothing_is_left_open_or_silenced() {
    let faults: Vec<_> =
        rust().iter().flat_map(|source| places(source, &source.text, NEVER).collect::<Vec<_>>()).collect();
    expect_none(&faults);
}

#[test]
fn the_product_does_not_unwrap() {
    let product = rust().into_iter().filter(|source| !source.is_test());
    let faults: Vec<_> = product
        .flat_map(|source| places(&source, source.product(), NOT_IN_THE_PRODUCT).collect::<Vec<_>>())
        .collect();
    expect_none(&faults);
}

#[test]
fn the_planner_is_pure() {
    let planner = rust().into_iter().filter(|source| source.path.starts_with("controller/planner/src/"));
    let faults: Vec<_> = planner
        .flat_map(|source| places(&source, source.product(), NOT_IN_THE_PLANNER).collect::<Vec<_>>())
        .collect();
    expect_none(&faults);
}
