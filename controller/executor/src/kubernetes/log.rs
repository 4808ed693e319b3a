//! Keeps what a pod printed, in a file that outlives it.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::pin;

use futures::AsyncBufReadExt;
use futures::future::{Either, select};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, LogParams};
use tokio::time::{sleep, timeout};

use super::CallFault;
use super::job::CONTAINER;
use super::part::Part;
use crate::limits::{LOG_PATIENCE, LOG_PAUSE, LOG_TRIES};
use crate::log::LogError;

/// The log of a launch's pod, and the file that it goes to.
#[derive(Clone, Debug)]
pub struct PodLog {
    /// The pods of the namespace.
    pub pods: Api<Pod>,
    /// The name of the pod.
    pub pod: String,
    /// The file. Its folder must exist. Until all of the log is there, it grows in a file beside it:
    /// [`PodLog::part`].
    pub path: PathBuf,
}

/// How a kubelet begins what it sends, with success, instead of the log of a container that it threw away.
const NO_CONTAINER: &[u8] = b"unable to retrieve container logs for ";

/// What is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All that the pod printed, up to the size that one log may have.
    Whole,
    /// What could be had; the file's last line says why the rest is missing.
    Incomplete {
        /// Why, in a sentence without a final dot.
        why: String,
    },
    /// What an earlier call left there, which was then finished.
    Already,
}

/// Why a copy of the log broke off.
enum Break {
    /// There is no such pod any more, or its node has thrown its container away.
    Gone,
    /// Nothing came in time.
    Late,
    /// The API server or the kubelet behind it refused.
    Call(CallFault),
    /// The stream broke.
    Stream(io::Error),
    /// The file can't be written.
    Disk(io::Error),
}

/// How the log is read.
#[derive(Clone, Copy)]
enum Reading {
    /// As it is written. The kubelet is silent as long as the step is, so silence means nothing.
    Following,
    /// After its end, when all of it is there and comes at once.
    ToItsEnd,
}

impl Kept {
    /// The line for the end of the file, if something is missing.
    fn missing(&self) -> Option<String> {
        match self {
            Self::Incomplete { why } => Some(format!("the rest of this log is missing: {why}")),
            Self::Whole | Self::Already => None,
        }
    }
}

impl PodLog {
    /// Where the log grows while the pod runs.
    pub fn part(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    /// Copies the log while the pod runs, and completes it once `ended` says that its launch is over; then the
    /// file is in place, on disk, whatever could be had. Dropped at any point, it is taken up again by the next
    /// call, also by another process: what is in the part is read again and not written again.
    pub async fn keep(&self, ended: impl Future<Output = ()>) -> Result<Kept, LogError> {
        let kept = async {
            if tokio::fs::try_exists(&self.path).await? {
                return Ok(Kept::Already);
            }
            let kept = if self.follow(ended).await? { Kept::Whole } else { self.complete().await? };
            Part::finish(&self.part(), &self.path, kept.missing()).await?;
            Ok(kept)
        };
        kept.await.map_err(|source| LogError { path: self.path.clone(), source })
    }

    /// Follows the log until the end of the launch. Says whether all of it came.
    async fn follow(&self, ended: impl Future<Output = ()>) -> io::Result<bool> {
        let mut ended = pin!(ended);
        let mut came = false;
        loop {
            let mut copy = pin!(self.copy(Reading::Following));
            let (copied, is_over) = match select(copy.as_mut(), ended.as_mut()).await {
                Either::Left((copied, _)) => (copied, false),
                // What is on its way arrives, unless the node does not answer any more.
                Either::Right(_) => (timeout(LOG_PATIENCE, copy).await.unwrap_or(Err(Break::Late)), true),
            };
            came = match copied {
                Ok(()) => true,
                Err(Break::Disk(error)) => return Err(error),
                // No later pod has its name: nothing follows on what came.
                Err(Break::Gone) => return Ok(came),
                Err(Break::Late | Break::Call(_) | Break::Stream(_)) => false,
            };
            // A stream ends when the container did, or because someone in between had enough of it. Was it the
            // former, the launch is over within seconds.
            if is_over || matches!(select(pin!(sleep(LOG_PAUSE)), ended.as_mut()).await, Either::Right(_)) {
                return Ok(came);
            }
        }
    }

    /// Reads what a launch that is over has left.
    async fn complete(&self) -> io::Result<Kept> {
        let mut why = String::new();
        for _ in 0..LOG_TRIES {
            why = match self.copy(Reading::ToItsEnd).await {
                Ok(()) => return Ok(Kept::Whole),
                Err(Break::Disk(error)) => return Err(error),
                Err(Break::Gone) => {
                    return Ok(Kept::Incomplete { why: "its pod or container is gone".to_owned() });
                }
                Err(Break::Call(fault)) if !fault.is_transient() => {
                    return Ok(Kept::Incomplete { why: fault.to_string() });
                }
                Err(Break::Call(fault)) => format!("its node did not hand it over: {fault}"),
                Err(Break::Stream(error)) => format!("the connection broke: {error}"),
                Err(Break::Late) => format!("nothing came within {} s", LOG_PATIENCE.as_secs()),
            };
            sleep(LOG_PAUSE).await;
        }
        Ok(Kept::Incomplete { why })
    }

    async fn copy(&self, reading: Reading) -> Result<(), Break> {
        let mut part = Part::open(&self.part()).await.map_err(Break::Disk)?;
        if part.is_full() {
            return Ok(());
        }
        let follow = matches!(reading, Reading::Following);
        let params = LogParams { container: Some(CONTAINER.to_owned()), follow, ..LogParams::default() };
        let opened = reading.patiently(self.pods.log_stream(&self.pod, &params)).await?;
        let mut stream = pin!(opened.map_err(Break::of_call)?);
        let mut is_first = true;
        while !part.is_full() {
            let bytes = reading.patiently(stream.fill_buf()).await?.map_err(Break::Stream)?;
            if bytes.is_empty() {
                break;
            }
            if is_first && bytes.starts_with(NO_CONTAINER) {
                return Err(Break::Gone);
            }
            is_first = false;
            part.take(bytes).await.map_err(Break::Disk)?;
            let taken = bytes.len();
            stream.consume_unpin(taken);
        }
        Ok(())
    }
}

impl Break {
    fn of_call(error: kube::Error) -> Self {
        let fault = CallFault::from(error);
        if matches!(fault, CallFault::NotFound(_)) { Self::Gone } else { Self::Call(fault) }
    }
}

impl Reading {
    /// Waits for an answer: for a log that is still written without a limit.
    async fn patiently<T>(self, answer: impl Future<Output = T>) -> Result<T, Break> {
        match self {
            Self::Following => Ok(answer.await),
            Self::ToItsEnd => timeout(LOG_PATIENCE, answer).await.map_err(|_| Break::Late),
        }
    }
}
