//! What the watcher said and nobody has asked for yet: each path once, and no more of them than a refresh costs.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, EventKind};
use tokio::sync::Notify;

use crate::ChangedPath;
use crate::path::RESERVED;

/// So many unasked words are kept apart; for more, looking at everything again is cheaper than at each.
const WORDS: usize = 10_000;

/// Where the watcher's thread leaves words for the one who waits.
#[derive(Debug)]
pub(crate) struct Words {
    /// Name and root of each store.
    roots: Vec<(String, PathBuf)>,
    heard: Mutex<Heard>,
    wake: Notify,
}

/// What was said since the last time.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What may have changed.
    pub(crate) changed: BTreeSet<ChangedPath>,
    /// What came, went or moved, and was a directory, as far as the words tell.
    pub(crate) moved: BTreeSet<PathBuf>,
    /// Whether words were lost.
    pub(crate) is_rescan: bool,
}

impl Words {
    pub(crate) fn new(roots: Vec<(String, PathBuf)>) -> Self {
        Self { roots, heard: Mutex::default(), wake: Notify::new() }
    }

    /// Takes what the watcher says, on the watcher's thread.
    pub(crate) fn hear(&self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => self.lose(),
            Ok(event) => event.paths.iter().for_each(|path| self.hear_of(event.kind, path)),
            Err(error) => {
                tracing::warn!(%error, "the watch for changes stumbled");
                self.lose();
            }
        }
    }

    /// Waits until something was said, and takes it.
    pub(crate) async fn wait(&self) -> Heard {
        loop {
            let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
            if heard.is_rescan || !heard.changed.is_empty() || !heard.moved.is_empty() {
                return heard;
            }
            self.wake.notified().await;
        }
    }

    fn hear_of(&self, kind: EventKind, path: &Path) {
        let is_file = kind == EventKind::Create(CreateKind::File);
        if !(is_change(kind) || is_file && appeared_whole(path)) {
            return;
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if may_move_directories(kind) {
            heard.moved.insert(path.to_owned());
        }
        for (store, root) in &self.roots {
            if let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str)
                && !Path::new(path).starts_with(RESERVED)
            {
                heard.changed.insert(ChangedPath { store: store.clone(), path: path.to_owned() });
            }
        }
        if heard.changed.len().max(heard.moved.len()) > WORDS {
            *heard = Heard { is_rescan: true, ..Heard::default() };
        }
        drop(heard);
        self.wake.notify_one();
    }

    fn lose(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).is_rescan = true;
        self.wake.notify_one();
    }
}

/// Whether a path may now be otherwise than before. A file that is created or written to is still being written:
/// its change is that it is closed.
fn is_change(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Create(CreateKind::Folder)
            | EventKind::Modify(
                ModifyKind::Name(RenameMode::To | RenameMode::From) | ModifyKind::Metadata(_)
            )
            | EventKind::Remove(_)
    )
}

fn may_move_directories(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Create(CreateKind::Folder)
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::From))
            | EventKind::Remove(RemoveKind::Folder)
    )
}

/// Whether what was just created never gets closed, being another name of a file, or a link.
fn appeared_whole(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink() || metadata.nlink() > 1)
}
