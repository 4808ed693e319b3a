//! Requests: backfills and reruns of this state, each a file that holds a Backfill object.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crds::Backfill;

/// A request on disk.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Its name, unique for ever.
    pub(crate) name: String,
    /// What is asked for.
    pub(crate) backfill: Backfill,
    path: PathBuf,
}

/// Why requests can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {source}", path.display())]
pub(crate) struct RequestsError {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// All requests of a state, oldest first: their names begin with the time.
pub(crate) fn read(folder: &Path) -> Result<Vec<Stored>, RequestsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(RequestsError { operation: "read", path: folder.to_owned(), source }),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.sort();
    paths.into_iter().map(read_one).collect()
}

fn read_one(path: PathBuf) -> Result<Stored, RequestsError> {
    let failed = |source| RequestsError { operation: "read", path: path.clone(), source };
    let text = fs::read(&path).map_err(failed)?;
    let backfill: Backfill = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Stored { name, backfill, path })
}

/// Adds a request. It appears whole or not at all.
pub(crate) fn write(folder: &Path, name: &str, backfill: &Backfill) -> Result<(), RequestsError> {
    let path = folder.join(format!("{name}.json"));
    let failed = |source| RequestsError { operation: "write", path: path.clone(), source };
    let text = serde_json::to_vec_pretty(backfill).map_err(|error| failed(error.into()))?;
    fs::create_dir_all(folder).map_err(failed)?;
    let unfinished = path.with_extension("tmp");
    fs::write(&unfinished, text).map_err(failed)?;
    fs::rename(&unfinished, &path).map_err(failed)
}

impl Stored {
    /// Forgets a request that is fulfilled.
    pub(crate) fn remove(&self) -> Result<(), RequestsError> {
        let failed = |source| RequestsError { operation: "remove", path: self.path.clone(), source };
        fs::remove_file(&self.path).map_err(failed)
    }
}
