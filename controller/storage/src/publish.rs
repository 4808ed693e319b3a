//! The way from staging to the final paths: it creates or, when asked, replaces, and may be taken up again.
//!
//! Where a crash may have happened is read from the files themselves: what is no longer staged was moved; two
//! names of one file are a hard link whose first name is to go; and before old and new change places, a symbolic
//! link beside the staged one (the one file that is made with its content in one step) records which is the new.

use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, FileType, Mode, RenameFlags, Stat, linkat, mkdirat, readlinkat, renameat, renameat_with, statat,
    symlinkat, unlinkat,
};
use rustix::io::Errno;

use crate::StagingError;
use crate::path::split;
use crate::root::{Root, file_type};

/// What to do about data that is at a final path already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and ours is discarded.
    Keep,
    /// Ours takes its place; the old data stays until ours is there.
    Replace,
}

/// How publishing one output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Ours is at the final path.
    Published,
    /// Something was there already, and stays.
    AlreadyThere,
}

/// Where one output is written, and where it goes; all below the root, without a slash at the end.
#[derive(Debug)]
pub(crate) struct Output {
    /// Where the step writes it.
    pub(crate) staged: String,
    /// Its final path.
    pub(crate) path: String,
    /// The record of a replacement: in a directory the link that tells which is the new, while old and new change places.
    pub(crate) record: String,
}

/// A final path, its directory open, so that no link can lead out of the store meanwhile.
struct Target<'a> {
    root: &'a Root<'a>,
    output: &'a Output,
    directory: OwnedFd,
    leaf: &'a str,
}

/// Moves one output to its final path.
pub(crate) fn publish(
    root: &Root<'_>,
    output: &Output,
    existing: Existing,
) -> Result<Published, StagingError> {
    let (parent, leaf) = split(&output.path);
    let target = Target { root, output, directory: make_all(root, parent)?, leaf };
    let Some(staged) = target.staged()? else {
        return target.was_moved();
    };
    match existing {
        Existing::Keep if file_type(&staged) == FileType::Directory => target.create_directory(),
        Existing::Keep => target.create_file(&staged),
        Existing::Replace => target.replace(&staged),
    }
}

/// Makes the directory `path`, unless it is there.
pub(crate) fn make(root: &Root<'_>, path: &str) -> Result<(), StagingError> {
    match root.make(path) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(StagingError::failed("make", root.absolute(path), errno)),
    }
}

/// Opens the directory `path`, making it and what it lies in where they are absent.
fn make_all(root: &Root<'_>, path: &str) -> Result<OwnedFd, StagingError> {
    if let Some(open) = root.directory(path).map_err(StagingError::Storage)? {
        return Ok(open);
    }
    let (parent, leaf) = split(path);
    let parent = make_all(root, parent)?;
    match mkdirat(&parent, leaf, Mode::from_raw_mode(0o777)) {
        // Another publisher may have been first.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(StagingError::failed("make", root.absolute(path), errno)),
    }
    let gone = || StagingError::failed("open", root.absolute(path), Errno::NOENT);
    root.directory(path).map_err(StagingError::Storage)?.ok_or_else(gone)
}

impl Target<'_> {
    /// A plain rename does it: over a directory that holds anything it fails, and an empty one is no data.
    fn create_directory(&self) -> Result<Published, StagingError> {
        match self.rename(RenameFlags::empty()) {
            Ok(()) => Ok(Published::Published),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(Published::AlreadyThere),
            Err(Errno::NOENT) => self.was_moved(),
            Err(errno) => Err(self.failed(errno)),
        }
    }

    fn create_file(&self, staged: &Stat) -> Result<Published, StagingError> {
        match self.rename(RenameFlags::NOREPLACE) {
            Ok(()) => Ok(Published::Published),
            Err(Errno::EXIST) => self.finish_link(staged),
            // Another publisher of the same launch was faster by a moment.
            Err(Errno::NOENT) => self.was_moved(),
            // The file system lacks the call.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.link(staged),
            Err(errno) => Err(self.failed(errno)),
        }
    }

    /// Creates the final path as a second name of the staged file, which refuses to replace anything, too.
    fn link(&self, staged: &Stat) -> Result<Published, StagingError> {
        let from = &self.root.descriptor;
        match linkat(from, &self.output.staged, &self.directory, self.leaf, AtFlags::empty()) {
            Ok(()) | Err(Errno::EXIST) => self.finish_link(staged),
            Err(errno) => Err(self.failed(errno)),
        }
    }

    /// Ours is published if the final path is a name of our file; then the staged name goes.
    fn finish_link(&self, staged: &Stat) -> Result<Published, StagingError> {
        let is_ours = self.found()?.is_some_and(|found| is_same(&found, staged));
        if !is_ours {
            return Ok(Published::AlreadyThere);
        }
        let staged = &self.output.staged;
        match unlinkat(&self.root.descriptor, staged, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(Published::Published),
            Err(errno) => Err(StagingError::failed("remove", self.root.absolute(staged), errno)),
        }
    }

    /// Over a file, a rename puts file for file. Anything else changes places with ours, and goes with the launch.
    fn replace(&self, staged: &Stat) -> Result<Published, StagingError> {
        if self.recorded().is_some_and(|new| new != staged.st_ino) {
            return Ok(Published::Published);
        }
        match self.rename(RenameFlags::empty()) {
            Ok(()) => return Ok(Published::Published),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::ISDIR) => {}
            Err(errno) => return Err(self.failed(errno)),
        }
        let record = &self.output.record;
        match symlinkat(staged.st_ino.to_string(), &self.root.descriptor, record) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => {
                return Err(StagingError::failed("make", self.root.absolute(record), errno));
            }
        }
        match self.rename(RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Published::Published),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.replace_in_two(),
            Err(errno) => Err(self.failed(errno)),
        }
    }

    /// Moves the old data to the launch and ours to its place; between the two nothing is there, which no call can
    /// spare on such a file system. Taken up in between, the plain rename does the rest.
    fn replace_in_two(&self) -> Result<Published, StagingError> {
        let old = format!("{}-old", self.output.record);
        let at = &self.root.descriptor;
        renameat(&self.directory, self.leaf, at, &old).map_err(|errno| self.failed(errno))?;
        self.rename(RenameFlags::empty()).map_err(|errno| {
            // Better the old than nothing; if even that fails, it is still in the launch's directory.
            let _ = renameat(at, &old, &self.directory, self.leaf);
            self.failed(errno)
        })?;
        Ok(Published::Published)
    }

    /// The inode of the new data, recorded before it changes places with the old.
    fn recorded(&self) -> Option<u64> {
        let inode = readlinkat(&self.root.descriptor, &self.output.record, Vec::new()).ok()?;
        inode.to_str().ok()?.parse().ok()
    }

    /// Nothing is staged any more, so it was moved, if this launch verified it.
    fn was_moved(&self) -> Result<Published, StagingError> {
        match self.found()? {
            Some(_) => Ok(Published::Published),
            None => Err(StagingError::Vanished {
                staged: self.root.absolute(&self.output.staged),
                path: self.root.absolute(&self.output.path),
            }),
        }
    }

    fn staged(&self) -> Result<Option<Stat>, StagingError> {
        self.look(statat(&self.root.descriptor, &self.output.staged, AtFlags::SYMLINK_NOFOLLOW))
    }

    fn found(&self) -> Result<Option<Stat>, StagingError> {
        self.look(statat(&self.directory, self.leaf, AtFlags::SYMLINK_NOFOLLOW))
    }

    fn look(&self, answer: Result<Stat, Errno>) -> Result<Option<Stat>, StagingError> {
        match answer {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failed(errno)),
        }
    }

    fn rename(&self, flags: RenameFlags) -> Result<(), Errno> {
        let from = &self.root.descriptor;
        if flags.is_empty() {
            renameat(from, &self.output.staged, &self.directory, self.leaf)
        } else {
            renameat_with(from, &self.output.staged, &self.directory, self.leaf, flags)
        }
    }

    fn failed(&self, errno: Errno) -> StagingError {
        StagingError::failed("publish", self.root.absolute(&self.output.path), errno)
    }
}

fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

/// What only a file system without flags for `renameat2(2)` would do is called here without asking it first.
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use rustix::fs::{FileType, stat};
    use tempfile::TempDir;

    use super::{Output, Published, Target, make_all};
    use crate::root::{Root, file_type};

    /// Calls `publish` with a target for `path`, staged at `staged`.
    fn with_target<T>(root: &Path, path: &str, publish: impl FnOnce(&Target<'_>) -> T) -> T {
        let root = Root::open(root, stat(root).expect("it is there").st_dev).expect("it is there");
        let output =
            Output { staged: "staged".to_owned(), path: path.to_owned(), record: "record".to_owned() };
        let directory = make_all(&root, "").expect("the root is there");
        publish(&Target { root: &root, output: &output, directory, leaf: path })
    }

    fn world() -> TempDir {
        tempfile::tempdir().expect("a directory for the test")
    }

    #[test]
    fn a_hard_link_creates_and_does_not_replace() {
        let world = world();
        let link = |target: &Target<'_>| {
            let staged = target.staged().expect("it is looked at").expect("it is there");
            assert_eq!(file_type(&staged), FileType::RegularFile);
            target.link(&staged).expect("it links")
        };
        fs::write(world.path().join("staged"), "one").expect("files can be written");
        assert_eq!(with_target(world.path(), "a", link), Published::Published);
        assert!(!world.path().join("staged").exists());
        fs::write(world.path().join("staged"), "two").expect("files can be written");
        assert_eq!(with_target(world.path(), "a", link), Published::AlreadyThere);
        assert_eq!(fs::read_to_string(world.path().join("a")).expect("it is there"), "one");
    }

    #[test]
    fn what_another_publisher_moved_meanwhile_is_published() {
        let world = world();
        fs::write(world.path().join("staged"), "one").expect("files can be written");
        let create = |target: &Target<'_>| {
            let staged = target.staged().expect("it is looked at").expect("it is there");
            fs::rename(world.path().join("staged"), world.path().join("a")).expect("the other moves it");
            target.create_file(&staged).expect("it is there")
        };
        assert_eq!(with_target(world.path(), "a", create), Published::Published);
    }

    #[test]
    fn old_data_is_replaced_in_two_moves_and_kept_with_the_launch() {
        let world = world();
        for (place, content) in [("staged", "new"), ("a", "old")] {
            fs::create_dir(world.path().join(place)).expect("directories can be made");
            fs::write(world.path().join(place).join("part"), content).expect("files can be written");
        }
        with_target(world.path(), "a", |target| target.replace_in_two().expect("it replaces"));
        let read = |path: &str| fs::read_to_string(world.path().join(path)).expect("it is there");
        assert_eq!((read("a/part"), read("record-old/part")), ("new".to_owned(), "old".to_owned()));
    }

    #[test]
    fn old_data_comes_back_if_the_new_does_not_get_there() {
        let world = world();
        fs::write(world.path().join("a"), "old").expect("files can be written");
        with_target(world.path(), "a", |target| target.replace_in_two().expect_err("nothing is staged"));
        assert_eq!(fs::read_to_string(world.path().join("a")).expect("it is there"), "old");
    }
}
