//! `plan` on a cluster: which steps run or may start now, and why the others that are open wait.
//!
//! What would follow, only the controller could say: it alone sees storage.

use std::process::ExitCode;

use crds::partition::StepStatus;
use crds::{Partition, StepReason, StepState};
use kube::ResourceExt as _;
use serde::Serialize;

use crate::args::{self, Caller};
use crate::commands::live::Live;
use crate::commands::print;
use crate::commands::show::pipelines::Breadth;
use crate::commands::show::sentence;
use crate::commands::{EXIT_COMPLETE, Failure};

/// What is open of one pipeline.
#[derive(Debug, Serialize)]
struct Plan {
    namespace: String,
    pipeline: String,
    steps: Vec<Open>,
}

/// A step that is not done.
#[derive(Debug, Serialize)]
struct Open {
    partition: String,
    #[serde(flatten)]
    status: StepStatus,
    #[serde(skip)]
    turn: Turn,
}

/// When it is a step's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// It runs.
    Running,
    /// It may start as soon as there is room.
    Next,
    /// Something else has to happen first.
    Later,
}

/// Says what runs, what may start, and what waits.
pub(crate) async fn plan(arguments: &args::Plan, caller: Caller) -> Result<ExitCode, Failure> {
    let live = Live::reach_widely(&arguments.reach, caller).await?;
    let pipelines = match (&arguments.subject, live.breadth) {
        (None, _) => live.pipelines().await?,
        (Some(name), Breadth::OneNamespace) => vec![live.pipeline(name).await?],
        (Some(name), Breadth::AllNamespaces) => {
            return Err(Failure::new(format!("{name} may be in several namespaces: name one with -n")));
        }
    };
    let partitions = live.partitions(arguments.subject.as_deref()).await?;
    let plans: Vec<_> = pipelines.iter().map(|pipeline| open(pipeline, &partitions)).collect();
    match arguments.output.language() {
        None => print::text(&plans.iter().map(|plan| plan.text(live.breadth)).collect::<String>())?,
        Some(language) => print::object(language, &plans)?,
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
}

fn open(pipeline: &crds::Pipeline, partitions: &[Partition]) -> Plan {
    let (namespace, name) = (pipeline.namespace().unwrap_or_default(), pipeline.name_any());
    let is_of = |it: &&Partition| {
        it.namespace().as_deref() == Some(&*namespace) && it.spec.pipeline_ref.name.as_str() == name
    };
    let steps_of = |partition: &Partition| {
        let steps = partition.status.as_ref().map(|status| status.steps.clone()).unwrap_or_default();
        let key = partition.spec.key.to_string();
        steps.into_iter().filter_map(move |status| {
            let turn = turn(status.reason)?;
            Some(Open { partition: key.clone(), status, turn })
        })
    };
    let mut steps: Vec<_> = partitions.iter().filter(is_of).flat_map(steps_of).collect();
    // Within a turn, older partitions are first, and their steps in the order of the manifest.
    steps.sort_by(|one, other| (one.turn, &one.partition).cmp(&(other.turn, &other.partition)));
    Plan { namespace, pipeline: name, steps }
}

fn turn(reason: StepReason) -> Option<Turn> {
    match reason.state() {
        StepState::Complete | StepState::Idle => None,
        StepState::Running => Some(Turn::Running),
        StepState::Waiting if reason == StepReason::WaitingForSlot => Some(Turn::Next),
        StepState::Waiting | StepState::Failed | StepState::Unknown => Some(Turn::Later),
    }
}

impl Plan {
    fn text(&self, breadth: Breadth) -> String {
        let count = |turn| self.steps.iter().filter(|step| step.turn == turn).count();
        let namespace = match breadth {
            Breadth::OneNamespace => String::new(),
            Breadth::AllNamespaces => format!("{}/", self.namespace),
        };
        let head = format!(
            "{namespace}{}: {} running, {} may start, {} held up\n",
            self.pipeline,
            count(Turn::Running),
            count(Turn::Next),
            count(Turn::Later)
        );
        let lines = self.steps.iter().map(|step| format!("  {}\n", sentence(&step.partition, &step.status)));
        std::iter::once(head).chain(lines).collect()
    }
}
