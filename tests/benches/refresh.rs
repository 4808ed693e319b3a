//! A look at everything in a bucket against a bare listing of it, in turn on one server: how much longer it takes, how many
//! requests it makes, and how much memory the answers take.

use std::fs;
use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use opendal::Operator;
use opendal::services::S3 as Service;
use storage::{Catalogue, Completeness, Credentials, Store, Want};
use tests::S3;

const KEYS: usize = 100_000;
const ROUNDS: usize = 5;
const PREFIX: &str = "hours/";
const RULE: Completeness = Completeness::File { min_bytes: 0, settle: Duration::ZERO };

fn main() {
    let bucket = S3::own(&[]);
    let env = bucket.env();
    let keys: Vec<_> = (0..KEYS).map(|number| format!("{PREFIX}{number:06}")).collect();
    eprintln!("putting {KEYS} objects");
    for some in keys.chunks(1_000) {
        bucket.put_all(some.iter().map(|key| (key.as_str(), "1")));
    }
    let (id, secret) = (&env["AWS_ACCESS_KEY_ID"], &env["AWS_SECRET_ACCESS_KEY"]);
    let credentials = Credentials::Keys { access_key_id: id.clone(), secret_access_key: secret.clone() };
    let address = format!("{}&region={}", bucket.url(), env["AWS_REGION"]);
    let store =
        Store::bind("lake", &address.parse().expect("it is an address"), &credentials).expect("it is there");
    let builder = Service::default().bucket(bucket.bucket()).root("/data").region(&env["AWS_REGION"]);
    let builder = builder.endpoint(bucket.endpoint()).access_key_id(id).secret_access_key(secret);
    let bare = Operator::new(builder.disable_config_load()).expect("it is a bucket");
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");

    let before = kilobytes();
    let mut catalogue = Catalogue::new([store.clone()]);
    let wants = || keys.iter().map(|path| Want { store: "lake", prefix: PREFIX, path, rule: &RULE });
    catalogue.load(wants());
    let held = kilobytes().saturating_sub(before);
    let requests = |what: &str| store.requests().get(what).copied().unwrap_or(0);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (pages, all) = (requests("list"), store.requests().values().sum::<u64>());
    for _ in 0..ROUNDS {
        theirs.push(timed(|| assert_eq!(runtime.block_on(count(&bare)), KEYS)));
        ours.push(timed(|| assert!(catalogue.refresh().is_empty(), "nothing changes")));
    }
    let rounds = ROUNDS as u64;
    let (pages, all) =
        ((requests("list") - pages) / rounds, (store.requests().values().sum::<u64>() - all) / rounds);
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "a refresh of {KEYS} keys: {ours:.2} s; a bare listing: {theirs:.2} s; ratio {:.2} (at most 1.3)",
        ours / theirs
    );
    println!("pages of a refresh: {pages} (at least {}), requests in all: {all}", KEYS / 1_000);
    println!("memory of the catalogue: {} bytes a key", held * 1024 / KEYS as u64);
}

async fn count(bucket: &Operator) -> usize {
    let lister = bucket.lister_with(PREFIX).recursive(true).await.expect("it can be listed");
    lister.try_fold(0, |count, _| async move { Ok(count + 1) }).await.expect("it can be listed")
}

fn timed(act: impl FnOnce()) -> f64 {
    let began = Instant::now();
    act();
    began.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What this process holds in memory.
fn kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
