//! Steps: what each runs, on what, and what happens when it fails or changes.

use super::findings::Findings;
use super::{World, clock, command, environment, paths, pod, reach, resources};
use crate::place::FieldPath;
use crate::suggest::instead;
use crds::step::{Input as ApiInput, Retries as ApiRetries, Step as ApiStep, WhenChanged as ApiWhenChanged};
use planner::command::{Arity, CommandTemplate, Scope};
use planner::name::Name;
use planner::pipeline::{Dataset, Input, Retries, Step, WhenChanged};
use std::collections::BTreeMap;
use std::time::Duration;

/// The conversion of one step, with all that it refers to.
pub(super) struct Conversion<'a> {
    pub(super) world: &'a World<'a>,
    /// The datasets, each in its place; those that have faults are missing.
    pub(super) datasets: &'a [Option<Dataset>],
    pub(super) step: &'a ApiStep,
}

/// How often a step is tried that says nothing about it: enough for a bad evening, too few to hammer a database.
const MAX_ATTEMPTS: u32 = 5;
/// The first pause of a step that says nothing about it.
const BACKOFF: Duration = Duration::from_secs(30);
/// The longest pause of a step that says nothing about it.
const MAX_BACKOFF: Duration = Duration::from_mins(10);

impl Conversion<'_> {
    /// The step; nothing if it has faults that leave a part of it unknown.
    pub(super) fn step(&self, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Step> {
        let step = self.step;
        let name = findings.keep(path.field("name"), step.name.parse::<Name>());
        let inputs = self.inputs(path, findings);
        let outputs = self.outputs(path, findings);
        let command = self.command(&inputs, path, findings);
        let env = environment::environment(&step.env, &path.field("env"), findings);
        let machine = self.world.setting.machine;
        let resources =
            resources::resources(step.resources.as_ref(), machine, &path.field("resources"), findings);
        let timeout =
            step.timeout.as_deref().and_then(|text| timeout(text, &path.field("timeout"), findings));
        let retries = retries(step.retries.as_ref(), &path.field("retries"), findings);
        if let Some(folder) = &step.working_dir {
            findings.keep(path.field("workingDir"), paths::plain(folder));
        }
        check_executor(step, path, findings);
        let pool = step.pool.as_deref().and_then(|pool| findings.keep(path.field("pool"), pool.parse()));
        pod::check(step, path, findings);
        let inputs: Vec<Input> = inputs.into_iter().collect::<Option<_>>()?;
        let outputs = outputs?;
        let digests = self.digests(&inputs, &outputs);
        Some(Step {
            name: name?,
            command: command?,
            inputs,
            outputs,
            image: step.image.as_deref().map(str::to_owned),
            working_dir: step.working_dir.as_deref().map(str::to_owned),
            env,
            resources,
            timeout,
            retries: retries?,
            when_inputs_change: when_changed(step.when_inputs_change),
            when_step_changes: when_changed(step.when_step_changes),
            pool,
            result_digest: digests.result,
            whole_digest: digests.whole,
        })
    }

    fn command(
        &self,
        inputs: &[Option<Input>],
        path: &FieldPath<'_>,
        findings: &mut Findings,
    ) -> Option<CommandTemplate> {
        let step = self.step;
        if step.spark.is_some() {
            let message = if step.command.is_empty() {
                "Spark applications are not supported yet: write a `command` that runs spark-submit"
            } else {
                "a step runs one thing: leave `spark` out, which is not supported yet"
            };
            findings.fault(path.field("spark"), message);
            return None;
        }
        let scope = Scope {
            inputs: self.arities(inputs),
            outputs: step.outputs.iter().map(|output| output.dataset.to_string()).collect(),
            params: self.world.params.clone(),
        };
        command::command(&step.command, &scope, &path.field("command"), findings)
    }

    /// The names of the inputs. One that has faults may be named like any other.
    fn arities(&self, inputs: &[Option<Input>]) -> BTreeMap<String, Arity> {
        let arity = |input: &Option<Input>| {
            let input = input.as_ref()?;
            let dataset = self.converted(input.dataset)?;
            Some(reach::arity(input.reach, dataset, self.world.clock.calendar.as_ref()?))
        };
        let name = |input: &ApiInput| input.name.as_ref().unwrap_or(&input.dataset).to_string();
        let names = self.step.inputs.iter().map(name);
        names.zip(inputs.iter().map(|input| arity(input).unwrap_or(Arity::Single))).collect()
    }
}

fn timeout(text: &str, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Duration> {
    let timeout = pause(text, path, findings)?;
    if timeout.is_zero() {
        findings.fault(
            path,
            "a launch that may run for no time always fails: write a longer one, or leave it out",
        );
    }
    Some(timeout)
}

/// A duration on the clock of a machine, whose days have 24 hours.
fn pause(text: &str, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Duration> {
    clock::span(text, path, findings).map(|span| Duration::from_secs(span.seconds()))
}

fn retries(retries: Option<&ApiRetries>, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Retries> {
    let read = |name: &str, text: Option<&str>, findings: &mut Findings| match text {
        Some(text) => pause(text, &path.field(name), findings).map(Some),
        None => Some(None),
    };
    let backoff = read("backoff", retries.and_then(|retries| retries.backoff.as_deref()), findings);
    let max_backoff =
        read("maxBackoff", retries.and_then(|retries| retries.max_backoff.as_deref()), findings);
    let backoff = backoff?.unwrap_or(BACKOFF);
    // Who writes only a long first pause wants no shorter one later.
    let max_backoff = max_backoff?.unwrap_or_else(|| MAX_BACKOFF.max(backoff));
    if max_backoff < backoff {
        findings.fault(
            path.field("maxBackoff"),
            "the longest pause is shorter than the first: write at least as much as `backoff`",
        );
    }
    Some(Retries {
        max_attempts: retries.and_then(|retries| retries.max_attempts).unwrap_or(MAX_ATTEMPTS),
        backoff,
        max_backoff,
        non_retriable_exit_codes: retries
            .map(|retries| retries.non_retriable_exit_codes.clone())
            .unwrap_or_default(),
    })
}

fn when_changed(when: Option<ApiWhenChanged>) -> WhenChanged {
    match when {
        Some(ApiWhenChanged::Rebuild) => WhenChanged::Rebuild,
        Some(ApiWhenChanged::Keep) | None => WhenChanged::Keep,
    }
}

/// What runs steps today. A run without a cluster has plain processes only.
fn check_executor(step: &ApiStep, path: &FieldPath<'_>, findings: &mut Findings) {
    let path = path.field("executor");
    match step.executor.as_deref() {
        None | Some("local") => {}
        Some("kubernetes") => findings.note(path, "without a cluster the step runs as a plain process"),
        Some("mesos") => {
            findings.fault(path, "the executor `mesos` is not supported yet: write `local` or `kubernetes`");
        }
        Some(other) => findings.fault(
            path,
            format!("there is no executor `{other}`: {}", instead(other, ["local", "kubernetes"])),
        ),
    }
}
