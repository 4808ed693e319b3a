//! A run: observe, decide, apply, report, until nothing is left to do, or for ever.

use std::time::Duration;

use planner::admission::{Admission, Bidder, admit};
use planner::calendar::Instant;
use planner::report::{Standing, summarize};
use planner::verdict::Verdict;
use storage::{ChangedPath, Extent, Hint};

use crate::clock;
use crate::local::desk::Desk;
use crate::local::launch::{self, GRACE, LaunchError};
use crate::local::pipeline::LocalPipeline;
use crate::local::postponed::Postponed;
use crate::local::senses::{POLL, Senses, Wake};
use crate::local::sources::Sources;
use crate::local::{recover, since};
use crate::requests::{self, RequestsError};
use crate::state::Lock;
use crate::work::launch::chain;
use crate::work::records::RecordsError;
use crate::work::{look, observe};

/// The longest sleep: a clock that was set must not leave a run asleep for ever.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// How a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Until nothing is left to do; after a failure nothing new starts.
    UntilFailure,
    /// Until nothing is left to do.
    KeepGoing,
    /// Until interrupted.
    Watch,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing is left to do by itself.
    Came(Standing),
    /// A person ended it.
    Interrupted,
    /// A manifest changed, and what ran has finished.
    ManifestsChanged,
}

/// Why a run can't go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Launch(LaunchError),
    #[error(transparent)]
    Records(RecordsError),
    #[error(transparent)]
    Requests(RequestsError),
    #[error("processes of a killed run can't be ended: {0}")]
    Orphans(executor::OrphanError),
    #[error("cannot sweep the store {store}: {why}")]
    Sweep { store: String, why: String },
    #[error("not settled yet: {launches}; the next run takes them up")]
    Postponed { launches: String },
}

/// A run of some pipelines.
pub(crate) struct Run<'a> {
    pub(crate) desk: &'a mut Desk,
    pub(crate) pipelines: &'a mut [LocalPipeline],
    pub(crate) mode: Mode,
    /// What can wake it.
    pub(crate) senses: Senses,
    /// The manifests: once they have changed nothing starts any more.
    pub(crate) sources: Sources,
    pub(crate) is_outdated: bool,
    pub(crate) admission: Admission,
    /// Launches that are to be settled again.
    pub(crate) postponed: Postponed,
}

/// What became of the launches that were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Started {
    /// They run, as far as there were any.
    AndRuns,
    /// One ended before it could run: the world has changed already.
    AndEndedAtOnce,
}

/// What decisions looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// The partitions that they looked at before.
    AtTheSame,
    /// Others, too.
    AtMore,
}

