//! The cluster on a laptop. There is no engine here to run it: kind's own parser reads its configuration.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::{root, run, tool};

/// What the script itself is made of.
const PROGRAMS: [&str; 2] = ["bash", "dirname"];

/// A folder for a path that holds these programs and nothing else.
fn path_of(programs: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("there is room for temporary files");
    for program in programs {
        let found =
            ["/usr/bin", "/bin"].map(|it| Path::new(it).join(program)).into_iter().find(|it| it.exists());
        symlink(found.expect("it is on every Linux"), folder.path().join(program))
            .expect("the folder is ours");
    }
    folder
}

fn kind_up(path: &TempDir) -> Result<String, String> {
    let mut command = Command::new(root().join("packaging/kind-up"));
    command.env("PATH", path.path());
    run(command)
}

#[test]
fn kind_takes_the_configuration() {
    let mut parser = tool("kind-config");
    parser.arg("kind-config.yaml");
    assert_eq!(run(parser), Ok(String::new()));
}

#[test]
fn kind_refuses_a_configuration_with_an_unknown_field() {
    let folder = TempDir::new().expect("there is room for temporary files");
    let path = folder.path().join("kind-config.yaml");
    fs::write(&path, crate::read("kind-config.yaml").replace("extraMounts", "extraMount"))
        .expect("it is ours");
    let mut parser = tool("kind-config");
    parser.arg(&path);
    let refused = run(parser).expect_err("kind knows no extraMount");
    assert!(refused.contains("extraMount"), "{refused}");
}

#[test]
fn what_is_missing_is_named_with_where_to_get_it() {
    let refused = kind_up(&path_of(&PROGRAMS)).expect_err("nothing is there");
    assert!(refused.contains("kind-up needs docker: https://"), "{refused}");
}

#[test]
fn an_engine_that_does_not_run_is_told_of_before_anything_is_made() {
    let path = path_of(&[PROGRAMS.as_slice(), &["timeout", "false", "true"]].concat());
    for (name, behaviour) in [("docker", "false"), ("kind", "true"), ("kubectl", "true"), ("helm", "true")] {
        fs::copy(path.path().join(behaviour), path.path().join(name)).expect("the folder is ours");
    }
    symlink("true", path.path().join("python3")).expect("the folder is ours");
    let refused = kind_up(&path).expect_err("the engine does not run");
    assert!(refused.contains("its engine does not answer"), "{refused}");
}
