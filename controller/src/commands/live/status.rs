//! `status` on a cluster: pipelines at a glance, or the partitions of one.

use std::process::ExitCode;

use crds::condition::ConditionType;
use crds::pipeline_status::KeyRange;

use crate::args::{self, Caller};
use crate::clock;
use crate::commands::live::{Live, meaning};
use crate::commands::print;
use crate::commands::show::partitions::Partitions;
use crate::commands::show::pipelines::{self, Breadth, Glance, window_keys};
use crate::commands::show::{holds, is_done};
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure};

/// Shows all pipelines, or one.
pub(crate) async fn status(arguments: &args::Status, caller: Caller) -> Result<ExitCode, Failure> {
    let live = Live::reach_widely(&arguments.reach, caller).await?;
    match (&arguments.pipeline, live.breadth) {
        (None, _) => all(&live, arguments.output).await,
        (Some(name), Breadth::OneNamespace) => one(&live, name, arguments.output).await,
        (Some(name), Breadth::AllNamespaces) => {
            Err(Failure::new(format!("{name} may be in several namespaces: name one with -n")))
        }
    }
}

async fn all(live: &Live, output: args::Output) -> Result<ExitCode, Failure> {
    let pipelines = live.pipelines().await?;
    let code = exit_code(&pipelines);
    match output.language() {
        Some(language) => print::list(language, &pipelines)?,
        None if pipelines.is_empty() => eprintln!("{}", nothing(live)),
        None => {
            let glances: Vec<_> = pipelines.into_iter().map(glance).collect();
            print::text(&pipelines::table(&glances, live.breadth, output.detail()))?;
        }
    }
    Ok(code)
}

fn nothing(live: &Live) -> String {
    match live.breadth {
        Breadth::OneNamespace => format!("no pipelines in the namespace {}", live.namespace),
        Breadth::AllNamespaces => "no pipelines".to_owned(),
    }
}

fn glance(object: crds::Pipeline) -> Glance {
    let plan = meaning(&object).ok();
    let window = plan.and_then(|plan| window_keys(plan.parts(), clock::now()));
    Glance { object, window }
}

async fn one(live: &Live, name: &str, output: args::Output) -> Result<ExitCode, Failure> {
    let pipeline = live.pipeline(name).await?;
    let complete = pipeline.status.as_ref().map_or(&[][..], |status| &status.complete_ranges);
    let mut open = live.partitions(Some(name)).await?;
    open.retain(|partition| !(is_done(partition) && is_within(complete, &partition.spec.key)));
    // Keys of one clock are in order as texts.
    open.sort_by(|one, other| other.spec.key.cmp(&one.spec.key));
    match output.language() {
        Some(language) => print::pipeline(language, &pipeline, &open)?,
        None => {
            let partitions = Partitions { pipeline: &pipeline, complete, open: &open };
            print::text(&partitions.table(live.caller, output.detail()))?;
        }
    }
    Ok(exit_code(std::slice::from_ref(&pipeline)))
}

/// Whether a key lies in one of the ranges.
pub(crate) fn is_within(ranges: &[KeyRange], key: &str) -> bool {
    ranges.iter().any(|range| (range.from.as_str()..=range.to.as_str()).contains(&key))
}

/// A spec with faults is for a person to change.
fn exit_code(pipelines: &[crds::Pipeline]) -> ExitCode {
    let is_stalled = |it: &crds::Pipeline| holds(pipelines::conditions(it), ConditionType::Stalled);
    ExitCode::from(if pipelines.iter().any(is_stalled) { EXIT_WRONG } else { EXIT_COMPLETE })
}
