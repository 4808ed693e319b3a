//! Connections: from an address to something that answers, with a limit to the time and number of calls.

use std::sync::Arc;
use std::time::Duration;

use opendal::Operator;
use opendal::layers::{ConcurrentLimitLayer, RetryLayer, TimeoutLayer};
use opendal::services::{HdfsNative, Memory, S3, Webhdfs};
use reqsign_core::ProvideCredentialChain;
use tokio::sync::OnceCell;

use crate::address::{Credentials, Scheme, Service};
use crate::remote::copy::Copier;
use crate::remote::keys::FolderKeys;
use crate::remote::rename::Renamer;
use crate::remote::traffic::Traffic;
use crate::remote::{Kind, Remote, Tree, http, rpc};

/// How long one call may take. A page of a listing takes a fraction of a second; what takes this long is away.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a server may take to copy one object: 5 GiB at 10 MB a second.
const COPY_TIMEOUT: Duration = Duration::from_mins(10);

/// How often a call that failed for the moment is made again at once. Longer pauses are the business of whoever asks
/// again anyway.
const RETRIES: usize = 2;

/// The longest pause between these.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How often a client of HDFS goes round its NameNodes before it gives up, and the base of its pauses. Its own 15 rounds
/// take two minutes, in which nobody hears that nothing answers; ours are over within the time that one call may take.
const ROUNDS: usize = 3;
const ROUND_PAUSE_MILLIS: usize = 250;

/// Calls at once of one store: enough to hide the time that each takes, and few for a store that serves thousands.
const CALLS: usize = 64;

/// What all that asks one store shares.
struct Limits {
    traffic: Arc<Traffic>,
    calls: ConcurrentLimitLayer,
}

impl Remote {
    /// Connects to a service. Nothing is asked of it yet.
    pub(crate) fn connect(service: &Service, credentials: &Credentials) -> Result<Self, opendal::Error> {
        let limits = Limits::default();
        let all = Service { root: String::new(), ..service.clone() };
        let tree = |renamer, all| {
            let root = if service.root.is_empty() { "/".to_owned() } else { service.root.clone() };
            Kind::Tree(Tree { renamer, all: limits.on(all, CALL_TIMEOUT), root })
        };
        let by_http = |operator: Operator| operator.layer(http::Counted(Arc::clone(&limits.traffic)));
        let by_rpc = |operator: Operator| operator.layer(rpc::Counted(Arc::clone(&limits.traffic)));
        let traffic = Arc::clone(&limits.traffic);
        let (operator, kind) = match service.scheme {
            Scheme::S3 => {
                let operator = by_http(s3(service, credentials)?);
                (operator.clone(), limits.objects(operator))
            }
            Scheme::Hdfs => {
                (by_rpc(hdfs(service)?), tree(Renamer::rpc(service, traffic)?, by_rpc(hdfs(&all)?)))
            }
            Scheme::WebHdfs => {
                (by_http(webhdfs(service)?), tree(Renamer::http(service, traffic)?, by_http(webhdfs(&all)?)))
            }
        };
        let address = told(service).to_string();
        let keys = match credentials {
            Credentials::Folder(folder) => Some(FolderKeys::new(folder.clone())),
            Credentials::Ambient | Credentials::Keys { .. } => None,
        };
        Ok(Self { keys, service: Some(service.clone()), ..limits.bound((operator, kind), address) })
    }

    /// A store in this process' memory, which answers as an object store does.
    pub(crate) fn memory(name: &str) -> Result<Self, opendal::Error> {
        let limits = Limits::default();
        let counted = rpc::Counted(Arc::clone(&limits.traffic));
        let operator = Operator::new(Memory::default())?.layer(counted);
        let kind = limits.objects(operator.clone());
        Ok(limits.bound((operator, kind), format!("memory://{name}")))
    }

    /// The variables by which a step's own tools find what the options of the address say.
    pub(crate) fn step_env(&self) -> Vec<(String, String)> {
        let options = self.service.iter().flat_map(|it| &it.options);
        let named = options.flat_map(|(name, value)| variables(name).iter().map(|it| (*it, value.clone())));
        named.map(|(variable, value)| (variable.to_owned(), value)).collect()
    }
}

