//! Whatever a manifest holds, it becomes a pipeline or is told what is wrong with it, and drawing that works.

#![no_main]

use authoring::{Colour, Setting, parse, pipeline, render};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    let loaded = parse(Path::new("pipeline.yaml"), text);
    render(&loaded.problems, Colour::Never);
    for manifest in &loaded.manifests {
        if let Err(problems) = pipeline(manifest, &Setting::default()) {
            assert!(!problems.is_empty(), "refused without a word");
            render(&problems, Colour::Never);
        }
    }
});
