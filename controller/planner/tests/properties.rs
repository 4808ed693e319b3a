//! What holds of every decision, whatever the pipeline and whatever happened.

mod common;
mod naive;
mod random;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use planner::admission::{Admission, Bidder, Capacity, admit};
use planner::calendar::{Calendar, Every, Instant, Partition};
use planner::decide::{World, decide};
use planner::decision::Decision;
use planner::facts::{Facts, Outcome, Presence};
use planner::pipeline::StepId;
use planner::ranges;
use planner::report::{Standing, summarize};
use planner::verdict::{Cause, Gap, Verdict};
use proptest::prelude::*;

use crate::common::notation;
use crate::random::{Chaos, Scene, chaos, pipelines};

const ANYTHING: &[Presence] = &[
    Presence::Complete,
    Presence::Complete,
    Presence::Complete,
    Presence::Missing,
    Presence::Missing,
    Presence::Occupied,
    Presence::Settling,
    Presence::Unknown,
];
const THERE_OR_NOT: &[Presence] = &[Presence::Complete, Presence::Missing];

fn world(scene: &Scene) -> World<'_> {
    World { pipeline: &scene.pipeline, facts: &scene.facts, now: scene.now }
}

fn verdicts(decision: &Decision) -> Vec<(Partition, StepId, Verdict)> {
    decision.cells().map(|(partition, step, cell)| (partition, step, cell.verdict)).collect()
}

/// A machine of three cores with one of something scarce.
fn capacity() -> Capacity {
    let pools = BTreeMap::from([("scarce".parse().expect("it is a name"), 1)]);
    let machine = notation::resources(["cpu=3"]).expect("it is an amount");
    Capacity { slots: Some(4), resources: Some(machine), pools }
}

