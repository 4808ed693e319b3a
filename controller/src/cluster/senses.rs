//! Senses: what can wake a controller besides the cluster: storage, by word or by looking. Of what lies in services see
//! `rounds`.

use std::sync::Arc;

use storage::{Hint, Hints};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cluster::desk::Desk;
use crate::cluster::limits::POLL;
use crate::cluster::mind::{Id, Mind};
use crate::cluster::orphans;
use crate::cluster::reconcile::ReconcileError;
use crate::cluster::validate::forget_deleted;
use crate::seat::health::Pulse;
use crate::work::launch::chain;

/// What was sensed.
enum Sensed {
    Hint(Hint),
    /// Storage is to be looked at although nobody hinted at a change.
    Poll,
    /// A pipeline looks where nobody looked before.
    Looked,
    /// A backfill was touched of which there is no pipeline.
    Orphaned,
}

/// Senses storage until the controller ends.
pub(crate) async fn sense(desk: Arc<Desk>, pulse: Pulse) {
    let mut hints = None;
    let mut poll = interval_at(Instant::now() + POLL, POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let sensed = pulse.idle(async {
            tokio::select! {
                hint = next(&mut hints) => Sensed::Hint(hint),
                _ = poll.tick() => Sensed::Poll,
                () = desk.looked.notified() => Sensed::Looked,
                () = desk.orphaned.notified() => Sensed::Orphaned,
            }
        });
        let sensed = sensed.await;
        if let Err(error) = take_in(&desk, &mut hints, sensed).await {
            tracing::warn!("storage could not be looked at: {}", chain(&error));
        }
    }
}

async fn next(hints: &mut Option<Hints>) -> Hint {
    match hints {
        Some(hints) => hints.next().await,
        None => std::future::pending().await,
    }
}

async fn take_in(desk: &Arc<Desk>, hints: &mut Option<Hints>, sensed: Sensed) -> Result<(), ReconcileError> {
    if matches!(sensed, Sensed::Poll | Sensed::Orphaned) {
        orphans::tell(desk).await;
    }
    if matches!(sensed, Sensed::Looked) {
        *hints = desk.think(hints.take(), |mind, desk, hints| Ok(follow(mind, desk, hints.take()))).await?;
    }
    let concerned = desk
        .think(sensed, |mind, desk, sensed| {
            Ok(match sensed {
                Sensed::Hint(Hint::Changed(paths)) => {
                    let paths: Vec<_> = std::mem::take(paths).into_iter().collect();
                    mind.look_at(&paths, desk.now())
                }
                // What came before a place was watched has no word of its own.
                Sensed::Hint(Hint::Rescan) | Sensed::Poll | Sensed::Looked => look_at_directories(mind, desk),
                Sensed::Orphaned => Vec::new(),
            })
        })
        .await?;
    for id in &concerned {
        desk.wake(id);
    }
    Ok(())
}

/// Looks at all that lies in directories, and notes how long that took and how fresh it is.
fn look_at_directories(mind: &mut Mind, desk: &Desk) -> Vec<Id> {
    // No reconcile comes to a pipeline that is gone, and what it held is free for the others.
    let is_room_new = forget_deleted(mind, (&desk.caches, &desk.metrics));
    let began = Instant::now();
    let concerned = mind.look_at_directories(desk.now());
    for store in mind.stores.values().filter(|store| store.directory().is_some()) {
        desk.metrics.asked_storage(store.name(), "list", began.elapsed());
        desk.metrics.listed(store.name(), desk.now());
    }
    if is_room_new { mind.pipelines.keys().cloned().collect() } else { concerned }
}

/// Watches what the catalogue looks at now. Without word from the system the polls still find every change.
fn follow(mind: &Mind, desk: &Desk, hints: Option<Hints>) -> Option<Hints> {
    if desk.configuration.stores.values().all(|it| it.directory.is_none() || !it.is_told()) {
        return None;
    }
    let followed = match hints {
        None => Hints::watch(&mind.catalogue).map_err(|error| (error, None)),
        Some(mut hints) => match hints.follow(&mind.catalogue) {
            Ok(()) => Ok(hints),
            Err(error) => Err((error, Some(hints))),
        },
    };
    match followed {
        Ok(hints) => Some(hints),
        Err((error, hints)) => {
            let pause = POLL.as_secs();
            tracing::warn!("changes are noticed only every {pause} s: {}", chain(&error));
            hints
        }
    }
}
