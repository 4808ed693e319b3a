//! The local executor: each launch is a process group of this machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::seam::{Event, LaunchSpec, Observation};
use environment::Environment;
pub(crate) use environment::{LAUNCH_VARIABLE, STATE_VARIABLE};
use process::Process;

mod environment;
mod oom;
mod process;
mod program;

/// Runs launches as processes, and tells by an [`Event`] when each has ended.
///
/// Between the start and the end of a launch the executor only waits: the process writes straight into
/// its log file, so neither the amount nor the bytes of its output touch us.
#[derive(Debug)]
pub struct LocalExecutor {
    runtime: Handle,
    shared: Arc<Shared>,
}

/// Why a launch was not taken on. Nothing ran, and no event follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// A launch of that name still runs.
    #[error("the launch {name} is already running")]
    NameInUse {
        /// The launch.
        name: String,
    },
    /// [`LocalExecutor::shutdown`] has begun.
    #[error("nothing is launched any more: the executor shuts down")]
    ShutDown,
}

#[derive(Debug)]
struct Shared {
    environment: Environment,
    state: watch::Sender<State>,
    /// Unbounded, because it holds one event at most for each launch, and the runtime decides how many
    /// launches there are.
    events: mpsc::UnboundedSender<Event>,
    oom_kills: oom::Kills,
}

#[derive(Debug, Default)]
struct State {
    shuts_down: bool,
    live: BTreeMap<String, Live>,
}

/// A launch that runs.
#[derive(Debug)]
struct Live {
    since: SystemTime,
    /// The moment by which it must be dead, once someone asked for that.
    dead_by: watch::Sender<Option<Instant>>,
}

impl LocalExecutor {
    /// Makes an executor whose processes carry `state_marker`, by which [`crate::end_orphans`] knows them
    /// should this process be killed. The marker must be the same for every run on one state, and no
    /// other state's; it must not hold a NUL.
    ///
    /// A step gets all of `inherited`, the variables of the person who started the run: virtual
    /// environments, `JAVA_HOME` and proxies are why a command works by hand, and must not be why it
    /// fails here. Only what Daybreak itself set for an outer step is taken out.
    ///
    /// # Panics
    /// Outside a tokio runtime with IO and time.
    pub fn new(
        state_marker: &str,
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let shared = Shared {
            environment: Environment::new(state_marker, inherited),
            state: watch::Sender::default(),
            events,
            oom_kills: oom::Kills::counted_from_now(),
        };
        Self { runtime: Handle::current(), shared: Arc::new(shared) }
    }

    /// Starts a launch at `now`, and returns at once. Whatever becomes of it is told by one [`Event`], also
    /// when the command can't start; an error means that it was not taken on.
    pub fn launch(&self, spec: LaunchSpec, now: SystemTime) -> Result<(), LaunchError> {
        let dead_by = self.shared.reserve(&spec.name, now)?;
        self.runtime.spawn(follow(Arc::clone(&self.shared), Arc::new(spec), dead_by));
        Ok(())
    }

    /// What is known of a launch now: `Running`, or `Gone` once its event is out.
    pub fn observe(&self, name: &str) -> Observation {
        match self.shared.state.borrow().live.get(name) {
            Some(live) => Observation::Running { since: live.since },
            None => Observation::Gone,
        }
    }

    /// Ends a launch: SIGTERM to its whole process group, and SIGKILL to what is left of it after
    /// `grace`. It returns at once; the event says `Disrupted`. Asked again, the shorter wait holds.
    pub fn kill(&self, name: &str, grace: Duration) {
        if let Some(live) = self.shared.state.borrow().live.get(name) {
            live.end_within(grace);
        }
    }

    /// Takes nothing on any more, ends every launch as [`LocalExecutor::kill`] does, and waits until all
    /// are gone and told. A process that hangs in the kernel holds this up; the caller may give up on it, as
    /// the next run's [`crate::end_orphans`] would find it.
    pub async fn shutdown(&self, grace: Duration) {
        self.shared.state.send_modify(|state| state.shuts_down = true);
        self.shared.state.borrow().live.values().for_each(|live| live.end_within(grace));
        let mut state = self.shared.state.subscribe();
        // The sender lives in `self`, so this can only end by the last launch's end.
        let _ = state.wait_for(|state| state.live.is_empty()).await;
    }
}

impl Live {
    fn end_within(&self, grace: Duration) {
        let moment = Instant::now() + grace;
        self.dead_by.send_modify(|by| *by = Some(by.map_or(moment, |earlier| earlier.min(moment))));
    }
}

impl Shared {
    fn reserve(&self, name: &str, now: SystemTime) -> Result<watch::Receiver<Option<Instant>>, LaunchError> {
        let (dead_by, asked) = watch::channel(None);
        let mut refusal = None;
        self.state.send_modify(|state| {
            if state.shuts_down {
                refusal = Some(LaunchError::ShutDown);
            } else if state.live.contains_key(name) {
                refusal = Some(LaunchError::NameInUse { name: name.to_owned() });
            } else {
                state.live.insert(name.to_owned(), Live { since: now, dead_by });
            }
        });
        refusal.map_or(Ok(asked), Err)
    }

    /// Forgets a launch and tells how it ended, as one: whoever hears of it finds it gone, and whoever finds
    /// it gone has been told.
    fn end(&self, name: String, observation: Observation) {
        self.state.send_modify(|state| {
            state.live.remove(&name);
            // A runtime that dropped its receiver is on its way out and wants no events.
            let _ = self.events.send(Event { name, observation });
        });
    }
}

async fn follow(shared: Arc<Shared>, spec: Arc<LaunchSpec>, dead_by: watch::Receiver<Option<Instant>>) {
    let since = Instant::now();
    let start = {
        let (shared, spec) = (Arc::clone(&shared), Arc::clone(&spec));
        move || Process::start(&spec, &shared.environment)
    };
    // Whoever starts a process waits until the kernel has loaded its program. That is longer than all else
    // that the runtime does for a small step, so it must not hold up the runtime's thread.
    let observation = match tokio::task::spawn_blocking(start).await {
        Ok(Ok(process)) => process.run(&spec, since, dead_by).await.observation(&shared.oom_kills),
        Ok(Err(fault)) => Observation::Failed(Failure::CouldNotStart(fault)),
        // The tokio runtime is shutting down, and no one listens any more.
        Err(_) => Observation::Disrupted { why: "the run ended".to_owned() },
    };
    shared.end(spec.name.clone(), observation);
}