fn admission(scene: &Scene, decision: &Decision) -> Admission {
    admit(&[Bidder { world: world(scene), decision, weight: 1 }], &capacity())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_world_gives_the_same_decision(text in pipelines(), chaos in chaos(ANYTHING)) {
        let scene = Scene::new(&text, &chaos);
        let once = decide(world(&scene), None);
        let again = decide(world(&scene), Some(&once));
        prop_assert_eq!(format!("{once:?}"), format!("{again:?}"));
    }

    #[test]
    fn what_is_launched_may_be_launched(text in pipelines(), chaos in chaos(ANYTHING)) {
        let scene = Scene::new(&text, &chaos);
        let decision = decide(world(&scene), None);
        for (_, launch) in admission(&scene, &decision).launches {
            let objection = naive::objection(&scene, &launch);
            prop_assert!(objection.is_none(), "{launch:?}: {objection:?}");
        }
    }

    #[test]
    fn admission_keeps_every_limit(text in pipelines(), chaos in chaos(THERE_OR_NOT)) {
        let scene = Scene::new(&text, &chaos);
        let decision = decide(world(&scene), None);
        let launches = admission(&scene, &decision).launches;
        let running = decision.cells().filter(|(_, _, cell)| cell.verdict == Verdict::Running);
        let running: Vec<_> = running.map(|(_, step, _)| step).collect();
        let (before, all) = (running.clone(), running.into_iter().chain(launches.iter().map(|it| it.1.step)));
        let all: Vec<_> = all.collect();
        let cpu = |steps: &[StepId]| -> u64 {
            steps.iter().map(|it| scene.pipeline.step(*it).resources.cpu_millis).sum()
        };
        let scarce = |steps: &[StepId]| {
            steps.iter().filter(|it| scene.pipeline.step(**it).pool.is_some()).count()
        };
        if !launches.is_empty() {
            let parallelism = usize::try_from(scene.pipeline.parts().parallelism).expect("it is small");
            prop_assert!(all.len() <= parallelism.min(4));
            prop_assert!(cpu(&all) <= 3_000 || cpu(&all) == cpu(&before));
            prop_assert!(scarce(&all) <= 1 || scarce(&all) == scarce(&before));
        }
    }

    #[test]
    fn what_can_start_starts_while_there_is_room(text in pipelines(), chaos in chaos(THERE_OR_NOT)) {
        let scene = Scene::new(&text, &chaos);
        let decision = decide(world(&scene), None);
        let ready = decision.cells().filter(|(_, _, cell)| cell.verdict == Verdict::Ready).count();
        let admission = admission(&scene, &decision);
        if admission.launches.len() < ready {
            let all = admission.obstacles[0].keys().count();
            prop_assert!(all > 0, "{ready} are ready, {} start, and nothing holds the rest", admission.launches.len());
        }
    }

    #[test]
    fn sight_covers_all_that_is_looked_at(text in pipelines(), chaos in chaos(THERE_OR_NOT)) {
        let scene = Scene::new(&text, &chaos);
        for (partition, step, verdict) in verdicts(&decide(world(&scene), None)) {
            let is_unknown = matches!(verdict, Verdict::StorageUnknown(_));
            prop_assert!(!is_unknown, "{partition:?} {step:?}: {verdict:?}");
        }
    }

    #[test]
    fn nothing_changes_before_the_time_to_wake(
        text in pipelines(), chaos in chaos(ANYTHING), share in 0..100_i32
    ) {
        let mut scene = Scene::new(&text, &chaos);
        let decision = decide(world(&scene), None);
        let end = decision.wake_at.unwrap_or(scene.now + TimeDelta::days(400));
        prop_assert!(end > scene.now);
        let late = summarize(world(&scene), &decision).is_late;
        scene.now += (end - scene.now - TimeDelta::seconds(1)) / 100 * share;
        let later = decide(world(&scene), None);
        prop_assert_eq!(verdicts(&later), verdicts(&decision));
        prop_assert_eq!(summarize(world(&scene), &later).is_late, late);
    }

    #[test]
    fn everything_comes_to_rest(
        text in pipelines(), chaos in chaos(THERE_OR_NOT), fates in proptest::collection::vec(0..4_u8, 0..30)
    ) {
        let mut scene = Scene::new(&text, &chaos);
        let decision = run(&mut scene, fates)?;
        prop_assert_ne!(summarize(world(&scene), &decision).standing, Standing::UnderWay);
        for (partition, step, verdict) in verdicts(&decision) {
            if let Some(why) = unrest(&scene, &decision, verdict) {
                prop_assert!(false, "{partition:?} {step:?} is {verdict:?}: {why}");
            }
        }
    }

    #[test]
    fn a_deleted_output_comes_back_and_nothing_else_runs(
        text in pipelines(), chaos in chaos(&[Presence::Complete]), victim in any::<prop::sample::Index>()
    ) {
        let mut scene = Scene::new(&text, &Chaos::calm(chaos));
        let decision = run(&mut scene, Vec::new())?;
        let settled: Vec<_> = decision.cells().filter(|it| it.2.verdict.is_settled()).collect();
        prop_assume!(!settled.is_empty() && !scene.pipeline.parts().suspend);
        let (partition, step, _) = settled[victim.index(settled.len())];
        let output = scene.pipeline.step(step).outputs[0];
        scene.shelf.put(output, partition, Presence::Missing);
        scene.observe();
        let decision = decide(world(&scene), Some(&decision));
        for (of, other, cell) in decision.cells().filter(|(_, _, cell)| cell.verdict == Verdict::Ready) {
            prop_assert_eq!((of, other), (partition, step), "{:?}", cell);
        }
    }

    #[test]
    fn ranges_hold_exactly_what_was_put_in(days in proptest::collection::btree_set(15_300..15_400_i64, 0..60)) {
        let calendar = Calendar::new(Every::Day, chrono_tz::Pacific::Apia).expect("it is a calendar");
        let partitions: Vec<_> = days.into_iter().map(Partition).filter(|it| calendar.exists(*it)).collect();
        let stretches = ranges::compress(&calendar, partitions.iter().copied());
        for pair in stretches.windows(2) {
            prop_assert!(calendar.shift(pair[0].last, 1) < pair[1].first);
        }
        let all = stretches.iter().flat_map(|it| (it.first.0..=it.last.0).map(Partition));
        let all: Vec<_> = all.filter(|it| calendar.exists(*it)).collect();
        prop_assert_eq!(all, partitions);
        let newest = ranges::newest(stretches.clone(), 3);
        prop_assert_eq!(&newest[..], &stretches[stretches.len().saturating_sub(3)..]);
    }

    #[test]
    fn a_decision_is_total(text in pipelines(), chaos in chaos(ANYTHING), seconds in any::<i64>()) {
        let scene = Scene::new(&text, &chaos);
        let now = chrono::DateTime::from_timestamp(seconds % 300_000_000_000, 0).unwrap_or(Instant::MIN_UTC);
        for now in [now, Instant::MIN_UTC, Instant::MAX_UTC] {
            let decision = decide(World { now, ..world(&scene) }, None);
            let nothing = Facts::default();
            let blind = decide(World { now, facts: &nothing, ..world(&scene) }, Some(&decision));
            prop_assert!(blind.cells().all(|(_, _, cell)| cell.verdict != Verdict::Ready));
        }
    }
}

