//! Where a store is, as an environment writes it: a directory, or a URL of S3, HDFS or WebHDFS.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A service that is asked over the network.
    Service(Service),
}

/// A service, and the place in it below which the store lies.
///
/// | written | what it is | options |
/// |---|---|---|
/// | `s3://BUCKET/PREFIX` | S3 and what speaks its protocol | `endpoint`, `region`, `profile`, `role_arn` |
/// | `hdfs://HOST:PORT/ROOT` | HDFS by its own protocol; two NameNodes as `HOST:PORT,HOST:PORT` | none: the user is `HADOOP_USER_NAME` |
/// | `webhdfs://HOST:PORT/ROOT` | HDFS where only HTTP gets through | `user`, `tls` |
///
/// Options follow a `?`. Credentials have no place in an address: they come from the environment or from files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Which protocol it speaks.
    pub scheme: Scheme,
    /// The bucket, or the host and port of each NameNode.
    pub authority: String,
    /// The place below which the store lies, without slashes at its ends; empty for all of it.
    pub root: String,
    /// What else there is to know, by its name.
    pub options: BTreeMap<String, String>,
}

/// By what a service knows who asks.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// What the environment of this process has: variables, files and roles, as the field's tools look for them.
    #[default]
    Ambient,
    /// Keys of the store's own. The environment's are then not looked for: a store that was given to others never gets ours.
    Keys {
        /// The name of the key.
        access_key_id: String,
        /// The key.
        secret_access_key: String,
    },
    /// As [`Credentials::Keys`], in the files `accessKeyId`, `secretAccessKey` and, of temporary keys, `sessionToken` of
    /// a folder, which are read again when they change.
    Folder(PathBuf),
}

impl fmt::Debug for Credentials {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => formatter.write_str("Ambient"),
            Self::Keys { .. } => formatter.write_str("Keys"),
            Self::Folder(folder) => write!(formatter, "Folder({})", folder.display()),
        }
    }
}

/// Which protocol a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// S3.
    S3,
    /// HDFS' own.
    Hdfs,
    /// HDFS over HTTP.
    WebHdfs,
}

/// Why a text says of no store where it is.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no place of a store: {fault}")]
pub struct BadAddress {
    text: String,
    fault: String,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::S3, Self::Hdfs, Self::WebHdfs];

    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Hdfs => "hdfs",
            Self::WebHdfs => "webhdfs",
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &["endpoint", "region", "profile", "role_arn"],
            Self::Hdfs => &[],
            Self::WebHdfs => &["user", "tls"],
        }
    }
}

impl Service {
    /// The URL of a NameNode's web server.
    pub(crate) fn web_server(&self) -> String {
        let scheme = if self.options.get("tls").is_some_and(|it| it == "true") { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

impl Address {
    /// The same, a relative directory counted from `folder`.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self {
            Self::Directory(directory) => Self::Directory(folder.join(directory).components().collect()),
            Self::Service(_) => self,
        }
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Directory(PathBuf::from(text)));
        };
        let bad = |fault: String| BadAddress { text: without_secrets(text), fault };
        let known = || Scheme::ALL.map(|it| format!("{}://", it.as_str())).join(", ");
        let found = Scheme::ALL.into_iter().find(|it| it.as_str() == scheme);
        let scheme =
            found.ok_or_else(|| bad(format!("write a directory, or a URL that begins with {}", known())))?;
        service(scheme, rest).map(Self::Service).map_err(bad)
    }
}

fn service(scheme: Scheme, rest: &str) -> Result<Service, String> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, root) = place.split_once('/').unwrap_or((place, ""));
    if place.contains('@') {
        return Err("credentials have no place in it: leave them to the environment, or to a file".to_owned());
    }
    check_authority(scheme, authority)?;
    let root = root.trim_matches('/');
    if !root.is_empty() && root.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("its path has an empty, `.` or `..` part: name the place directly".to_owned());
    }
    let mut options = BTreeMap::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        if !scheme.options().contains(&name) {
            let known =
                if scheme.options().is_empty() { "none".to_owned() } else { scheme.options().join(", ") };
            return Err(format!("it has no option `{name}`; there are {known}"));
        }
        if name == "endpoint" && value.contains('@') {
            return Err(
                "credentials have no place in its endpoint: leave them to the environment, or to a file"
                    .to_owned(),
            );
        }
        if value.is_empty() || options.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("write its option `{name}` once, with a value"));
        }
    }
    Ok(Service { scheme, authority: authority.to_owned(), root: root.to_owned(), options })
}

