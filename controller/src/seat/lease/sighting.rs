//! The lease as it was seen, and what follows from it: pure, so that a table can say it.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use planner::calendar;
use tokio::time::Instant;

use super::super::limits::LEASE_DURATION;

/// A version of the lease, and when it was first seen by our monotonic clock.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) lease: Lease,
    pub(super) since: Instant,
}

/// What there is to do about the lease.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// There is none.
    Create,
    /// It is ours, free, or has run out.
    Claim,
    /// Another holds it.
    Wait,
}

/// What there is to do about the lease that was seen last.
pub(super) fn decide(sighting: Option<&Sighting>, identity: &str, now: Instant) -> Act {
    let Some(Sighting { lease, since }) = sighting else { return Act::Create };
    match holder(lease) {
        Some(holder) if holder != identity && now.duration_since(*since) < duration(lease) => Act::Wait,
        Some(_) | None => Act::Claim,
    }
}

/// The lease as it is once this process holds it.
pub(super) fn claim(sighting: Option<&Sighting>, identity: &str, time: calendar::Instant) -> Lease {
    let mut lease = sighting.map(|sighting| sighting.lease.clone()).unwrap_or_default();
    let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
    let now = Timestamp::from_microsecond(time.timestamp_micros()).ok().map(MicroTime);
    if spec.holder_identity.as_deref() != Some(identity) {
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |count| count.saturating_add(1)));
        spec.acquire_time.clone_from(&now);
    }
    spec.holder_identity = Some(identity.to_owned());
    spec.lease_duration_seconds = i32::try_from(LEASE_DURATION.as_secs()).ok();
    spec.renew_time = now;
    lease
}

/// Who holds it, if anyone does.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// What is known once the lease was seen like this.
pub(super) fn sight(known: Option<Sighting>, lease: Lease, now: Instant) -> Sighting {
    let same = known.filter(|known| version(&known.lease) == version(&lease));
    Sighting { since: same.map_or(now, |known| known.since), lease }
}

fn version(lease: &Lease) -> Option<&str> {
    lease.metadata.resource_version.as_deref()
}

/// How long its holder keeps the lease, as the holder says.
fn duration(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or(LEASE_DURATION, Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: Option<&str>, version: &str) -> Lease {
        let mut lease = Lease::default();
        lease.metadata.resource_version = Some(version.to_owned());
        lease.spec = Some(LeaseSpec {
            holder_identity: holder.map(str::to_owned),
            lease_duration_seconds: Some(20),
            lease_transitions: Some(3),
            ..LeaseSpec::default()
        });
        lease
    }

    #[test]
    fn a_lease_is_claimed_when_it_is_ours_or_free_or_has_run_out() {
        let since = Instant::now();
        let table = [
            (Some("us"), 0, Act::Claim),
            (Some("us"), 1_000, Act::Claim),
            (None, 0, Act::Claim),
            (Some(""), 0, Act::Claim),
            (Some("them"), 0, Act::Wait),
            (Some("them"), 19, Act::Wait),
            (Some("them"), 20, Act::Claim),
        ];
        for (holder, age_seconds, act) in table {
            let sighting = Sighting { lease: lease(holder, "1"), since };
            let now = since + Duration::from_secs(age_seconds);
            assert_eq!(decide(Some(&sighting), "us", now), act, "{holder:?} after {age_seconds} s");
        }
        assert_eq!(decide(None, "us", since), Act::Create);
    }

    #[test]
    fn only_another_version_starts_the_time_anew() {
        let first = Instant::now();
        let later = first + Duration::from_secs(5);
        let seen = sight(None, lease(Some("them"), "1"), first);
        let same = sight(Some(seen.clone()), lease(Some("them"), "1"), later);
        let renewed = sight(Some(seen), lease(Some("them"), "2"), later);
        assert_eq!((same.since, renewed.since), (first, later));
    }

    #[test]
    fn a_change_of_holder_is_counted_and_a_renewal_is_not() {
        let time = calendar::Instant::from_timestamp_nanos(0);
        let transitions = |holder| {
            let sighting = Sighting { lease: lease(holder, "1"), since: Instant::now() };
            claim(Some(&sighting), "us", time).spec.and_then(|spec| spec.lease_transitions)
        };
        assert_eq!(transitions(Some("us")), Some(3));
        assert_eq!(transitions(Some("them")), Some(4));
        assert_eq!(transitions(None), Some(4));
        let new = claim(None, "us", time).spec;
        assert_eq!(new.and_then(|spec| spec.lease_transitions), Some(0));
    }

    #[test]
    fn what_others_wrote_into_the_lease_stays() {
        let mut known = lease(Some("them"), "1");
        known.metadata.labels = Some([("team".to_owned(), "ads".to_owned())].into());
        let sighting = Sighting { lease: known.clone(), since: Instant::now() };
        let claimed = claim(Some(&sighting), "us", calendar::Instant::from_timestamp_nanos(0));
        assert_eq!(claimed.metadata, known.metadata);
    }
}