/// Launches what may start and lets it end as fate has it, until nothing starts; after the fates all goes well.
fn run(scene: &mut Scene, fates: Vec<u8>) -> Result<Decision, TestCaseError> {
    let mut fates = fates.into_iter();
    finish_running(scene);
    let mut decision = decide(world(scene), None);
    let most = 40 + 6 * decision.cells().count();
    for _ in 0..most {
        scene.observe();
        look_closely(scene, &decision);
        decision = decide(world(scene), Some(&decision));
        let launches = admission(scene, &decision).launches;
        if launches.is_empty() {
            return Ok(decision);
        }
        for (_, launch) in launches {
            scene.start(&launch);
            match fates.next() {
                Some(0) => scene.end(&launch, Outcome::Disrupted("its node went away".to_owned())),
                Some(1) => {
                    scene.end(&launch, Outcome::Failed { exit_code: Some(1), why: "exit code 1".to_owned() });
                }
                _ => scene.succeed(&launch),
            }
        }
    }
    Err(TestCaseError::fail(format!("something still starts after {most} rounds")))
}

fn finish_running(scene: &mut Scene) {
    let steps = scene.facts.history.values_mut().flat_map(BTreeMap::values_mut);
    steps.for_each(|history| history.end(Outcome::Discarded, BTreeMap::new(), scene.now));
}

fn look_closely(scene: &mut Scene, decision: &Decision) {
    for case in &decision.curious {
        let seen = scene.shelf.fingerprints(&scene.pipeline, *case);
        scene.facts.inputs.insert(*case, seen);
    }
}

/// Why a verdict should not stand when all has come to rest, if it should not.
fn unrest(scene: &Scene, decision: &Decision, verdict: Verdict) -> Option<&'static str> {
    if let Verdict::WaitingForInputs(Gap { cause: Cause::Upstream(step, of), .. }) = verdict {
        let upstream = decision.cell(of, step)?.verdict;
        let is_there = matches!(upstream, Verdict::Succeeded | Verdict::OutputsExist | Verdict::NotDemanded);
        return if is_there { Some("its upstream is at rest") } else { unrest(scene, decision, upstream) };
    }
    match verdict {
        Verdict::Succeeded
        | Verdict::OutputsExist
        | Verdict::Expired
        | Verdict::NotDemanded
        | Verdict::NotDue { .. }
        | Verdict::OutsideWindow
        | Verdict::WaitingForInputs(_)
        | Verdict::Failed => None,
        Verdict::Suspended => {
            let rests = scene.pipeline.parts().suspend || !scene.facts.suspended.is_empty();
            let rests = rests || scene.facts.requests.iter().any(|it| it.suspended);
            (!rests).then_some("nobody suspended it")
        }
        Verdict::Running | Verdict::Publishing => Some("all launches have ended"),
        Verdict::StorageUnknown(_) | Verdict::OutputOccupied(_) => Some("storage holds no such thing"),
        Verdict::BackingOff { .. } => Some("there are no pauses"),
        Verdict::Ready => Some("there is room"),
    }
}
