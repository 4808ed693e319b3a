//! Prune: what the archive has kept for long enough goes. The records of a partition go all at once or not at all.
//!
//! A history that has lost some of its records tells something that never was: without its end a launch still runs, and
//! without the newest launch its number is given again. So the folder of a partition is set aside by one rename, or by one
//! mark where nothing can be renamed, after which none of it is read any more, and then removed at leisure. Wherever a
//! process dies, the next round finds the folder that was set aside and goes on. Two controllers may do all of this at
//! once: what one has renamed or removed the other does not find, and what somebody recorded between the look at a folder
//! and its rename is put back. Why all this holds in each kind of store, `removal.rs` of the crate storage says.

use std::collections::BTreeMap;
use std::time::SystemTime;

use storage::{Drawer, File, StorageError};

use crate::cluster::mind::Id;

/// The records and logs of one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The pipeline.
    pub(crate) id: Id,
    /// The key of the partition, or the name of a folder that was set aside.
    pub(crate) key: String,
}

impl Place {
    /// The folder of its pipeline in the archive.
    pub(crate) fn pipeline(&self) -> String {
        format!("{}/{}", self.id.namespace, self.id.name)
    }

    /// Its folder in the archive.
    pub(crate) fn folder(&self) -> String {
        format!("{}/{}", self.pipeline(), self.key)
    }
}