impl Run<'_> {
    /// Brings what killed runs left to an end.
    pub(crate) fn recover(&mut self, lock: &Lock) -> Result<(), RunError> {
        if !lock.was_orderly {
            executor::end_orphans(&self.desk.state.marker(), GRACE).map_err(RunError::Orphans)?;
        }
        for pipeline in self.pipelines.iter_mut().filter(|it| lock.left.contains(it.work.name())) {
            recover::recover(pipeline, self.desk, clock::now()).map_err(RunError::Launch)?;
        }
        if lock.left.is_empty() { Ok(()) } else { self.sweep() }
    }

    /// Removes the staging of this run's pipelines, of which nothing runs. Other states may write to the same store.
    pub(crate) fn sweep(&self) -> Result<(), RunError> {
        let is_others = |launch: &str| {
            let pipeline = launch.split('.').next();
            self.pipelines.iter().all(|it| Some(it.work.id.as_str()) != pipeline)
        };
        for (name, store) in self.desk.stores.iter() {
            let swept = storage::sweep(store, &is_others);
            swept.map_err(|error| RunError::Sweep { store: name.clone(), why: chain(&error) })?;
        }
        Ok(())
    }

    /// Works until nothing is left to do, or for ever.
    pub(crate) async fn work(&mut self) -> Result<Ending, RunError> {
        self.read_requests()?;
        loop {
            let now = clock::now();
            self.decide(now)?;
            if self.admit_and_start(now)? == Started::AndEndedAtOnce {
                continue;
            }
            self.desk.progress.draw(self.pipelines);
            if let Some(standing) = self.came_to(now)? {
                return Ok(Ending::Came(standing));
            }
            if self.is_outdated && self.pipelines.iter().all(|pipeline| pipeline.work.running.is_empty()) {
                return Ok(Ending::ManifestsChanged);
            }
            let pause = self.pause();
            let wake = self.senses.next(pause).await;
            if matches!(wake, Wake::Signal) {
                self.stop().await?;
                return Ok(Ending::Interrupted);
            }
            self.take_in(wake).await?;
        }
    }

    /// Decides for every pipeline about which something changed. Where a decision looks for the first time, a run that
    /// stays watches from then on, and looks once more: something may have changed in between.
    fn decide(&mut self, now: Instant) -> Result<(), RunError> {
        if self.decide_and_look(now)? == Looked::AtMore && self.mode == Mode::Watch {
            self.follow();
            self.look_at_everything(now);
            self.decide_and_look(now)?;
        }
        Ok(())
    }

    fn decide_and_look(&mut self, now: Instant) -> Result<Looked, RunError> {
        let mut looked = Looked::AtTheSame;
        for pipeline in self.pipelines.iter_mut().filter(|it| it.work.needs_decision(now)) {
            let before = pipeline.work.observed.clone();
            let LocalPipeline { work, records, .. } = pipeline;
            let desk = &mut *self.desk;
            look::decide_at_once(work, (&desk.stores, &mut desk.catalogue, records), now)
                .map_err(RunError::Records)?;
            if before.is_none() {
                since::restore(&self.desk.state.since(work.name()), work);
            }
            if pipeline.work.observed != before {
                looked = Looked::AtMore;
            }
        }
        Ok(looked)
    }

    fn admit_and_start(&mut self, now: Instant) -> Result<Started, RunError> {
        if self.is_outdated || (self.mode == Mode::UntilFailure && self.has_failed()) {
            self.admission = Admission::default();
            return Ok(Started::AndRuns);
        }
        self.admission = self.admit(now);
        // A record that was not read yet may say that a step has failed before: read it, and decide again.
        let mut knows_more = false;
        for (place, launch) in &self.admission.launches {
            let pipeline = &mut self.pipelines[*place];
            let is_news = pipeline.load_records(&[launch.partition]).map_err(RunError::Records)?;
            pipeline.work.is_stale |= is_news;
            knows_more |= is_news;
        }
        if knows_more {
            self.decide(now)?;
            self.admission = self.admit(now);
        }
        for (place, launch) in std::mem::take(&mut self.admission.launches) {
            let pipeline = &mut self.pipelines[place];
            launch::start(pipeline, self.desk, (&launch, now)).map_err(RunError::Launch)?;
        }
        Ok(if self.note_own_changes(now) { Started::AndEndedAtOnce } else { Started::AndRuns })
    }

    fn admit(&self, now: Instant) -> Admission {
        let bidders: Vec<_> = self
            .pipelines
            .iter()
            .map(|pipeline| Bidder {
                world: pipeline.work.world(now),
                decision: &pipeline.work.decision,
                weight: 1,
            })
            .collect();
        admit(&bidders, &self.desk.capacity)
    }

    fn has_failed(&self) -> bool {
        self.pipelines
            .iter()
            .any(|it| it.work.decision.cells().any(|(_, _, cell)| cell.verdict == Verdict::Failed))
    }

    /// What the run has come to, if nothing is left to do: after a last look at storage.
    fn came_to(&mut self, now: Instant) -> Result<Option<Standing>, RunError> {
        let is_idle =
            self.pipelines.iter().all(|pipeline| pipeline.work.running.is_empty() && !pipeline.work.is_stale);
        if self.mode == Mode::Watch || !is_idle {
            return Ok(None);
        }
        let may_go_on = self.mode == Mode::KeepGoing || !self.has_failed();
        let waits_for_clock =
            self.pipelines.iter().any(|it| it.work.backs_off() || !it.work.settling.is_empty());
        if may_go_on && waits_for_clock {
            return Ok(None);
        }
        let standing = if may_go_on { self.standing(now) } else { Standing::Failed };
        if standing != Standing::Complete && self.desk.progress.launched > 0 && self.look_at_everything(now) {
            self.decide(now)?;
            self.admit_and_start(now)?;
            return self.came_to_after_look(now);
        }
        self.forget_fulfilled()?;
        Ok(Some(standing))
    }

    /// What the worst pipeline has come to.
    fn standing(&self, now: Instant) -> Standing {
        let standing = |it: &LocalPipeline| summarize(it.work.world(now), &it.work.decision).standing;
        let standings: Vec<_> = self.pipelines.iter().map(standing).collect();
        let worst = [Standing::Failed, Standing::UnderWay, Standing::Waiting].into_iter();
        worst.into_iter().find(|it| standings.contains(it)).unwrap_or(Standing::Complete)
    }

    /// After the last look the run goes on only if it started something.
    fn came_to_after_look(&mut self, now: Instant) -> Result<Option<Standing>, RunError> {
        if self.pipelines.iter().any(|pipeline| !pipeline.work.running.is_empty()) {
            return Ok(None);
        }
        self.came_to(now)
    }

    fn pause(&self) -> Duration {
        let wake = self.pipelines.iter().filter_map(|it| it.work.wake_at()).min();
        let pause = wake.map(|at| (at - clock::now()).to_std().unwrap_or_default());
        pause.into_iter().chain(self.postponed.pause()).min().unwrap_or(SLEEP_MAX).min(SLEEP_MAX)
    }

    /// Takes in what happened, and all else that has happened by now.
    async fn take_in(&mut self, wake: Wake) -> Result<(), RunError> {
        let now = clock::now();
        self.settle_postponed(now)?;
        match wake {
            Wake::Ended(event) => {
                self.settle(event, now)?;
                self.settle_ended(now)?;
            }
            Wake::Hinted(Hint::Changed(paths)) => self.look_at(paths, now),
            Wake::Hinted(Hint::Rescan) | Wake::LookAtStorage => {
                let changes = self.desk.catalogue.refresh_directories();
                self.take_changes(&changes, now);
                self.follow();
            }
            Wake::Ask(extent) => {
                let look = self.desk.catalogue.prepare(extent).make().await;
                let changes = self.desk.catalogue.take_in(look);
                match extent {
                    Extent::All => self.take_changes(&changes, now),
                    Extent::Open | Extent::Fresh | Extent::Around(_) => self.note(&changes, now),
                };
            }
            Wake::LookAtDesk => {
                self.is_outdated = self.have_manifests_changed();
                self.read_requests()?;
                self.note_since();
            }
            Wake::Clock => self.pipelines.iter_mut().for_each(|pipeline| pipeline.work.is_stale = true),
            Wake::Signal => {}
        }
        Ok(())
    }

    fn look_at(&mut self, paths: impl IntoIterator<Item = ChangedPath>, now: Instant) {
        let mut changes = Vec::new();
        for path in paths {
            changes.extend(self.desk.catalogue.look_again(&path.store, &path.path));
            changes.push(path);
        }
        self.note(&changes, now);
        self.follow();
    }

    /// Whether what is begun is to be finished, and nothing more, since a manifest has changed.
    fn have_manifests_changed(&self) -> bool {
        let have_changed = self.sources.have_changed();
        if have_changed && !self.is_outdated && !self.postponed.is_empty() {
            let launches = self.postponed.titles().join(", ");
            self.desk.progress.shout(&format!(
                "the manifests have changed; they are read once these are settled: {launches}"
            ));
        }
        have_changed
    }

    /// What one pipeline wrote, others may read.
    pub(crate) fn note_own_changes(&mut self, now: Instant) -> bool {
        let changes = std::mem::take(&mut self.desk.changes);
        self.note(&changes, now)
    }

    fn look_at_everything(&mut self, now: Instant) -> bool {
        let changes = self.desk.catalogue.refresh();
        self.take_changes(&changes, now)
    }

    fn take_changes(&mut self, changes: &[ChangedPath], now: Instant) -> bool {
        for pipeline in self.pipelines.iter_mut().filter(|it| !it.work.decision.curious.is_empty()) {
            pipeline.work.facts.inputs.clear();
            pipeline.work.is_stale = true;
        }
        self.note(changes, now)
    }

    fn note(&mut self, changes: &[ChangedPath], now: Instant) -> bool {
        let mut concerns = false;
        for pipeline in self.pipelines.iter_mut() {
            if observe::note_changes(&mut pipeline.work, &self.desk.catalogue, (changes, now)) {
                pipeline.work.is_stale = true;
                concerns = true;
            }
        }
        concerns
    }

    fn follow(&mut self) {
        if let Err(error) = self.senses.follow(&self.desk.catalogue) {
            // The poll still finds every change, only later.
            self.desk
                .progress
                .shout(&format!("changes are noticed only every {} s: {error}", POLL.as_secs()));
        }
    }

    fn read_requests(&mut self) -> Result<(), RunError> {
        let stored = requests::read(&self.desk.state.requests()).map_err(RunError::Requests)?;
        for pipeline in self.pipelines.iter_mut() {
            if let Err(problem) = pipeline.take_requests(&stored) {
                self.desk.progress.shout(&problem);
            }
        }
        self.forget_fulfilled()
    }

    /// A request that is fulfilled is forgotten: what it brought is looked after by the window, or by nobody.
    fn forget_fulfilled(&mut self) -> Result<(), RunError> {
        for pipeline in self.pipelines.iter_mut() {
            for stored in pipeline.take_fulfilled() {
                stored.remove().map_err(RunError::Requests)?;
            }
        }
        Ok(())
    }

    /// Notes since when what waits waits.
    pub(crate) fn note_since(&self) {
        for pipeline in self.pipelines.iter() {
            // A note that can't be written makes a later sentence poorer, nothing else.
            let _ = since::write(&self.desk.state.since(pipeline.work.name()), pipeline);
        }
    }
}
