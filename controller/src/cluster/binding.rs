//! The binding of a store: what its name in manifests stands for in this cluster, and what steps get that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crds::environment::EnvVarSource;
use serde::Deserialize;
use storage::{Address, Credentials, Store, StoreError};

use crate::cluster::configuration::duration;
use crate::cluster::limits::REPAIR_POLL;

/// What the name of a store stands for: a volume, mounted at one path in controller and pods, or a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreBinding {
    /// The path at which a volume is mounted, and the root of the store.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// The claim of the volume in each pipeline's namespace. Absent: what the nodes have at the path is not mounted,
    /// which serves only tests.
    #[serde(default)]
    pub volume_claim: Option<String>,
    /// The address of a service: `s3://BUCKET/PREFIX`, `hdfs://HOST:PORT/ROOT` or `webhdfs://HOST:PORT/ROOT`.
    #[serde(default)]
    pub url: Option<String>,
    /// The folder of a mounted Secret with the store's own keys, in files `accessKeyId`, `secretAccessKey` and, of
    /// temporary keys, `sessionToken`. Absent: what the controller's environment and service account give.
    #[serde(default)]
    pub credentials: Option<PathBuf>,
    /// The namespaces whose pipelines may use it. Absent: all.
    #[serde(default)]
    pub namespaces: Option<BTreeSet<String>>,
    /// Variables that steps which use it get.
    #[serde(default)]
    pub step_env: BTreeMap<String, String>,
    /// Variables that steps which use it get from Secrets and `ConfigMaps` of their own namespace.
    #[serde(default)]
    pub step_env_from: BTreeMap<String, EnvVarSource>,
    /// How often everything in a service is looked at, whoever tells of changes: what was deleted is found so.
    #[serde(default = "refresh_interval", deserialize_with = "duration")]
    pub refresh_interval: Duration,
    /// Whether somebody tells of changes, so that it need not be asked for them every few seconds: of a directory the
    /// kernel, which it does on a local file system, of a bucket its notifications, which a person must have set up.
    /// Default: true of a directory, false of a service.
    #[serde(default)]
    pub notify: Option<bool>,
}

fn refresh_interval() -> Duration {
    REPAIR_POLL
}

impl StoreBinding {
    /// What is wrong with it, each with the path of its field.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.refresh_interval.is_zero() {
            faults.push("refreshInterval: nobody can look all the time; write 1s or more".to_owned());
        }
        match (&self.directory, &self.url) {
            (None, None) => faults.push(
                "directory: it has none; write the path at which its volume is mounted, or a url".to_owned(),
            ),
            (Some(_), Some(_)) => {
                faults.push("url: it has a directory as well; a store is one of both".to_owned());
            }
            (Some(directory), None) if !directory.is_absolute() => {
                let directory = directory.display();
                faults.push(format!(
                    "directory: {directory} is relative; write the absolute path of the mount"
                ));
            }
            (Some(_), None) if self.credentials.is_some() => {
                faults.push("credentials: a volume needs none; leave them out".to_owned());
            }
            (Some(_), None) => {}
            (None, Some(url)) => faults.extend(self.faults_of_service(url)),
        }
        faults
    }

    fn faults_of_service(&self, url: &str) -> Vec<String> {
        let mut faults = Vec::new();
        match url.parse::<Address>() {
            Ok(Address::Service(service)) => {
                let is_s3 = service.scheme == storage::Scheme::S3;
                if self.credentials.is_some() && !is_s3 {
                    faults.push("credentials: only S3 knows keys; leave them out".to_owned());
                }
                if self.notify == Some(true) && !is_s3 {
                    faults.push("notify: only buckets tell of changes; leave it out".to_owned());
                }
            }
            Ok(Address::Directory(_)) => {
                faults.push(format!(
                    "url: `{url}` is none; write s3://…, hdfs://… or webhdfs://…, or `directory`"
                ));
            }
            Err(error) => faults.push(format!("url: {error}")),
        }
        if self.volume_claim.is_some() {
            faults.push("volumeClaim: a service is not mounted; leave it out".to_owned());
        }
        if self.credentials.as_ref().is_some_and(|it| !it.is_absolute()) {
            faults.push(
                "credentials: the path is relative; write the absolute path of the mounted Secret".to_owned(),
            );
        }
        faults
    }

    /// Whether somebody tells of changes.
    pub(crate) fn is_told(&self) -> bool {
        self.notify.unwrap_or_else(|| self.url.is_none())
    }

    /// Binds it to its name. Of a service nothing is asked yet.
    pub(crate) fn bind(&self, name: &str) -> Result<Store, StoreError> {
        let credentials = self.credentials.as_ref().map(|folder| Credentials::Folder(folder.clone()));
        match (&self.directory, self.url.as_deref().map(str::parse::<Address>)) {
            (None, Some(Ok(address))) => Store::bind(name, &address, &credentials.unwrap_or_default()),
            // One without either is refused with the configuration.
            (directory, _) => Store::fs(name, directory.as_deref().unwrap_or_else(|| "/".as_ref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        serde_json::from_str::<StoreBinding>(text).unwrap().faults().join("\n")
    }

    #[test]
    fn a_binding_is_a_directory_or_a_service() {
        for text in [
            r#"{"directory": "/data"}"#,
            r#"{"url": "s3://sales/raw", "credentials": "/etc/daybreak/stores/sales", "notify": true}"#,
            r#"{"url": "hdfs://one:8020,two:8020/data"}"#,
        ] {
            assert_eq!(faults(text), "", "{text}");
        }
    }

    #[test]
    fn a_fault_says_what_would_be_right() {
        let table = [
            ("{}", "directory: it has none"),
            (r#"{"directory": "/d", "url": "s3://b"}"#, "url: it has a directory as well"),
            (r#"{"directory": "data"}"#, "directory: data is relative"),
            (r#"{"url": "/data"}"#, "url: `/data` is none; write s3://"),
            (r#"{"url": "gs://b"}"#, "url: `gs://b` is no place of a store"),
            (r#"{"url": "hdfs://n:8020/", "credentials": "/c"}"#, "credentials: only S3 knows keys"),
            (r#"{"url": "s3://b", "credentials": "c"}"#, "credentials: the path is relative"),
            (r#"{"url": "s3://b", "volumeClaim": "c"}"#, "volumeClaim: a service is not mounted"),
            (
                r#"{"url": "s3://b", "refreshInterval": "0s"}"#,
                "refreshInterval: nobody can look all the time",
            ),
            (r#"{"url": "webhdfs://n:9870/", "notify": true}"#, "notify: only buckets tell"),
        ];
        for (text, words) in table {
            assert!(faults(text).contains(words), "{text}: {}", faults(text));
        }
    }
}
