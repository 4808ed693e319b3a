//! A project: the folder with `daybreak.toml`, its manifests, and the environment that was chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use authoring::{BackfillManifest, Manifest, Problem, Setting, Severity};
use planner::fault::Fault;
use planner::pipeline::{Pipeline, Resources};
use storage::{Address, Credentials, Store};
use tempfile::TempDir;

use crate::args::{Named, Place};
use crate::environment::{Binding, Environment, EnvironmentError, FILE_NAME, File};
use crate::state::State;
use crate::work::launch::chain;

/// A project, ready to look at.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of `daybreak.toml`, or the folder that was named if there is none.
    pub(crate) root: PathBuf,
    /// Where the names of manifests point to.
    pub(crate) environment: Environment,
    /// The manifests that can be read.
    pub(crate) manifests: Vec<Manifest>,
    /// What is wrong with the others.
    pub(crate) problems: Vec<Problem>,
    /// Advice, and what is not used here.
    pub(crate) notes: Vec<Problem>,
    /// Where the temporary roots and the state of a run on them are; removed at its end.
    pub(crate) temporary: Option<TempDir>,
    backfills: Vec<BackfillManifest>,
    folders: Vec<PathBuf>,
    only: Option<String>,
}

/// A pipeline that is in order, and the folder of its manifest.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The manifest's folder.
    pub(crate) folder: PathBuf,
    /// The pipeline.
    pub(crate) plan: Pipeline,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    #[error("there is no pipeline manifest in {}: a manifest is a YAML file of apiVersion daybreak.dev/v1alpha1 and kind Pipeline", .0.display())]
    NoManifest(PathBuf),
    #[error(transparent)]
    Environment(EnvironmentError),
    #[error(transparent)]
    Store(storage::StoreError),
    #[error("the store `{store}` can't be used: {}", chain(source))]
    Away { store: String, source: Box<storage::StorageError> },
    #[error("{store}: {source}")]
    Address { store: String, source: storage::BadAddress },
    #[error("cannot make a temporary folder: {0}")]
    Temporary(std::io::Error),
    #[error("{0}")]
    Param(String),
    #[error("there is no pipeline {name} in order here: there is {known}")]
    NoPipeline { name: String, known: String },
    #[error("the store {store} could not be filled: {why}")]
    Fill { store: String, why: String },
}

impl Project {
    /// The project that these folders are part of, with the manifests in them.
    pub(crate) fn open(folders: &[PathBuf], place: &Place) -> Result<Self, ProjectError> {
        if let Some(missing) = folders.iter().find(|folder| !folder.exists()) {
            return Err(ProjectError::NoFolder(missing.clone()));
        }
        let first = folders.first().map_or_else(|| Path::new("."), PathBuf::as_path);
        let root = root_of(first);
        let file = File::read(&root).map_err(ProjectError::Environment)?;
        let environment = environment(&file, &root, place)?;
        let folders = folders.to_vec();
        let (manifests, problems, notes, backfills) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (temporary, only) = (None, None);
        let mut project =
            Self { root, environment, manifests, problems, notes, temporary, backfills, folders, only };
        project.load();
        if project.manifests.is_empty() && project.problems.is_empty() {
            return Err(ProjectError::NoManifest(first.to_owned()));
        }
        project.check_params(place)?;
        Ok(project)
    }

    /// A flag that gives a value to a parameter means one that there is; a manifest that can't be read may have it.
    fn check_params(&self, place: &Place) -> Result<(), ProjectError> {
        let named = place.param.iter().map(|(name, _)| name.as_str());
        match authoring::unknown_params(named, &self.manifests).pop() {
            Some((_, message)) if self.problems.is_empty() => Err(ProjectError::Param(message)),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads the manifests, again if need be.
    pub(crate) fn load(&mut self) {
        let loaded = authoring::load(&self.folders);
        (self.manifests, self.problems) = (loaded.manifests, loaded.problems);
        self.backfills = loaded.backfills;
        if let Some(only) = &self.only {
            self.manifests.retain(|manifest| manifest.name() == only);
            self.problems.clear();
        }
    }

    /// The files of the manifests, the wrong ones included.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        let good = self.manifests.iter().map(|manifest| manifest.source.file.clone());
        good.chain(self.problems.iter().map(|problem| problem.file.clone())).collect()
    }

    /// The project around the current folder, or around the one that was named.
    pub(crate) fn around(named: &Named) -> Result<Self, ProjectError> {
        if let Some(folder) = &named.dir {
            return Self::open(std::slice::from_ref(folder), &named.place);
        }
        let root = root_of(Path::new("."));
        let file = File::read(&root).map_err(ProjectError::Environment)?;
        let folders: Vec<_> = file.pipelines.iter().map(|folder| root.join(folder)).collect();
        Self::open(if folders.is_empty() { std::slice::from_ref(&root) } else { &folders }, &named.place)
    }

    /// The pipelines that are in order; what is wrong with the others joins the problems.
    pub(crate) fn plans(&mut self, machine: Option<Resources>) -> Vec<Planned> {
        let stores: BTreeSet<String> = self.environment.stores.keys().cloned().collect();
        let setting = Setting { params: self.environment.params.clone(), stores: Some(stores), machine };
        let mut converted = Vec::new();
        for manifest in &self.manifests {
            match authoring::pipeline(manifest, &setting) {
                Ok(mut good) => {
                    self.notes.append(&mut good.notes);
                    converted.push((manifest, good.pipeline));
                }
                Err(mut problems) => self.problems.append(&mut problems),
            }
        }
        let members: Vec<_> = converted.iter().map(|(manifest, plan)| (*manifest, plan)).collect();
        let clashes = authoring::lint(&members);
        let is_clear =
            |manifest: &Manifest| clashes.iter().all(|problem| problem.file != manifest.source.file);
        let plans =
            converted.into_iter().filter(|(manifest, _)| is_clear(manifest)).map(|(manifest, plan)| {
                let folder = manifest.source.folder();
                Planned { folder: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), plan }
            });
        let plans = plans.collect();
        self.problems.extend(clashes);
        plans
    }

