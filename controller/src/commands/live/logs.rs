//! `logs` on a cluster: read from the pod while there is one, and from the archive after.
//!
//! The archive lies on a volume of the controller, so it is the controller's program that reads it, in its pod.

use std::collections::BTreeSet;
use std::process::ExitCode;

use crds::labels::{ATTEMPT, LAUNCH, PARTITION, PIPELINE, STEP};
use executor::kubernetes::CONTAINER;
use futures::AsyncReadExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{ListParams, LogParams};
use kube::runtime::wait::await_condition;

use crate::args::{self, Caller};
use crate::commands::live::archive::{self, Kept};
use crate::commands::live::{Live, meaning, said};
use crate::commands::print;
use crate::commands::show::{self, steps};
use crate::commands::{EXIT_COMPLETE, Failure};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// A pod of a launch.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Launched {
    step: String,
    attempt: u32,
    launch: u32,
    pod: String,
}

/// Prints a log.
pub(crate) async fn logs(arguments: &args::Logs, caller: Caller) -> Result<ExitCode, Failure> {
    let live = Live::reach(&arguments.reach, caller).await?;
    let pipeline = live.pipeline(&arguments.pipeline).await?;
    // What runs goes on when the spec gets faults, and its log is of interest then too.
    let key = match meaning(&pipeline) {
        Ok(plan) => plan.parts().calendar.key(show::partition(plan.parts(), &arguments.key)?),
        Err(_) => arguments.key.clone(),
    };
    let name = format!("{}.{}", arguments.pipeline, key.to_lowercase());
    let partition = live.get::<crds::Partition>(&name).await?;
    let launched = launched(&live, &arguments.pipeline, &key).await?;
    let tried = partition.as_ref().map_or(&[][..], steps).iter();
    let tried = tried.filter_map(|step| Some((step.name.to_string(), step.attempts?)));
    let tried: Vec<_> = tried.collect();
    let step = step(arguments, &launched, tried.iter().map(|(step, _)| step.as_str()))?;
    let last = tried.iter().find(|(name, _)| Some(name) == step.as_ref()).map(|(_, attempts)| *attempts);
    let is_wanted = |it: &&Launched| match arguments.attempt {
        Some(attempt) => it.attempt == attempt,
        // The pod of an earlier attempt may outlive that of a later one.
        None => last.is_none_or(|last| it.attempt >= last),
    };
    let of_step = launched.iter().filter(|it| Some(&it.step) == step.as_ref());
    if let Some(launched) = of_step.filter(is_wanted).next_back() {
        return print_pod(&live, &launched.pod, arguments).await;
    }
    let kept =
        Kept { pipeline: &arguments.pipeline, key: &key, step: step.as_deref(), attempt: arguments.attempt };
    archive::print(&live, &kept).await
}

/// The pods of the launches of a partition, by step, attempt and launch.
async fn launched(live: &Live, pipeline: &str, key: &str) -> Result<Vec<Launched>, Failure> {
    let selector = format!("{PIPELINE}={pipeline},{PARTITION}={}", key.to_lowercase());
    let pods = live.api::<Pod>().list(&ListParams::default().labels(&selector)).await;
    let launched = |pod: &Pod| {
        let number = |label| pod.labels().get(label)?.parse().ok();
        let step = pod.labels().get(STEP)?.clone();
        Some(Launched { step, attempt: number(ATTEMPT)?, launch: number(LAUNCH)?, pod: pod.name_any() })
    };
    let mut launched: Vec<_> = said("list pods", pods)?.iter().filter_map(launched).collect();
    launched.sort();
    Ok(launched)
}

/// The step that is meant; none if nothing is known of any that ran.
fn step<'a>(
    arguments: &args::Logs,
    launched: &'a [Launched],
    tried: impl Iterator<Item = &'a str>,
) -> Result<Option<String>, Failure> {
    if arguments.step.is_some() {
        return Ok(arguments.step.clone());
    }
    let ran: BTreeSet<_> = launched.iter().map(|it| it.step.as_str()).chain(tried).collect();
    if ran.len() > 1 {
        let (pipeline, key, ran) = (&arguments.pipeline, &arguments.key, Vec::from_iter(ran).join(", "));
        return Err(Failure::new(format!("several steps of {pipeline} {key} have run: name one of {ran}")));
    }
    Ok(ran.first().map(ToString::to_string))
}

async fn print_pod(live: &Live, pod: &str, arguments: &args::Logs) -> Result<ExitCode, Failure> {
    let pods = live.api::<Pod>();
    if arguments.follow {
        let has_begun = |pod: Option<&Pod>| pod.is_none_or(has_begun);
        let begun = await_condition(pods.clone(), pod, has_begun).await;
        begun.map_err(|error| Failure::new(format!("cannot watch pod {pod}: {error}")))?;
    }
    let container = Some(CONTAINER.to_owned());
    let params = LogParams { container, follow: arguments.follow, ..LogParams::default() };
    let mut log = said(&format!("read the log of pod {pod}"), pods.log_stream(pod, &params).await)?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = log.read(&mut piece).await;
        let read = read.map_err(|error| Failure::new(format!("the log of pod {pod} broke off: {error}")))?;
        if read == 0 || !print::bytes(&piece[..read])? {
            return Ok(ExitCode::from(EXIT_COMPLETE));
        }
    }
}

fn has_begun(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).is_some_and(|phase| phase != "Pending")
}
