//! Senses: what can wake a run, in one place.

use std::io;
use std::time::Duration;

use executor::Event;
use storage::{Catalogue, Extent, Hint, Hints, HintsError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{self, Interval, MissedTickBehavior};

/// How often everything is looked at again although nobody hinted at a change.
pub(crate) const POLL: Duration = Duration::from_secs(30);

/// How often a service is asked for what was not there: soon after it comes its step starts.
const OPEN_POLL: Duration = Duration::from_secs(2);

/// How often a service is asked for everything: what is removed there shows no later.
const SERVICE_POLL: Duration = Duration::from_mins(2);

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
    /// It is time to look at storage on this machine.
    LookAtStorage,
    /// It is time to ask services.
    Ask(Extent<'static>),
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
    services: Option<Services>,
    desk: Interval,
}

/// What wakes a run that has stores that answer over a network.
struct Services {
    open: Interval,
    all: Interval,
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
        let services = Services { open: every(OPEN_POLL), all: every(SERVICE_POLL) };
        let services = catalogue.has_services().then_some(services);
        self.watch = Some(Watch { hints, storage: every(POLL), services, desk: every(DESK_POLL) });
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
        let asked = async {
            match &mut self.services {
                Some(services) => services.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            hint = hinted => Wake::Hinted(hint),
            _ = self.storage.tick() => Wake::LookAtStorage,
            extent = asked => Wake::Ask(extent),
            _ = self.desk.tick() => Wake::LookAtDesk,
        }
    }
}

impl Services {
    async fn next(&mut self) -> Extent<'static> {
        tokio::select! {
            biased;
            _ = self.all.tick() => Extent::All,
            _ = self.open.tick() => Extent::Open,
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = time::interval_at(time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
