//! A place for data of each kind, written past Daybreak and looked at through it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use storage::{Address, Catalogue, Completeness, Credentials, Presence, Store, Want};
use tempfile::TempDir;
use tests::{Hdfs, Proxy, S3};

/// A place for data.
pub(crate) enum Place {
    Directory(TempDir),
    S3(S3),
    Hdfs(Hdfs),
    WebHdfs(Hdfs),
}

/// Whether slashes make directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tree,
    Objects,
}

impl Place {
    pub(crate) fn all() -> Vec<Self> {
        let directory = tempfile::tempdir().expect("a temporary folder can be made");
        let places = vec![
            Self::Directory(directory),
            Self::S3(S3::shared()),
            Self::Hdfs(Hdfs::shared()),
            Self::WebHdfs(Hdfs::shared()),
        ];
        // A root of HDFS is there once something lies in it.
        for place in &places {
            place.put("beside", "");
        }
        places
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Directory(_) => "directory",
            Self::S3(_) => "s3",
            Self::Hdfs(_) => "hdfs",
            Self::WebHdfs(_) => "webhdfs",
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::S3(_) => Kind::Objects,
            Self::Directory(_) | Self::Hdfs(_) | Self::WebHdfs(_) => Kind::Tree,
        }
    }

    /// The store, as Daybreak binds it.
    pub(crate) fn store(&self) -> Store {
        bound(&self.url(), &self.credentials())
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Directory(directory) => directory.path().to_string_lossy().into_owned(),
            Self::S3(s3) => format!("{}&region={}", s3.url(), s3.env()["AWS_REGION"]),
            Self::Hdfs(hdfs) => hdfs.url(),
            Self::WebHdfs(hdfs) => hdfs.webhdfs_url(),
        }
    }

    /// A proxy before its server, if it has one.
    pub(crate) fn proxy(&self) -> Proxy {
        match self {
            Self::S3(s3) => Proxy::http(s3.endpoint().trim_start_matches("http://")),
            Self::Hdfs(_) => Proxy::rpc(&self.authority()),
            Self::WebHdfs(_) => Proxy::http(&self.authority()),
            Self::Directory(_) => unreachable!("a directory has no server"),
        }
    }

    /// The address of a folder of it, by way of the proxy.
    pub(crate) fn url_by(&self, proxy: &Proxy, folder: &str) -> String {
        let (url, address) = (self.url_in(folder), proxy.address());
        match self {
            Self::S3(s3) => url.replace(s3.endpoint(), &format!("http://{address}")),
            Self::Hdfs(_) | Self::WebHdfs(_) | Self::Directory(_) => {
                url.replacen(&self.authority(), &address, 1)
            }
        }
    }

    /// The address of a folder of it.
    pub(crate) fn url_in(&self, folder: &str) -> String {
        match self {
            Self::S3(_) => self.url().replacen("/data?", &format!("/data/{folder}?"), 1),
            Self::Directory(_) | Self::Hdfs(_) | Self::WebHdfs(_) => format!("{}/{folder}", self.url()),
        }
    }

    /// The host and port of a NameNode.
    fn authority(&self) -> String {
        let url = self.url();
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        match self {
            Self::S3(s3) => keys(s3),
            Self::Directory(_) | Self::Hdfs(_) | Self::WebHdfs(_) => Credentials::Ambient,
        }
    }

    /// What a process has to have in its environment that finds its own way there.
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        match self {
            Self::Directory(_) => BTreeMap::new(),
            Self::S3(s3) => s3.env(),
            Self::Hdfs(hdfs) | Self::WebHdfs(hdfs) => hdfs.env(),
        }
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        match self {
            Self::Directory(directory) => {
                let path = directory.path().join(path);
                fs::create_dir_all(path.parent().expect("it lies in the root")).expect("folders can be made");
                fs::write(path, text).expect("files can be written");
            }
            Self::S3(s3) => s3.put(path, text),
            Self::Hdfs(hdfs) | Self::WebHdfs(hdfs) => hdfs.put(path, text),
        }
    }

    /// Makes an empty directory, where there are such.
    pub(crate) fn make(&self, path: &str) {
        match self {
            Self::Directory(directory) => {
                fs::create_dir_all(directory.path().join(path)).expect("folders can be made");
            }
            // The object by which consoles of S3 show an empty folder.
            Self::S3(s3) => s3.put(&format!("{path}/"), ""),
            Self::Hdfs(hdfs) | Self::WebHdfs(hdfs) => {
                hdfs.put(&format!("{path}/gone"), "");
                hdfs.delete(&format!("{path}/gone"));
            }
        }
    }

    pub(crate) fn read(&self, path: &str) -> Option<String> {
        match self {
            Self::Directory(directory) => fs::read_to_string(directory.path().join(path)).ok(),
            Self::S3(s3) => s3.read(path),
            Self::Hdfs(hdfs) | Self::WebHdfs(hdfs) => hdfs.read(path),
        }
    }

    /// The paths of all files.
    pub(crate) fn list(&self) -> Vec<String> {
        match self {
            Self::Directory(directory) => files_below(directory.path(), directory.path()),
            Self::S3(s3) => s3.list(),
            Self::Hdfs(hdfs) | Self::WebHdfs(hdfs) => hdfs.list(),
        }
    }

    /// What a fresh look at one path of a folder gives.
    pub(crate) fn look_in(&self, folder: &str, path: &str, rule: &Completeness) -> Presence {
        look(bound(&self.url_in(folder), &self.credentials()), path, rule)
    }

    /// What a fresh look at one path gives.
    pub(crate) fn look(&self, path: &str, rule: &Completeness) -> Presence {
        look(self.store(), path, rule)
    }
}

/// The store at an address.
pub(crate) fn bound(url: &str, credentials: &Credentials) -> Store {
    let address: Address = url.parse().expect("it is an address");
    Store::bind("warehouse", &address, credentials).expect("it can be bound")
}

/// What a fresh look at one path gives.
pub(crate) fn look(store: Store, path: &str, rule: &Completeness) -> Presence {
    let mut catalogue = Catalogue::new([store]);
    let want = Want { store: "warehouse", prefix: path, path, rule };
    catalogue.load([want]);
    catalogue.presence(want, now())
}

fn files_below(root: &Path, folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is a folder").map(|entry| entry.expect("it can be read"));
    let below = |path: PathBuf| {
        if path.is_dir() {
            return files_below(root, &path);
        }
        vec![path.strip_prefix(root).expect("it lies there").to_string_lossy().into_owned()]
    };
    entries.flat_map(|entry| below(entry.path())).collect()
}

fn keys(s3: &S3) -> Credentials {
    let env = s3.env();
    Credentials::Keys {
        access_key_id: env["AWS_ACCESS_KEY_ID"].clone(),
        secret_access_key: env["AWS_SECRET_ACCESS_KEY"].clone(),
    }
}

#[expect(clippy::disallowed_methods, reason = "real servers date what they hold by the real time")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn file() -> Completeness {
    Completeness::File { min_bytes: 0, settle: Duration::ZERO }
}

pub(crate) fn flag() -> Completeness {
    Completeness::Flag { name: "_SUCCESS".to_owned() }
}

pub(crate) fn files(at_least: u32) -> Completeness {
    Completeness::Files { at_least, glob: None, min_bytes: 0, settle: Duration::ZERO }
}
