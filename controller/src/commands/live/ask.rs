//! `backfill` and `rerun` on a cluster: a Backfill object asks the controller.

use std::process::ExitCode;
use std::time::Duration;

use crds::condition::{ConditionType, Reason};
use crds::labels::COMMAND_FIELD_MANAGER;
use crds::pipeline::PipelineRef;
use crds::{Backfill, BackfillSpec, BackfillStatus};
use kube::ResourceExt as _;
use kube::api::PostParams;
use kube::runtime::wait::await_condition;

use crate::args::{self, Caller, Request};
use crate::clock;
use crate::commands::live::{Live, meaning, said};
use crate::commands::show::{condition, holds};
use crate::commands::{EXIT_COMPLETE, EXIT_FAILED, EXIT_WAITING, EXIT_WRONG, Failure, print};

/// Asks for a partition to be made again.
pub(crate) async fn rerun(arguments: &args::Rerun, caller: Caller) -> Result<ExitCode, Failure> {
    let args::Rerun { pipeline, key, steps, request, .. } = arguments;
    let asked = spec(pipeline, (key, key), steps);
    ask(BackfillSpec { rerun: Some(true), ..asked }, request, caller).await
}

/// Asks for a range.
pub(crate) async fn backfill(arguments: &args::Backfill, caller: Caller) -> Result<ExitCode, Failure> {
    let args::Backfill { pipeline, from, to, step, rerun, request, .. } = arguments;
    let asked = spec(pipeline, (from, to), step);
    ask(BackfillSpec { rerun: rerun.then_some(true), ..asked }, request, caller).await
}

fn spec(pipeline: &str, (from, to): (&str, &str), steps: &[String]) -> BackfillSpec {
    BackfillSpec {
        pipeline_ref: PipelineRef { name: pipeline.into() },
        from: from.into(),
        to: to.into(),
        steps: steps.iter().map(|step| step.as_str().into()).collect(),
        rerun: None,
        suspend: None,
    }
}

async fn ask(spec: BackfillSpec, request: &Request, caller: Caller) -> Result<ExitCode, Failure> {
    let live = Live::reach(&request.reach, caller).await?;
    let pipeline = live.pipeline(&spec.pipeline_ref.name).await?;
    // The moment makes a name of its own for each request.
    let name = format!("{}-{}", pipeline.name_any(), clock::now().format("%Y%m%dt%H%M%S%6f"));
    let backfill = Backfill::new(&name, spec);
    if let Err(faults) = authoring::request(&backfill, &meaning(&pipeline)?) {
        for fault in faults {
            eprintln!("daybreak: {fault}");
        }
        return Ok(ExitCode::from(EXIT_WRONG));
    }
    let manager = Some(COMMAND_FIELD_MANAGER.to_owned());
    let params = PostParams { field_manager: manager, ..PostParams::default() };
    let call = format!("create backfill {}/{name}", live.namespace);
    let mut created = said(&call, live.api::<Backfill>().create(&params, &backfill).await)?;
    created.metadata.managed_fields = None;
    match request.output.and_then(args::Output::language) {
        Some(language) => print::object(language, &created)?,
        None => print::text(&format!("backfill.{}/{name} created\n", crds::GROUP))?,
    }
    if request.wait { wait(&live, &name, request).await } else { Ok(ExitCode::from(EXIT_COMPLETE)) }
}

/// Waits until a backfill is done, or will not be without a person.
async fn wait(live: &Live, name: &str, request: &Request) -> Result<ExitCode, Failure> {
    let is_over = |backfill: Option<&Backfill>| backfill.is_none_or(|it| outcome(it).is_some());
    let limit = Duration::from_secs(request.timeout.seconds());
    let waited = tokio::time::timeout(limit, await_condition(live.api::<Backfill>(), name, is_over)).await;
    let backfill = match waited {
        Err(_) => live.get::<Backfill>(name).await?,
        Ok(watched) => {
            watched.map_err(|error| Failure::new(format!("cannot watch backfill {name}: {error}")))?
        }
    };
    let backfill = backfill.ok_or_else(|| Failure::new(format!("the backfill {name} was deleted")))?;
    eprintln!("{}", message(&backfill));
    Ok(ExitCode::from(outcome(&backfill).unwrap_or(EXIT_WAITING)))
}

/// The exit code of a backfill that is over.
fn outcome(backfill: &Backfill) -> Option<u8> {
    let BackfillStatus { conditions, partitions, .. } = backfill.status.as_ref()?;
    if holds(conditions, ConditionType::Stalled) {
        return Some(EXIT_WRONG);
    }
    let complete = condition(conditions, ConditionType::Complete)?;
    let is_at_work = partitions.is_some_and(|counts| counts.running + counts.waiting > 0);
    match complete.status.as_str() {
        "True" => Some(EXIT_COMPLETE),
        _ if complete.reason == Reason::StepFailed.to_string() && !is_at_work => Some(EXIT_FAILED),
        _ => None,
    }
}

fn message(backfill: &Backfill) -> &str {
    let conditions = backfill.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let told = [ConditionType::Stalled, ConditionType::Complete];
    let told = told.into_iter().find_map(|kind| condition(conditions, kind));
    told.map_or("no controller has looked at it yet", |condition| &condition.message)
}
