//! A launch that has written its output and is to publish it: the worlds in which it does, and what is right in each.

use std::collections::BTreeMap;

use storage::{Completeness, Existing, Presence, Published, Staging, StagingError, Store, verify};

use crate::place::{Place, bound, file, flag};

/// The launch.
pub(crate) const LAUNCH: &str = "launch";

/// What is to be published, and what is there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) output: Kind,
    pub(crate) before: Before,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
}

/// What is at the final path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    /// Data of another, which stays.
    Foreign,
    /// Data that is to be replaced.
    Old,
}

/// Files by their paths.
pub(crate) type Files = BTreeMap<String, String>;

/// Every world.
pub(crate) fn worlds() -> Vec<World> {
    let outputs = [Kind::File, Kind::Directory];
    let befores = [Before::Nothing, Before::Foreign, Before::Old];
    outputs.into_iter().flat_map(|output| befores.map(|before| World { output, before })).collect()
}

impl World {
    /// The final path.
    pub(crate) fn path(self) -> &'static str {
        match self.output {
            Kind::File => "day/out.txt",
            Kind::Directory => "day/out/",
        }
    }

    pub(crate) fn rule(self) -> Completeness {
        match self.output {
            Kind::File => file(),
            Kind::Directory => flag(),
        }
    }

    pub(crate) fn existing(self) -> Existing {
        match self.before {
            Before::Nothing | Before::Foreign => Existing::Keep,
            Before::Old => Existing::Replace,
        }
    }

    /// How it is to end.
    pub(crate) fn end(self) -> Published {
        match self.before {
            Before::Nothing | Before::Old => Published::Published,
            Before::Foreign => Published::AlreadyThere,
        }
    }

    /// Makes it: what is there before, and what `launch` has written.
    pub(crate) fn make(self, place: &Place, launch: &str) {
        // The root is there.
        place.put("root/beside", "");
        for (path, text) in self.before() {
            place.put(&format!("root/{path}"), &text);
        }
        self.stage(place, launch);
    }

    /// Writes what a launch writes.
    pub(crate) fn stage(self, place: &Place, launch: &str) {
        let staged =
            |path: &str| format!("root/.daybreak/staging/{launch}/{}", path.trim_start_matches("day/"));
        for (path, text) in self.files(launch) {
            place.put(&staged(&path), &text);
        }
    }

    /// What a launch publishes.
    pub(crate) fn files(self, launch: &str) -> Files {
        match self.output {
            Kind::File => [("day/out.txt".to_owned(), format!("by {launch}"))].into(),
            Kind::Directory => ["part-0", "part-1", &format!("deep/{launch}"), "_SUCCESS"]
                .map(|name| (format!("day/out/{name}"), format!("{name} by {launch}")))
                .into(),
        }
    }

    /// What is there before.
    pub(crate) fn before(self) -> Files {
        match (self.before, self.output) {
            (Before::Nothing, _) => Files::new(),
            (Before::Foreign | Before::Old, Kind::File) => {
                [("day/out.txt".to_owned(), "old".to_owned())].into()
            }
            (Before::Foreign | Before::Old, Kind::Directory) => ["part-0", "part-9", "_SUCCESS"]
                .map(|name| (format!("day/out/{name}"), format!("old {name}")))
                .into(),
        }
    }

    /// Publishes by a store.
    pub(crate) fn publish(self, store: &Store, launch: &str) -> Result<Published, StagingError> {
        let staging = Staging::resume(store, launch, &[self.path()])?;
        Ok(staging.publish(self.existing(), &[self.rule()])?[0])
    }

    /// Whether what is there now is nothing half: whoever finds it complete finds all of one.
    #[track_caller]
    pub(crate) fn check_between(self, place: &Place, launches: &[&str]) {
        let found = published(place);
        let is_complete = verify(&root(place), self.path(), &self.rule()).is_ok();
        let is_whole = launches.iter().any(|launch| found == self.files(launch)) || found == self.before();
        assert!(!is_complete || is_whole, "half of it shows: {found:?}");
        if self.before == Before::Foreign {
            assert_eq!(found, self.before(), "it is another's");
        }
    }

    /// Whether all is as it is without a fault, after whoever takes it up again has.
    #[track_caller]
    pub(crate) fn check_end(self, place: &Place, launch: &str) {
        let store = root(place);
        for _ in 0..2 {
            assert_eq!(self.publish(&store, launch).expect("nothing fails any more"), self.end());
            let right = if self.end() == Published::Published { self.files(launch) } else { self.before() };
            assert_eq!(published(place), right);
            assert_eq!(place.look_in("root", self.path(), &self.rule()), Presence::Complete);
        }
        Staging::resume(&store, launch, &[self.path()]).expect("it is lawful").discard().expect("it goes");
        let is_left = |path: &String| path.contains("/staging/") || path.contains("/publishing/");
        let left: Vec<_> = place.list().into_iter().filter(is_left).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The store without a proxy.
pub(crate) fn root(place: &Place) -> Store {
    bound(&place.url_in("root"), &place.credentials())
}

/// What is at the final path.
pub(crate) fn published(place: &Place) -> Files {
    let paths = place.list().into_iter().filter_map(|path| path.strip_prefix("root/").map(str::to_owned));
    let paths = paths.filter(|path| path.starts_with("day/"));
    paths.map(|path| (path.clone(), place.read(&format!("root/{path}")).unwrap_or_default())).collect()
}
