//! Finds the program of a command, and says precisely why it can't start.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::failure::StartFault;
use crate::limits::SHEBANG_BYTES;

/// The file that a command starts. We look for it ourselves, since the system's own search answers "not
/// found" to everything; whoever runs it by `name` as `argv[0]` gets what a shell would have given.
pub(super) fn find(name: &str, path: &OsStr, working_dir: &Path) -> Result<PathBuf, StartFault> {
    if name.contains('/') {
        return Ok(working_dir.join(name).components().collect());
    }
    let mut unusable = None;
    for folder in std::env::split_paths(path) {
        let candidate = working_dir.join(folder).join(name);
        match fs::metadata(&candidate) {
            Ok(metadata) if metadata.is_file() && may_execute(&candidate) => {
                return Ok(candidate);
            }
            Ok(metadata) if metadata.is_file() => {
                unusable.get_or_insert(candidate);
            }
            Ok(_) | Err(_) => {}
        }
    }
    Err(match unusable {
        Some(path) => StartFault::NotExecutable { path },
        None => StartFault::NotInPath { program: name.to_owned() },
    })
}

/// Why the system did not start `path` in `working_dir`. The error alone would not do: "not found" may
/// be the directory, the file, or the interpreter that the file names.
pub(super) fn explain(error: &io::Error, path: PathBuf, working_dir: &Path) -> StartFault {
    if !working_dir.is_dir() {
        return StartFault::NoWorkingDirectory { path: working_dir.to_owned() };
    }
    if !may_execute(working_dir) {
        return StartFault::Refused { path: working_dir.to_owned(), reason: error.to_string() };
    }
    if error.kind() == io::ErrorKind::InvalidInput {
        return StartFault::HoldsNul;
    }
    match Errno::from_io_error(error) {
        Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) => {
            StartFault::NoRoom { reason: error.to_string() }
        }
        Some(Errno::TOOBIG) => StartFault::TooLong,
        Some(Errno::NOENT | Errno::NOTDIR) => explain_missing(path),
        Some(Errno::ACCESS) if path.exists() && !path.is_file() => StartFault::NotAFile { path },
        Some(Errno::ACCESS) if path.is_file() && !may_execute(&path) => StartFault::NotExecutable { path },
        Some(Errno::NOEXEC) if is_elf(&path) => StartFault::ForeignProgram { path },
        Some(Errno::NOEXEC) => StartFault::NoShebang { path },
        Some(_) | None => StartFault::Refused { path, reason: error.to_string() },
    }
}

/// The file is missing, or else what it needs to be run by.
fn explain_missing(path: PathBuf) -> StartFault {
    match (fs::exists(&path), interpreter(&path)) {
        (Ok(true), Some(interpreter)) => StartFault::NoInterpreter { path, interpreter },
        // Its loader is missing: it was linked for another C library.
        (Ok(true), None) => StartFault::ForeignProgram { path },
        (Ok(false) | Err(_), _) => StartFault::NoSuchFile { path },
    }
}

/// What a script's first line names, with a carriage return if there is one: that is then the fault.
fn interpreter(path: &Path) -> Option<String> {
    let head = head(path)?;
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    Some(words.next()?.to_owned())
}

/// Whether we may run this file, or enter this directory.
fn may_execute(path: &Path) -> bool {
    access(path, Access::EXEC_OK).is_ok()
}

fn is_elf(path: &Path) -> bool {
    head(path).is_some_and(|head| head.starts_with(b"\x7fELF"))
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(SHEBANG_BYTES).read_to_end(&mut head).ok()?;
    Some(head)
}
