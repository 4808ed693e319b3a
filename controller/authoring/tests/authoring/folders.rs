//! Folders: which files are looked into, and what is said of those that cannot be.

use crate::good::SHORTEST;
use authoring::load;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

#[test]
fn manifests_are_found_in_all_files_below_but_in_folders_of_other_tools() {
    let folder = TempDir::new().expect("a folder");
    let of_name = |name: &str| SHORTEST.replace("name: shortest", &format!("name: {name}"));
    write(folder.path(), "b.yaml", &format!("---{}---{}", of_name("b1"), of_name("b2")));
    write(folder.path(), "a/deep/er.yml", &of_name("a"));
    write(folder.path(), "c.json", r#"{"apiVersion": "apps/v1", "kind": "Deployment"}"#);
    write(folder.path(), "node_modules/x/m.yaml", &of_name("no"));
    write(folder.path(), ".hidden/m.yaml", &of_name("no"));
    write(folder.path(), "chart/templates/t.yaml", "apiVersion: v1\nkind: {{ .Values.kind }\n");
    write(folder.path(), "data.yaml", "not: a manifest\n");
    write(folder.path(), "notes.txt", &of_name("no"));
    let loaded = load(&[folder.path().to_owned()]);
    assert!(loaded.problems.is_empty(), "{}", crate::lines(&loaded.problems));
    let found: Vec<&str> = loaded.manifests.iter().map(authoring::Manifest::name).collect();
    assert_eq!(found, ["a", "b1", "b2"]);
    assert_eq!(loaded.manifests[0].source.folder(), folder.path().join("a/deep"));
}

#[test]
fn the_good_manifests_of_a_folder_are_loaded_beside_the_bad_ones() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "good.yaml", SHORTEST);
    write(folder.path(), "bad.yaml", &SHORTEST.replace("command", "comand"));
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!((loaded.manifests.len(), loaded.problems.len()), (1, 1));
}

#[test]
fn a_path_without_manifests_is_told() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), "empty/data.csv", "1,2\n");
    write(folder.path(), "large.yaml", &format!("# apiVersion: daybreak.dev/\n{}", "#".repeat(2 << 20)));
    fs::write(folder.path().join("binary.yaml"), [0xff, 0xfe, 0x00]).expect("a file");
    let cases = [
        (
            "empty",
            "there is no manifest in this folder: write one that begins with `apiVersion: daybreak.dev/v1alpha1`",
        ),
        ("missing", "there is no such file or folder: name one that exists"),
        ("large.yaml", "the file is larger than 1024 KiB, more than a cluster takes: split it"),
        ("binary.yaml", "the file is not text in UTF-8: write a manifest, or name another file"),
        (
            "empty/data.csv",
            "there is no manifest in it: write one that begins with `apiVersion: daybreak.dev/v1alpha1`",
        ),
    ];
    for (path, message) in cases {
        let loaded = load(&[folder.path().join(path)]);
        let messages: Vec<&str> = loaded.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [message], "{path}");
    }
}
