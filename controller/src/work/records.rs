//! Records: what is written down of each launch: that it starts, is published, ends. Never rewritten.
//!
//! A record is written before the effect that it announces, so that after a crash at any point the records say what may
//! have happened.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{Debug, Display};

use planner::calendar::{Instant, Partition};
use planner::facts::{Fingerprints, History, Leftovers, Outcome, Running, Trial};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline, StepId};
use serde::{Deserialize, Serialize};

use crate::work::launch::chain;
use crate::work::product::ProductRecord;

/// What has been tried, by partition and step.
pub(crate) type Histories = BTreeMap<Partition, BTreeMap<StepId, History>>;

/// What writes records down.
pub(crate) trait Recorder {
    /// Writes one record.
    fn write(&mut self, record: &Record, launch: (&Pipeline, &Launch)) -> Result<(), RecordsError>;
}

/// Where the records of one pipeline are kept.
pub(crate) trait Records: Recorder + Debug {
    /// Reads the records of these partitions that have not been read yet; says whether there were any to read.
    fn load(
        &mut self,
        pipeline: &Pipeline,
        partitions: &[Partition],
        histories: &mut Histories,
    ) -> Result<bool, RecordsError>;
}

/// Why a record can't be written or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} the records {place}: {}", chain(cause.as_ref()))]
pub(crate) struct RecordsError {
    operation: &'static str,
    place: String,
    cause: Box<dyn Error + Send + Sync>,
}

/// Why a record is not ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotOurs {
    /// Somebody was first.
    #[error("it is there already")]
    AlreadyThere,
    /// Nobody counts on what is written now.
    #[error("its folder is being removed, and is free again in some hours")]
    BeingRemoved,
}

impl RecordsError {
    pub(crate) fn new(
        operation: &'static str,
        place: &impl Display,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { operation, place: place.to_string(), cause: cause.into() }
    }

    /// Whether the record is there already, whoever wrote it.
    pub(crate) fn is_there(&self) -> bool {
        matches!(self.cause.downcast_ref(), Some(NotOurs::AlreadyThere))
    }

    /// Whether somebody was first to write it, so that another's word holds, and none of ours was lost.
    pub(crate) fn is_already_there(&self) -> bool {
        self.cause.is::<NotOurs>()
    }
}

/// One record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) partition: String,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) launch: u32,
    pub(crate) at: Instant,
    #[serde(flatten)]
    pub(crate) event: Event,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum Event {
    Launched {
        whole: String,
        result: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        inputs: Fingerprints,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        replaces: bool,
        /// None in a record of before they were recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<ProductRecord>,
    },
    Publishing,
    Ended {
        outcome: OutcomeName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        left: BTreeMap<String, String>,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum OutcomeName {
    Succeeded,
    Discarded,
    Failed,
    Disrupted,
}

impl Record {
    /// A launch starts.
    pub(crate) fn launched(
        pipeline: &Pipeline,
        launch: &Launch,
        (inputs, at): (&Fingerprints, Instant),
    ) -> Self {
        let event = Event::Launched {
            whole: launch.trial.whole.to_string(),
            result: launch.trial.result.to_string(),
            request: launch.trial.request.clone(),
            inputs: inputs.clone(),
            replaces: launch.replaces,
            products: launch.products.iter().map(ProductRecord::of).collect(),
        };
        Self::new(pipeline, launch, (at, event))
    }

    /// The outputs of a launch are about to be published.
    pub(crate) fn publishing(pipeline: &Pipeline, launch: &Launch, at: Instant) -> Self {
        Self::new(pipeline, launch, (at, Event::Publishing))
    }

    /// How a launch ended.
    pub(crate) fn ended(
        pipeline: &Pipeline,
        launch: &Launch,
        (outcome, left, at): (&Outcome, &Leftovers, Instant),
    ) -> Self {
        let (name, exit_code, why) = match outcome {
            Outcome::Succeeded => (OutcomeName::Succeeded, None, ""),
            Outcome::Discarded => (OutcomeName::Discarded, None, ""),
            Outcome::Disrupted(why) => (OutcomeName::Disrupted, None, why.as_str()),
            Outcome::Failed { exit_code, why } => (OutcomeName::Failed, *exit_code, why.as_str()),
        };
        let left = left.iter().map(|(id, it)| (pipeline.dataset(*id).name.to_string(), it.clone())).collect();
        let event = Event::Ended { outcome: name, exit_code, why: why.to_owned(), left };
        Self::new(pipeline, launch, (at, event))
    }

    fn new(pipeline: &Pipeline, launch: &Launch, (at, event): (Instant, Event)) -> Self {
        Self {
            partition: pipeline.parts().calendar.key(launch.partition),
            step: pipeline.step(launch.step).name.to_string(),
            attempt: launch.attempt,
            launch: launch.launch,
            at,
            event,
        }
    }

    /// Takes the record over into the histories. One of a step or a clock that is no more says nothing about today.
    pub(crate) fn replay(self, pipeline: &Pipeline, histories: &mut Histories) {
        let Some(step) = pipeline.step_named(&self.step) else { return };
        let Ok(partition) = pipeline.parts().calendar.parse_key(&self.partition) else { return };
        let history = histories.entry(partition).or_default().entry(step).or_default();
        let is_current = |running: &Running| (running.attempt, running.launch) == (self.attempt, self.launch);
        if !matches!(self.event, Event::Launched { .. }) && !history.running.as_ref().is_some_and(is_current)
        {
            return;
        }
        match self.event {
            Event::Launched { whole, result, request, inputs, replaces, products } => {
                let (Ok(whole), Ok(result)) = (whole.parse(), result.parse()) else { return };
                let trial = Trial { whole, result, request };
                let outputs = Vec::new();
                let (attempt, launch) = (self.attempt, self.launch);
                let products = products.into_iter().filter_map(ProductRecord::product).collect();
                let launch = Launch { step, partition, attempt, launch, trial, outputs, replaces, products };
                history.start(&launch, inputs, self.at);
            }
            Event::Publishing => history.publish(),
            Event::Ended { outcome, exit_code, why, left } => {
                let outcome = match outcome {
                    OutcomeName::Succeeded => Outcome::Succeeded,
                    OutcomeName::Discarded => Outcome::Discarded,
                    OutcomeName::Disrupted => Outcome::Disrupted(why),
                    OutcomeName::Failed => Outcome::Failed { exit_code, why },
                };
                let left =
                    left.into_iter().filter_map(|(name, it)| Some((dataset(pipeline, &name)?, it))).collect();
                history.end(outcome, left, self.at);
            }
        }
    }
}

/// The dataset of a name, as long as the pipeline has it.
pub(crate) fn dataset(pipeline: &Pipeline, name: &str) -> Option<DatasetId> {
    pipeline.dataset_ids().find(|id| pipeline.dataset(*id).name.as_str() == name)
}
