//! A launch's own place to write.
//!
//! It is `.daybreak/staging/LAUNCH/BASE-NAME` below the store's root, so that publishing is a rename, and the step
//! sees the final base name. Only where two outputs share a base name does each get a numbered directory.
//!
//! These are the calls that every launch pays for, so they are few: directories are reused by renaming them, for
//! removing one costs a hundred renames on a file system that discards freed blocks at once; the calls are made on
//! the caller's thread, for a hop to another costs more than they do; and nothing is synced to the disk. After a
//! power cut a published file may therefore be empty, as after `cp`; a dataset that can't bear it asks for
//! `minBytes`. A dying process loses nothing.

use rustix::fs::{AtFlags, RenameFlags, renameat_with, statat};
use rustix::io::Errno;

use crate::path::{RESERVED, bare, check, join, split};
use crate::publish::{Existing, Output, Published, make, publish};
use crate::remote::{self, wait};
use crate::root::Root;
use crate::store::{Directory, Place};
use crate::sweep::remove;
use crate::tally::count;
use crate::verify::{unknown, verify_entry};
use crate::{Completeness, NotWritten, StagingError, Store};

/// Where the launches' directories lie.
pub(crate) const STAGING: &str = ".daybreak/staging";

/// How many of the names that a step wrote instead of its output are told.
const TOLD: usize = 5;

/// One launch's staging in one store.
#[derive(Debug)]
pub struct Staging {
    store: Store,
    launch: String,
    outputs: Vec<Output>,
}

impl Staging {
    /// Makes the launch's own directory. `outputs` are the final paths below the store's root.
    pub fn begin(store: &Store, launch: &str, outputs: &[&str]) -> Result<Self, StagingError> {
        let staging = Self::resume(store, launch, outputs)?;
        let directory = match store.place() {
            Place::Directory(directory) => directory,
            Place::Remote(remote) => {
                wait(remote::begin(remote, &staging.directory(), &staging.outputs))?;
                return Ok(staging);
            }
        };
        let root = directory.open().map_err(StagingError::Storage)?;
        staging.make_directory(&root, directory)?;
        for output in &staging.outputs {
            let (parent, _) = split(&output.staged);
            if parent != staging.directory() {
                make(&root, parent)?;
            }
        }
        Ok(staging)
    }

    /// Takes up a launch that [`Staging::begin`] saw, in this process or another. It does no IO.
    pub fn resume(store: &Store, launch: &str, outputs: &[&str]) -> Result<Self, StagingError> {
        if launch.contains('/') || check(launch).is_err() {
            return Err(StagingError::BadLaunch { launch: launch.to_owned() });
        }
        let directory = join(STAGING, launch);
        let mut names: Vec<&str> = outputs.iter().map(|path| bare(split(path).1)).collect();
        names.sort_unstable();
        let are_distinct = names.windows(2).all(|pair| pair[0] != pair[1]);
        let output = |(number, path): (usize, &&str)| {
            check(path).map_err(StagingError::Path)?;
            let name = bare(split(path).1);
            let parent = if are_distinct { directory.clone() } else { join(&directory, &number.to_string()) };
            let record = format!("{parent}/.replaces-{number}");
            Ok(Output { staged: join(&parent, name), path: bare(path).to_owned(), record })
        };
        let outputs = outputs.iter().enumerate().map(output).collect::<Result<_, StagingError>>()?;
        Ok(Self { store: store.clone(), launch: launch.to_owned(), outputs })
    }

    /// Where the step is to write each output, in the order of `outputs`: absolute, without a trailing slash.
    /// The parent exists, the leaf does not, and the base name is the final one's.
    pub fn paths(&self) -> Vec<String> {
        self.outputs.iter().map(|output| self.store.uri(&output.staged)).collect()
    }

