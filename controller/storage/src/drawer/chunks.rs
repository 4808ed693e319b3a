//! Chunks: a text that grows, in a store where nothing can be appended to a file.
//!
//! A folder of files `000000`, `000001`, …, each created once, and `whole` once no more follows.

use crate::StorageError;
use crate::drawer::{Created, Drawer};
use crate::path::join;

/// The name of what says that no more follows.
const WHOLE: &str = "whole";

/// A text that grows.
#[derive(Clone, Debug)]
pub struct Chunks {
    drawer: Drawer,
    folder: String,
}

/// How much there is of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many chunks there are.
    pub chunks: u32,
    /// How many bytes these hold.
    pub bytes: u64,
    /// Whether no more follows.
    pub is_whole: bool,
}

impl Chunks {
    /// The text in a folder of a drawer. Nothing is made yet.
    pub fn new(drawer: &Drawer, folder: &str) -> Self {
        Self { drawer: drawer.clone(), folder: folder.to_owned() }
    }

    /// How much is there.
    pub fn progress(&self) -> Result<Progress, StorageError> {
        let files = self.drawer.list(&self.folder)?.files;
        let is_whole = files.iter().any(|file| file.name == WHOLE);
        // In the order of their names; what comes after a gap was not written by us.
        let sizes = (0_u32..).zip(&files).take_while(|(number, file)| file.name == name(*number));
        let sizes: Vec<_> = sizes.map(|(_, file)| file.bytes).collect();
        let chunks = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
        Ok(Progress { chunks, bytes: sizes.iter().sum(), is_whole })
    }

    /// Adds the chunk that follows on this progress; what the progress is then. Where another writer was first, it is asked
    /// what is there now, and the bytes are not written: who copies from one source goes on behind what is there.
    pub fn add(&self, progress: Progress, bytes: &[u8]) -> Result<Progress, StorageError> {
        match self.drawer.create(&join(&self.folder, &name(progress.chunks)), bytes)? {
            Created::New => Ok(Progress {
                chunks: progress.chunks + 1,
                bytes: progress.bytes + bytes.len() as u64,
                ..progress
            }),
            Created::AlreadyThere | Created::BeingRemoved => self.progress(),
        }
    }

    /// Says that no more follows.
    pub fn finish(&self) -> Result<(), StorageError> {
        self.drawer.create(&join(&self.folder, WHOLE), b"").map(|_| ())
    }

    /// The chunks from one on, in their order, each handed over as it is read.
    pub fn read<E: From<StorageError>>(
        &self,
        (from, progress): (u32, Progress),
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for number in from..progress.chunks {
            let path = join(&self.folder, &name(number));
            let gone = || StorageError::BrokenOff { place: self.drawer.address(&self.folder) };
            each(&self.drawer.read(&path)?.ok_or_else(gone)?)?;
        }
        Ok(())
    }
}

/// The name of a chunk: a million of them, one every 10 s, are a hundred days.
fn name(number: u32) -> String {
    format!("{number:06}")
}
