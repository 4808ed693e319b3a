//! A store that asks for fewer requests gets none for a while, and whoever asks meanwhile hears so at once.

use std::time::{Duration, Instant};

use storage::{Catalogue, Presence, Store, Want};
use tests::{Fault, Hdfs, Proxy, S3, eventually};

use crate::place::{Place, bound, file, now};

fn places() -> [(Place, Proxy); 2] {
    [Place::S3(S3::shared()), Place::WebHdfs(Hdfs::shared())].map(|place| {
        let proxy = place.proxy();
        place.put("root/day-7.txt", "x");
        (place, proxy)
    })
}

/// What looks at a hundred days by single requests give, of which one is there.
fn looked(store: &Store) -> Vec<Presence> {
    let rule = file();
    let paths: Vec<_> = (0..100).map(|day| format!("day-{day}.txt")).collect();
    // A dataset for each, so that each is asked for.
    let want = |path| Want { store: "warehouse", prefix: path, path, rule: &rule };
    let mut catalogue = Catalogue::new([store.clone()]);
    catalogue.load(paths.iter().map(|path| want(path)));
    paths.iter().map(|path| catalogue.presence(want(path), now())).collect()
}

fn is_right(seen: &[Presence]) -> bool {
    let right = |(day, presence): (usize, &Presence)| match presence {
        Presence::Complete => day == 7,
        Presence::Missing => day != 7,
        Presence::Occupied | Presence::Settling { .. } | Presence::Unknown { .. } => false,
    };
    seen.iter().enumerate().all(right)
}

#[test]
fn a_store_that_asks_for_fewer_requests_gets_none_for_a_while() {
    for (place, proxy) in places() {
        let (store, name) = (bound(&place.url_by(&proxy, "root"), &place.credentials()), place.name());
        assert!(is_right(&looked(&store)), "{name}");
        proxy.fail(Fault::SlowDown, 0..u64::MAX);
        let began = Instant::now();
        let seen = looked(&store);
        let is_told =
            |it: &Presence| matches!(it, Presence::Unknown { reason } if reason.contains("fewer requests"));
        assert!(seen.iter().all(is_told), "{name}: {seen:?}");
        assert!(began.elapsed() < Duration::from_secs(15), "{name}: {:?}", began.elapsed());
        // What had begun before the first refusal, and what was tried again after the pause.
        let asked = proxy.seen();
        assert!(asked <= 3 * 16, "{name}: {asked} requests");
        assert!(looked(&store).iter().all(is_told), "{name}");
        assert_eq!(proxy.seen(), asked, "{name}: none is made meanwhile");
        proxy.heal();
        eventually("the pause is over", || is_right(&looked(&store)));
    }
}

#[test]
fn one_refusal_is_made_up_for_at_once() {
    for (place, proxy) in places() {
        let (store, name) = (bound(&place.url_by(&proxy, "root"), &place.credentials()), place.name());
        proxy.fail(Fault::SlowDown, 0..1);
        assert_eq!(crate::place::look(store, "day-7.txt", &file()), Presence::Complete, "{name}");
    }
}
