//! The archive: the records and logs of a pipeline's launches, one file each, beside the data. They outlive pods and objects.
//!
//! ```text
//! NAMESPACE/PIPELINE/KEY/STEP.ATTEMPT.LAUNCH.launched.json      before its Job is created
//! …                                          .publishing.json   before its outputs are moved
//! …                                          .ended.json        before its Job may go
//! …                                          .log
//! ```
//!
//! Each record is created once and never replaced, so that of two controllers one begins a launch, and one ends it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use planner::calendar::Partition;
use planner::launch::Launch;
use planner::pipeline::Pipeline;
use storage::Store;

use crate::work::records::{Event, Histories, Record, Recorder, Records, RecordsError};

/// Where the archive lies below the root of its store.
const ARCHIVE: &str = ".daybreak/archive";

/// The folder of an archive. Its store is a directory of this machine: the configuration knows no other kind.
pub(crate) fn folder(store: &Store) -> PathBuf {
    store.directory().map(|root| root.join(ARCHIVE)).unwrap_or_default()
}

/// The folder of the logs of a partition of a pipeline in an archive.
pub(crate) fn archived_logs(store: &Store, namespace: &str, (pipeline, key): (&str, &str)) -> PathBuf {
    folder(store).join(namespace).join(pipeline).join(key)
}

/// The records and logs of one pipeline, for whoever writes or reads one of them. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    store: Store,
    folder: PathBuf,
}

/// The archive of one pipeline, and what of it has been read.
#[derive(Debug)]
pub(crate) struct Archive {
    shelf: Shelf,
    loaded: BTreeSet<Partition>,
}

impl Records for Archive {
    fn load(
        &mut self,
        pipeline: &Pipeline,
        partitions: &[Partition],
        histories: &mut Histories,
    ) -> Result<bool, RecordsError> {
        let new: Vec<_> = partitions.iter().copied().filter(|it| !self.loaded.contains(it)).collect();
        for partition in &new {
            histories.remove(partition);
            for record in self.shelf.read(&pipeline.parts().calendar.key(*partition))? {
                record.replay(pipeline, histories);
            }
            self.loaded.insert(*partition);
        }
        Ok(!new.is_empty())
    }
}

impl Recorder for Archive {
    fn write(&mut self, record: &Record, about: (&Pipeline, &Launch)) -> Result<(), RecordsError> {
        self.shelf.write(record, about)
    }
}

impl Recorder for Shelf {
    /// Creates the record. If another controller was first, its record holds.
    fn write(
        &mut self,
        record: &Record,
        (pipeline, launch): (&Pipeline, &Launch),
    ) -> Result<(), RecordsError> {
        let path = self.path(pipeline, launch, &format!("{}.json", event_name(&record.event)));
        let failed = |source| RecordsError { operation: "write", path: path.clone(), source };
        let text = serde_json::to_vec(record).map_err(|error| failed(error.into()))?;
        self.check_there().map_err(failed)?;
        match (create(&path, &text), &record.event) {
            // What is on its way is so, whoever said it.
            (Err(error), Event::Publishing) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            (created, _) => created.map_err(failed),
        }
    }
}

impl Archive {
    /// The archive of a pipeline in a store. Nothing is made yet.
    pub(crate) fn new(store: &Store, namespace: &str, pipeline: &str) -> Self {
        let folder = folder(store).join(namespace).join(pipeline);
        Self { shelf: Shelf { store: store.clone(), folder }, loaded: BTreeSet::new() }
    }

    /// What writes and reads single records.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The log of a launch.
    pub(crate) fn log(&self, pipeline: &Pipeline, launch: &Launch) -> PathBuf {
        self.shelf.path(pipeline, launch, "log")
    }

    /// Reads the records of a partition anew the next time: another controller wrote some.
    pub(crate) fn reload(&mut self, partition: Partition) {
        self.loaded.remove(&partition);
    }
}

