//! A view: pipelines as they are at one moment, looked at without taking part. Nothing is locked, nothing is written.

use std::collections::BTreeMap;
use std::process::ExitCode;

use planner::admission::{Obstacle, Obstacles};
use planner::calendar::{Instant, Partition};
use planner::decision::Cell;
use planner::facts::{History, Leftovers, Outcome};
use planner::pipeline::{DatasetId, Pipeline, StepId};
use planner::report::{PartitionReport, Reason, Reporter, StepReport};
use planner::verdict::Verdict;
use planner::window;
use storage::{Catalogue, Store};

use crate::args::Named;
use crate::clock;
use crate::commands::run::{self, Aim, machine};
use crate::commands::show;
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure, tell};
use crate::environment::Binding;
use crate::local::journal::Journal;
use crate::local::pipeline::LocalPipeline;
use crate::local::since;
use crate::project::{Planned, Project, ProjectError};
use crate::requests;
use crate::state::State;
use crate::work::closely::Closely;
use crate::work::launch::unfinished;
use crate::work::look;
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::places::LocalPlaces;

/// The pipelines of a project at one moment.
#[derive(Debug)]
pub(crate) struct View {
    /// The project.
    pub(crate) project: Project,
    /// Where its records and logs lie.
    pub(crate) state: State,
    /// The moment.
    pub(crate) now: Instant,
    /// The pipelines, by name.
    pub(crate) pipelines: Vec<Seen>,
    stores: BTreeMap<String, Store>,
    is_at_work: bool,
}

/// A pipeline as it is seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The pipeline with what was decided about it.
    pub(crate) pipeline: LocalPipeline,
    obstacles: Obstacles,
}

/// Since when a step is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// Since this moment.
    Known(Instant),
    /// Nobody noted it; its partition is due since this moment.
    Due(Instant),
    /// Nobody noted it, and its partition is of no help.
    Unknown,
}

impl Since {
    /// The moment, if it is known.
    pub(crate) fn known(self) -> Option<Instant> {
        match self {
            Self::Known(since) => Some(since),
            Self::Due(_) | Self::Unknown => None,
        }
    }
}

impl Seen {
    /// The partition of a key.
    pub(crate) fn partition(&self, key: &str) -> Result<Partition, Failure> {
        show::partition(self.pipeline.work.plan.parts(), key)
    }

    /// The key of a partition.
    pub(crate) fn key(&self, partition: Partition) -> String {
        self.pipeline.work.plan.parts().calendar.key(partition)
    }

    /// The step of a name.
    pub(crate) fn step(&self, name: &str) -> Result<StepId, Failure> {
        show::step(&self.pipeline.work.plan, name)
    }
}

impl View {
    /// All pipelines that are in order. A person is told of what is wrong with the others.
    pub(crate) fn all(named: &Named) -> Result<Self, Failure> {
        let mut project = Project::around(named).map_err(Failure::new)?;
        let plans = plans(&mut project)?;
        tell(&project.problems);
        check_lasting(&project, &plans)?;
        let mut view = Self::of(project, plans, |plans, state| Ok(unseen(plans, state)))?;
        view.pipelines.sort_by(|one, other| one.pipeline.work.name().cmp(other.pipeline.work.name()));
        Ok(view)
    }

    /// The pipeline of this name alone; what is wrong with others does not matter.
    pub(crate) fn one(named: &Named, pipeline: &str) -> Result<(Self, Seen), Failure> {
        let mut project = Project::around(named).map_err(Failure::new)?;
        let is_meant = |it: &Planned| it.plan.parts().name.as_str() == pipeline;
        let (plans, others): (Vec<_>, Vec<_>) = plans(&mut project)?.into_iter().partition(is_meant);
        let problems = std::mem::take(&mut project.problems);
        check_lasting(&project, &plans)?;
        let mut view = Self::of(project, plans, |plans, state| Ok(unseen(plans, state)))?;
        if let Some(seen) = view.pipelines.pop() {
            return Ok((view, seen));
        }
        tell(&problems);
        let known: Vec<_> = others.iter().map(|it| it.plan.parts().name.to_string()).collect();
        Err(Failure::new(ProjectError::NoPipeline { name: pipeline.to_owned(), known: known.join(", ") }))
    }

