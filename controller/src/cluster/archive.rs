//! The archive: the records and logs of a pipeline's launches, beside the data. They outlive pods and objects.
//!
//! ```text
//! NAMESPACE/PIPELINE/KEY/STEP.ATTEMPT.LAUNCH.launched.json      before its Job is created
//! …                                          .publishing.json   before its outputs are moved
//! …                                          .ended.json        before its Job may go
//! …                                          .log               in a directory, once it is whole; until then .log.part
//! …                                          .log/000000, …     in a service, in chunks as it grows
//! …                                          .log/whole         once no more chunks follow
//! ```
//!
//! Each record is created once and never replaced, so that of two controllers one begins a launch, and one ends it.

use std::collections::BTreeSet;

use planner::calendar::Partition;
use planner::launch::Launch;
use planner::pipeline::Pipeline;
use storage::{Drawer, Store};

use crate::cluster::kept_log::{KeptLog, LastLines};
use crate::cluster::shelf::Shelf;
use crate::cluster::wanted::{Read, Wanted};
use crate::work::records::{Histories, Record, Recorder, Records, RecordsError};

/// Where the archive lies below the root of its store.
const ARCHIVE: &str = ".daybreak/archive";

/// The drawer of an archive.
pub(crate) fn drawer(store: &Store) -> Drawer {
    Drawer::new(store, ARCHIVE)
}

/// The archive of one pipeline, and which of its records were read.
#[derive(Debug)]
pub(crate) struct Archive {
    shelf: Shelf,
    last_lines: LastLines,
    loaded: BTreeSet<Partition>,
    /// Partitions whose records are to be read anew, whoever reads next: others wrote some.
    due: BTreeSet<Partition>,
    /// What a service is to be asked for, and what it said. A directory is read at once.
    wanted: Wanted,
}

impl Records for Archive {
    fn load(
        &mut self,
        pipeline: &Pipeline,
        partitions: &[Partition],
        histories: &mut Histories,
    ) -> Result<bool, RecordsError> {
        let wanted = partitions.iter().chain(&self.due).copied();
        let new: BTreeSet<_> = wanted.filter(|it| !self.loaded.contains(it)).collect();
        let is_at_once = !self.shelf.is_in_a_service();
        let read = if is_at_once { self.read(pipeline, &new)? } else { self.wanted.take(&new) };
        let is_any = !read.is_empty();
        for (partition, records) in read {
            histories.remove(&partition);
            for record in records {
                record.replay(pipeline, histories);
            }
            self.loaded.insert(partition);
            self.due.remove(&partition);
        }
        Ok(is_any)
    }
}

impl Recorder for Archive {
    fn write(&mut self, record: &Record, about: (&Pipeline, &Launch)) -> Result<(), RecordsError> {
        self.shelf.write(record, about)
    }
}

impl Archive {
    /// The archive of a pipeline in a store. Nothing is made yet.
    pub(crate) fn new(store: &Store, namespace: &str, pipeline: &str) -> Self {
        let shelf = Shelf::new(&drawer(store), (namespace, pipeline));
        Self {
            shelf,
            last_lines: LastLines::default(),
            loaded: BTreeSet::new(),
            due: BTreeSet::new(),
            wanted: Wanted::default(),
        }
    }

    /// What is read and written without knowing what was read before.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The log of a launch.
    pub(crate) fn log(&self, pipeline: &Pipeline, launch: &Launch) -> KeptLog {
        self.shelf.log((pipeline, launch), &self.last_lines)
    }

    /// Forgets of which logs it is known that they are kept, but for those for which `keep` is true.
    pub(crate) fn forget_logs(&self, keep: impl Fn(&str) -> bool) {
        self.last_lines.retain(keep);
    }

    /// Has the records of a partition read anew: another controller wrote some.
    pub(crate) fn read_anew(&mut self, partition: Partition) {
        self.forget(partition);
        self.due.insert(partition);
    }

    /// Forgets that the records of a partition were read.
    pub(crate) fn forget(&mut self, partition: Partition) {
        self.loaded.remove(&partition);
        self.outdate(partition);
    }

    /// A record of a partition was written: what a service said before, or is about to say, is out of date.
    pub(crate) fn outdate(&mut self, partition: Partition) {
        self.wanted.outdate(partition);
    }

    /// The partitions whose records a service is to be asked for before anything is thought of them.
    pub(crate) fn lacking(&self) -> impl ExactSizeIterator<Item = Partition> {
        self.wanted.lacking()
    }

    /// Brings what a service said of a partition, for whoever reads its records next.
    pub(crate) fn bring(&mut self, partition: Partition, records: Vec<Record>) {
        self.wanted.bring(partition, records);
    }

    /// Whether a service was asked for the records of a partition in this thought.
    pub(crate) fn has_asked(&self, partition: Partition) -> bool {
        self.wanted.has(partition)
    }

    /// Forgets what a service was to be asked for and what it said: by the next thought it may say something else.
    pub(crate) fn put_back(&mut self) {
        self.wanted = Wanted::default();
    }

    fn read(&self, pipeline: &Pipeline, new: &BTreeSet<Partition>) -> Result<Read, RecordsError> {
        let keys: Vec<_> = new.iter().map(|it| pipeline.parts().calendar.key(*it)).collect();
        let read = if keys.is_empty() { Vec::new() } else { self.shelf.read_many(&keys)? };
        Ok(new.iter().copied().zip(read).collect())
    }
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
        assert!(!archive.shelf().has_ended(&plan, &launch).unwrap());
        archive.write(&end(Outcome::Succeeded), (&plan, &launch)).unwrap();
        let late = archive.write(&end(Outcome::Disrupted("late".to_owned())), (&plan, &launch)).unwrap_err();
        assert!(late.is_already_there());
        assert!(archive.shelf().has_ended(&plan, &launch).unwrap());
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

    #[test]
    fn a_service_is_read_by_whoever_does_not_think() {
        let (plan, store) = (plan(), Store::memory("warehouse").unwrap());
        let launch = launch(&plan, 1);
        let mut archive = Archive::new(&store, "default", "shop");
        archive.write(&launched(&plan, &launch), (&plan, &launch)).unwrap();
        let (mut histories, partition) = (Histories::new(), launch.partition);
        let mut load = |archive: &mut Archive| {
            let is_any = archive.load(&plan, &[partition], &mut histories).unwrap();
            (is_any, histories.contains_key(&partition))
        };
        assert_eq!(load(&mut archive), (false, false));
        assert_eq!(archive.lacking().collect::<Vec<_>>(), [partition]);
        let read = |archive: &Archive| {
            let key = plan.parts().calendar.key(partition);
            archive.shelf().read_many(&[key]).unwrap().remove(0)
        };
        // Something is recorded while it is read.
        let records = read(&archive);
        archive.outdate(partition);
        archive.bring(partition, records);
        assert_eq!(load(&mut archive), (false, false));
        let records = read(&archive);
        archive.bring(partition, records);
        assert_eq!(load(&mut archive), (true, true));
        assert_eq!((load(&mut archive), archive.lacking().len()), ((false, true), 0));
        // Others recorded something: it is read anew, whatever is asked for.
        archive.read_anew(partition);
        archive.load(&plan, &[], &mut Histories::new()).unwrap();
        assert_eq!(archive.lacking().collect::<Vec<_>>(), [partition]);
    }
}
