//! Removal: a folder goes all at once or not at all, as far as any reader can tell.
//!
//! Where folders can be renamed, one rename takes all of it out of sight, and what is aside is removed at leisure. Whoever
//! creates a file there at that moment fails, and what was created between a look and the rename is put back.
//!
//! Objects can't be renamed. There a mark, [`PRUNED`], takes all in the folder out of sight, and these hold:
//!
//! 1. Who creates a file that matters ([`Drawer::create_in_use`]) looks for the mark *after* that. Either it sees the mark,
//!    and does not count on its file; or its file was there before the mark, and every later listing shows it, since
//!    stores list what was written. Nobody but step 3 takes a file away again, so all listings say the same.
//! 2. A mark is acted on when it is an hour old ([`AFTER`]). Clocks differ by less: S3 refuses requests of clocks that are
//!    15 minutes off. If a listing then shows a file that is younger than was asked for and not later than the mark, the
//!    mark goes, and all is as before: no listing of anybody has lacked that file, so nothing was removed yet. It goes at
//!    once where the one who set it sees such a file, long before anybody acts.
//! 3. Otherwise all but the mark is removed; what came later than the mark nobody counts on. Nobody can tell the order.
//! 4. Once nothing else is there a second mark, [`EMPTIED`], says since when. After an hour both go, the first first.
//!    Whoever removed by an older listing is done by then ([`WITHIN`]), and takes nothing away that came after the marks.
//!
//! Whoever dies in between leaves one of these states, and the next one goes on from it.

use std::time::{Duration, Instant, SystemTime};

use crate::StorageError;
use crate::drawer::{Created, Drawer, File, Listing, Moved, Moves, PRUNED, directory};
use crate::path::{join, split};
use crate::store::Place;

/// The mark of a folder of objects in which nothing else is.
const EMPTIED: &str = ".emptied";

/// How old a mark is when it is acted on.
const AFTER: Duration = Duration::from_hours(1);

/// By how much later than a mark a file may be dated that was there before it: machines of one store differ by less.
const MARGIN: Duration = Duration::from_mins(10);

/// How long after a listing something is removed by it.
const WITHIN: Duration = Duration::from_mins(1);

/// What follows from a listing of a marked folder of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Nobody has marked it.
    None,
    /// It is too early.
    Wait,
    /// These go, in this order.
    Remove(Vec<String>),
    /// It is empty, which is to be marked.
    MarkEmpty,
}

impl Drawer {
    /// Creates a file with all of its bytes, if there is none of the name and its folder is not being removed.
    pub fn create_in_use(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        let created = self.create(path, bytes)?;
        let is_aside = match self.moves() {
            Moves::Whole => false,
            Moves::Nothing => self.exists(&join(split(path).0, PRUNED))?,
        };
        Ok(if is_aside { Created::BeingRemoved } else { created })
    }

    /// Whether all in a folder is older than that. What is not there, or has no date, is not old.
    pub fn is_older(&self, folder: &str, before: SystemTime) -> Result<bool, StorageError> {
        if let Place::Directory(directory) = self.store.place() {
            return directory::is_older(directory, &self.at(folder), before);
        }
        let files = self.walk(folder)?;
        Ok(!files.is_empty() && are_old(&files, before))
    }

    /// Whether nothing was created since in any folder of this one.
    pub fn is_at_rest(&self, folder: &str, before: SystemTime) -> Result<bool, StorageError> {
        if let Place::Directory(_) = self.store.place() {
            // A folder changes with each file that is made in it.
            let mut folders = self.list(folder)?.folders.into_iter();
            return Ok(folders.all(|it| it.changed.is_some_and(|changed| changed < before)));
        }
        Ok(are_old(&self.walk(folder)?, before))
    }

    /// Takes a folder out of sight, all at once; whether it is, and was not before. What is not that old shows that it is
    /// needed.
    pub fn set_aside(&self, folder: &str, before: SystemTime) -> Result<bool, StorageError> {
        if self.moves() == Moves::Nothing {
            return self.mark(folder, before);
        }
        // Another of its name may still be there: that is finished first.
        Ok(self.rename(folder, &aside(folder))? == Moved::Done)
    }