    /// The pipelines as a run with this aim would find them.
    pub(crate) fn before(mut project: Project, aim: &Aim<'_>) -> Result<Self, Failure> {
        let plans = plans(&mut project)?;
        tell(&project.problems);
        Self::of(project, plans, |plans, state| run::pipelines(plans, state, aim))
    }

    fn of(
        mut project: Project,
        plans: Vec<Planned>,
        pipelines: impl FnOnce(Vec<Planned>, &State) -> Result<Vec<LocalPipeline>, Failure>,
    ) -> Result<Self, Failure> {
        let stores = project.stores(&plans).map_err(Failure::new)?;
        let state = project.state();
        let (is_at_work, now) = (state.is_locked(), clock::now());
        let mut pipelines = pipelines(plans, &state)?;
        let mut view = Self { project, state, now, pipelines: Vec::new(), stores, is_at_work };
        pipelines.iter_mut().try_for_each(|pipeline| view.look(pipeline))?;
        let seen = |pipeline| Seen { obstacles: obstacles(&pipeline), pipeline };
        view.pipelines = pipelines.into_iter().map(seen).collect();
        Ok(view)
    }

    fn look(&self, pipeline: &mut LocalPipeline) -> Result<(), Failure> {
        let LocalPipeline { work, records, .. } = pipeline;
        records.load_all(&work.plan, &mut work.facts.history).map_err(Failure::new)?;
        self.judge_unfinished(work);
        observe::look_at_leftovers(work, &mut Closely::at_once(&self.stores));
        let stored = requests::read(&self.state.requests()).map_err(Failure::new)?;
        if let Err(problem) = pipeline.take_requests(&stored) {
            eprintln!("daybreak: {problem}");
        }
        let mut catalogue = Catalogue::new(self.stores.values().cloned());
        let LocalPipeline { work, records, .. } = pipeline;
        look::decide_at_once(work, (&self.stores, &mut catalogue, records), self.now)
            .map_err(Failure::new)?;
        since::restore(&self.state.since(work.name()), work);
        Ok(())
    }

    /// A launch without an end runs while somebody is at work; otherwise a killed run left it.
    fn judge_unfinished(&self, work: &mut Work) {
        if self.is_at_work {
            let running = unfinished(work);
            let running = running.into_iter().map(|(launch, _)| ((launch.partition, launch.step), launch));
            work.running = running.collect();
            return;
        }
        for history in work.facts.history.values_mut().flat_map(BTreeMap::values_mut) {
            if let Some(since) = history.running.as_ref().map(|running| running.since) {
                history.end(Outcome::Disrupted("the run was killed".to_owned()), Leftovers::new(), since);
            }
        }
    }

    /// Where a partition of a dataset is.
    pub(crate) fn uri(&self, plan: &Pipeline, id: DatasetId, partition: Partition) -> String {
        let path = observe::path(plan, id, partition);
        let store = &plan.dataset(id).store;
        self.stores.get(store.as_str()).map_or_else(|| format!("{store}:{path}"), |store| store.uri(&path))
    }

    /// The report of a partition.
    pub(crate) fn report(&self, seen: &Seen, partition: Partition) -> PartitionReport {
        let Seen { pipeline, obstacles } = seen;
        let places =
            LocalPlaces { stores: &self.stores, doubts: &pipeline.work.doubts, is_watched: self.is_at_work };
        let world = pipeline.work.world(self.now);
        Reporter { world, decision: &pipeline.work.decision, obstacles, places: &places }.partition(partition)
    }

