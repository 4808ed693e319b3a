//! Observe: storage's answers become facts. Paths are rendered here, listings are the catalogue's.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::SystemTime;

use planner::calendar::{Instant, Partition};
use planner::facts::{ABSENT, Fingerprints, Holding, Presence};
use planner::launch::{Launch, Product, products};
use planner::pipeline::{Completeness, Dataset, DatasetId, Input, Pipeline, Publish, StepId};
use planner::reads;
use storage::{Catalogue, ChangedPath, Want};

use crate::work::closely::{Closely, Print, Spot};
use crate::work::pipeline::Work;

/// The rule of a single file, for `initial` paths.
const ANY_FILE: storage::Completeness =
    storage::Completeness::File { min_bytes: 0, settle: std::time::Duration::ZERO };

/// One path of a dataset.
struct Place {
    dataset: DatasetId,
    partition: Partition,
    path: String,
}

/// Asks storage about everything that deciding a pipeline may look at.
pub(crate) fn observe(work: &mut Work, catalogue: &mut Catalogue, now: Instant) {
    let stretch = work.stretch(now);
    let sight = reads::sight(&work.plan, &stretch);
    work.facts.holdings = Vec::with_capacity(sight.len());
    work.doubts.clear();
    work.settling.clear();
    for (dataset, range) in work.plan.dataset_ids().zip(sight) {
        let holding = observe_dataset(work, catalogue, (dataset, range, now));
        work.facts.holdings.push(holding);
    }
    observe_initials(work, catalogue, now);
    work.facts.inputs.clear();
    work.observed = Some(stretch);
}

/// Notes what observing would ask storage about, so that it can be looked at before; whether there is anything.
pub(crate) fn want(work: &Work, catalogue: &mut Catalogue, now: Instant) -> bool {
    let stretch = work.stretch(now);
    if work.observed.as_ref() == Some(&stretch) {
        return false;
    }
    for (id, range) in work.plan.dataset_ids().zip(reads::sight(&work.plan, &stretch)) {
        let dataset = work.plan.dataset(id);
        let (rule, store) = (rule(&dataset.complete), dataset.store.as_str());
        let prefix = dataset.path.literal_prefix();
        let paths = wanted_paths(&work.plan, (id, &sighted(dataset, range)));
        catalogue.want(paths.iter().map(|path| Want { store, prefix, path, rule: &rule }));
    }
    for (_, store, path) in initials(&work.plan) {
        catalogue.want([Want { store, prefix: path, path, rule: &ANY_FILE }]);
    }
    true
}

/// The partitions of a dataset that are in sight.
fn sighted(dataset: &Dataset, range: Option<Range<i64>>) -> Range<i64> {
    if dataset.path.is_static() { 0..1 } else { range.unwrap_or(0..0) }
}

fn wanted_paths(plan: &Pipeline, (id, range): (DatasetId, &Range<i64>)) -> Vec<String> {
    let dataset = plan.dataset(id);
    range.clone().map(|it| dataset.path.render(&dataset.calendar, Partition(it))).collect()
}

/// The `initial` paths of inputs, by step and place among its inputs, with their stores.
fn initials(plan: &Pipeline) -> impl Iterator<Item = ((StepId, usize), &str, &str)> {
    plan.step_ids().flat_map(move |step| {
        let inputs = plan.step(step).inputs.iter().enumerate();
        inputs.filter_map(move |(place, input)| {
            let path = input.initial.as_deref()?;
            Some(((step, place), plan.dataset(input.dataset).store.as_str(), path))
        })
    })
}

fn observe_dataset(
    work: &mut Work,
    catalogue: &mut Catalogue,
    (id, range, now): (DatasetId, Option<Range<i64>>, Instant),
) -> Holding {
    let dataset = work.plan.dataset(id);
    let rule = rule(&dataset.complete);
    let is_static = dataset.path.is_static();
    let range = sighted(dataset, range);
    let first = Partition(range.start);
    let paths = wanted_paths(&work.plan, (id, &range));
    let store = dataset.store.as_str();
    let prefix = dataset.path.literal_prefix();
    let wants = || paths.iter().map(|path| Want { store, prefix, path, rule: &rule });
    catalogue.load(wants());
    let mut doubts = BTreeMap::new();
    let mut settling = BTreeMap::new();
    let presences = wants()
        .map(|want| {
            let answer = catalogue.presence(want, now.into());
            note_doubt(&mut doubts, want, &answer);
            note_settling(&mut settling, want, &answer);
            presence(&answer)
        })
        .collect::<Vec<_>>();
    work.settling.append(&mut settling);
    work.doubts.append(&mut doubts);
    match presences.first() {
        Some(only) if is_static => Holding::Static(*only),
        _ => Holding::Dated { first, presences },
    }
}

