//! A real server that tells of its buckets.

use std::collections::BTreeSet;

use storage::{ChangedPath, Credentials, Store, is_reserved};
use tests::S3;
use tokio::task::block_in_place;

use crate::world::{TOKEN, World, changed};

/// Keys that say where encoding is wrong.
const ODD: [&str; 4] =
    ["dt=2026-01-05/a b+&c", "hour=2026-01-05T07%3A00/x", "100% café/📈", "~!*'();:@$,?#[]/x"];

/// The store of a bucket.
fn store(bucket: &S3) -> Store {
    let env = bucket.env();
    let keys = Credentials::Keys {
        access_key_id: env["AWS_ACCESS_KEY_ID"].clone(),
        secret_access_key: env["AWS_SECRET_ACCESS_KEY"].clone(),
    };
    let address = format!("{}&region={}", bucket.url(), env["AWS_REGION"]);
    Store::bind("warehouse", &address.parse().expect("it is an address"), &keys).expect("nothing is asked")
}

/// Waits until all of these were heard.
async fn hear(world: &mut World, paths: &[&str]) {
    let mut missing: BTreeSet<ChangedPath> = paths.iter().map(|path| changed("warehouse", path)).collect();
    while !missing.is_empty() {
        for path in world.heard().await {
            assert!(!is_reserved(&path.path), "{path:?} is ours");
            missing.remove(&path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_tells_of_each_change_by_the_path_that_changed() {
    // The server tries the way when it starts, before it has a bucket.
    let before = World::new([]).await;
    let url = format!("http://any:{TOKEN}@{}/notifications", before.address);
    let bucket = block_in_place(|| S3::own(&["--events", &url]));
    assert_eq!(before.count("daybreak_notifications_total{kind=\"test\"}"), 1);
    let mut world = World::at(before.end().await, [store(&bucket)]).await;

    block_in_place(|| bucket.put("2026-01-05.csv", "one\n"));
    hear(&mut world, &["2026-01-05.csv"]).await;
    block_in_place(|| bucket.put_in_parts("2026-01-06/part-0.csv", "two\n"));
    hear(&mut world, &["2026-01-06/part-0.csv"]).await;
    block_in_place(|| bucket.copy("2026-01-05.csv", "2026-01-07.csv"));
    hear(&mut world, &["2026-01-07.csv"]).await;
    for key in ODD {
        block_in_place(|| bucket.put(key, "odd"));
        hear(&mut world, &[key]).await;
        block_in_place(|| bucket.copy(key, "plain"));
        hear(&mut world, &["plain"]).await;
        block_in_place(|| bucket.delete(key));
        hear(&mut world, &[key]).await;
    }
    block_in_place(|| ODD.iter().for_each(|key| bucket.put(key, "odd")));
    hear(&mut world, &ODD).await;
    block_in_place(|| bucket.delete_all(ODD));
    hear(&mut world, &ODD).await;
    block_in_place(|| bucket.put(".daybreak/staging/x/part-0", "ours"));
    block_in_place(|| bucket.put("last", ""));
    hear(&mut world, &["last"]).await;
    assert_eq!(world.count("daybreak_notifications_refused_total{reason=\"unread\"}"), 0);
}
