//! A project: `daybreak.toml`, a folder `flow` with manifests and programs, and a store `data`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::command::{Outcome, Running};
use crate::ledger::{Ledger, note};

/// What binds the store that manifests name `data`.
const ENVIRONMENTS: &str = "[env.laptop.stores]\ndata = \"./data\"\n";

/// A project in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    prints: TempDir,
    started: AtomicUsize,
}

impl Project {
    /// A project without a pipeline.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("daybreak-test-").expect("there is room for temporary files");
        let prints = TempDir::with_prefix("daybreak-test-").expect("there is room for temporary files");
        let project = Self { folder, prints, started: AtomicUsize::new(0) };
        project.write("daybreak.toml", ENVIRONMENTS);
        fs::create_dir_all(project.path("data")).expect("the folder is writable");
        project
    }

    /// A project with one pipeline, `flow`, of this `spec`.
    pub fn with(spec: &str) -> Self {
        let project = Self::new();
        project.pipeline("flow", spec);
        project
    }

    /// Writes a manifest to `flow/NAME.yaml`: `spec` is what stands below `spec:`, not indented.
    pub fn pipeline(&self, name: &str, spec: &str) {
        let spec = spec.trim().replace('\n', "\n  ");
        let head = "apiVersion: daybreak.dev/v1alpha1\nkind: Pipeline\n";
        self.write(
            &format!("flow/{name}.yaml"),
            &format!("{head}metadata: {{name: {name}}}\nspec:\n  {spec}\n"),
        );
    }

    /// An absolute path.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, in one piece as far as readers can tell.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).expect("the folder is writable");
        let unfinished = folder.join(".unfinished");
        fs::write(&unfinished, text).expect("the folder is writable");
        fs::rename(unfinished, path).expect("the folder is writable");
    }

    /// Writes a shell program to `flow/NAME`. In it, `note start STEP` and `note end STEP` write to the ledger.
    pub fn program(&self, name: &str, text: &str) {
        let path = format!("flow/{name}");
        self.write(&path, &format!("#!/bin/sh\n{}\n{text}\n", note("../ledger")));
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(&path), executable).expect("the file is ours");
    }

    /// What a file holds.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        let bytes = fs::read(self.path(path)).unwrap_or_else(|error| panic_of(path, &error));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether something is there.
    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Removes a file, or a directory with all in it.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        assert!(removed.is_ok(), "{} can't be removed: {removed:?}", path.display());
    }

    /// All files below a folder, sorted, with paths from there; none if it is absent.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let root = self.path(folder);
        let mut files = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            // A folder may go while it is looked at.
            let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            let (mut below, here): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
            folders.append(&mut below);
            files.extend(here);
        }
        let below =
            |path: &PathBuf| path.strip_prefix(&root).map(|it| it.to_string_lossy().into_owned()).ok();
        let mut names: Vec<_> = files.iter().filter_map(below).collect();
        names.sort();
        names
    }

    /// What `program`s wrote down; see [`Ledger`].
    pub fn ledger(&self) -> Ledger {
        Ledger::read(&self.path("ledger"))
    }

    /// Forgets what `program`s wrote down.
    pub fn clear_ledger(&self) {
        // It may not be there yet.
        let _ = fs::remove_file(self.path("ledger"));
    }

    /// Runs `daybreak` in the project's folder, to its end.
    #[track_caller]
    pub fn daybreak(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }

    /// Runs `daybreak run flow` with more arguments, to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.daybreak(&[&["run", "flow"], arguments].concat())
    }

    /// Starts `daybreak` in the project's folder.
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(BTreeMap::new(), arguments)
    }

    /// Starts `daybreak` in the project's folder with more in its environment.
    pub fn start_with(&self, env: BTreeMap<String, String>, arguments: &[&str]) -> Running {
        Running::start(self.folder.path(), (arguments, env), &self.next_prints())
    }

    /// Starts `daybreak` in the project's folder with a standard output that nobody reads.
    pub fn start_unread(&self, arguments: &[&str]) -> Running {
        Running::start_unread(self.folder.path(), arguments, &self.next_prints())
    }

    /// Where the next command prints to.
    fn next_prints(&self) -> PathBuf {
        self.prints.path().join(self.started.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
fn panic_of(path: &str, error: &std::io::Error) -> Vec<u8> {
    panic!("{path} can't be read: {error}")
}
