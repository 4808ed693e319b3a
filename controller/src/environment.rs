//! Environments: what the names in manifests stand for here. Read from `daybreak.toml` and from flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use storage::{Address, BadAddress};

/// The file that holds the environments, at a repo's root.
pub(crate) const FILE_NAME: &str = "daybreak.toml";

/// Where the names of manifests point to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The name by which `--env` chooses it.
    pub(crate) name: String,
    /// The place of each store.
    pub(crate) stores: BTreeMap<String, Binding>,
    /// Values that take the place of the manifest's.
    pub(crate) params: BTreeMap<String, String>,
    /// How much there is of each scarce thing.
    pub(crate) pools: BTreeMap<String, u32>,
}

/// The place of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A directory, or a service.
    At(Address),
    /// A new directory for each run, filled by a command.
    Temporary(Vec<String>),
}

/// The place of a store as the file says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    /// A directory, a relative one counted from the file's folder; or the address of a service.
    At(String),
    /// A new directory for each run.
    Temporary {
        /// Always true: it says what the table is for.
        #[expect(dead_code, reason = "it is there to be read by people")]
        temporary: bool,
        /// The command that fills it, run in the file's folder with the new directory as its last argument.
        #[serde(default)]
        fill: Vec<String>,
    },
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The folders in which commands that name a pipeline look for manifests.
    #[serde(default)]
    pub(crate) pipelines: Vec<PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, Section>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    stores: BTreeMap<String, Written>,
    #[serde(default)]
    params: BTreeMap<String, String>,
    #[serde(default)]
    pools: BTreeMap<String, u32>,
}

/// Why there is no environment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: {message}", path.display())]
    Parse { path: PathBuf, message: String },
    #[error("{}: {store}: {source}", path.display())]
    Store { path: PathBuf, store: String, source: BadAddress },
    #[error("there is no environment `{name}` in {}: it has {known}", path.display())]
    Unknown { name: String, path: PathBuf, known: String },
}

impl File {
    /// Reads the file; one that does not exist is empty.
    pub(crate) fn read(root: &Path) -> Result<Self, EnvironmentError> {
        let path = root.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(EnvironmentError::Read { path, source }),
        };
        toml::from_str(&text).map_err(|error| EnvironmentError::Parse { path, message: error.to_string() })
    }

    /// The environment of this name. `laptop` needs no entry: flags may bind all that it needs.
    pub(crate) fn environment(&self, root: &Path, name: &str) -> Result<Environment, EnvironmentError> {
        let section = match self.env.get(name) {
            Some(section) => section.clone(),
            None if name == "laptop" => Section::default(),
            None => return Err(self.unknown(root, name)),
        };
        let Section { stores, params, pools } = section;
        let bind = |(store, written): (String, Written)| {
            let bound = written.bind(root);
            let path = root.join(FILE_NAME);
            match bound {
                Ok(binding) => Ok((store, binding)),
                Err(source) => Err(EnvironmentError::Store { path, store, source }),
            }
        };
        let stores = stores.into_iter().map(bind).collect::<Result<_, _>>()?;
        Ok(Environment { name: name.to_owned(), stores, params, pools })
    }

    fn unknown(&self, root: &Path, name: &str) -> EnvironmentError {
        let known: Vec<_> = self.env.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        EnvironmentError::Unknown { name: name.to_owned(), path: root.join(FILE_NAME), known }
    }
}

impl Written {
    fn bind(self, root: &Path) -> Result<Binding, BadAddress> {
        match self {
            Self::At(text) => Ok(Binding::At(text.parse::<Address>()?.below(root))),
            Self::Temporary { fill, .. } => Ok(Binding::Temporary(fill)),
        }
    }
}
