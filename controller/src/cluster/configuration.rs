//! The configuration of a controller: what the names in manifests stand for in this cluster, and what steps may ask for.
//!
//! One typed file, which the chart renders from its values. Every fault in it is told with the field's path.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crds::step::Resources;
use planner::name::Name;
use serde::{Deserialize, Deserializer};

pub use crate::cluster::binding::StoreBinding;
use crate::cluster::limits::RETENTION_MIN;
use crate::cluster::notifications::Notifications;

/// What a controller is told by whoever installs it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// The one namespace that is looked after. Absent: all.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Where health and metrics are served.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The stores by name.
    pub stores: BTreeMap<String, StoreBinding>,
    /// Where records and logs are kept, and for how long.
    #[serde(default)]
    pub archive: Archive,
    /// Values that take the place of the manifests'.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// How much there is of each scarce thing.
    #[serde(default, deserialize_with = "pools")]
    pub pools: BTreeMap<Name, u32>,
    /// The most launches at once, of all pipelines together. Absent: no limit.
    #[serde(default)]
    pub slots: Option<u32>,
    /// What steps get unless they say otherwise, and what they may say.
    #[serde(default)]
    pub steps: Steps,
    /// Where buckets tell of changes. Absent: nobody listens.
    #[serde(default)]
    pub notifications: Option<Notifications>,
    /// By which lease one of several controllers is at work.
    #[serde(default)]
    pub lease: Lease,
}

/// Where records and logs are kept, and for how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Archive {
    /// The store below whose root they lie, in `.daybreak/archive`. Absent: the only one there is.
    pub store: Option<String>,
    /// How long logs are kept, and the records of partitions that nobody looks after any more.
    #[serde(deserialize_with = "duration")]
    pub retention: Duration,
}

/// What steps get unless they say otherwise, and what they may say.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Steps {
    /// The image of steps that name none.
    pub image: Option<String>,
    /// The images that steps may name; `*` at the end stands for anything. Absent: any.
    pub allowed_images: Option<Vec<String>>,
    /// The service account of steps that name none.
    pub service_account_name: Option<String>,
    /// The service accounts that steps may name. Absent: none may be named.
    pub allowed_service_accounts: BTreeSet<String>,
    /// The user that steps run as.
    pub run_as_user: i64,
    /// The group that steps run as.
    pub run_as_group: i64,
    /// What steps get that ask for nothing.
    pub resources: Resources,
    /// How long a step that is told to end may take.
    #[serde(deserialize_with = "duration")]
    pub grace: Duration,
    /// After how long a launch whose node does not answer is written off.
    #[serde(deserialize_with = "duration")]
    pub lost_after: Duration,
    /// How long the Job of a launch stays after its end is recorded.
    #[serde(deserialize_with = "duration")]
    pub keep_finished_jobs: Duration,
}

/// By which lease one of several controllers is at work.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lease {
    /// Its name.
    pub name: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file can't be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It has faults.
    #[error("the configuration {} has faults:\n{}", path.display(), faults.join("\n"))]
    Faults {
        /// The file.
        path: PathBuf,
        /// Each with the path of its field.
        faults: Vec<String>,
    },
}

impl Default for Archive {
    fn default() -> Self {
        Self { store: None, retention: Duration::from_hours(90 * 24) }
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            image: None,
            allowed_images: None,
            service_account_name: None,
            allowed_service_accounts: BTreeSet::new(),
            run_as_user: 65532,
            run_as_group: 65532,
            resources: Resources::default(),
            grace: Duration::from_secs(30),
            lost_after: Duration::from_mins(10),
            keep_finished_jobs: Duration::from_mins(10),
        }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { name: "daybreak".to_owned() }
    }
}

