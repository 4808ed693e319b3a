//! Senses: what can wake a controller besides the cluster: storage, by word or by looking.

use std::sync::Arc;

use storage::{Hint, Hints};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cluster::limits::POLL;
use crate::cluster::reconcile::ReconcileError;
use crate::cluster::seat::Seat;

/// What was sensed.
enum Sensed {
    Hint(Hint),
    /// Storage is to be looked at although nobody hinted at a change.
    Poll,
    /// A pipeline looks where nobody looked before.
    Looked,
}

/// Senses storage until the controller ends.
pub(crate) async fn sense(seat: Arc<Seat>) {
    let mut hints = None;
    let mut poll = interval_at(Instant::now() + POLL, POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let sensed = tokio::select! {
            hint = next(&mut hints) => Sensed::Hint(hint),
            _ = poll.tick() => Sensed::Poll,
            () = seat.looked.notified() => Sensed::Looked,
        };
        if let Err(error) = take_in(&seat, &mut hints, sensed).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "storage could not be looked at");
        }
    }
}

async fn next(hints: &mut Option<Hints>) -> Hint {
    match hints {
        Some(hints) => hints.next().await,
        None => std::future::pending().await,
    }
}

async fn take_in(seat: &Arc<Seat>, hints: &mut Option<Hints>, sensed: Sensed) -> Result<(), ReconcileError> {
    if matches!(sensed, Sensed::Looked) {
        *hints = seat.think(hints.take(), |mind, seat, hints| Ok(follow(mind, seat, hints.take()))).await?;
    }
    let concerned = seat
        .think(sensed, |mind, seat, sensed| {
            Ok(match sensed {
                Sensed::Hint(Hint::Changed(paths)) => mind.look_at(std::mem::take(paths), seat.now()),
                // What came before a place was watched has no word of its own.
                Sensed::Hint(Hint::Rescan) | Sensed::Poll | Sensed::Looked => {
                    mind.look_at_everything(seat.now())
                }
            })
        })
        .await?;
    concerned.iter().for_each(|id| seat.wake(id));
    Ok(())
}

/// Watches what the catalogue looks at now. Without word from the system the polls still find every change.
fn follow(mind: &crate::cluster::mind::Mind, seat: &Seat, hints: Option<Hints>) -> Option<Hints> {
    if seat.configuration.stores.values().all(|binding| !binding.notify) {
        return None;
    }
    let followed = match hints {
        None => Hints::watch(&mind.catalogue).map_err(|error| (error, None)),
        Some(mut hints) => match hints.follow(&mind.catalogue) {
            Ok(()) => Ok(hints),
            Err(error) => Err((error, Some(hints))),
        },
    };
    followed.map(Some).unwrap_or_else(|(error, hints)| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "changes are noticed only every {} s",
            POLL.as_secs()
        );
        hints
    })
}
