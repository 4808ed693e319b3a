//! Full disks, read-only mounts and missing permissions are told, and lose nothing.

use std::fs;
use std::path::PathBuf;

use rustix::fs::{Mode, chmod};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};
use storage::{Catalogue, Existing, Presence, Staging, Store, Want};

use crate::publish::written;
use crate::world::{World, file, flag, is_unknown, noon};

/// A file system of one's own, gone at the end.
struct Mounted<'a>(&'a World);

impl<'a> Mounted<'a> {
    /// `None`, said aloud, where this process may not mount.
    fn tmpfs(world: &'a World, options: &std::ffi::CStr) -> Option<Self> {
        match mount("none", world.place("disk"), "tmpfs", MountFlags::empty(), options) {
            Ok(()) => Some(Self(world)),
            Err(error) => {
                eprintln!("skipped: this process may not mount a file system ({error})");
                None
            }
        }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = unmount(self.0.place("disk"), UnmountFlags::DETACH);
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}

#[test]
fn a_full_disk_is_told_and_what_was_staged_stays() {
    let world = World::new();
    world.make("disk");
    let Some(_mounted) = Mounted::tmpfs(&world, c"size=64k,nr_inodes=8") else { return };
    let store = Store::fs("disk", &world.place("disk")).expect("it is there");
    let staging = Staging::begin(&store, "one", &["deep/er/still/a.txt"]).expect("it begins");
    fs::write(&staging.paths()[0], "x").expect("there is room for it");
    for filler in 0..3 {
        fs::write(PathBuf::from(store.uri(&filler.to_string())), "").expect("there is room for it");
    }
    let error = staging.publish(Existing::Keep, &[]).expect_err("the disk is full");
    let path = PathBuf::from(store.uri("deep"));
    let expected = format!("cannot make {}; free space on its file system: No space left", path.display());
    assert!(told(&error).starts_with(&expected), "{}", told(&error));
    let error = Staging::begin(&store, "two", &["b.txt"]).expect_err("the disk is full");
    assert!(told(&error).contains("free space on its file system"), "{}", told(&error));
    for filler in 0..3 {
        fs::remove_file(PathBuf::from(store.uri(&filler.to_string()))).expect("it was written");
    }
    staging.publish(Existing::Keep, &[]).expect("there is room again");
    assert_eq!(world.read("disk/deep/er/still/a.txt"), "x");
}

#[test]
fn a_read_only_mount_is_told() {
    let world = World::new();
    world.make("disk");
    let Some(_mounted) = Mounted::tmpfs(&world, c"size=64k") else { return };
    let store = Store::fs("disk", &world.place("disk")).expect("it is there");
    let staging = Staging::begin(&store, "one", &["a.txt"]).expect("it begins");
    fs::write(&staging.paths()[0], "x").expect("there is room for it");
    mount_remount(world.place("disk"), MountFlags::RDONLY, c"").expect("who mounted it may");
    let error = store.preflight().expect_err("it is read-only");
    assert!(told(&error).contains("cannot be written; grant write permission on it, or mount it writable"));
    let error = staging.publish(Existing::Keep, &[]).expect_err("it is read-only");
    assert!(told(&error).contains("mount its file system writable"), "{}", told(&error));
}

#[test]
fn a_file_system_that_is_not_mounted_makes_everything_unknown() {
    let world = World::new();
    world.make("disk");
    let Some(mounted) = Mounted::tmpfs(&world, c"size=64k") else { return };
    let store = Store::fs("disk", &world.place("disk")).expect("it is there");
    let rule = file();
    let want = Want { store: "disk", prefix: "a.txt", path: "a.txt", rule: &rule };
    let mut catalogue = Catalogue::new([store.clone()]);
    catalogue.load([want]);
    assert_eq!(catalogue.presence(want, noon()), Presence::Missing);
    drop(mounted);
    assert!(world.place("disk").is_dir());
    catalogue.refresh();
    assert!(is_unknown(&catalogue.presence(want, noon()), "another file system is mounted"));
    assert!(Staging::begin(&store, "one", &["a.txt"]).is_err());
}

#[test]
fn what_lies_on_another_file_system_is_told() {
    let world = World::new();
    world.make("disk");
    let Some(_mounted) = Mounted::tmpfs(&world, c"size=64k") else { return };
    let staging = written(&world, "one", &["disk/a.txt"]);
    let error = staging.publish(Existing::Keep, &[]).expect_err("a rename does not get there");
    assert!(told(&error).contains("the same file system as the store's root"), "{}", told(&error));
}

/// Does `work` on a thread that has no rights but those of everybody.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let drop_rights = || {
        // The kernel's rights belong to threads, so that the other tests keep theirs.
        let nobody = rustix::thread::Uid::from_raw(65_534);
        if rustix::process::geteuid().is_root() {
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).expect("root may become nobody");
        }
        work()
    };
    std::thread::scope(|scope| scope.spawn(drop_rights).join().expect("it does not panic"))
}

#[test]
fn what_may_not_be_looked_at_is_unknown() {
    let world = World::new();
    world.write("closed/a.txt", "x");
    world.write("closed/dt=1/_SUCCESS", "x");
    chmod(world.directory.path(), Mode::from_raw_mode(0o755)).expect("it is ours");
    chmod(world.place("closed"), Mode::empty()).expect("it is ours");
    let looks = as_nobody(|| {
        let look = |path, rule| world.look(path, &rule);
        [look("closed/a.txt", file()), look("closed/b.txt", file()), look("closed/dt=1/", flag())]
    });
    chmod(world.place("closed"), Mode::RWXU).expect("it is ours");
    for look in looks {
        assert!(is_unknown(&look, "Permission denied"), "{look:?}");
    }
}

#[test]
fn what_may_not_be_written_is_told() {
    let world = World::new();
    let staging = written(&world, "one", &["closed/a.txt"]);
    world.make("closed");
    for path in ["", "closed"] {
        chmod(world.place(path), Mode::from_raw_mode(0o555)).expect("it is ours");
    }
    let error = as_nobody(|| staging.publish(Existing::Keep, &[]).expect_err("nobody may not write there"));
    assert!(told(&error).contains("grant write permission on its directory: Permission denied"), "{error}");
    for path in ["", "closed"] {
        chmod(world.place(path), Mode::RWXU).expect("it is ours");
    }
    staging.publish(Existing::Keep, &[]).expect("now it may");
}
