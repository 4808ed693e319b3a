//! Good manifests, and the defaults that stand for what they do not say.

use crate::{root, sound};
use authoring::{Setting, Severity, lint, load, pipeline};
use planner::pipeline::{Completeness, Due, OnMissing, Order, Publish, Reach, WhenChanged, Window};
use std::time::Duration;

/// The shortest pipeline.
pub(crate) const SHORTEST: &str = "
apiVersion: daybreak.dev/v1alpha1
kind: Pipeline
metadata: {name: shortest}
spec:
  every: 1d
  store: warehouse
  datasets:
    - {name: raw, path: raw_%Y%m%d}
    - {name: made, path: made/%Y%m%d/}
  steps:
    - name: make
      inputs: [raw]
      outputs: [made]
      command: [make, '{{ inputs.raw }}', '{{ outputs.made }}']
";

#[test]
fn the_examples_are_good() {
    let loaded = load(&[root().join("pipelines")]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let setting =
        Setting { stores: Some(["warehouse", "airports"].map(str::to_owned).into()), ..Setting::default() };
    let pipelines: Vec<_> = loaded
        .manifests
        .iter()
        .map(|manifest| {
            pipeline(manifest, &setting).map_err(|problems| crate::lines(&problems)).expect("an example")
        })
        .collect();
    assert!(pipelines.iter().all(|converted| converted.notes.is_empty()));
    let members: Vec<_> =
        loaded.manifests.iter().zip(pipelines.iter().map(|converted| &converted.pipeline)).collect();
    assert!(lint(&members).is_empty());
    let names: Vec<&str> = loaded.manifests.iter().map(authoring::Manifest::name).collect();
    assert_eq!(names, ["flights", "flights-weekly", "impressions"]);
}

#[test]
fn what_is_not_said_has_its_default() {
    let converted = sound(SHORTEST);
    let parts = converted.pipeline.parts();
    assert_eq!(parts.window, Window::Partitions(7));
    assert_eq!(parts.parallelism, 4);
    assert_eq!(parts.order, Order::OldestFirst);
    assert_eq!(parts.due, Due::End);
    assert_eq!(parts.delay.seconds(), 0);
    assert!(!parts.suspend && parts.start.is_none() && parts.end.is_none() && parts.late_after.is_none());
    let [raw, made] = &parts.datasets[..] else { panic!("two datasets") };
    assert_eq!(raw.complete, Completeness::File { min_bytes: 0, settle: Duration::ZERO });
    assert_eq!(made.complete, Completeness::Flag { name: "_SUCCESS".to_owned() });
    assert_eq!((raw.on_missing, raw.publish), (OnMissing::Rebuild, Publish::Staged));
    assert_eq!(raw.calendar, parts.calendar);
    let step = &parts.steps[0];
    assert_eq!(step.inputs[0].reach, Reach::Overlapping);
    assert_eq!(step.retries.max_attempts, 5);
    assert_eq!(
        (step.retries.backoff, step.retries.max_backoff),
        (Duration::from_secs(30), Duration::from_mins(10))
    );
    assert_eq!((step.when_inputs_change, step.when_step_changes), (WhenChanged::Keep, WhenChanged::Keep));
    assert!(step.timeout.is_none() && step.pool.is_none());
}

#[test]
fn the_short_form_of_a_list_of_names_is_the_long_one() {
    let long = SHORTEST.replace("[raw]", "[{dataset: raw}]").replace("[made]", "[{dataset: made}]");
    let (short, long) = (sound(SHORTEST), sound(&long));
    let digest = |converted: &authoring::Converted| converted.pipeline.parts().steps[0].whole_digest;
    assert_eq!(digest(&short), digest(&long));
}

#[test]
fn a_limit_stands_for_a_request_that_is_not_written() {
    let text =
        format!("{SHORTEST}      resources: {{requests: {{cpu: 500m}}, limits: {{cpu: 2, memory: 1Gi}}}}\n");
    let resources = sound(&text).pipeline.parts().steps[0].resources;
    assert_eq!((resources.cpu_millis, resources.memory_bytes, resources.disk_bytes), (500, 1 << 30, 0));
}

#[test]
fn a_parameter_takes_the_value_of_the_environment() {
    let text = SHORTEST
        .replace("  every: 1d", "  every: 1d\n  params: {region: eu}")
        .replace("raw_%Y", "'{{ params.region }}/raw_%Y")
        .replace("%m%d}\n    - {name: made", "%m%d'}\n    - {name: made");
    let manifest = crate::manifest(&text).expect("a manifest");
    let path = |setting: &Setting| {
        let converted = pipeline(&manifest, setting).expect("a pipeline");
        converted.pipeline.parts().datasets[0].path.as_str().to_owned()
    };
    assert_eq!(path(&Setting::default()), "eu/raw_%Y%m%d");
    let params =
        [("region", "us"), ("other", "unused")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(path(&Setting { params: params.into(), ..Setting::default() }), "us/raw_%Y%m%d");
    let unknown =
        authoring::unknown_params(["region", "regoin"].into_iter(), std::slice::from_ref(&manifest));
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].1.contains("did you mean `region`?"), "{}", unknown[0].1);
}

#[test]
fn what_a_plain_process_cannot_use_is_accepted_and_noted() {
    let text = format!("{SHORTEST}      image: python:3.14\n      serviceAccountName: ads\n");
    let notes = sound(&text).notes;
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().all(|note| note.severity == Severity::Note && note.position.is_some()));
}

#[test]
fn aliases_and_merged_maps_are_written_out() {
    let text = SHORTEST
        .replace("command: [make", "command: &make [make")
        .replace("    - name: make\n", "    - &first\n      name: make\n")
        + "    - {<<: *first, name: again, outputs: [twice], command: *make}\n";
    let text = text.replace("  steps:", "    - {name: twice, path: twice_%Y%m%d}\n  steps:");
    let problems = crate::converted(&text).expect_err("a name that the second step lacks");
    assert_eq!(problems.len(), 1, "{}", crate::lines(&problems));
    assert!(problems[0].message.contains("there is no output `made`"), "{}", problems[0]);
}
