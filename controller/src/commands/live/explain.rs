//! `explain` on a cluster: what the Partition object says, or the ranges of the pipeline where there is none.

use std::process::ExitCode;

use crds::StepReason;
use crds::condition::{ConditionType, Reason};
use crds::partition::{PartitionSpec, PartitionStatus, StepStatus};
use crds::pipeline::PipelineRef;
use crds::text::Key;
use kube::Resource as _;
use planner::calendar::{Instant, Partition};
use planner::pipeline::Pipeline;
use planner::window;

use crate::args::{self, Caller};
use crate::clock;
use crate::commands::live::status::is_within;
use crate::commands::live::{Live, meaning};
use crate::commands::print::{self, moment};
use crate::commands::show::explanation::{Explained, Explanation};
use crate::commands::show::pipelines::{self, Breadth, window_keys};
use crate::commands::show::{self, time};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::work::objects;

/// Explains a partition, or one step of it.
pub(crate) async fn explain(arguments: &args::Explain, caller: Caller) -> Result<ExitCode, Failure> {
    let live = Live::reach(&arguments.reach, caller).await?;
    let pipeline = live.pipeline(&arguments.pipeline).await?;
    let plan = meaning(&pipeline)?;
    let partition = show::partition(plan.parts(), &arguments.key)?;
    if let Some(step) = &arguments.step {
        show::step(&plan, step)?;
    }
    let about = About { pipeline: &pipeline, plan: &plan, partition, caller };
    let mut explanation = match live.get(&about.object_name()).await? {
        Some(object) => about.seen(object),
        None => about.unseen(clock::now()),
    };
    let is_meant = |step: &Explained| arguments.step.as_ref().is_none_or(|name| *name == *step.status.name);
    explanation.steps.retain(is_meant);
    match arguments.output.language() {
        None => print::text(&explanation.text())?,
        Some(language) => print::object(language, &explanation.object()?)?,
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
}

/// What is explained, and to whom.
struct About<'a> {
    pipeline: &'a crds::Pipeline,
    plan: &'a Pipeline,
    partition: Partition,
    caller: Caller,
}

impl About<'_> {
    fn object_name(&self) -> String {
        object_name(self.plan, self.partition)
    }

    /// What the object of the partition says.
    fn seen(&self, mut object: crds::Partition) -> Explanation {
        object.meta_mut().managed_fields = None;
        let steps = object.status.as_ref().map(|status| status.steps.clone()).unwrap_or_default();
        let explained = |status: StepStatus| Explained {
            wake: self.wake(&status),
            since: status.since.as_ref().map(time),
            launches: Vec::new(),
            status,
        };
        let steps = steps.into_iter().map(explained).collect();
        Explanation { object, halt: self.halt(), due: self.due(), wake: None, steps }
    }

    /// What is known of a partition that has no object.
    fn unseen(&self, now: Instant) -> Explanation {
        let parts = self.plan.parts();
        let key = parts.calendar.key(self.partition);
        let ranges = self.pipeline.status.as_ref().map_or(&[][..], |status| &status.complete_ranges);
        let is_in_window = window::window(parts, now).contains(&self.partition.0);
        let (status, reason, message, wake) = if is_within(ranges, &key) {
            let message = if is_in_window {
                "everything is there"
            } else {
                "everything was there when it was last seen"
            };
            ("True", Reason::AllComplete, message.to_owned(), None)
        } else if self.due() > now {
            let message = format!("wanted from {} on", moment(self.due()));
            ("False", Reason::InProgress, message, Some("the clock".to_owned()))
        } else if is_in_window {
            let message = "it waits; only the partitions to look at first have an object that says for what";
            ("False", Reason::InProgress, message.to_owned(), Some("others that are done".to_owned()))
        } else {
            let message = match window_keys(parts, now) {
                Some(window) => format!("outside the window {window}: backfill it"),
                None => "outside the window, which is empty: backfill it".to_owned(),
            };
            ("Unknown", Reason::InProgress, message, Some(self.backfill()))
        };
        let spec = PartitionSpec {
            pipeline_ref: PipelineRef { name: parts.name.as_str().into() },
            key: Key(key),
            suspend: None,
        };
        let mut object = crds::Partition::new(&self.object_name(), spec);
        object.metadata.namespace.clone_from(&self.pipeline.metadata.namespace);
        let complete = objects::condition(ConditionType::Complete, (status, reason), message, now);
        object.status = Some(PartitionStatus { conditions: vec![complete], ..PartitionStatus::default() });
        Explanation { object, halt: self.halt(), due: self.due(), wake, steps: Vec::new() }
    }

    fn halt(&self) -> Option<String> {
        pipelines::sentence(self.pipeline, Breadth::OneNamespace)
    }

    fn due(&self) -> Instant {
        window::due_at(self.plan.parts(), self.partition)
    }

    fn backfill(&self) -> String {
        let parts = self.plan.parts();
        let (caller, key) = (self.caller.name(), parts.calendar.key(self.partition));
        format!("{caller} backfill {} --from {key} --to {key}", parts.name)
    }

    /// What will change where a step is. The particulars, such as a path or a moment, stand in its sentence.
    fn wake(&self, step: &StepStatus) -> Option<String> {
        let parts = self.plan.parts();
        let wake = match step.reason {
            StepReason::Succeeded
            | StepReason::OutputsExist
            | StepReason::Expired
            | StepReason::NotDemanded => return None,
            StepReason::Running | StepReason::Publishing => "the end of the launch",
            StepReason::NotDue | StepReason::BackingOff => "the clock",
            StepReason::OutsideWindow => return Some(self.backfill()),
            StepReason::Suspended => "resuming it",
            StepReason::StorageUnknown => "an answer from storage, which the controller watches",
            StepReason::OutputOccupied => "moving away what is there",
            StepReason::WaitingForInputs => "its arrival, which the controller watches for",
            StepReason::WaitingForSlot => "a launch that ends",
            StepReason::Failed => {
                let (caller, key) = (self.caller.name(), parts.calendar.key(self.partition));
                let rerun = format!("{caller} rerun {} {key} {}", parts.name, step.name);
                return Some(format!("a change of the step or its inputs, or {rerun}"));
            }
        };
        Some(wake.to_owned())
    }
}

/// The name of a partition's object.
pub(crate) fn object_name(plan: &Pipeline, partition: Partition) -> String {
    format!("{}.{}", plan.parts().name, plan.parts().calendar.object_key(partition))
}