    /// Whether the output at `index` of `outputs` is staged and complete by its rule, whatever its age.
    pub fn verify(&self, index: usize, rule: &Completeness) -> Result<(), NotWritten> {
        let staged = &self.outputs[index].staged;
        let directory = match self.store.place() {
            Place::Directory(directory) => directory,
            Place::Remote(remote) => return wait(remote::verify_staged(remote, staged, rule)),
        };
        let root = directory.open().map_err(unknown)?;
        // A link is no output: what it stands for would stay behind in the staging directory, or change later.
        match statat(&root.descriptor, staged, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => verify_entry(&root, staged, &stat, rule),
            Err(Errno::NOENT) => Err(NotWritten::Missing {
                path: root.absolute(staged),
                beside: tell_others(&root, split(staged).0),
            }),
            Err(errno) => Err(unknown(root.failed(staged, errno))),
        }
    }

    /// Moves each output to its final path, in their order, of which `rules` are those of the datasets. May be called
    /// again after a crash at any point, and then comes to the same end.
    pub fn publish(
        &self,
        existing: Existing,
        rules: &[Completeness],
    ) -> Result<Vec<Published>, StagingError> {
        match self.store.place() {
            Place::Directory(directory) => {
                let root = directory.open().map_err(StagingError::Storage)?;
                self.outputs.iter().map(|output| publish(&root, output, existing)).collect()
            }
            Place::Remote(remote) => {
                let outputs = self.outputs.iter().enumerate();
                outputs
                    .map(|(index, output)| {
                        let flag = rules.get(index).and_then(Completeness::flag);
                        wait(remote::publish(remote, (output, flag), existing))
                    })
                    .collect()
            }
        }
    }

    /// Removes what is left of the launch. Its empty directory may serve the next one.
    pub fn discard(self) -> Result<(), StagingError> {
        let directory = self.directory();
        let place = match self.store.place() {
            Place::Directory(place) => place,
            Place::Remote(remote) => return wait(remote::discard(remote, &directory)),
        };
        let root = place.open().map_err(StagingError::Storage)?;
        match root.directory(&directory).map_err(StagingError::Storage)? {
            None => Ok(()),
            Some(open) if count(&root, &directory, &open).map_err(StagingError::Storage)? > 0 => {
                remove(&root, &directory)
            }
            Some(_) => {
                place.spares().push(self.launch);
                Ok(())
            }
        }
    }

    fn directory(&self) -> String {
        join(STAGING, &self.launch)
    }

    fn make_directory(&self, root: &Root<'_>, place: &Directory) -> Result<(), StagingError> {
        let directory = self.directory();
        let taken = || StagingError::Taken { path: root.absolute(&directory) };
        let spare = place.spares().pop();
        if let Some(spare) = spare.map(|launch| join(STAGING, &launch)) {
            let at = &root.descriptor;
            match renameat_with(at, &spare, at, &directory, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return Err(taken()),
                // Another process swept it, or the file system lacks the call: a new one serves as well.
                Err(_) => {}
            }
        }
        let mut made = root.make(&directory);
        if made == Err(Errno::NOENT) {
            make(root, RESERVED)?;
            make(root, STAGING)?;
            made = root.make(&directory);
        }
        match made {
            Err(Errno::EXIST) => Err(taken()),
            made => made.map_err(|errno| StagingError::failed("make", root.absolute(&directory), errno)),
        }
    }
}

/// What a step wrote where its output should be, as the rest of a sentence.
fn tell_others(root: &Root<'_>, directory: &str) -> String {
    let mut names = Vec::new();
    let told = root.directory(directory).and_then(|open| {
        let Some(open) = open else { return Ok(()) };
        root.list(directory, &open, |name, _| {
            names.push(String::from_utf8_lossy(name).into_owned());
            Ok(())
        })
    });
    if told.is_err() { String::new() } else { tell(names) }
}

/// Names as the rest of a sentence, the first few of them.
pub(crate) fn tell(mut names: Vec<String>) -> String {
    if names.is_empty() {
        return String::new();
    }
    names.sort_unstable();
    let rest = if names.len() > TOLD { " and more" } else { "" };
    names.truncate(TOLD);
    format!("; the step wrote beside it: {}{rest}", names.join(", "))
}