    /// Since when a step is where it is: what the records say, else what a run noted, else what the calendar says.
    pub(crate) fn since(&self, seen: &Seen, (partition, step): (Partition, &StepReport)) -> Since {
        let due = window::due_at(seen.pipeline.work.plan.parts(), partition);
        let history = seen.pipeline.work.facts.history(partition, step.step);
        let recorded = history.and_then(|history| recorded(history, step.reason));
        let noted = Some(step.since).filter(|since| *since < self.now);
        match recorded.or(noted) {
            Some(since) => Since::Known(since),
            None if waits(step.reason) && due <= self.now => Since::Due(due),
            None => Since::Unknown,
        }
    }

    /// The exit code of a command that has only looked: whether there was something wrong to tell of.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.project.problems.is_empty() { EXIT_COMPLETE } else { EXIT_WRONG })
    }
}

/// The pipelines that a run on this machine would take on.
fn plans(project: &mut Project) -> Result<Vec<Planned>, Failure> {
    let machine = machine(project).map_err(Failure::new)?;
    Ok(project.plans(Some(machine)))
}

/// Pipelines as nobody has looked at them yet.
fn unseen(plans: Vec<Planned>, state: &State) -> Vec<LocalPipeline> {
    let is_at_work = state.is_locked();
    let pipelines = plans.into_iter().map(|Planned { folder, mut plan }| {
        if !is_at_work {
            // A run that does not stay tries each step once: what failed there has failed.
            plan.limit_attempts(1);
        }
        let records = Journal::new(state.records(plan.parts().name.as_str()));
        LocalPipeline::new(folder, plan, records)
    });
    pipelines.collect()
}

/// What holds up steps that are ready, as far as one who only looks can know: how many launches the run that is at work
/// allows itself, it alone knows.
fn obstacles(pipeline: &LocalPipeline) -> Obstacles {
    let parallelism = pipeline.work.plan.parts().parallelism;
    let is_running = |cell: &Cell| matches!(cell.verdict, Verdict::Running | Verdict::Publishing);
    let running = pipeline.work.decision.cells().filter(|(_, _, cell)| is_running(cell)).count();
    if running < usize::try_from(parallelism).unwrap_or(usize::MAX) {
        return Obstacles::new();
    }
    pipeline.work.plan.step_ids().map(|step| (step, Obstacle::Parallelism(parallelism))).collect()
}

/// Refuses an environment of which nothing stays.
fn check_lasting(project: &Project, plans: &[Planned]) -> Result<(), Failure> {
    let environment = &project.environment;
    let datasets = plans.iter().flat_map(|it| &it.plan.parts().datasets);
    let mut bindings =
        datasets.filter_map(|dataset| environment.stores.get_key_value(dataset.store.as_str()));
    match bindings.find(|(_, binding)| matches!(binding, Binding::Temporary(_))) {
        None => Ok(()),
        Some((store, _)) => Err(Failure::new(format!(
            "the environment {} makes the store {store} anew for each run, so that nothing stays to look at: name another one with --env",
            environment.name
        ))),
    }
}

/// The moment at which a step came to where it is, where a record tells it.
fn recorded(history: &History, reason: Reason) -> Option<Instant> {
    match reason {
        Reason::Running | Reason::Publishing => history.running.as_ref().map(|running| running.since),
        Reason::Succeeded => history.maker().map(|ended| ended.at),
        Reason::Failed | Reason::BackingOff => history.last().map(|ended| ended.at),
        Reason::NotDue
        | Reason::OutsideWindow
        | Reason::NotDemanded
        | Reason::WaitingForInputs
        | Reason::WaitingForSlot
        | Reason::OutputsExist
        | Reason::OutputOccupied
        | Reason::StorageUnknown
        | Reason::Suspended
        | Reason::Expired => None,
    }
}

/// Whether a step that has this reason has at most been waiting since its partition is due.
fn waits(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::WaitingForInputs
            | Reason::WaitingForSlot
            | Reason::OutputOccupied
            | Reason::StorageUnknown
            | Reason::Suspended
    )
}