fn observe_initials(work: &mut Work, catalogue: &mut Catalogue, now: Instant) {
    for (place, store, path) in initials(&work.plan) {
        let want = Want { store, prefix: path, path, rule: &ANY_FILE };
        catalogue.load([want]);
        let answer = presence(&catalogue.presence(want, now.into()));
        work.facts.initials.insert(place, answer);
    }
}

/// Notes the answers about paths that changed; says whether any of them concerns the pipeline.
pub(crate) fn note_changes(
    work: &mut Work,
    catalogue: &Catalogue,
    (changes, now): (&[ChangedPath], Instant),
) -> bool {
    // Before the first look there is nothing to correct.
    if work.observed.is_none() {
        return false;
    }
    let mut concerns = false;
    for change in changes {
        for place in places_of(&work.plan, change) {
            note_place(work, catalogue, (&place, now.into()));
            concerns = true;
        }
        // Whoever read the path must look closely again.
        let name = input_name(&change.store, &change.path);
        work.facts.inputs.retain(|_, seen| !seen.contains_key(&name));
    }
    concerns
}

/// Looks again at what should be old enough by now: there is no word of what is written meanwhile, only of its end.
pub(crate) fn look_at_settled(work: &mut Work, catalogue: &mut Catalogue, now: Instant) {
    let settled = settled(work, now);
    for ChangedPath { store, path } in &settled {
        catalogue.look_again(store, path);
    }
    note_changes(work, catalogue, (&settled, now));
}

/// What should be old enough by now.
pub(crate) fn settled(work: &Work, now: Instant) -> Vec<ChangedPath> {
    let settled = work.settling.iter().filter(|(_, at)| **at <= now);
    settled.map(|((store, path), _)| ChangedPath { store: store.clone(), path: path.clone() }).collect()
}

fn places_of(plan: &Pipeline, change: &ChangedPath) -> Vec<Place> {
    let datasets = plan.dataset_ids().filter(|id| plan.dataset(*id).store.as_str() == change.store);
    datasets
        .filter_map(|id| {
            let dataset = plan.dataset(id);
            let partition = if dataset.path.is_static() {
                (dataset.path.as_str() == change.path).then_some(Partition(0))
            } else {
                dataset.path.matches(&dataset.calendar, &change.path)
            };
            Some(Place { dataset: id, partition: partition?, path: change.path.clone() })
        })
        .collect()
}

fn note_place(work: &mut Work, catalogue: &Catalogue, (place, now): (&Place, SystemTime)) {
    let dataset = work.plan.dataset(place.dataset);
    let rule = rule(&dataset.complete);
    let (store, prefix) = (dataset.store.as_str(), dataset.path.literal_prefix());
    let want = Want { store, prefix, path: &place.path, rule: &rule };
    let answer = catalogue.presence(want, now);
    note_doubt(&mut work.doubts, want, &answer);
    note_settling(&mut work.settling, want, &answer);
    work.facts.holdings[usize::from(place.dataset.0)].note(place.partition, presence(&answer));
}

/// Looks closely at the inputs that the last decision was curious about, and at what failed attempts left. Says whether
/// any were looked at that had not been.
pub(crate) fn satisfy_curiosity(work: &mut Work, closely: &mut Closely<'_>) -> bool {
    let unknown: Vec<_> =
        work.decision.curious.iter().filter(|case| !work.facts.inputs.contains_key(*case)).copied().collect();
    let mut has_looked = false;
    for case in unknown {
        if let Some(inputs) = fingerprints(&work.plan, closely, case) {
            work.facts.inputs.insert(case, inputs);
            has_looked = true;
        }
    }
    has_looked
}

/// What the outputs that failed attempts left look like now.
pub(crate) fn look_at_leftovers(work: &mut Work, closely: &mut Closely<'_>) {
    let mut outputs = BTreeMap::new();
    for (partition, steps) in &work.facts.history {
        for ended in steps.values().filter_map(|history| history.last()) {
            for dataset in ended.left.keys() {
                let found = output_fingerprint(&work.plan, closely, (*dataset, *partition));
                outputs.extend(found.map(|it| ((*partition, *dataset), it)));
            }
        }
    }
    work.facts.outputs = outputs;
}

/// What a `Direct` output looks like now.
pub(crate) fn output_fingerprint(
    plan: &Pipeline,
    closely: &mut Closely<'_>,
    (id, partition): (DatasetId, Partition),
) -> Option<String> {
    let step = plan.producer(id)?;
    let name = &plan.dataset(id).name;
    product_fingerprint(closely, products(plan, step, partition).iter().find(|it| it.dataset == *name)?)
}

/// What a `Direct` product looks like now.
pub(crate) fn product_fingerprint(closely: &mut Closely<'_>, product: &Product) -> Option<String> {
    if product.publish != Publish::Direct {
        return None;
    }
    let (store, path) = (product.store.to_string(), product.path.clone());
    match closely.look(Spot { store, prefix: path.clone(), rule: rule(&product.complete), path }) {
        Print::There(text) => Some(text),
        // An answer that can't be had is none: what stands there then counts as data only if storage says so.
        Print::Absent | Print::Unknown | Print::Unasked => None,
    }
}

