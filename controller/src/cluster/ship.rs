//! Ship: a log that grows in a file of this machine is put into a service in chunks, while it grows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use executor::LogError;
use executor::kubernetes::PodLog;
use storage::{Chunks, Progress, StorageError};
use tokio::sync::Notify;
use tokio::time::{Instant, interval};

use crate::cluster::kept_log::KeptLog;
use crate::cluster::limits::{CHUNK_BYTES, CHUNK_LINES, CHUNK_LOOK, CHUNK_PAUSE};
use crate::work::launch::chain;

/// Why a log is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// It can't be had, or not be written on this machine.
    #[error("the log of a pod is not at hand")]
    Log(#[source] LogError),
    /// The store does not take it.
    #[error("the store does not take a log")]
    Store(#[source] StorageError),
    /// The file on this machine, in which it grows, does not serve.
    #[error("{} cannot be written: give the controller a writable folder for what is temporary", path.display())]
    Spool {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A thread that waited for the store panicked.
    #[error("a thread that waited for a store broke off")]
    Thread(#[source] tokio::task::JoinError),
}

/// A log on its way.
#[derive(Clone, Debug)]
struct Shipment {
    chunks: Chunks,
    /// The file that it is in once all of it is there, and the one in which it grows.
    files: (PathBuf, PathBuf),
}

/// Copies the log of a pod to the archive while it grows, and completes it once its launch is over.
pub(crate) async fn ship(
    pod: PodLog,
    log: &KeptLog,
    over: impl Future<Output = ()>,
) -> Result<(), KeepError> {
    let shipment = Shipment { chunks: log.chunks(), files: (pod.path.clone(), pod.part()) };
    let progress = shipment.clone().on_thread(Shipment::restore).await?;
    if !progress.is_whole {
        let all_here = Notify::new();
        let copy = async {
            let kept = pod.keep(over).await;
            all_here.notify_one();
            kept.map_err(KeepError::Log)
        };
        let (kept, progress) = futures::future::join(copy, shipment.ship_until(&all_here, progress)).await;
        kept?;
        shipment.clone().on_thread(move |it| it.finish(progress)).await?;
    }
    let lines = executor::last_lines(&pod.path, CHUNK_LINES).unwrap_or_default();
    log.note_kept(lines);
    // What stays goes with the folder.
    let _ = fs::remove_file(&pod.path);
    Ok(())
}

impl Shipment {
    /// Puts what comes into chunks until all of it is here. What fails is tried again with the next.
    async fn ship_until(&self, all_here: &Notify, mut progress: Progress) -> Progress {
        let (mut looks, mut shipped) = (interval(CHUNK_LOOK), Instant::now());
        loop {
            tokio::select! {
                () = all_here.notified() => return progress,
                _ = looks.tick() => {}
            }
            let waiting = self.length().saturating_sub(progress.bytes);
            if waiting < CHUNK_BYTES && (waiting == 0 || shipped.elapsed() < CHUNK_PAUSE) {
                continue;
            }
            shipped = Instant::now();
            match self.clone().on_thread(move |it| it.ship_rest(progress)).await {
                Ok(now) => progress = now,
                Err(error) => tracing::warn!("a log is not kept yet: {}", chain(&error)),
            }
        }
    }

    /// What a controller before this one has kept goes into the file first: the pod's log is compared with it, and goes on
    /// behind it. Of a log that is whole only the end matters.
    fn restore(&self) -> Result<Progress, KeepError> {
        let progress = self.chunks.progress().map_err(KeepError::Store)?;
        let (whole, part) = &self.files;
        let file = if progress.is_whole { whole } else { part };
        if progress.chunks == 0 && !progress.is_whole || self.length() > 0 {
            return Ok(progress);
        }
        let from = if progress.is_whole { progress.chunks.saturating_sub(2) } else { 0 };
        let failed = |source| KeepError::Spool { path: file.clone(), source };
        let mut open = File::create(file).map_err(failed)?;
        self.chunks.read((from, progress), |bytes| open.write_all(bytes).map_err(failed))?;
        Ok(progress)
    }

    fn ship_rest(&self, mut progress: Progress) -> Result<Progress, KeepError> {
        while let Some(bytes) = self.next(progress)? {
            progress = self.chunks.add(progress, &bytes).map_err(KeepError::Store)?;
        }
        Ok(progress)
    }

    fn finish(&self, progress: Progress) -> Result<(), KeepError> {
        self.ship_rest(progress)?;
        self.chunks.finish().map_err(KeepError::Store)
    }

    /// The bytes of the next chunk, if any came since.
    fn next(&self, progress: Progress) -> Result<Option<Vec<u8>>, KeepError> {
        let Some(path) = self.path() else { return Ok(None) };
        let mut bytes = Vec::new();
        let mut read = || {
            let mut file = OpenOptions::new().read(true).open(path)?;
            file.seek(SeekFrom::Start(progress.bytes))?;
            file.take(CHUNK_BYTES).read_to_end(&mut bytes)
        };
        match read() {
            // It got its last name at this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeepError::Spool { path: path.clone(), source }),
            Ok(_) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
        }
    }

    /// Where it is now.
    fn path(&self) -> Option<&PathBuf> {
        let (whole, part) = &self.files;
        [part, whole].into_iter().find(|path| path.exists())
    }

    fn length(&self) -> u64 {
        let length = |path: &Path| path.metadata().map(|it| it.len()).ok();
        self.path().and_then(|path| length(path)).unwrap_or_default()
    }

    /// Does what waits for the store on a thread that may wait.
    async fn on_thread<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> Result<T, KeepError> + Send + 'static,
    ) -> Result<T, KeepError> {
        tokio::task::spawn_blocking(move || work(&self)).await.map_err(KeepError::Thread)?
    }
}

impl From<StorageError> for KeepError {
    fn from(error: StorageError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use storage::{Drawer, Store};

    use super::*;

    fn shipment(folder: &Path, archive: &Drawer) -> Shipment {
        let files = (folder.join("log"), folder.join("log.part"));
        Shipment { chunks: Chunks::new(archive, "a/x/1/step.1.1.log"), files }
    }

    fn text(shipment: &Shipment) -> String {
        let mut text = Vec::new();
        let each = |bytes: &[u8]| {
            text.extend_from_slice(bytes);
            Ok::<_, StorageError>(())
        };
        shipment.chunks.read((0, shipment.chunks.progress().unwrap()), each).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_controller_that_takes_over_goes_on_behind_the_chunks_that_are_there() {
        let archive = Drawer::new(&Store::memory("warehouse").unwrap(), "archive");
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let before = shipment(one.path(), &archive);
        fs::write(&before.files.1, "one\ntwo\n").unwrap();
        before.ship_rest(Progress::default()).unwrap();
        let after = shipment(other.path(), &archive);
        let progress = after.restore().unwrap();
        assert_eq!(fs::read_to_string(&after.files.1).unwrap(), "one\ntwo\n");
        fs::write(&after.files.0, "one\ntwo\nthree\n").unwrap();
        fs::remove_file(&after.files.1).unwrap();
        after.finish(progress).unwrap();
        assert_eq!(text(&after), "one\ntwo\nthree\n");
        assert!(after.chunks.progress().unwrap().is_whole);
    }

    #[test]
    fn a_large_log_goes_in_chunks_of_one_size_and_nothing_is_lost() {
        let archive = Drawer::new(&Store::memory("warehouse").unwrap(), "archive");
        let folder = tempfile::tempdir().unwrap();
        let shipment = shipment(folder.path(), &archive);
        let large = "0123456789abcdef".repeat(160 * 1024);
        fs::write(&shipment.files.1, &large).unwrap();
        let progress = shipment.ship_rest(Progress::default()).unwrap();
        assert_eq!((progress.chunks, progress.bytes), (3, large.len() as u64));
        assert_eq!(text(&shipment), large);
    }
}