/// The next places of an archive after one, in their order, and so many at most; of one namespace, or of all.
pub(crate) fn places(
    archive: &Drawer,
    namespace: Option<&str>,
    (after, most): (Option<&Place>, usize),
) -> Result<Vec<Place>, StorageError> {
    let mut found = Vec::new();
    for space in folders(archive, "")?.into_iter().filter(|it| namespace.is_none_or(|only| only == it)) {
        for name in folders(archive, &space)? {
            let id = Id::new(&space, &name);
            // What was looked at need not be listed again.
            if after.is_some_and(|after| id < after.id) {
                continue;
            }
            let keys = folders(archive, &format!("{space}/{name}"))?.into_iter();
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

/// Whether a partition's records tell of what would be taken for data without them: what a failed launch left in place, and
/// a launch without an end.
pub(crate) fn tells_of_leftovers(archive: &Drawer, folder: &str) -> Result<bool, StorageError> {
    let files = archive.list(folder)?.files;
    let has_end =
        |launch: &str| files.iter().any(|file| file.name.strip_suffix(".ended.json") == Some(launch));
    let mut launches = files.iter().filter_map(|file| file.name.strip_suffix(".launched.json"));
    if launches.any(|launch| !has_end(launch)) {
        return Ok(true);
    }
    let ends = archive.read_all(&[folder.to_owned()], &|name| name.ends_with(".ended.json"))?;
    Ok(ends.into_iter().flatten().any(|(_, text)| {
        let record: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        record["left"].as_object().is_some_and(|left| !left.is_empty())
    }))
}

/// Goes on to remove a folder that was set aside; what is not that old goes back to where it was.
pub(crate) fn finish(
    archive: &Drawer,
    place: &Place,
    times: (SystemTime, SystemTime),
) -> Result<(), StorageError> {
    archive.finish_removal(&place.folder(), times)?;
    // The folders of the pipeline and the namespace go if it was the last of them. Whoever is about to record a launch
    // there fails, and tries again.
    archive.remove_empty(&place.pipeline());
    archive.remove_empty(&place.id.namespace);
    Ok(())
}

/// Removes the logs of a folder that are older than that, each as a whole.
pub(crate) fn thin(archive: &Drawer, folder: &str, before: SystemTime) -> Result<(), StorageError> {
    let mut logs: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in archive.walk(folder)? {
        let name = file.name.split('/').next().unwrap_or_default();
        if name.strip_suffix(".log").is_some() {
            logs.entry(name.to_owned()).or_default().push(file);
        }
    }
    for (log, mut files) in logs {
        if !files.iter().all(|file| file.changed.is_some_and(|changed| changed < before)) {
            continue;
        }
        // From its end, so that what a process leaves that dies here is no log that looks whole.
        files.sort_by(|one, other| other.name.cmp(&one.name));
        for file in &files {
            archive.remove(&format!("{folder}/{}", file.name))?;
        }
        if files.iter().all(|file| file.name != log) {
            archive.remove_all(&format!("{folder}/{log}"))?;
        }
    }
    Ok(())
}

/// The names of the folders in a folder, in their order. A link is none: what it leads to is not ours.
fn folders(archive: &Drawer, folder: &str) -> Result<Vec<String>, StorageError> {
    Ok(archive.list(folder)?.folders.into_iter().map(|it| it.name).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use storage::Store;

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

    fn archive(files: &[(&str, SystemTime)]) -> (tempfile::TempDir, Drawer) {
        let folder = tempfile::tempdir().unwrap();
        let drawer = Drawer::new(&Store::fs("warehouse", folder.path()).unwrap(), "archive");
        for (path, at) in files {
            write(&folder.path().join("archive").join(path), *at);
        }
        (folder, drawer)
    }

    fn names(archive: &Drawer, folder: &str) -> Vec<String> {
        archive.walk(folder).unwrap().into_iter().map(|it| it.name).collect()
    }

    fn keys(archive: &Drawer, (after, most): (Option<&Place>, usize)) -> Vec<String> {
        places(archive, None, (after, most)).unwrap().iter().map(Place::folder).collect()
    }

    fn place(key: &str) -> Place {
        Place { id: Id::new("a", "x"), key: key.to_owned() }
    }

    #[test]
    fn rounds_come_to_every_place_in_turn() {
        let at = long_ago();
        let (_folder, archive) =
            archive(&[("b/x/1/f", at), ("a/y/2/f", at), ("a/x/3/f", at), ("a/x/1/f", at)]);
        assert_eq!(keys(&archive, (None, 3)), ["a/x/1", "a/x/3", "a/y/2"]);
        assert_eq!(keys(&archive, (Some(&place("3")), 3)), ["a/y/2", "b/x/1"]);
        let of_one = places(&archive, Some("b"), (None, 3)).unwrap();
        assert_eq!(of_one, [Place { id: Id::new("b", "x"), key: "1".to_owned() }]);
        assert_eq!(places(&archive.within("none"), None, (None, 3)).unwrap(), []);
    }

    #[test]
    fn an_archive_in_a_service_has_its_places_too() {
        let archive = Drawer::new(&Store::memory("warehouse").unwrap(), "archive");
        for path in ["b/x/1/f", "a/y/2/f", "a/x/3/s.1.1.log/000000", "a/x/1/f"] {
            archive.create(path, b"text").unwrap();
        }
        assert_eq!(keys(&archive, (None, 3)), ["a/x/1", "a/x/3", "a/y/2"]);
        thin(&archive, "a/x/3", long_ago()).unwrap();
        assert_eq!(names(&archive, "a/x/3"), ["s.1.1.log/000000"], "what has no date is kept");
    }

    #[test]
    fn a_partition_is_as_old_as_its_newest_record() {
        let (_folder, archive) = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago() + DAY)]);
        assert!(!archive.is_older("a/x/1", long_ago() + DAY).unwrap());
        assert!(archive.is_older("a/x/1", long_ago() + 2 * DAY).unwrap());
        assert!(!archive.is_older("a/x/2", long_ago() + 2 * DAY).unwrap(), "it is not there");
    }

    #[test]
    fn what_is_set_aside_is_gone_at_once_and_removed_by_whoever_finds_it() {
        let (folder, archive) = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago())]);
        let before = long_ago() + DAY;
        assert!(archive.set_aside("a/x/1", before).unwrap());
        assert_eq!(names(&archive, "a/x/1"), [""; 0]);
        assert!(!archive.set_aside("a/x/1", before).unwrap(), "another was first");
        // The process dies here, after it removed some of it.
        let found = places(&archive, None, (None, 9)).unwrap();
        assert!(archive.is_being_removed(&found[0].folder()).unwrap());
        archive.remove(&format!("{}/f", found[0].folder())).unwrap();
        finish(&archive, &found[0], (before, before)).unwrap();
        finish(&archive, &found[0], (before, before)).unwrap();
        assert!(!folder.path().join("archive/a").exists(), "nor is the folder of its namespace there");
    }

    #[test]
    fn what_was_recorded_at_the_last_moment_is_put_back() {
        let (folder, archive) = archive(&[("a/x/1/f", long_ago()), ("a/x/1/g", long_ago() + DAY)]);
        let before = long_ago() + DAY;
        assert!(archive.set_aside("a/x/1", before).unwrap());
        write(&folder.path().join("archive/a/x/1/h"), long_ago() + DAY);
        finish(&archive, &place("1"), (before, before)).unwrap();
        assert_eq!(names(&archive, "a/x/1"), ["f", "g", "h"]);
        assert_eq!(keys(&archive, (None, 9)), ["a/x/1"]);
    }

    #[test]
    fn what_would_be_taken_for_data_without_its_records_keeps_them() {
        let old = long_ago();
        let (folder, archive) = archive(&[
            ("1/a.1.1.launched.json", old),
            ("1/a.1.1.ended.json", old),
            ("2/a.1.1.launched.json", old),
            ("3/a.1.1.launched.json", old),
            ("3/a.1.1.ended.json", old),
        ]);
        let left = r#"{"left": {"sales": "3:7:"}}"#;
        fs::write(folder.path().join("archive/3/a.1.1.ended.json"), left).unwrap();
        let tells = |key: &str| tells_of_leftovers(&archive, key).unwrap();
        assert_eq!([tells("1"), tells("2"), tells("3")], [false, true, true]);
    }

    #[test]
    fn a_link_in_the_archive_leads_nowhere() {
        let (folder, drawer) = archive(&[("b/y/1/f", long_ago())]);
        let (elsewhere, _) = archive(&[("x/1/f", long_ago())]);
        std::os::unix::fs::symlink(elsewhere.path().join("archive"), folder.path().join("archive/a"))
            .unwrap();
        assert_eq!(keys(&drawer, (None, 9)), ["b/y/1"]);
    }

    #[test]
    fn a_pipeline_rests_when_nothing_was_recorded_in_any_of_its_partitions() {
        let (folder, archive) = archive(&[("a/x/1/f", long_ago()), ("a/x/2/f", long_ago())]);
        // Both folders were made just now.
        assert!(!archive.is_at_rest("a/x", long_ago()).unwrap());
        for key in ["1", "2"] {
            let folder = fs::File::open(folder.path().join("archive/a/x").join(key)).unwrap();
            folder.set_modified(long_ago()).unwrap();
        }
        assert!(archive.is_at_rest("a/x", long_ago() + DAY).unwrap());
    }

    #[test]
    fn a_folder_in_use_loses_only_its_old_logs() {
        let old = long_ago();
        let (_folder, archive) = archive(&[
            ("1/a.1.1.ended.json", old),
            ("1/a.1.1.log", old),
            ("1/b.1.1.log", old + DAY),
            ("1/c.1.1.log/000000", old),
            ("1/c.1.1.log/whole", old),
            ("1/d.1.1.log/000000", old),
            ("1/d.1.1.log/whole", old + DAY),
        ]);
        thin(&archive, "1", old + DAY).unwrap();
        let left = ["a.1.1.ended.json", "b.1.1.log", "d.1.1.log/000000", "d.1.1.log/whole"];
        assert_eq!(names(&archive, "1"), left);
    }
}
