//! The archive of a cluster: printed by the controller's program, in its pod.

use std::process::ExitCode;

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::api::{AttachParams, AttachedProcess, ListParams};
use kube::{Api, ResourceExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::commands::live::{Live, said};
use crate::commands::print;
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure};

/// By what the chart's controllers are found.
const CONTROLLERS: &str = "app.kubernetes.io/name=daybreak,app.kubernetes.io/component=controller";

/// The controller among the containers of its pod.
const CONTROLLER: &str = "controller";

/// The program in the image, whose entry point it is.
const PROGRAM: &str = "/daybreak";

/// The flag that says where the archive is.
const CONFIG: &str = "--config=";

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Which log is wanted.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    /// The pipeline.
    pub(crate) pipeline: &'a str,
    /// The key of the partition.
    pub(crate) key: &'a str,
    /// The step, unless only one has run.
    pub(crate) step: Option<&'a str>,
    /// The attempt, unless it is the last.
    pub(crate) attempt: Option<u32>,
}

/// Prints a log of the archive.
pub(crate) async fn print(live: &Live, kept: &Kept<'_>) -> Result<ExitCode, Failure> {
    let pod = controller(live).await?;
    let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
    let command = command(&pod, &live.namespace, kept).ok_or_else(|| {
        Failure::new(format!("the pod {namespace}/{name} does not say where its configuration is"))
    })?;
    let pods: Api<Pod> = Api::namespaced(live.client.clone(), &namespace);
    let params = AttachParams::default().container(CONTROLLER).stdout(true).stderr(true);
    let process = pods.exec(&name, command, &params).await;
    let call = format!(
        "read the archive, which is done by the controller's program in its pod {namespace}/{name} (the right to create pods/exec)"
    );
    finish(said(&call, process)?).await
}

/// The pod of a controller that runs; one of the pipeline's own namespace is preferred.
async fn controller(live: &Live) -> Result<Pod, Failure> {
    let pods: Api<Pod> = Api::all(live.client.clone());
    let pods =
        said("find the controller's pod", pods.list(&ListParams::default().labels(CONTROLLERS)).await)?;
    let is_running = |pod: &Pod| pod.status.as_ref().is_some_and(|it| it.phase.as_deref() == Some("Running"));
    let running = pods.into_iter().filter(is_running);
    running.min_by_key(|pod| (pod.namespace().as_ref() != Some(&live.namespace), pod.name_any())).ok_or_else(|| {
        Failure::new(format!("the pod is gone, and no controller runs that could read the archive (a pod with {CONTROLLERS})"))
    })
}

/// What is run there.
fn command(pod: &Pod, namespace: &str, kept: &Kept<'_>) -> Option<Vec<String>> {
    let container: &Container = pod.spec.as_ref()?.containers.iter().find(|it| it.name == CONTROLLER)?;
    let program = container.command.iter().flatten().next().map_or(PROGRAM, String::as_str);
    let config = container.args.iter().flatten().find(|argument| argument.starts_with(CONFIG))?;
    let names = [namespace, kept.pipeline, kept.key].into_iter().chain(kept.step);
    let words = [program, "archived-log", config].into_iter().chain(names).map(str::to_owned);
    Some(words.chain(kept.attempt.map(|attempt| format!("--attempt={attempt}"))).collect())
}

/// Passes on what it prints, and how it ended.
async fn finish(mut process: AttachedProcess) -> Result<ExitCode, Failure> {
    let (stdout, stderr, status) = (process.stdout(), process.stderr(), process.take_status());
    let said = async {
        let mut text = String::new();
        match stderr {
            Some(mut stderr) => stderr.read_to_string(&mut text).await.map(|_| text),
            None => Ok(text),
        }
    };
    let (printed, said) = tokio::join!(pass_on(stdout), said);
    printed?;
    let said = said.unwrap_or_default();
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    match status.map(|status| (status.status, status.message)) {
        Some((Some(status), _)) if status == "Success" => Ok(ExitCode::from(EXIT_COMPLETE)),
        // It has said itself why.
        _ if !said.is_empty() => {
            eprint!("{said}");
            Ok(ExitCode::from(EXIT_WRONG))
        }
        Some((_, Some(message))) => Err(Failure::new(format!("cannot read the archive: {message}"))),
        _ => Err(Failure::new("cannot read the archive: the connection to the controller's pod broke off")),
    }
}

async fn pass_on(from: Option<impl AsyncRead + Unpin>) -> Result<(), Failure> {
    let Some(mut from) = from else { return Ok(()) };
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece).await;
        let read = read.map_err(|error| Failure::new(format!("the log broke off: {error}")))?;
        if read == 0 || !print::bytes(&piece[..read])? {
            return Ok(());
        }
    }
}