    /// Checks the backfills among the manifests; what is wrong with them joins the problems.
    pub(crate) fn check_backfills(&mut self, plans: &[Planned]) {
        for BackfillManifest { backfill, source } in &self.backfills {
            let named = |it: &&Planned| it.plan.parts().name.as_str() == &*backfill.spec.pipeline_ref.name;
            let faults = match plans.iter().find(named) {
                Some(planned) => authoring::request(backfill, &planned.plan).err().unwrap_or_default(),
                None => {
                    vec![Fault::new("spec.pipelineRef.name", "no pipeline of this name is in order here")]
                }
            };
            self.problems.extend(faults.into_iter().map(|fault| source.problem(Severity::Fault, fault)));
        }
    }

    /// The pipeline of this name, if it is in order.
    pub(crate) fn plan_named(&mut self, name: &str) -> Result<Pipeline, ProjectError> {
        let plans = self.plans(None);
        let known: Vec<_> = plans.iter().map(|it| it.plan.parts().name.to_string()).collect();
        let found = plans.into_iter().find(|it| it.plan.parts().name.as_str() == name);
        found
            .map(|it| it.plan)
            .ok_or_else(|| ProjectError::NoPipeline { name: name.to_owned(), known: known.join(", ") })
    }

    /// Drops all manifests but the one of this pipeline, with what is wrong with the others.
    pub(crate) fn keep_only(&mut self, pipeline: &str) {
        self.only = Some(pipeline.to_owned());
        self.load();
    }

    /// The stores that these pipelines use, each there and readable.
    pub(crate) fn stores(&mut self, plans: &[Planned]) -> Result<BTreeMap<String, Store>, ProjectError> {
        let used =
            plans.iter().flat_map(|it| &it.plan.parts().datasets).map(|dataset| dataset.store.to_string());
        let used: BTreeSet<String> = used.collect();
        let bindings: Vec<_> =
            self.environment.stores.clone().into_iter().filter(|it| used.contains(&it.0)).collect();
        let mut stores = BTreeMap::new();
        for (name, binding) in bindings {
            let address = match binding {
                Binding::At(address) => address,
                Binding::Temporary(fill) => Address::Directory(self.temporary_store(&name, &fill)?),
            };
            let store = Store::bind(&name, &address, &Credentials::Ambient).map_err(ProjectError::Store)?;
            let there = store.check_there();
            there.map_err(|source| ProjectError::Away { store: name.clone(), source: Box::new(source) })?;
            stores.insert(name, store);
        }
        Ok(stores)
    }

    /// The state of the chosen environment; a run on temporary roots has a temporary state.
    pub(crate) fn state(&self) -> State {
        let root = self.temporary.as_ref().map_or(self.root.as_path(), TempDir::path);
        State::new(root, &self.environment.name)
    }

    /// The root of a temporary store, made and filled if this is the first that is asked of it.
    fn temporary_store(&mut self, store: &str, fill: &[String]) -> Result<PathBuf, ProjectError> {
        let folder = match self.temporary.take() {
            Some(folder) => folder,
            None => TempDir::with_prefix("daybreak-").map_err(ProjectError::Temporary)?,
        };
        let root = self.temporary.insert(folder).path().join(store);
        if !root.exists() {
            std::fs::create_dir_all(&root).map_err(ProjectError::Temporary)?;
            self.fill(store, fill, &root)?;
        }
        Ok(root)
    }

    fn fill(&self, store: &str, command: &[String], root: &Path) -> Result<(), ProjectError> {
        let Some((program, arguments)) = command.split_first() else { return Ok(()) };
        let failed = |why: String| ProjectError::Fill { store: store.to_owned(), why };
        let output = Command::new(program).args(arguments).arg(root).current_dir(&self.root).output();
        let output = output.map_err(|error| failed(format!("cannot start {program}: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(format!(
            "{program}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )))
    }
}

/// The nearest folder upward that holds `daybreak.toml`; the folder itself if none does.
fn root_of(folder: &Path) -> PathBuf {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let root = folder.ancestors().find(|it| it.join(FILE_NAME).is_file()).map(Path::to_owned);
    root.unwrap_or(folder)
}

fn environment(file: &File, root: &Path, place: &Place) -> Result<Environment, ProjectError> {
    let mut environment = file.environment(root, &place.env).map_err(ProjectError::Environment)?;
    let here = std::env::current_dir().unwrap_or_default();
    for (name, address) in &place.store {
        let address = address.parse::<Address>();
        let address = address.map_err(|source| ProjectError::Address { store: name.clone(), source })?;
        environment.stores.insert(name.clone(), Binding::At(address.below(&here)));
    }
    environment.params.extend(place.param.iter().cloned());
    Ok(environment)
}