/// What the inputs of a step look like now, by store and path. None before a store that is to be asked was.
pub(crate) fn fingerprints(
    plan: &Pipeline,
    closely: &mut Closely<'_>,
    (partition, step): (Partition, StepId),
) -> Option<Fingerprints> {
    let (mut found, mut is_whole) = (Fingerprints::new(), true);
    for input in &plan.step(step).inputs {
        let dataset = plan.dataset(input.dataset);
        for path in input_paths(plan, input, partition) {
            let name = input_name(dataset.store.as_str(), &path);
            let (store, prefix) = (dataset.store.to_string(), dataset.path.literal_prefix().to_owned());
            match closely.look(Spot { store, prefix, rule: rule(&dataset.complete), path }) {
                Print::There(text) => drop(found.insert(name, text)),
                Print::Absent => drop(found.insert(name, ABSENT.to_owned())),
                // An answer that can't be had is left out: nothing can be said to have changed.
                Print::Unknown => {}
                Print::Unasked => is_whole = false,
            }
        }
    }
    Some(found).filter(|_| is_whole)
}

/// The name of a path among the fingerprints of a step's inputs.
pub(crate) fn input_name(store: &str, path: &str) -> String {
    format!("{store}:{path}")
}

/// The paths that an input reads, below its store's root.
pub(crate) fn input_paths(plan: &Pipeline, input: &Input, partition: Partition) -> Vec<String> {
    let dataset = plan.dataset(input.dataset);
    if dataset.path.is_static() {
        return vec![dataset.path.as_str().to_owned()];
    }
    let mut paths = Vec::new();
    for read in reads::reads(plan, input, partition).map(Partition) {
        let initial = input.initial.as_ref().filter(|_| reads::is_before_start(plan, input, read));
        if let Some(initial) = initial {
            paths.push(initial.clone());
        } else if dataset.calendar.exists(read) {
            paths.push(dataset.path.render(&dataset.calendar, read));
        }
    }
    // Several partitions before the start share the one initial path.
    paths.dedup();
    paths
}

/// The paths that a launch would read and write.
pub(crate) fn paths(plan: &Pipeline, launch: &Launch) -> Vec<ChangedPath> {
    let step = plan.step(launch.step);
    let in_store = |id: DatasetId, path| ChangedPath { store: plan.dataset(id).store.to_string(), path };
    let read = |input: &Input| {
        let paths = input_paths(plan, input, launch.partition).into_iter();
        paths.map(|path| in_store(input.dataset, path)).collect::<Vec<_>>()
    };
    let written = step.outputs.iter().map(|id| in_store(*id, path(plan, *id, launch.partition)));
    step.inputs.iter().flat_map(read).chain(written).collect()
}

/// The path of a dataset's partition, below its store's root.
pub(crate) fn path(plan: &Pipeline, id: DatasetId, partition: Partition) -> String {
    let dataset = plan.dataset(id);
    dataset.path.render(&dataset.calendar, partition)
}

/// The rule of a dataset in storage's words.
pub(crate) fn rule(complete: &Completeness) -> storage::Completeness {
    match complete {
        Completeness::File { min_bytes, settle } => {
            storage::Completeness::File { min_bytes: *min_bytes, settle: *settle }
        }
        Completeness::Flag { name } => storage::Completeness::Flag { name: name.clone() },
        Completeness::Files { at_least, glob, min_bytes, settle } => storage::Completeness::Files {
            at_least: *at_least,
            glob: glob.clone(),
            min_bytes: *min_bytes,
            settle: *settle,
        },
    }
}

fn presence(answer: &storage::Presence) -> Presence {
    match answer {
        storage::Presence::Complete => Presence::Complete,
        storage::Presence::Missing => Presence::Missing,
        storage::Presence::Occupied => Presence::Occupied,
        storage::Presence::Settling { .. } => Presence::Settling,
        storage::Presence::Unknown { .. } => Presence::Unknown,
    }
}

fn note_settling(
    settling: &mut BTreeMap<(String, String), Instant>,
    want: Want<'_>,
    answer: &storage::Presence,
) {
    let key = || (want.store.to_owned(), want.path.to_owned());
    if let storage::Presence::Settling { until } = answer {
        settling.insert(key(), (*until).into());
    } else if !settling.is_empty() {
        settling.remove(&key());
    }
}

fn note_doubt(doubts: &mut BTreeMap<(String, String), String>, want: Want<'_>, answer: &storage::Presence) {
    let key = || (want.store.to_owned(), want.path.to_owned());
    if let storage::Presence::Unknown { reason } = answer {
        doubts.insert(key(), reason.clone());
    } else if !doubts.is_empty() {
        doubts.remove(&key());
    }
}
