//! The lease: which of several controllers is at work. It saves work and guards nothing: two at work are safe.
//!
//! Our own, since the kept crates (`kube-lease-manager`, `kubert`, `kube-leader-election`) compare the holder's time
//! stamp with this machine's clock: one that is ahead takes a lease that is held. Here a lease has run out when its
//! version has not changed for its duration on our monotonic clock; time stamps are written for people only.

mod sighting;

use std::future::Future;
use std::pin::pin;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::PostParams;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use self::sighting::{Act, Sighting, claim, decide, holder, sight};
use super::limits::{RELEASE_TIMEOUT, RENEW_DEADLINE, RETRY_PERIOD, ROUND_TIMEOUT};
use crate::clock;

/// Who writes the lease, for its managed fields.
const FIELD_MANAGER: &str = "daybreak-lease";

/// Whether this process is the one at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It is. It says so no longer before another may take the lease.
    Leading,
    /// It is not.
    Following {
        /// Who is, as far as is known; never this process.
        holder: Option<String>,
    },
}

/// Takes the lease when it is free, keeps it, gives it back.
#[derive(Debug)]
pub struct Elector {
    api: Api<Lease>,
    name: String,
    identity: String,
    sighting: Option<Sighting>,
    /// The sighting is what our last write answered, so the next may follow without a look.
    is_sure: bool,
    leading_until: Option<Instant>,
    leadership: watch::Sender<Leadership>,
}

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum LeaseError {
    #[error("the API server did not answer in time")]
    Late,
    #[error("the API server refused")]
    Refused(#[source] kube::Error),
}

impl Elector {
    /// An elector for the lease of a name, and what it comes to. The client of `api` must not retry: an answer that
    /// comes after the deadline is of no use. `identity` is unlike that of any other process, past ones included.
    pub fn new(api: Api<Lease>, name: &str, identity: &str) -> (Self, watch::Receiver<Leadership>) {
        let (leadership, receiver) = watch::channel(Leadership::Following { holder: None });
        let (name, identity) = (name.to_owned(), identity.to_owned());
        let elector =
            Self { api, name, identity, sighting: None, is_sure: false, leading_until: None, leadership };
        (elector, receiver)
    }

    /// Stands for the lease until the work is over, then gives it back.
    pub async fn run(mut self, until: impl Future<Output = ()> + Send) {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                () = self.stand() => {}
            }
        }
        self.leading_until = None;
        self.report();
        match timeout(RELEASE_TIMEOUT, self.release()).await {
            Ok(Ok(())) => {}
            Ok(Err(source)) => warn(&LeaseError::Refused(source)),
            Err(_) => warn(&LeaseError::Late),
        }
    }

    /// One round and the rest after it; neither goes on past the end of leading.
    async fn stand(&mut self) {
        let now = Instant::now();
        self.leading_until = self.leading_until.filter(|end| *end > now);
        self.report();
        let not_past_leading = |moment: Instant| self.leading_until.map_or(moment, |end| end.min(moment));
        match timeout_at(not_past_leading(now + ROUND_TIMEOUT), self.round()).await {
            Ok(Ok(())) => {}
            Ok(Err(source)) => warn(&LeaseError::Refused(source)),
            Err(_) => warn(&LeaseError::Late),
        }
        self.report();
        let rested = Instant::now() + RETRY_PERIOD;
        sleep_until(self.leading_until.map_or(rested, |end| end.min(rested))).await;
    }

    /// Looks at the lease, unless what it is like is known, and claims it, if it may be claimed.
    async fn round(&mut self) -> Result<(), kube::Error> {
        // A write whose answer never came may have been done: only its answer makes sure again.
        if !std::mem::take(&mut self.is_sure) {
            let lease = self.api.get_opt(&self.name).await?;
            self.observe(lease, Instant::now());
        }
        // Others count from when they see the claim, which is later than now.
        let sent = Instant::now();
        let claim = claim(self.sighting.as_ref(), &self.identity, clock::now());
        let lease = match decide(self.sighting.as_ref(), &self.identity, sent) {
            Act::Create => self.api.create(&parameters(), &named(claim, &self.name)).await?,
            Act::Claim => self.api.replace(&self.name, &parameters(), &claim).await?,
            Act::Wait => return Ok(()),
        };
        self.observe(Some(lease), Instant::now());
        self.is_sure = true;
        self.leading_until = Some(sent + RENEW_DEADLINE);
        Ok(())
    }

    /// Takes in what the lease is like now.
    fn observe(&mut self, lease: Option<Lease>, now: Instant) {
        self.sighting = lease.map(|lease| sight(self.sighting.take(), lease, now));
        if self.holder() != Some(&self.identity) {
            self.leading_until = None;
        }
    }

    fn holder(&self) -> Option<&str> {
        self.sighting.as_ref().and_then(|sighting| holder(&sighting.lease))
    }

    /// Says who leads, to whoever listens, if it is another than before.
    fn report(&self) {
        let other = self.holder().filter(|holder| *holder != self.identity);
        let leadership = match self.leading_until {
            Some(_) => Leadership::Leading,
            None => Leadership::Following { holder: other.map(str::to_owned) },
        };
        self.leadership.send_if_modified(|known| {
            let is_new = *known != leadership;
            if is_new {
                tracing::info!(lease = self.name, ?leadership, "leadership");
                *known = leadership;
            }
            is_new
        });
    }

    /// Leaves the lease without a holder, if it is ours.
    async fn release(&mut self) -> Result<(), kube::Error> {
        let Some(mut lease) = self.api.get_opt(&self.name).await? else { return Ok(()) };
        if holder(&lease) != Some(&self.identity) {
            return Ok(());
        }
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = None;
        }
        self.api.replace(&self.name, &parameters(), &lease).await.map(|_| ())
    }
}

/// A lease that is new has no name yet.
fn named(mut lease: Lease, name: &str) -> Lease {
    lease.metadata.name = Some(name.to_owned());
    lease
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

/// A round that failed is no fault of ours, and another follows.
fn warn(error: &LeaseError) {
    tracing::warn!(error = error as &(dyn std::error::Error + 'static), "cannot renew the lease");
}
