//! Whose keys ask: a store's own and no others, the new ones once they are changed; and a refusal is no absence.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use storage::{Credentials, Presence};
use tempfile::TempDir;
use tests::S3;

use crate::launch::{Before, Kind, LAUNCH, World};
use crate::place::{Place, bound, file, look};

const WORLD: World = World { output: Kind::File, before: Before::Nothing };

/// A folder with keys, as a Secret is mounted.
struct Keys(TempDir);

impl Keys {
    fn new(name: &str, secret: &str) -> Self {
        let keys = Self(tempfile::tempdir().expect("there is room"));
        keys.write(name, secret);
        keys
    }

    fn of(s3: &S3) -> Self {
        Self::new(&s3.env()["AWS_ACCESS_KEY_ID"], &s3.env()["AWS_SECRET_ACCESS_KEY"])
    }

    fn write(&self, name: &str, secret: &str) {
        for (file, key) in [("accessKeyId", name), ("secretAccessKey", secret)] {
            fs::write(self.path().join(file), format!("{key}\n")).expect("the folder is ours");
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn credentials(&self) -> Credentials {
        Credentials::Folder(self.path().to_owned())
    }
}

fn s3() -> (Place, Keys) {
    let s3 = S3::shared();
    let keys = Keys::of(&s3);
    let place = Place::S3(s3);
    place.put("a.txt", "x");
    (place, keys)
}

/// Publishes in a process that has the right keys in its environment, with those of a folder.
fn publish(place: &Place, keys: &Path) -> Output {
    WORLD.make(place, LAUNCH);
    let mut publisher = Command::new(env!("CARGO_BIN_EXE_publisher"));
    publisher.args([&place.url_in("root"), LAUNCH, WORLD.path(), "", "keep"]).arg(keys);
    publisher.envs(place.env()).output().expect("it was built")
}

#[test]
fn a_store_with_keys_of_its_own_never_uses_those_of_the_environment() {
    let (place, right) = s3();
    let wrong = Keys::new("stranger", "wrong");
    let none = TempDir::new().expect("there is room");
    for (keys, words) in [(wrong.path(), "check the credentials"), (none.path(), "there is no key in")] {
        let output = publish(&place, keys);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(place.read("root/day/out.txt"), None, "{errors}");
        assert!(errors.contains(words), "{errors}");
    }
    let output = publish(&place, right.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn keys_that_were_changed_are_those_of_the_next_store() {
    let (place, keys) = s3();
    let seen = || look(bound(&place.url(), &keys.credentials()), "a.txt", &file());
    assert_eq!(seen(), Presence::Complete);
    let right = ["accessKeyId", "secretAccessKey"]
        .map(|name| fs::read_to_string(keys.path().join(name)).expect("it is there"));
    keys.write(&right[0], "expired");
    let told = seen();
    assert!(
        matches!(&told, Presence::Unknown { reason } if reason.contains("check the credentials")),
        "{told:?}"
    );
    keys.write(&right[0], &right[1]);
    assert_eq!(seen(), Presence::Complete);
}

#[test]
fn a_refusal_is_no_absence() {
    let (place, _) = s3();
    for (name, secret) in [("stranger", "wrong"), (place.env()["AWS_ACCESS_KEY_ID"].as_str(), "expired")] {
        let keys = Keys::new(name, secret);
        for path in ["a.txt", "none.txt"] {
            let told = look(bound(&place.url(), &keys.credentials()), path, &file());
            assert!(matches!(told, Presence::Unknown { .. }), "{path}: {told:?}");
        }
    }
}
