//! Senses: what can wake a run, in one place.

use std::io;
use std::time::Duration;

use executor::Event;
use storage::{Catalogue, Hint, Hints, HintsError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{self, Interval, MissedTickBehavior};

/// How often everything is looked at again although nobody hinted at a change.
pub(crate) const POLL: Duration = Duration::from_secs(30);

/// How often new requests and edited manifests are looked for.
const DESK_POLL: Duration = Duration::from_secs(1);

/// What woke a run.
pub(crate) enum Wake {
    /// A launch has ended.
    Ended(Event),
    /// Storage may have changed.
    Hinted(Hint),
    /// The moment has come that the run named.
    Clock,
    /// It is time to look at storage.
    LookAtStorage,
    /// It is time to look at what people ask for.
    LookAtDesk,
    /// A person ends the run.
    Signal,
}

/// What can wake a run.
pub(crate) struct Senses {
    events: UnboundedReceiver<Event>,
    interrupt: Signal,
    terminate: Signal,
    watch: Option<Watch>,
}

/// What wakes a run that stays.
struct Watch {
    hints: Option<Hints>,
    storage: Interval,
    desk: Interval,
}

impl Senses {
    /// A run that ends when nothing is left to do hears of its own launches and of signals.
    pub(crate) fn new(events: UnboundedReceiver<Event>) -> io::Result<Self> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { events, interrupt, terminate, watch: None })
    }

    /// A run that stays hears of changes too. Without hints from the system the polls still find every change.
    pub(crate) fn watch(&mut self, catalogue: &Catalogue) -> Result<(), HintsError> {
        let hints = Hints::watch(catalogue);
        let (hints, refusal) = hints.map_or_else(|error| (None, Err(error)), |hints| (Some(hints), Ok(())));
        self.watch = Some(Watch { hints, storage: every(POLL), desk: every(DESK_POLL) });
        refusal
    }

    /// Watches what the catalogue looks at now.
    pub(crate) fn follow(&mut self, catalogue: &Catalogue) -> Result<(), HintsError> {
        let hints = self.watch.as_mut().and_then(|watch| watch.hints.as_mut());
        hints.map_or(Ok(()), |hints| hints.follow(catalogue))
    }

    /// The next thing that wakes the run; after `pause` the clock does.
    pub(crate) async fn next(&mut self, pause: Duration) -> Wake {
        let watched = async {
            match &mut self.watch {
                Some(watch) => watch.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Wake::Signal,
            _ = self.terminate.recv() => Wake::Signal,
            Some(event) = self.events.recv() => Wake::Ended(event),
            wake = watched => wake,
            () = time::sleep(pause) => Wake::Clock,
        }
    }

    /// Another launch that has ended by now.
    pub(crate) fn ended(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }
}

impl Watch {
    async fn next(&mut self) -> Wake {
        let hinted = async {
            match &mut self.hints {
                Some(hints) => hints.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            hint = hinted => Wake::Hinted(hint),
            _ = self.storage.tick() => Wake::LookAtStorage,
            _ = self.desk.tick() => Wake::LookAtDesk,
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = time::interval_at(time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
