//! Words of changes, from real files.

use std::fs;
use std::io::Write;
use std::time::Duration;

use storage::{Catalogue, ChangedPath, Hint, Hints, Presence, Staging};
use tokio::time::timeout;

use crate::world::{World, file, flag, noon, want};

/// Longer than any word takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Follows words until the catalogue tells that `path` changed.
async fn until_changed(hints: &mut Hints, catalogue: &mut Catalogue, path: &str) {
    let follow = async {
        loop {
            let changed = match hints.next().await {
                Hint::Changed(paths) => look(catalogue, paths),
                Hint::Rescan => catalogue.refresh(),
            };
            if changed.iter().any(|changed| changed.path == path) {
                return;
            }
        }
    };
    timeout(PATIENCE, follow).await.expect("word comes");
}

fn look(catalogue: &mut Catalogue, paths: impl IntoIterator<Item = ChangedPath>) -> Vec<ChangedPath> {
    paths.into_iter().flat_map(|path| catalogue.look_again(&path.store, &path.path)).collect()
}

fn watch(world: &World, paths: &[&str]) -> (Catalogue, Hints) {
    let (file, flag) = (file(), flag());
    let mut catalogue = world.catalogue();
    catalogue.load(paths.iter().map(|path| want(path, if path.ends_with('/') { &flag } else { &file })));
    let hints = Hints::watch(&catalogue).expect("the system grants watches");
    (catalogue, hints)
}

#[tokio::test]
async fn a_file_that_lands_is_told_however_it_comes() {
    let world = World::new();
    let outside = tempfile::tempdir_in(world.directory.path()).expect("a directory beside it");
    let elsewhere = outside.path().join("x");
    let (mut catalogue, mut hints) = watch(&world, &["written", "moved", "linked", "symlinked"]);
    world.write("written", "x");
    until_changed(&mut hints, &mut catalogue, "written").await;
    fs::write(&elsewhere, "x").expect("files can be written");
    fs::hard_link(&elsewhere, world.place("linked")).expect("links can be made");
    until_changed(&mut hints, &mut catalogue, "linked").await;
    std::os::unix::fs::symlink("written", world.place("symlinked")).expect("links can be made");
    until_changed(&mut hints, &mut catalogue, "symlinked").await;
    fs::rename(&elsewhere, world.place("moved")).expect("files can be moved");
    until_changed(&mut hints, &mut catalogue, "moved").await;
}

#[tokio::test]
async fn a_file_that_goes_is_told() {
    let world = World::new();
    world.write("a.txt", "x");
    world.write("b.txt", "x");
    let (mut catalogue, mut hints) = watch(&world, &["a.txt", "b.txt"]);
    fs::remove_file(world.place("a.txt")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "a.txt").await;
    fs::rename(world.place("b.txt"), world.place("c.txt")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "b.txt").await;
}

#[tokio::test]
async fn a_file_that_is_being_written_is_told_only_when_it_is_closed() {
    let world = World::new();
    let rule = file();
    let (mut catalogue, mut hints) = watch(&world, &["slow.txt", "other.txt"]);
    let mut slow = fs::File::create(world.place("slow.txt")).expect("files can be made");
    slow.write_all(b"half").expect("files can be written");
    world.write("other.txt", "x");
    until_changed(&mut hints, &mut catalogue, "other.txt").await;
    assert_eq!(catalogue.presence(want("slow.txt", &rule), noon()), Presence::Missing);
    slow.write_all(b" and half").expect("files can be written");
    drop(slow);
    until_changed(&mut hints, &mut catalogue, "slow.txt").await;
}

#[tokio::test]
async fn dated_directories_are_noticed_when_they_appear() {
    let world = World::new();
    let paths = ["2026/01/05/a.txt", "2026/01/06/a.txt", "2026/dt=1/"];
    let (mut catalogue, mut hints) = watch(&world, &paths);
    world.write("2026/01/05/a.txt", "x");
    until_changed(&mut hints, &mut catalogue, "2026/01/05/a.txt").await;
    world.make("2026/01/06");
    world.write("2026/dt=1/_SUCCESS", "");
    until_changed(&mut hints, &mut catalogue, "2026/dt=1/").await;
    world.write("2026/01/06/a.txt", "x");
    until_changed(&mut hints, &mut catalogue, "2026/01/06/a.txt").await;
}

#[tokio::test]
async fn a_directory_that_goes_and_comes_back_is_watched_again() {
    let world = World::new();
    world.write("2026/01/a.txt", "x");
    let (mut catalogue, mut hints) = watch(&world, &["2026/01/a.txt"]);
    fs::remove_dir_all(world.place("2026")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "2026/01/a.txt").await;
    world.write("2026/01/a.txt", "x");
    until_changed(&mut hints, &mut catalogue, "2026/01/a.txt").await;
    fs::rename(world.place("2026"), world.place("2025")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "2026/01/a.txt").await;
    world.write("other/01/a.txt", "x");
    fs::rename(world.place("other"), world.place("2026")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "2026/01/a.txt").await;
    fs::remove_file(world.place("2026/01/a.txt")).expect("it is there");
    until_changed(&mut hints, &mut catalogue, "2026/01/a.txt").await;
}

#[tokio::test]
async fn wants_that_come_later_are_followed() {
    let world = World::new();
    let rule = file();
    let (mut catalogue, mut hints) = watch(&world, &["a.txt"]);
    world.make("later");
    catalogue.load([want("later/b.txt", &rule)]);
    hints.follow(&catalogue).expect("the system grants watches");
    world.write("later/b.txt", "x");
    until_changed(&mut hints, &mut catalogue, "later/b.txt").await;
    catalogue.retain(|_, path| path == "a.txt");
    hints.follow(&catalogue).expect("nothing more is watched");
    world.write("a.txt", "x");
    until_changed(&mut hints, &mut catalogue, "a.txt").await;
}

#[tokio::test]
async fn words_about_our_own_staging_are_not_told() {
    let world = World::new();
    let (_, mut hints) = watch(&world, &["a.txt", "z.txt"]);
    let staging = Staging::begin(&world.store, "one", &["a.txt"]).expect("it begins");
    fs::write(&staging.paths()[0], "x").expect("the step writes");
    world.write("z.txt", "x");
    let Ok(Hint::Changed(changed)) = timeout(PATIENCE, hints.next()).await else {
        panic!("word comes");
    };
    assert_eq!(changed.into_iter().map(|changed| changed.path).collect::<Vec<_>>(), ["z.txt"]);
}

#[tokio::test]
async fn a_flood_of_words_asks_for_a_look_at_everything() {
    let world = World::new();
    let (mut catalogue, mut hints) = watch(&world, &["19999"]);
    for number in 0..20_000 {
        world.write(&number.to_string(), "");
    }
    until_changed(&mut hints, &mut catalogue, "19999").await;
}
