//! `daybreak archived-log`: prints a log of the archive, where the archive lies: in the pod of a controller.
//!
//! Nothing outside the archive can be named: names are no paths, and the configuration says where the archive is.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use storage::{Chunks, Drawer, Listing, StorageError};

use crate::args;
use crate::cluster::{Configuration, archive_drawer};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::logs::{self, Wanted};
use crate::work::launch::chain;

/// Prints a log.
pub(crate) fn archived_log(arguments: &args::ArchivedLog) -> Result<ExitCode, Failure> {
    let args::ArchivedLog { config, namespace, pipeline, key, step, attempt } = arguments;
    [namespace, pipeline, key].into_iter().try_for_each(|name| check_name(name))?;
    let configuration = Configuration::read(config).map_err(|error| Failure::new(chain(&error)))?;
    let name = configuration.archive_store();
    let bound = configuration.stores.get(name).map(|binding| binding.bind(name));
    let store = bound.ok_or_else(|| Failure::new("there is no store for an archive"))?;
    let store = store.map_err(|error| Failure::new(chain(&error)))?;
    let folder = archive_drawer(&store).within(&format!("{namespace}/{pipeline}/{key}"));
    let Listing { files, folders } = folder.list("").map_err(|error| Failure::new(chain(&error)))?;
    let is_there = !files.is_empty() || !folders.is_empty();
    // In a service a log is a folder of chunks.
    let names = files.into_iter().map(|it| it.name).chain(folders.into_iter().map(|it| it.name));
    let logs = logs::of_paths(names.map(PathBuf::from));
    if logs.is_empty() && is_there {
        return Err(Failure::new(format!(
            "{pipeline} {key} has no log: one is there once a launch is over, and until it is older than archive.retention"
        )));
    }
    let wanted = Wanted { pipeline, key, step: step.as_deref(), attempt: *attempt };
    let log = logs::choose(logs, wanted).map_err(Failure::new)?;
    match print(&folder, &log.path.to_string_lossy()) {
        // A reader that has seen enough is no failure.
        Err(PrintError::Print(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        printed => printed.map_err(|error| Failure::new(chain(&error)))?,
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
}

/// Why a log is not printed.
#[derive(Debug, thiserror::Error)]
enum PrintError {
    #[error("cannot read the log")]
    Read(#[source] StorageError),
    #[error("cannot print the log")]
    Print(#[source] io::Error),
}

impl From<StorageError> for PrintError {
    fn from(error: StorageError) -> Self {
        Self::Read(error)
    }
}

fn print(folder: &Drawer, log: &str) -> Result<(), PrintError> {
    let mut out = io::stdout().lock();
    if folder.store().directory().is_some() {
        let opened = File::open(folder.address(log)).map_err(PrintError::Print)?;
        return io::copy(&mut { opened }, &mut out).map(|_| ()).map_err(PrintError::Print);
    }
    let chunks = Chunks::new(folder, log);
    chunks.read((0, chunks.progress()?), |bytes| out.write_all(bytes).map_err(PrintError::Print))
}

fn check_name(name: &str) -> Result<(), Failure> {
    let mut components = Path::new(name).components();
    let is_name =
        matches!((components.next(), components.next()), (Some(Component::Normal(it)), None) if it == name);
    if is_name { Ok(()) } else { Err(Failure::new(format!("`{name}` is a path, and no name"))) }
}