impl Shelf {
    /// Where no store is mounted there are no records, and that must not count as nothing ever having been launched.
    fn check_there(&self) -> io::Result<()> {
        self.store.check_there().map_err(io::Error::other)
    }

    /// Whether the end of a launch is recorded, whoever recorded it.
    pub(crate) fn has_ended(&self, pipeline: &Pipeline, launch: &Launch) -> bool {
        self.path(pipeline, launch, "ended.json").exists()
    }

    /// Whether the outputs of a launch are on their way, whoever took them up.
    pub(crate) fn is_publishing(&self, pipeline: &Pipeline, launch: &Launch) -> bool {
        self.path(pipeline, launch, "publishing.json").exists()
    }

    fn path(&self, pipeline: &Pipeline, launch: &Launch, end: &str) -> PathBuf {
        let key = pipeline.parts().calendar.key(launch.partition);
        let step = &pipeline.step(launch.step).name;
        self.folder.join(key).join(format!("{step}.{}.{}.{end}", launch.attempt, launch.launch))
    }

    /// The records of a partition, in the order in which they were written.
    fn read(&self, key: &str) -> Result<Vec<Record>, RecordsError> {
        let folder = self.folder.join(key);
        let failed = |path: &Path, source| RecordsError { operation: "read", path: path.to_owned(), source };
        self.check_there().map_err(|error| failed(&folder, error))?;
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| failed(&folder, error))?,
        };
        let mut records: Vec<Record> = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = fs::read(&path).map_err(|error| failed(&path, error))?;
            // A record of another version says nothing about today.
            records.extend(serde_json::from_slice::<Record>(&text).ok());
        }
        let order = |event: &Event| match event {
            Event::Launched { .. } => 0,
            Event::Publishing => 1,
            Event::Ended { .. } => 2,
        };
        records.sort_by_key(|it| (it.step.clone(), it.attempt, it.launch, order(&it.event)));
        Ok(records)
    }
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Launched { .. } => "launched",
        Event::Publishing => "publishing",
        Event::Ended { .. } => "ended",
    }
}

/// Creates a file with all of its text at once, and only if there is none.
fn create(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let unfinished = tempfile::Builder::new().prefix(".record-").tempfile_in(folder)?;
    fs::write(unfinished.path(), text)?;
    fs::hard_link(unfinished.path(), path)
}

#[cfg(test)]
mod tests {
    use authoring::Setting;
    use planner::calendar::Instant;
    use planner::facts::{Fingerprints, Outcome, Trial};
    use planner::pipeline::StepId;

