//! The same faults before a real API server, in real time: a sample of all plans, or all of them.
//!
//! Each run has a namespace and a store of its own; the controllers, the scheduler and the garbage collector of Kubernetes
//! are real, and only the node pretends. How a run is to end is what the simulator says, so the model is tried, too.
//!
//! `DAYBREAK_PLANS=1000` sets how many plans are run, `DAYBREAK_REAL_PLAN` runs one alone, as the test told of it.

mod clock;
mod kubelet;
mod node;
mod observed;
mod people;
mod plans;
mod played;
mod reach;
mod run;
mod server;
mod status;

use std::collections::BTreeMap;
use std::time::Instant;

use futures::{StreamExt as _, stream};

use self::observed::Counts;
use self::plans::Case;
use self::run::{Finding, run};
use self::server::Server;
use crate::apiserver::resource::Resource;
use crate::ending::End;
use crate::faults::Plan;
use crate::run::Finding as Simulated;
use crate::sweeps::{self, asked};
use crate::testbed::Testbed;
use crate::workloads::Workload;

/// How many plans the normal test command runs.
const PLANS: usize = 200;

/// Runs at once: they wait most of their time.
const AT_ONCE: usize = 24;

/// How many faults are told of; the first ones say it all.
const TOLD: usize = 12;

/// A workload, and how it goes without faults.
struct Story {
    workload: Workload,
    end: End,
    counts: Counts,
    kinds: crate::faults::Kinds,
}

/// Runs a workload without faults: it is to end as in the simulator, with the same Jobs.
async fn tell(server: &Server, (workload, simulated): (Workload, Simulated)) -> (Story, Vec<String>) {
    let namespace = format!("clean-{}", workload.name.replace('_', "-"));
    let end = simulated.end;
    let place = (&workload, namespace.as_str());
    let Finding { mut wrong, counts, kinds, took, .. } = run(server, place, Plan::default(), &end).await;
    let jobs = counts.iter().filter(|((resource, _), _)| *resource == Resource::Jobs);
    let jobs: BTreeMap<_, _> = jobs.map(|((_, name), (made, _))| (name.clone(), *made)).collect();
    if wrong.is_empty() && jobs != simulated.creates {
        wrong.push(format!("Jobs {jobs:?}, in the simulator {:?}", simulated.creates));
    }
    let calls: u64 = kinds.calls.values().sum();
    let events: u64 = kinds.events.values().sum();
    eprintln!("{:>16}: {calls:>3} calls, {events:>3} events, {:.1} s", workload.name, took.as_secs_f64());
    let wrong = wrong.into_iter().map(|it| format!("{}: without faults: {it}", workload.name)).collect();
    (Story { workload, end, counts, kinds }, wrong)
}

/// Runs a plan of a workload; says what is wrong, and whether the faults were met.
async fn try_out(server: &Server, story: &Story, (number, case): (usize, &Case)) -> (Vec<String>, bool) {
    let namespace = format!("run-{number}");
    let place = (&story.workload, namespace.as_str());
    let finding = run(server, place, case.plan.clone(), &story.end).await;
    let mut wrong = finding.wrong;
    let counts = forgiving(finding.counts, (story, &case.plan));
    if wrong.is_empty() && counts != story.counts {
        wrong.push(format!("S5: made and deleted {counts:?}, not {:?}", story.counts));
    }
    (wrong.into_iter().map(|it| format!("{case}: {it}")).collect(), finding.has_met_all)
}

/// What was made and deleted, without what nobody can know better.
fn forgiving(mut counts: Counts, (story, plan): (&Story, &Plan)) -> Counts {
    if story.end.objects.is_empty() && plan.breaks_watches() {
        // Whoever hears late that a pipeline was deleted may launch once more what went with it.
        counts.retain(|name, (made, _)| *made > 1 || story.counts.contains_key(name));
    }
    if story.workload.fates.delete_jobs() && plan.crashes() {
        // Whoever comes back and finds neither Job nor pod of a launch on record can't know that there was one, and
        // makes it by the same name. That befalls only the one that somebody deleted.
        let is_twice =
            |(resource, _): &(Resource, String), times| *resource == Resource::Jobs && times == (2, 2);
        let once = counts.iter_mut().filter(|(name, times)| is_twice(name, **times));
        once.take(1).for_each(|(_, times)| *times = (1, 1));
    }
    counts
}

/// The plans to be run: those that are asked for, or the beginning of all.
fn chosen(stories: &[Story]) -> Vec<Case> {
    let kinds: Vec<_> = stories.iter().map(|it| (it.workload.name, it.kinds.clone())).collect();
    let mut cases = plans::all(&kinds);
    if let Some(one) = asked("DAYBREAK_REAL_PLAN") {
        cases.retain(|case| case.to_string() == one);
        assert!(!cases.is_empty(), "no call or event of the clean run is that of DAYBREAK_REAL_PLAN={one}");
    }
    cases.truncate(asked("DAYBREAK_PLANS").and_then(|it| it.parse().ok()).unwrap_or(PLANS));
    cases
}

async fn sweep(server: &Server, workloads: Vec<(Workload, Simulated)>) -> Vec<String> {
    let begin = Instant::now();
    let told = stream::iter(workloads).map(|it| tell(server, it)).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let (stories, wrong): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    let mut wrong: Vec<_> = wrong.into_iter().flatten().collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let cases = chosen(&stories);
    let story = |case: &Case| stories.iter().find(|it| it.workload.name == case.workload);
    let runs = cases
        .iter()
        .enumerate()
        .filter_map(|(number, case)| Some(try_out(server, story(case)?, (number, case))));
    let mut runs = stream::iter(runs).buffer_unordered(AT_ONCE);
    let mut unmet = 0;
    while let Some((found, has_met_all)) = runs.next().await {
        unmet += usize::from(!has_met_all);
        wrong.extend(found);
    }
    let took = begin.elapsed();
    eprintln!(
        "real API server: {} plans of {} workloads, {unmet} not met, {took:.0?}",
        cases.len(),
        stories.len()
    );
    wrong
}

#[test]
fn sampled_faults_on_a_real_server_end_as_the_clean_run() {
    let one = asked("DAYBREAK_REAL_PLAN");
    let is_asked = |it: &Workload| one.as_ref().is_none_or(|plan| plan.starts_with(&format!("{}:", it.name)));
    let testbed = Testbed::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let server = runtime.block_on(Server::of(&testbed));
    // It takes half a minute until the garbage collector of Kubernetes looks after new kinds.
    let simulated =
        played::all().into_iter().filter(is_asked).map(|it| (it.clone(), sweeps::clean(&it, sweeps::SEED)));
    let wrong = runtime.block_on(sweep(&server, simulated.collect()));
    let told = wrong.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} are wrong:\n{told}", wrong.len());
}
