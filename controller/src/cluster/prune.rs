//! Prune: what the archive has kept for long enough goes. The records of a partition go all at once or not at all.
//!
//! A history that has lost some of its records tells something that never was: without its end a launch still runs, and
//! without the newest launch its number is given again. So the folder of a partition is set aside by one rename, after
//! which none of it is read any more, and then removed at leisure. Wherever a process dies, the next round finds the
//! folder that was set aside and goes on. Two controllers may do all of this at once: what one has renamed or removed
//! the other does not find, and what somebody recorded between the look at a folder and its rename is put back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cluster::mind::Id;

/// How the name of a folder begins that was set aside. No key begins so.
const ASIDE: &str = ".pruned.";

/// The records and logs of one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The pipeline.
    pub(crate) id: Id,
    /// The key of the partition, or the name of a folder that was set aside.
    pub(crate) key: String,
}

impl Place {
    /// The folder below that of the archive.
    pub(crate) fn folder(&self, archive: &Path) -> PathBuf {
        archive.join(&self.id.namespace).join(&self.id.name).join(&self.key)
    }

    /// Whether it was set aside, by this process or one that died.
    pub(crate) fn is_aside(&self) -> bool {
        self.key.starts_with(ASIDE)
    }
}

/// The next places of an archive after one, in their order, and so many at most; of one namespace, or of all.
pub(crate) fn places(
    archive: &Path,
    namespace: Option<&str>,
    (after, most): (Option<&Place>, usize),
) -> io::Result<Vec<Place>> {
    let mut found = Vec::new();
    for space in folders(archive)?.into_iter().filter(|it| namespace.is_none_or(|only| only == it)) {
        for name in folders(&archive.join(&space))? {
            let id = Id::new(&space, &name);
            // What was looked at need not be listed again.
            if after.is_some_and(|after| id < after.id) {
                continue;
            }
            let keys = folders(&archive.join(&space).join(&name))?.into_iter();
            let places = keys.map(|key| Place { id: id.clone(), key });
            found.extend(places.filter(|place| after.is_none_or(|after| place > after)));
            if found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Whether all in the folder is older than that. An empty folder is as old as itself: a record may be on its way to it.
pub(crate) fn is_old(folder: &Path, before: SystemTime) -> io::Result<bool> {
    let files = files(folder)?;
    if files.is_empty() {
        return Ok(modified(folder)?.is_some_and(|at| at < before));
    }
    Ok(files.iter().all(|(_, at)| *at < before))
}

/// Whether a partition's records tell of what would be taken for data without them: what a failed launch left in place, and
/// a launch without an end.
pub(crate) fn tells_of_leftovers(folder: &Path) -> io::Result<bool> {
    let names = names(folder)?;
    let has_end = |launch: &str| names.iter().any(|name| *name == format!("{launch}.ended.json"));
    if names.iter().filter_map(|name| name.strip_suffix(".launched.json")).any(|launch| !has_end(launch)) {
        return Ok(true);
    }
    for name in names.iter().filter(|name| name.ends_with(".ended.json")) {
        let text = found(fs::read(folder.join(name)))?.unwrap_or_default();
        let record: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        if record["left"].as_object().is_some_and(|left| !left.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether nothing was recorded since in any partition of the pipeline that this one is of.
pub(crate) fn is_at_rest(folder: &Path, before: SystemTime) -> io::Result<bool> {
    let Some(pipeline) = folder.parent() else { return Ok(false) };
    for name in folders(pipeline)? {
        // A folder changes with each record that is made in it.
        if modified(&pipeline.join(name))?.is_some_and(|at| at >= before) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a partition's folder out of the archive; where it is then, if it was still there.
pub(crate) fn set_aside(folder: &Path) -> io::Result<Option<PathBuf>> {
    let key = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.with_file_name(format!("{ASIDE}{key}"));
    match found(fs::rename(folder, &aside)) {
        // Another of its name is still there: the next round finishes that first.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(None),
        renamed => Ok(renamed?.map(|()| aside)),
    }
}

/// Removes a folder that was set aside; what is not that old goes back to where it was.
pub(crate) fn finish(aside: &Path, before: SystemTime) -> io::Result<()> {
    if !is_old(aside, before)? {
        put_back(aside)?;
    }
    found(fs::remove_dir_all(aside))?;
    // The folders of the pipeline and the namespace go if it was the last of them. Whoever is about to record a launch
    // there fails, and tries again.
    for folder in aside.ancestors().skip(1).take(2) {
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Removes the logs of a folder that are older than that.
pub(crate) fn thin(folder: &Path, before: SystemTime) -> io::Result<()> {
    let is_log = |path: &Path| path.extension().is_some_and(|it| it == "log");
    for (path, _) in files(folder)?.into_iter().filter(|(path, at)| *at < before && is_log(path)) {
        found(fs::remove_file(path))?;
    }
    Ok(())
}

/// What has been recorded there meanwhile holds.
fn put_back(aside: &Path) -> io::Result<()> {
    let name = aside.file_name().unwrap_or_default().to_string_lossy();
    let folder = aside.with_file_name(name.strip_prefix(ASIDE).unwrap_or(&name));
    for (path, _) in files(aside)? {
        fs::create_dir_all(&folder)?;
        match found(fs::hard_link(&path, folder.join(path.file_name().unwrap_or_default()))) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// The folders in a folder, in their order. A link is none: what it leads to is not ours.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = found(listed(folder))? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if found(entry.file_type())?.is_some_and(|it| it.is_dir()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The names in a folder, in their order; none if it is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = found(listed(folder))? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// The files of a folder, and when each was written.
fn files(folder: &Path) -> io::Result<Vec<(PathBuf, SystemTime)>> {
    let mut files = Vec::new();
    for name in names(folder)? {
        let path = folder.join(name);
        // What is gone by now another controller removed.
        files.extend(modified(&path)?.map(|at| (path, at)));
    }
    Ok(files)
}

/// A folder's entries. A file in its place has none.
fn listed(folder: &Path) -> io::Result<fs::ReadDir> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(io::ErrorKind::NotFound.into()),
        entries => entries,
    }
}

fn modified(path: &Path) -> io::Result<Option<SystemTime>> {
    found(fs::symlink_metadata(path).and_then(|it| it.modified()))
}

/// What is not there another removed.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn long_ago() -> SystemTime {
        SystemTime::UNIX_EPOCH + 100 * DAY
    }

    /// A file that was written then.
    fn write(path: &Path, at: SystemTime) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    }

    fn archive(files: &[(&str, SystemTime)]) -> tempfile::TempDir {
        let archive = tempfile::tempdir().unwrap();
        for (path, at) in files {
            write(&archive.path().join(path), *at);
        }
        archive
    }

    fn keys(archive: &tempfile::TempDir, (after, most): (Option<&Place>, usize)) -> Vec<String> {
        let places = places(archive.path(), None, (after, most)).unwrap();
        places.into_iter().map(|it| format!("{}/{}/{}", it.id.namespace, it.id.name, it.key)).collect()
    }

    #[test]
    fn rounds_come_to_every_place_in_turn() {
        let at = long_ago();
        let archive = archive(&[("b/x/1/f", at), ("a/y/2/f", at), ("a/x/3/f", at), ("a/x/1/f", at)]);
        assert_eq!(keys(&archive, (None, 3)), ["a/x/1", "a/x/3", "a/y/2"]);
        let last = Place { id: Id::new("a", "x"), key: "3".to_owned() };
        assert_eq!(keys(&archive, (Some(&last), 3)), ["a/y/2", "b/x/1"]);
        let of_one = places(archive.path(), Some("b"), (None, 3)).unwrap();
        assert_eq!(of_one, [Place { id: Id::new("b", "x"), key: "1".to_owned() }]);
        assert_eq!(places(&archive.path().join("none"), None, (None, 3)).unwrap(), []);
    }

    #[test]
    fn a_partition_is_as_old_as_its_newest_record() {
        let archive = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago() + DAY)]);
        let folder = archive.path().join("a/x/1");
        assert!(!is_old(&folder, long_ago() + DAY).unwrap());
        assert!(is_old(&folder, long_ago() + 2 * DAY).unwrap());
        assert!(!is_old(&archive.path().join("a/x/2"), long_ago() + 2 * DAY).unwrap(), "it is not there");
    }

    #[test]
    fn what_is_set_aside_is_gone_at_once_and_removed_by_whoever_finds_it() {
        let archive = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago())]);
        let folder = archive.path().join("a/x/1");
        let aside = set_aside(&folder).unwrap().unwrap();
        assert!(!folder.exists());
        assert_eq!(set_aside(&folder).unwrap(), None, "another was first");
        // The process dies here, after it removed some of it.
        fs::remove_file(aside.join("f")).unwrap();
        let found = places(archive.path(), None, (None, 9)).unwrap();
        assert!(found[0].is_aside());
        assert_eq!(found[0].folder(archive.path()), aside);
        finish(&aside, long_ago() + DAY).unwrap();
        finish(&aside, long_ago() + DAY).unwrap();
        assert_eq!(names(archive.path()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_was_recorded_at_the_last_moment_is_put_back() {
        let archive = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago() + DAY)]);
        let folder = archive.path().join("a/x/1");
        let aside = set_aside(&folder).unwrap().unwrap();
        write(&folder.join("h"), long_ago() + DAY);
        finish(&aside, long_ago() + DAY).unwrap();
        assert_eq!(names(&folder).unwrap(), ["f", "g", "h"]);
        assert_eq!(keys(&archive, (None, 9)), ["a/x/1"]);
    }

    #[test]
    fn what_would_be_taken_for_data_without_its_records_keeps_them() {
        let old = long_ago();
        let archive = archive(&[
            ("1/a.1.1.launched.json", old),
            ("1/a.1.1.ended.json", old),
            ("2/a.1.1.launched.json", old),
            ("3/a.1.1.launched.json", old),
            ("3/a.1.1.ended.json", old),
        ]);
        fs::write(archive.path().join("3/a.1.1.ended.json"), r#"{"left": {"sales": "3:7:"}}"#).unwrap();
        let tells = |key: &str| tells_of_leftovers(&archive.path().join(key)).unwrap();
        assert_eq!([tells("1"), tells("2"), tells("3")], [false, true, true]);
    }

    #[test]
    fn a_link_in_the_archive_leads_nowhere() {
        let (archive, elsewhere) = (archive(&[]), archive(&[("x/1/f", long_ago())]));
        std::os::unix::fs::symlink(elsewhere.path(), archive.path().join("a")).unwrap();
        assert!(keys(&archive, (None, 9)).is_empty());
    }

    #[test]
    fn a_pipeline_rests_when_nothing_was_recorded_in_any_of_its_partitions() {
        let archive = archive(&[("a/x/1/f", long_ago()), ("a/x/2/f", long_ago())]);
        let folder = archive.path().join("a/x/1");
        // Both folders were made just now.
        assert!(!is_at_rest(&folder, long_ago()).unwrap());
        for key in ["1", "2"] {
            fs::File::open(archive.path().join("a/x").join(key)).unwrap().set_modified(long_ago()).unwrap();
        }
        assert!(is_at_rest(&folder, long_ago() + DAY).unwrap());
    }

    #[test]
    fn a_folder_in_use_loses_only_its_old_logs() {
        let old = long_ago();
        let archive =
            archive(&[("1/a.1.1.ended.json", old), ("1/a.1.1.log", old), ("1/b.1.1.log", old + DAY)]);
        thin(&archive.path().join("1"), old + DAY).unwrap();
        assert_eq!(names(&archive.path().join("1")).unwrap(), ["a.1.1.ended.json", "b.1.1.log"]);
    }
}
