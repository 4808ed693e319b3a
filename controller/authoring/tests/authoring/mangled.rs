//! Whatever a file holds, reading it ends, and either makes a pipeline or says why not.

use crate::good::SHORTEST;
use authoring::{Colour, Setting, parse, pipeline, render};
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads a text in all ways; a panic, or a failure without a word, fails.
fn read(text: &str) {
    let loaded = parse(Path::new("pipeline.yaml"), text);
    render(&loaded.problems, Colour::Never);
    for manifest in &loaded.manifests {
        if let Err(problems) = pipeline(manifest, &Setting::default()) {
            assert!(!problems.is_empty(), "refused without a word: {text}");
            render(&problems, Colour::Never);
        }
    }
}

/// A cut out of a good manifest, something else in its place.
fn mangled() -> impl Strategy<Value = String> {
    let example = include_str!("../../../../pipelines/flights/daily.yaml");
    let texts = prop_oneof![Just(SHORTEST), Just(example)];
    let words = prop_oneof![
        ".{0,8}",
        "[-:{}\\[\\]&*!|>'\"%@` \n#,?]{1,6}",
        prop::sample::select(vec![
            "1d",
            "-1",
            "null",
            "&a [*a]",
            "<<: *x",
            "%V",
            "{{ params.x }}",
            "🦀",
            "9999999999999999999"
        ])
        .prop_map(str::to_owned),
    ];
    (texts, any::<prop::sample::Index>(), 0..40_usize, words).prop_map(|(text, place, length, word)| {
        let characters: Vec<char> = text.chars().collect();
        let start = place.index(characters.len());
        let end = (start + length).min(characters.len());
        let (before, after) = (&characters[..start], &characters[end..]);
        before.iter().copied().chain(word.chars()).chain(after.iter().copied()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_mangled_manifest_is_read_or_refused(text in mangled()) {
        read(&text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        read(&format!("apiVersion: daybreak.dev/v1alpha1\n{text}"));
    }
}

#[test]
fn a_bomb_is_refused_at_once() {
    let doubling = |level: u32| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
    let doubled: Vec<String> = (1..60).map(doubling).collect();
    let bombs = [
        format!("a0: &a0 [x]\n{}", doubled.concat()),
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
        format!("a: {}", "&x [".repeat(60)),
        "? ".repeat(100_000),
        "a: &a\n  b: *a\n".to_owned(),
    ];
    for bomb in bombs {
        let started = Instant::now();
        read(&bomb);
        let elapsed = started.elapsed();
        assert!(elapsed < Duration::from_secs(10), "{elapsed:?} for {}", &bomb[..40.min(bomb.len())]);
    }
}