impl Configuration {
    /// Reads the file and checks it.
    pub fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let read = |source| ConfigurationError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        Self::parse(&text).map_err(|faults| ConfigurationError::Faults { path: path.to_owned(), faults })
    }

    /// Makes a configuration of its text, or tells every fault with the path of its field.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut json = serde_json::Deserializer::from_str(text);
        let configuration: Self = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| vec![format!("{}: {}", error.path(), error.inner())])?;
        let faults = configuration.faults();
        if faults.is_empty() { Ok(configuration) } else { Err(faults) }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.stores.is_empty() {
            faults.push(
                "stores: there is none; bind the names that manifests use to directories or URLs".to_owned(),
            );
        }
        for (name, binding) in &self.stores {
            faults.extend(binding.faults().into_iter().map(|fault| format!("stores.{name}.{fault}")));
        }
        if let Some(notifications) = &self.notifications {
            faults.extend(notifications.faults());
            if notifications.listen == self.listen {
                faults.push(
                    "notifications.listen: it is `listen`, where health is served; write another port"
                        .to_owned(),
                );
            }
        }
        let known: Vec<_> = self.stores.keys().map(String::as_str).collect();
        match &self.archive.store {
            Some(store) if !self.stores.contains_key(store) => faults.push(format!(
                "archive.store: there is no store `{store}`: write one of {}",
                known.join(", ")
            )),
            None if self.stores.len() > 1 => faults
                .push(format!("archive.store: there are several stores; write one of {}", known.join(", "))),
            Some(_) | None => {}
        }
        if self.archive.retention < RETENTION_MIN {
            let least = RETENTION_MIN.as_secs() / 86_400;
            faults.push(format!(
                "archive.retention: whoever asks why a step failed would come too late; write {least}d or more"
            ));
        }
        if self.slots == Some(0) {
            faults.push("slots: with 0 nothing ever starts; write 1 or more, or leave it out".to_owned());
        }
        let steps = &self.steps;
        let allowed =
            steps.allowed_service_accounts.iter().map(|name| ("steps.allowedServiceAccounts", name));
        let named = steps.service_account_name.iter().map(|name| ("steps.serviceAccountName", name));
        for (path, _) in
            named.chain(allowed).chain([("lease.name", &self.lease.name)]).filter(|it| it.1.is_empty())
        {
            faults.push(format!("{path}: it is empty; write a name, or leave it out"));
        }
        faults
    }

    /// The store of the archive, which is checked to be there.
    pub(crate) fn archive_store(&self) -> &str {
        let named = self.archive.store.as_deref();
        named.or_else(|| self.stores.keys().next().map(String::as_str)).unwrap_or_default()
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 8080))
}

/// Pools by their names, which are those of manifests.
fn pools<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Name, u32>, D::Error> {
    let pools = BTreeMap::<String, u32>::deserialize(deserializer)?;
    let pool = |(name, count): (String, u32)| Ok((name.parse().map_err(serde::de::Error::custom)?, count));
    pools.into_iter().map(pool).collect()
}

/// A duration as manifests write it: `30s`, `10m`, `2h`.
pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span: planner::duration::Span = text.parse().map_err(serde::de::Error::custom)?;
    Ok(Duration::from_secs(span.seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        Configuration::parse(text).map(|_| ()).unwrap_err().join("\n")
    }

    #[test]
    fn the_least_configuration_binds_one_store() {
        let configuration =
            Configuration::parse(r#"{"stores": {"warehouse": {"directory": "/data/warehouse"}}}"#).unwrap();
        assert_eq!(configuration.archive_store(), "warehouse");
        assert_eq!(configuration.steps.keep_finished_jobs, Duration::from_mins(10));
        assert_eq!(configuration.archive.retention, Duration::from_hours(90 * 24));
        assert!(configuration.stores["warehouse"].is_told());
    }

    #[test]
    fn a_fault_is_told_with_the_path_of_its_field() {
        let table = [
            (r#"{"stores": {}}"#, "stores: there is none"),
            (r#"{"stores": {"a": {"directory": "data"}}}"#, "stores.a.directory: data is relative"),
            (
                r#"{"stores": {"a": {"directory": "/d", "claim": "x"}}}"#,
                "stores.a.claim: unknown field `claim`",
            ),
            (
                r#"{"stores": {"a": {"directory": "/d"}}, "archive": {"store": "b"}}"#,
                "archive.store: there is no store `b`: write one of a",
            ),
            (
                r#"{"stores": {"a": {"directory": "/d"}, "b": {"directory": "/e"}}}"#,
                "archive.store: there are several stores; write one of a, b",
            ),
            (
                r#"{"stores": {"a": {"directory": "/d"}}, "archive": {"retention": "2h"}}"#,
                "archive.retention: whoever asks why a step failed would come too late; write 1d or more",
            ),
            (r#"{"stores": {"a": {"directory": "/d"}}, "slots": 0}"#, "slots: with 0 nothing ever starts"),
            (r#"{"stores": {"a": {"directory": "/d"}}, "steps": {"grace": "soon"}}"#, "steps.grace: "),
            (r#"{"stores": {"a": {"directory": "/d"}}, "pools": {"db": -1}}"#, "pools.db: "),
        ];
        for (text, fault) in table {
            assert!(faults(text).contains(fault), "{text}: {}", faults(text));
        }
    }
}