/// The variables of the field's tools that stand for an option; of the region some tools know one, some the other.
fn variables(option: &str) -> &'static [&'static str] {
    match option {
        "endpoint" => &["AWS_ENDPOINT_URL"],
        "region" => &["AWS_REGION", "AWS_DEFAULT_REGION"],
        "profile" => &["AWS_PROFILE"],
        "role_arn" => &["AWS_ROLE_ARN"],
        "user" => &["HADOOP_USER_NAME"],
        _ => &[],
    }
}

/// The address that steps are told. By which of two NameNodes, or by which protocol, is no business of theirs.
fn told(service: &Service) -> Service {
    let authority = service.authority.split(',').next().unwrap_or_default().to_owned();
    Service { authority, ..service.clone() }
}

impl Limits {
    fn on(&self, operator: Operator, timeout: Duration) -> Operator {
        // The limit to the time of a call stands inside of the retries.
        operator
            .layer(TimeoutLayer::new().with_timeout(timeout).with_io_timeout(timeout))
            .layer(RetryLayer::new().with_max_times(RETRIES).with_max_delay(RETRY_PAUSE_MAX).with_jitter())
            .layer(self.calls.clone())
    }

    /// A server copies large objects by itself, and answers when it is done.
    fn objects(&self, operator: Operator) -> Kind {
        Kind::Objects(Copier::new(self.on(operator, COPY_TIMEOUT)))
    }

    fn bound(self, (operator, kind): (Operator, Kind), address: String) -> Remote {
        let operator = self.on(operator, CALL_TIMEOUT);
        let (service, keys, met) = (None, None, OnceCell::new());
        Remote { operator, kind, address, service, keys, met, traffic: self.traffic }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { traffic: Arc::default(), calls: ConcurrentLimitLayer::new(CALLS) }
    }
}

/// What carries HTTP, with the one library of ciphers that this program has: of two rustls would not choose.
pub(super) fn install_transport() {
    // Whoever was first installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    opendal_http_transport_reqwest::install_default();
}

fn s3(service: &Service, credentials: &Credentials) -> Result<Operator, opendal::Error> {
    install_transport();
    let option = |name: &str| service.options.get(name).map(String::as_str);
    let mut builder = S3::default().bucket(&service.authority).root(&format!("/{}", service.root));
    if let Some(endpoint) = option("endpoint") {
        builder = builder.endpoint(endpoint);
    }
    if let Some(region) = option("region") {
        builder = builder.region(region);
    }
    if let Some(profile) = option("profile") {
        builder = builder.profile(profile);
    }
    if let Some(role) = option("role_arn") {
        builder = builder.role_arn(role);
    }
    match credentials {
        Credentials::Ambient => {}
        Credentials::Keys { access_key_id, secret_access_key } => {
            builder = builder.access_key_id(access_key_id).secret_access_key(secret_access_key);
            builder = builder.disable_config_load().disable_ec2_metadata();
        }
        Credentials::Folder(folder) => {
            let keys = ProvideCredentialChain::new().push(FolderKeys::new(folder.clone()));
            builder = builder.credential_provider_chain(keys);
            builder = builder.disable_config_load().disable_ec2_metadata();
        }
    }
    Operator::new(builder)
}

/// The settings of a client of HDFS that say how soon it gives up.
pub(super) fn patience(service: &Service) -> [(String, String); 2] {
    let attempts = ROUNDS * service.authority.split(',').count();
    [
        ("dfs.client.failover.max.attempts".to_owned(), attempts.to_string()),
        ("dfs.client.failover.sleep.base.millis".to_owned(), ROUND_PAUSE_MILLIS.to_string()),
    ]
}

fn hdfs(service: &Service) -> Result<Operator, opendal::Error> {
    let builder = HdfsNative::default().name_node(&service.authority).root(&format!("/{}", service.root));
    let builder = builder.options(patience(service).into_iter().collect());
    Operator::new(builder)
}

fn webhdfs(service: &Service) -> Result<Operator, opendal::Error> {
    install_transport();
    let builder = Webhdfs::default().endpoint(&service.web_server()).root(&format!("/{}", service.root));
    // A NameNode knows `startAfter` in small letters only, and gives the first page of a long listing again and again. What
    // is not asked for in pages it sends whole.
    let mut builder = builder.disable_list_batch();
    if let Some(user) = service.options.get("user") {
        builder = builder.user_name(user);
    }
    Operator::new(builder)
}