    use super::*;

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::fs("warehouse", folder.path()).unwrap()
    }

    fn plan() -> Pipeline {
        let object: crds::Pipeline = serde_json::from_value(serde_json::json!({
            "apiVersion": "daybreak.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": {"name": "shop"},
            "spec": {
                "every": "1d",
                "store": "warehouse",
                "datasets": [{"name": "sales", "path": "sales_%Y%m%d.txt"}],
                "steps": [{"name": "sell", "outputs": [{"dataset": "sales"}], "command": ["sell"]}],
            },
        }))
        .unwrap();
        authoring::convert(&object, &Setting::default()).unwrap().0
    }

    fn launch(plan: &Pipeline, attempt: u32) -> Launch {
        let step = plan.step(StepId(0));
        let trial = Trial { whole: step.whole_digest, result: step.result_digest, request: None };
        let partition = plan.parts().calendar.parse_key("2026-01-05").unwrap();
        let (step, products) = (StepId(0), planner::launch::products(plan, StepId(0), partition));
        Launch { step, partition, attempt, launch: 1, trial, outputs: Vec::new(), replaces: false, products }
    }

    fn launched(plan: &Pipeline, launch: &Launch) -> Record {
        Record::launched(plan, launch, (&Fingerprints::new(), Instant::UNIX_EPOCH))
    }

    #[test]
    fn of_two_controllers_one_has_the_launch() {
        let (folder, plan) = (tempfile::tempdir().unwrap(), plan());
        let mut one = Archive::new(&store(&folder), "default", "shop");
        let mut other = Archive::new(&store(&folder), "default", "shop");
        let launch = launch(&plan, 1);
        one.write(&launched(&plan, &launch), (&plan, &launch)).unwrap();
        let refused = other.write(&launched(&plan, &launch), (&plan, &launch)).unwrap_err();
        assert!(refused.is_already_there());
    }

    #[test]
    fn the_first_end_holds_and_is_found_by_all() {
        let (folder, plan) = (tempfile::tempdir().unwrap(), plan());
        let mut archive = Archive::new(&store(&folder), "default", "shop");
        let launch = launch(&plan, 1);
        archive.write(&launched(&plan, &launch), (&plan, &launch)).unwrap();
        let end = |outcome: Outcome| {
            Record::ended(&plan, &launch, (&outcome, &std::collections::BTreeMap::new(), Instant::UNIX_EPOCH))
        };
        assert!(!archive.shelf().has_ended(&plan, &launch));
        archive.write(&end(Outcome::Succeeded), (&plan, &launch)).unwrap();
        let late = archive.write(&end(Outcome::Disrupted("late".to_owned())), (&plan, &launch)).unwrap_err();
        assert!(late.is_already_there());
        assert!(archive.shelf().has_ended(&plan, &launch));
        let mut histories = Histories::new();
        let mut later = Archive::new(&store(&folder), "default", "shop");
        later.load(&plan, &[launch.partition], &mut histories).unwrap();
        let history = &histories[&launch.partition][&StepId(0)];
        assert_eq!((history.running.is_none(), &history.ended[0].outcome), (true, &Outcome::Succeeded));
    }

    #[test]
    fn a_launch_is_known_by_what_it_makes_whatever_its_dataset_says_later() {
        let (folder, plan) = (tempfile::tempdir().unwrap(), plan());
        let launch = launch(&plan, 1);
        let mut archive = Archive::new(&store(&folder), "default", "shop");
        archive.write(&launched(&plan, &launch), (&plan, &launch)).unwrap();
        let mut histories = Histories::new();
        Archive::new(&store(&folder), "default", "shop")
            .load(&plan, &[launch.partition], &mut histories)
            .unwrap();
        let running = histories[&launch.partition][&StepId(0)].running.as_ref().unwrap();
        assert_eq!(
            (running.products[0].path.as_str(), &running.products),
            ("sales_20260105.txt", &launch.products)
        );
    }

    #[test]
    fn a_record_of_before_products_were_recorded_is_read() {
        let plan = plan();
        let mut text = serde_json::to_value(launched(&plan, &launch(&plan, 1))).unwrap();
        text.as_object_mut().unwrap().remove("products").unwrap();
        let record: Record = serde_json::from_value(text).unwrap();
        let mut histories = Histories::new();
        record.replay(&plan, &mut histories);
        let partition = launch(&plan, 1).partition;
        assert!(histories[&partition][&StepId(0)].running.as_ref().unwrap().products.is_empty());
    }

    #[test]
    fn tries_are_found_in_their_order() {
        let (folder, plan) = (tempfile::tempdir().unwrap(), plan());
        let mut archive = Archive::new(&store(&folder), "default", "shop");
        for attempt in [2, 10, 1] {
            let launch = launch(&plan, attempt);
            archive.write(&launched(&plan, &launch), (&plan, &launch)).unwrap();
            let failed = Outcome::Failed { exit_code: Some(1), why: "it broke".to_owned() };
            let left = std::collections::BTreeMap::new();
            let end = Record::ended(&plan, &launch, (&failed, &left, Instant::UNIX_EPOCH));
            archive.write(&end, (&plan, &launch)).unwrap();
        }
        let mut histories = Histories::new();
        let partition = launch(&plan, 1).partition;
        archive.load(&plan, &[partition], &mut histories).unwrap();
        let attempts: Vec<_> = histories[&partition][&StepId(0)].ended.iter().map(|it| it.attempt).collect();
        assert_eq!(attempts, [1, 2, 10]);
    }
}
