//! Renames that replace nothing, which opendal does not offer: its HDFS rename deletes the target, or first creates an
//! empty one, and its WebHDFS has none.

use std::sync::Arc;
use std::time::Duration;

use hdfs_native::{Client, ClientBuilder, HdfsError};
use reqwest::Url;
use serde::Deserialize;

use crate::address::Service;
use crate::remote::connect::{install_transport, patience};
use crate::remote::rest::Resting;
use crate::remote::traffic::{Call, Request, Traffic};

/// How long a rename may take: it is one change in a NameNode's memory.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a server's own words is told: they may be a page of HTML.
const WORDS: usize = 300;

/// What renames in a tree.
#[derive(Debug)]
pub(crate) struct Renamer {
    /// The root in the file system, with a slash at its beginning and none at its end.
    root: String,
    way: Way,
    traffic: Arc<Traffic>,
}

#[derive(Debug)]
enum Way {
    Rpc(Client),
    Http { client: reqwest::Client, endpoint: Url, user: Option<String> },
}

/// How a rename went that reached the NameNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renamed {
    /// It is done.
    Done,
    /// Something is at the target, and stays.
    TargetExists,
    /// There is nothing to rename.
    NoSource,
}

/// Why a rename has no answer, or an unexpected one.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The store is left in peace for a while, and was not asked.
    #[error("the store {0}")]
    Resting(Resting),
    /// HDFS refused.
    #[error("HDFS refuses")]
    Rpc(#[source] HdfsError),
    /// No answer came in time.
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    /// The web server did not answer.
    #[error("WebHDFS does not answer")]
    Http(#[source] reqwest::Error),
    /// It is no NameNode's own, and renames otherwise than it is asked to.
    #[error(
        "this server ignores `renameoptions`, as HttpFS does, so nothing can be published there safely: name the NameNode's own web server, or use hdfs://; look at both places before the next run"
    )]
    Gateway,
    /// The web server refused.
    #[error("WebHDFS says {exception}: {message}")]
    Refused {
        /// Its name of the error.
        exception: String,
        /// Its words.
        message: String,
    },
}

/// An error as WebHDFS tells it.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "RemoteException")]
    remote: RemoteException,
}

#[derive(Deserialize)]
struct RemoteException {
    exception: String,
    message: String,
}

impl Renamer {
    /// By HDFS' own protocol.
    pub(super) fn rpc(service: &Service, traffic: Arc<Traffic>) -> Result<Self, opendal::Error> {
        let bad =
            |error: HdfsError| opendal::Error::new(opendal::ErrorKind::ConfigInvalid, error.to_string());
        // Two NameNodes are one name service, which is configured as Hadoop's own clients are.
        let nodes: Vec<_> = service.authority.split(',').enumerate().collect();
        let names: Vec<_> = nodes.iter().map(|(number, _)| format!("nn{number}")).collect();
        let mut config = vec![("dfs.ha.namenodes.store".to_owned(), names.join(","))];
        config.extend(nodes.iter().map(|(number, node)| {
            (format!("dfs.namenode.rpc-address.store.nn{number}"), (*node).to_owned())
        }));
        config.extend(patience(service));
        let client =
            ClientBuilder::new().with_url("hdfs://store").with_config(config).build().map_err(bad)?;
        Ok(Self { root: rooted(service), way: Way::Rpc(client), traffic })
    }

    /// Over HTTP.
    pub(super) fn http(service: &Service, traffic: Arc<Traffic>) -> Result<Self, opendal::Error> {
        let endpoint = format!("{}/webhdfs/v1", service.web_server());
        let endpoint = Url::parse(&endpoint)
            .map_err(|error| opendal::Error::new(opendal::ErrorKind::ConfigInvalid, error.to_string()))?;
        install_transport();
        let client = reqwest::Client::new();
        let user = service.options.get("user").cloned();
        Ok(Self { root: rooted(service), way: Way::Http { client, endpoint, user }, traffic })
    }

    /// Gives what is at `from` the name `to`, if nothing has it. The directory of `to` must be there.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<Renamed, RenameError> {
        let (from, to) = (format!("{}/{from}", self.root), format!("{}/{to}", self.root));
        let call = self.traffic.begin(Request::Rename).map_err(RenameError::Resting)?;
        let asked = async {
            match &self.way {
                Way::Rpc(client) => by_rpc(client, (&from, &to), call).await,
                Way::Http { client, endpoint, user } => {
                    let mut request = client.put(below(endpoint, &from));
                    request =
                        request.query(&[("op", "RENAME"), ("destination", &to), ("renameoptions", "NONE")]);
                    request = request.query(&user.as_ref().map(|user| [("user.name", user)]));
                    by_http(request, call).await
                }
            }
        };
        tokio::time::timeout(TIMEOUT, asked).await.unwrap_or(Err(RenameError::TimedOut))
    }
}

/// The URL of a path, encoded as it must be.
fn below(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(path.split('/').filter(|part| !part.is_empty()));
    }
    url
}

async fn by_rpc(client: &Client, (from, to): (&str, &str), call: Call<'_>) -> Result<Renamed, RenameError> {
    let renamed = client.rename(from, to, false).await;
    if !matches!(renamed, Err(HdfsError::IOError(_))) {
        call.answered();
    }
    match renamed {
        Ok(()) => Ok(Renamed::Done),
        Err(HdfsError::AlreadyExists(_)) => Ok(Renamed::TargetExists),
        Err(HdfsError::FileNotFound(_)) => Ok(Renamed::NoSource),
        Err(HdfsError::RPCError(exception, message)) => judge(&exception, message),
        Err(error) => Err(RenameError::Rpc(error)),
    }
}

async fn by_http(request: reqwest::RequestBuilder, call: Call<'_>) -> Result<Renamed, RenameError> {
    let answer = request.send().await.map_err(RenameError::Http)?;
    let status = answer.status();
    call.hear(status.as_u16());
    let text = answer.text().await.map_err(RenameError::Http)?;
    if status.is_success() {
        // A NameNode says nothing; a gateway such as HttpFS does not know the option, and says whether it renamed.
        return if text.trim().is_empty() { Ok(Renamed::Done) } else { Err(RenameError::Gateway) };
    }
    if let Ok(Refusal { remote }) = serde_json::from_str(&text) {
        return judge(&remote.exception, remote.message);
    }
    Err(RenameError::Refused { exception: status.to_string(), message: text.chars().take(WORDS).collect() })
}

fn judge(exception: &str, message: String) -> Result<Renamed, RenameError> {
    if exception.ends_with("FileAlreadyExistsException") {
        Ok(Renamed::TargetExists)
    } else if exception.ends_with("FileNotFoundException") {
        Ok(Renamed::NoSource)
    } else {
        Err(RenameError::Refused { exception: exception.to_owned(), message })
    }
}

fn rooted(service: &Service) -> String {
    if service.root.is_empty() { String::new() } else { format!("/{}", service.root) }
}
