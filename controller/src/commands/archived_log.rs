//! `daybreak archived-log`: prints a log of the archive, where the archive lies: in the pod of a controller.
//!
//! Nothing outside the archive can be named: names are no paths, and the configuration says where the archive is.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Component, Path};
use std::process::ExitCode;

use crate::args;
use crate::cluster::{Configuration, archived_logs};
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
    let store = store.map_err(Failure::new)?;
    let folder = archived_logs(&store, namespace, (pipeline, key));
    let logs = logs::list(&folder);
    if logs.is_empty() && folder.exists() {
        return Err(Failure::new(format!(
            "{pipeline} {key} has no log: one is there once a launch is over, and until it is older than archive.retention"
        )));
    }
    let wanted = Wanted { pipeline, key, step: step.as_deref(), attempt: *attempt };
    let log = logs::choose(logs, wanted).map_err(Failure::new)?;
    let printed = File::open(&log.path).and_then(|mut log| io::copy(&mut log, &mut io::stdout().lock()));
    match printed {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot print {}: {error}", log.path.display())))
        }
        Ok(_) | Err(_) => Ok(ExitCode::from(EXIT_COMPLETE)),
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let mut components = Path::new(name).components();
    let is_name =
        matches!((components.next(), components.next()), (Some(Component::Normal(it)), None) if it == name);
    if is_name { Ok(()) } else { Err(Failure::new(format!("`{name}` is a path, and no name"))) }
}