fn check_authority(scheme: Scheme, authority: &str) -> Result<(), String> {
    let is_host = |it: &str| {
        it.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    match scheme {
        Scheme::S3 if authority.is_empty() || authority.contains(':') => Err(
            "write the bucket, without a port, after s3://; a server of your own is the option `endpoint`"
                .to_owned(),
        ),
        Scheme::Hdfs if !authority.split(',').all(is_host) => {
            Err("write HOST:PORT of the NameNode, or of both with a comma between them".to_owned())
        }
        Scheme::WebHdfs if authority.contains(',') || !is_host(authority) => {
            Err("write HOST:PORT of the NameNode's web server".to_owned())
        }
        Scheme::S3 | Scheme::Hdfs | Scheme::WebHdfs => Ok(()),
    }
}

/// What is told of an address must tell no password, which may stand before an `@` or among what are no options.
fn without_secrets(text: &str) -> String {
    let place = text.split('?').next().unwrap_or_default();
    match place.split_once("://").zip(place.rsplit_once('@')) {
        Some(((scheme, _), (_, rest))) => format!("{scheme}://…@{rest}"),
        None => place.to_owned(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.display().fmt(formatter),
            Self::Service(service) => service.fmt(formatter),
        }
    }
}

/// The address without its options, which is also what a step is told.
impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, authority, root, .. } = self;
        let slash = if root.is_empty() { "" } else { "/" };
        write!(formatter, "{}://{authority}{slash}{root}", scheme.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        text.parse::<Address>().expect_err(text).to_string()
    }

    #[test]
    fn an_address_says_bucket_prefix_and_options() {
        let address: Address =
            "s3://sales/raw/eu/?endpoint=http://127.0.0.1:7070&region=us-east-1".parse().unwrap();
        let Address::Service(service) = &address else { panic!("{address} is a service") };
        assert_eq!((service.authority.as_str(), service.root.as_str()), ("sales", "raw/eu"));
        assert_eq!(service.options["endpoint"], "http://127.0.0.1:7070");
        assert_eq!(address.to_string(), "s3://sales/raw/eu");
    }

    #[test]
    fn what_has_no_scheme_is_a_directory() {
        let address: Address = "./data".parse().unwrap();
        assert_eq!(address.below(Path::new("/home/ada")), Address::Directory("/home/ada/data".into()));
    }

    #[test]
    fn two_name_nodes_are_one_store() {
        assert!("hdfs://one:8020,two:8020/data".parse::<Address>().is_ok());
    }

    #[test]
    fn a_wrong_address_says_what_would_be_right() {
        let table = [
            ("gs://bucket", "begins with s3://, hdfs://, webhdfs://"),
            ("s3:///prefix", "write the bucket"),
            ("s3://AKIA:ab/cd@bucket/x", "credentials have no place in it"),
            ("s3://localhost:9000/bucket", "write the bucket, without a port"),
            ("s3://bucket?endpoint=http://key:secret@host", "credentials have no place in its endpoint"),
            ("s3://key:secret@bucket/x", "credentials have no place in it"),
            ("s3://bucket/a/../b", "name the place directly"),
            ("s3://bucket?color=red", "it has no option `color`; there are endpoint, region"),
            ("s3://bucket?region=", "once, with a value"),
            ("hdfs://namenode/data", "write HOST:PORT of the NameNode"),
            ("webhdfs://one:9870,two:9870/", "write HOST:PORT of the NameNode's web server"),
        ];
        for (text, words) in table {
            assert!(fault(text).contains(words), "{text}: {}", fault(text));
        }
        for text in ["s3://key:secret@bucket/x", "s3://b?secret_access_key=secret", "s3://A:b/secret@c/d"] {
            assert!(!fault(text).replace("secret_access_key", "").contains("secret"), "{}", fault(text));
        }
    }
}
