//! `daybreak rerun` and `daybreak backfill`: a request is noted, and fulfilled at once if nobody else does it.

use std::process::ExitCode;

use crds::pipeline::PipelineRef;
use crds::{Backfill, BackfillSpec};
use planner::pipeline::Pipeline;

use crate::args::{self, Named, Pace};
use crate::clock;
use crate::commands::run::{Aim, fill};
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure};
use crate::local::run::Mode;
use crate::project::Project;
use crate::requests;

/// Makes a partition again.
pub(crate) fn rerun(arguments: &args::Rerun) -> Result<ExitCode, Failure> {
    let key = &arguments.key;
    let asked = Asked { from: key, to: key, steps: &arguments.steps, rerun: true };
    ask(&arguments.pipeline, &asked, (&arguments.named, &arguments.pace))
}

/// Fills a range.
pub(crate) fn backfill(arguments: &args::Backfill) -> Result<ExitCode, Failure> {
    let args::Backfill { from, to, step, rerun, .. } = arguments;
    let asked = Asked { from, to, steps: step, rerun: *rerun };
    ask(&arguments.pipeline, &asked, (&arguments.named, &arguments.pace))
}

struct Asked<'a> {
    from: &'a str,
    to: &'a str,
    steps: &'a [String],
    rerun: bool,
}

fn ask(pipeline: &str, asked: &Asked<'_>, (named, pace): (&Named, &Pace)) -> Result<ExitCode, Failure> {
    let mut project = Project::around(named).map_err(Failure::new)?;
    let plan = project.plan_named(pipeline).map_err(Failure::new)?;
    let backfill = object(&plan, asked);
    if let Err(faults) = authoring::request(&backfill, &plan) {
        for fault in faults {
            eprintln!("daybreak: {fault}");
        }
        return Ok(ExitCode::from(EXIT_WRONG));
    }
    let state = project.state();
    let name = format!("{}-{pipeline}", clock::now().format("%Y%m%dT%H%M%S%6f"));
    requests::write(&state.requests(), &name, &backfill).map_err(Failure::new)?;
    if state.is_locked() {
        println!(
            "asked for; the run that is under way takes it up if it has --watch, the next one otherwise"
        );
        return Ok(ExitCode::from(EXIT_COMPLETE));
    }
    project.keep_only(pipeline);
    let mode = if pace.keep_going { Mode::KeepGoing } else { Mode::UntilFailure };
    fill(project, &Aim { mode, range: None, pace })
}

fn object(plan: &Pipeline, asked: &Asked<'_>) -> Backfill {
    let name = plan.parts().name.as_str();
    let spec = BackfillSpec {
        pipeline_ref: PipelineRef { name: name.into() },
        from: asked.from.into(),
        to: asked.to.into(),
        steps: asked.steps.iter().map(|step| step.as_str().into()).collect(),
        rerun: asked.rerun.then_some(true),
        suspend: None,
    };
    Backfill::new(name, spec)
}