    /// Whether a folder of this name is one that was set aside by a rename.
    pub fn is_aside(name: &str) -> bool {
        name.strip_prefix(PRUNED).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Whether a folder was set aside, and not all of it is gone.
    pub fn is_being_removed(&self, folder: &str) -> Result<bool, StorageError> {
        match self.moves() {
            Moves::Whole => Ok(Self::is_aside(split(folder).1)),
            Moves::Nothing => {
                let marks = self.list(folder)?.files;
                Ok(marks.iter().any(|file| [PRUNED, EMPTIED].contains(&file.name.as_str())))
            }
        }
    }

    /// Goes on to remove a folder that was set aside, as far as that can be done now; what is not that old is put back. The
    /// folder is named as it was, or as it is now.
    pub fn finish_removal(
        &self,
        folder: &str,
        (before, now): (SystemTime, SystemTime),
    ) -> Result<(), StorageError> {
        if self.moves() == Moves::Nothing {
            return self.go_on(folder, (before, now));
        }
        let aside = if Self::is_aside(split(folder).1) { folder.to_owned() } else { aside(folder) };
        if !self.is_older(&aside, before)? {
            self.put_back(&aside)?;
        }
        self.remove_all(&aside)
    }

    /// What was created there meanwhile holds. The youngest goes back last, so that what is left tells to go on.
    fn put_back(&self, aside: &str) -> Result<(), StorageError> {
        let folder = named(aside);
        if self.rename(aside, &folder)? != Moved::TargetExists {
            return Ok(());
        }
        let Listing { files, folders } = self.list(aside)?;
        let files = files.into_iter().map(|it| (it.changed, it.name));
        let mut all: Vec<_> = files.chain(folders.into_iter().map(|it| (it.changed, it.name))).collect();
        all.sort();
        for (_, name) in all {
            self.rename(&join(aside, &name), &join(&folder, &name))?;
        }
        Ok(())
    }

    /// Marks a folder of objects, unless something in it is younger; whether it is marked by this call.
    fn mark(&self, folder: &str, before: SystemTime) -> Result<bool, StorageError> {
        let mark = join(folder, PRUNED);
        let marked = Instant::now();
        if self.create(&mark, b"")? != Created::New {
            return Ok(false);
        }
        let files = self.walk(folder)?;
        if !is_needed(&files, before) {
            return Ok(true);
        }
        if marked.elapsed() < WITHIN {
            self.remove(&mark)?;
        }
        Ok(false)
    }

    /// One step, or two, of the removal of a folder of objects.
    fn go_on(&self, folder: &str, times: (SystemTime, SystemTime)) -> Result<(), StorageError> {
        let listed = Instant::now();
        match step(&self.walk(folder)?, times) {
            Step::None | Step::Wait => Ok(()),
            Step::MarkEmpty => self.create(&join(folder, EMPTIED), b"").map(|_| ()),
            Step::Remove(names) => {
                self.remove_within(folder, (&names, listed))?;
                if step(&self.walk(folder)?, times) == Step::MarkEmpty {
                    self.create(&join(folder, EMPTIED), b"")?;
                }
                Ok(())
            }
        }
    }

    /// Removes these, as long as their listing holds. The rest is done by another.
    fn remove_within(&self, folder: &str, (names, listed): (&[String], Instant)) -> Result<(), StorageError> {
        for name in names.iter().take_while(|_| listed.elapsed() <= WITHIN) {
            self.remove(&join(folder, name))?;
        }
        Ok(())
    }
}

fn are_old(files: &[File], before: SystemTime) -> bool {
    files.iter().all(|file| file.changed.is_some_and(|changed| changed < before))
}

/// What follows from a listing.
fn step(files: &[File], (before, now): (SystemTime, SystemTime)) -> Step {
    let find = |name: &str| files.iter().find(|file| file.name == name);
    let is_due = |mark: &File| mark.changed.is_some_and(|at| at + AFTER < now);
    let others: Vec<_> = files.iter().filter(|file| file.name != PRUNED && file.name != EMPTIED).collect();
    let emptied = find(EMPTIED).map(|mark| mark.name.clone());
    let Some(pruned) = find(PRUNED) else {
        // Whoever removed the marks died in between.
        return emptied.map_or(Step::None, |mark| Step::Remove(vec![mark]));
    };
    if !is_due(pruned) {
        return Step::Wait;
    }
    if is_needed(files, before) {
        return Step::Remove(vec![pruned.name.clone()]);
    }
    if !others.is_empty() {
        // The second mark is to be of a time at which all of it is gone.
        let others = others.into_iter().map(|file| file.name.clone());
        return Step::Remove(emptied.into_iter().chain(others).collect());
    }
    match find(EMPTIED) {
        None => Step::MarkEmpty,
        Some(mark) if !is_due(mark) => Step::Wait,
        Some(mark) => Step::Remove(vec![pruned.name.clone(), mark.name.clone()]),
    }
}

/// Whether a file is younger than that and not later than the mark, so that somebody counts on it. Without dates all are.
fn is_needed(files: &[File], before: SystemTime) -> bool {
    let mark = files.iter().find(|file| file.name == PRUNED).and_then(|mark| mark.changed);
    let mut others = files.iter().filter(|file| file.name != PRUNED && file.name != EMPTIED);
    others.any(|file| match (file.changed, mark) {
        (Some(changed), Some(mark)) => changed >= before && changed <= mark + MARGIN,
        _ => true,
    })
}

/// The name of a folder that is set aside.
fn aside(folder: &str) -> String {
    let (parent, name) = split(folder);
    join(parent, &format!("{PRUNED}.{name}"))
}

/// The name that it had.
fn named(aside: &str) -> String {
    let (parent, name) = split(aside);
    join(parent, name.strip_prefix(PRUNED).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at(days: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * days
    }

    fn file(name: &str, changed: SystemTime) -> File {
        File { name: name.to_owned(), bytes: 1, changed: Some(changed) }
    }

    fn names(step: Step) -> Vec<String> {
        match step {
            Step::Remove(names) => names,
            other @ (Step::None | Step::Wait | Step::MarkEmpty) => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn a_marked_folder_goes_in_its_steps() {
        let (before, now) = (at(50), at(100));
        let mark = |hours: u32| file(PRUNED, now - Duration::from_hours(1) * hours);
        let emptied = |hours: u32| file(EMPTIED, now - Duration::from_hours(1) * hours);
        let old = file("a", at(1));
        let next = |files: &[File]| names(step(files, (before, now)));
        assert_eq!(next(std::slice::from_ref(&old)), ["None"]);
        assert_eq!(next(&[mark(0), old.clone()]), ["Wait"]);
        assert_eq!(next(&[mark(2), old.clone()]), ["a"]);
        assert_eq!(next(&[mark(2)]), ["MarkEmpty"]);
        assert_eq!(next(&[mark(2), emptied(0)]), ["Wait"]);
        assert_eq!(
            next(&[mark(3), emptied(2), old]),
            [EMPTIED, "a"],
            "somebody wrote, and counts on nothing"
        );
        assert_eq!(next(&[mark(3), emptied(2)]), [PRUNED, EMPTIED]);
        assert_eq!(next(&[emptied(2)]), [EMPTIED]);
    }

    #[test]
    fn a_file_that_was_there_before_the_mark_is_put_back_and_a_later_one_goes() {
        let (before, now) = (at(50), at(100));
        let mark = file(PRUNED, at(99));
        let next = |files: &[File]| names(step(files, (before, now)));
        assert_eq!(next(&[mark.clone(), file("a", at(1)), file("b", at(98))]), [PRUNED]);
        assert_eq!(next(&[mark.clone(), file("b", at(99) + MARGIN)]), [PRUNED], "clocks of one store differ");
        assert_eq!(next(&[mark.clone(), file("b", at(99) + 2 * MARGIN)]), ["b"]);
        let undated = File { changed: None, ..file("b", at(1)) };
        assert_eq!(next(&[mark, undated]), [PRUNED], "nobody knows how old it is");
    }

    #[test]
    fn the_name_of_what_is_aside_tells_what_it_was() {
        assert_eq!(aside("a/x/2026-01"), "a/x/.pruned.2026-01");
        assert_eq!(named("a/x/.pruned.2026-01"), "a/x/2026-01");
        assert!(
            Drawer::is_aside(".pruned.2026-01") && !Drawer::is_aside("2026-01") && !Drawer::is_aside(PRUNED)
        );
    }
}
