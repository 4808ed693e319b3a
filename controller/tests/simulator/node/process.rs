//! Processes: what a container runs. Its outputs tell of its command, its partition and its inputs.

use std::fmt::Write as _;
use std::fs;

use crds::labels;
use serde_json::Value;

use crate::apiserver::object::Object;

/// Which launch, as the labels of its Job and pod say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaunchKey {
    pub(crate) pipeline: String,
    /// The partition's key in lower case.
    pub(crate) partition: String,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) launch: u32,
}

impl LaunchKey {
    pub(crate) fn of(object: &Object) -> Self {
        let number = |label| object.label(label).parse().unwrap_or_default();
        Self {
            pipeline: object.label(labels::PIPELINE).to_owned(),
            partition: object.label(labels::PARTITION).to_owned(),
            step: object.label(labels::STEP).to_owned(),
            attempt: number(labels::ATTEMPT),
            launch: number(labels::LAUNCH),
        }
    }

    /// Whether both are of one step of one partition.
    pub(crate) fn is_same_step(&self, other: &Self) -> bool {
        (&self.pipeline, &self.partition, &self.step) == (&other.pipeline, &other.partition, &other.step)
    }
}

impl std::fmt::Display for LaunchKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pipeline, partition, step, attempt, launch } = self;
        write!(formatter, "{pipeline}/{partition}/{step} {attempt}.{launch}")
    }
}

/// How a launch ended, as the world knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With exit code 0 and its outputs.
    Well,
    /// By its own fault.
    Badly,
    /// By no fault of its own.
    Disrupted,
}

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) key: LaunchKey,
    pub(crate) pod: String,
    program: String,
    /// What the inputs held when it started.
    inputs: Result<String, String>,
    outputs: Vec<String>,
}

impl Process {
    /// Starts: the inputs are read.
    pub(crate) fn start(pod: &Object) -> Self {
        let container = &pod.value["spec"]["containers"][0];
        let variables = |prefix: &str| {
            let all = container["env"].as_array().into_iter().flatten();
            let named = all.filter(|it| it["name"].as_str().is_some_and(|name| name.starts_with(prefix)));
            let values = named.filter_map(|it| it["value"].as_str());
            values.flat_map(str::lines).map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            key: LaunchKey::of(pod),
            pod: pod.meta("name").to_owned(),
            program: program(container),
            inputs: read_all(&variables("DAYBREAK_INPUT_")),
            outputs: variables("DAYBREAK_OUTPUT_"),
        }
    }

    /// Writes the outputs.
    pub(crate) fn write(&self) -> Result<(), String> {
        let Self { key, program, .. } = self;
        let text = format!("{program} {}({})", key.partition, self.inputs.as_ref().map_err(Clone::clone)?);
        for output in &self.outputs {
            fs::write(output, &text).map_err(|error| format!("{output}: {error}"))?;
        }
        Ok(())
    }
}

fn program(container: &Value) -> String {
    container["command"][0].as_str().unwrap_or_default().to_owned()
}

fn read_all(paths: &[String]) -> Result<String, String> {
    let mut text = String::new();
    for (place, path) in paths.iter().enumerate() {
        let input = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let comma = if place == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{input}");
    }
    Ok(text)
}
