//! Stores that are missing, are something else, or are full.

use std::fs;
use std::process::Command;

use crate::flow;

#[test]
fn a_store_that_is_missing() {
    let project = flow::project();
    fs::rename(project.path("data"), project.path("kept")).expect("both are ours");
    let data = project.path("data");
    project.run(&[]).expect_code(2).expect_text(&["data", &data.to_string_lossy()]);
    assert_eq!(project.ledger().started(), Vec::<String>::new());
    assert!(
        !project.exists("data"),
        "a store that is missing is not made: it may be a disk that is not mounted"
    );
    fs::rename(project.path("kept"), data).expect("both are ours");
    project.run(&[]).expect_code(0);
}

#[test]
fn a_store_that_is_a_file() {
    let project = flow::project();
    fs::rename(project.path("data"), project.path("kept")).expect("both are ours");
    project.write("data", "");
    project.run(&[]).expect_code(2).expect_text(&["data", "directory"]);
    assert_eq!(project.ledger().started(), Vec::<String>::new());
}

#[test]
fn a_store_that_goes_away_while_a_run_is_at_work() {
    let project = flow::maker("mv ../data ../kept; echo 1 > ../kept/late; exit 0");
    let outcome = project.run(&[]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.text());
    let data = project.path("data");
    outcome.expect_text(&[&data.to_string_lossy()]);
    assert!(!project.exists("data"));
}

#[test]
fn something_else_where_an_output_should_be() {
    let project = flow::project();
    project.write("data/clean_2026-01-02/theirs", "theirs\n");
    let outcome = project.run(&["--keep-going"]).expect_code(1);
    outcome.expect_text(&["OutputOccupied", "clean_2026-01-02", "2 of 3 partitions complete"]);
    assert_eq!(project.read("data/clean_2026-01-02/theirs"), "theirs\n");
}

#[test]
fn a_state_that_cannot_be_written() {
    let project = flow::project();
    project.write(".daybreak", "not a directory\n");
    project.run(&[]).expect_code(2).expect_text(&[".daybreak"]);
    assert_eq!(project.ledger().started(), Vec::<String>::new());
}

/// A file system of its own, of one megabyte; unmounted when dropped.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(path: std::path::PathBuf) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&path).output();
        mount.is_ok_and(|it| it.status.success()).then_some(Self(path))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // If it stays mounted, the test's folder can't be removed, and that is all.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_store_whose_disk_is_full() {
    let project = flow::maker("head -c 3000000 /dev/zero > \"$1\"");
    let Some(_disk) = Small::mount(project.path("data")) else {
        eprintln!("skipped: this needs the right to mount a small file system");
        return;
    };
    let outcome = project.run(&[]).expect_code(1);
    outcome.expect_text(&["No space left"]);
    assert_eq!(project.files("data"), Vec::<String>::new());
    project.program("make", "echo 1 > \"$1\"");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/out_2026-01-01"), "1\n");
}

#[test]
fn a_state_whose_disk_is_full() {
    let project = flow::project();
    fs::create_dir_all(project.path(".daybreak")).expect("it is ours");
    let Some(_disk) = Small::mount(project.path(".daybreak")) else {
        eprintln!("skipped: this needs the right to mount a small file system");
        return;
    };
    fs::create_dir_all(project.path(".daybreak/laptop")).expect("it is ours");
    // Whatever is left after this is less than a record.
    let filler = fs::write(project.path(".daybreak/filler"), vec![0; 2_000_000]);
    assert!(filler.is_err(), "the disk is full");
    let outcome = project.run(&[]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.text());
    outcome.expect_text(&[".daybreak", "No space left"]);
    project.remove(".daybreak/filler");
    project.run(&[]).expect_code(0);
    assert_eq!(project.read("data/sum_2026-01-03"), "3\nclean\nsum\n");
}
