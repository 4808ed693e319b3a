//! Loading: from files and folders to manifests, with whatever is wrong with each.

use crate::flaw::Flaw;
use crate::limits::{FILE_BYTES, FILES, FOLDER_DEPTH};
use crate::manifest::{BackfillManifest, Document, Manifest, Source, read};
use crate::problem::Problem;
use crate::yaml;
use crds::{GROUP, VERSION};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was found in files and folders, in their order.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The pipelines whose structure is right.
    pub manifests: Vec<Manifest>,
    /// The backfills whose structure is right.
    pub backfills: Vec<BackfillManifest>,
    /// What is wrong with the rest.
    pub problems: Vec<Problem>,
}

/// Folders of other tools, in which no manifest of ours lies.
const FOREIGN_FOLDERS: [&str; 4] = ["node_modules", "target", "venv", "__pycache__"];

/// Reads the manifests of files and folders. Of a folder these are its `*.yaml`, `*.yml` and `*.json` files and those
/// of the folders below, where they speak of our group; a file that is named itself must hold a manifest.
pub fn load(paths: &[PathBuf]) -> Loaded {
    let mut loaded = Loaded::default();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => loaded.folder(path),
            Ok(_) => loaded.named_file(path),
            Err(error) => loaded.problems.push(Problem::of_file(path, unreadable(&error))),
        }
    }
    loaded
}

/// Reads the manifests of a text, as if it stood in this file.
pub fn parse(file: &Path, text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.documents(file, text);
    loaded
}

impl Loaded {
    fn named_file(&mut self, file: &Path) {
        match text_of(file) {
            Ok(text) if self.documents(file, &text) == 0 => {
                self.problems
                    .push(Problem::of_file(file, format!("there is no manifest in it: {}", right())));
            }
            Ok(_) => {}
            Err(fault) => self.problems.push(Problem::of_file(file, fault)),
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut files = Vec::new();
        self.list(folder, FOLDER_DEPTH, &mut files);
        if files.len() > FILES {
            let message = format!("more than {FILES} files below it look like manifests: name their folders");
            self.problems.push(Problem::of_file(folder, message));
            return;
        }
        let mut count = 0;
        for file in &files {
            match text_of(file) {
                Ok(text) if is_ours(&text) => count += self.documents(file, &text),
                Ok(_) | Err(Unreadable::TooLarge | Unreadable::NotText) => {}
                Err(fault @ Unreadable::Io(_)) => self.problems.push(Problem::of_file(file, fault)),
            }
        }
        if count == 0 {
            let message = format!("there is no manifest in this folder: {}", right());
            self.problems.push(Problem::of_file(folder, message));
        }
    }

    /// Lists the files below a folder that may hold manifests, sorted. Links to folders are not followed, since they
    /// can lead in circles.
    fn list(&mut self, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
        let entries: io::Result<Vec<_>> = fs::read_dir(folder).and_then(Iterator::collect);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(Problem::of_file(folder, unreadable(&error))),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = entry.path();
            if is_folder && depth > 0 && !is_foreign(&entry.file_name()) {
                self.list(&path, depth - 1, files);
            } else if !is_folder && files.len() <= FILES && may_be_manifest(&path) {
                files.push(path);
            }
        }
    }

    /// Reads the documents of a text, and says how many are ours, sound or not.
    fn documents(&mut self, file: &Path, text: &str) -> usize {
        let text: Arc<str> = text.into();
        let documents = match yaml::documents(&text) {
            Ok(documents) => documents,
            Err(flaw) => {
                self.flaws(file, &text, vec![flaw]);
                return 1;
            }
        };
        let mut count = 0;
        for document in documents {
            count += 1;
            match read(Source::new(file, &text, document)) {
                Ok(Some(Document::Pipeline(manifest))) => self.manifests.push(*manifest),
                Ok(Some(Document::Backfill(manifest))) => self.backfills.push(*manifest),
                Ok(None) => count -= 1,
                Err(flaws) => self.flaws(file, &text, flaws),
            }
        }
        count
    }

    fn flaws(&mut self, file: &Path, text: &Arc<str>, mut flaws: Vec<Flaw>) {
        flaws.sort_by_key(|flaw| flaw.place);
        self.problems.extend(flaws.into_iter().map(|flaw| {
            Problem { path: flaw.path, ..Problem::of_file(file, flaw.message) }.at(flaw.place, text)
        }));
    }
}

/// Why the text of a file cannot be had.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{}", unreadable(.0))]
    Io(#[source] io::Error),
    #[error("the file is larger than {} KiB, more than a cluster takes: split it", FILE_BYTES / 1024)]
    TooLarge,
    #[error("the file is not text in UTF-8: write a manifest, or name another file")]
    NotText,
}

fn unreadable(error: &io::Error) -> String {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound {
        "there is no such file or folder: name one that exists".to_owned()
    } else if kind == io::ErrorKind::PermissionDenied {
        "you may not read it: change its permissions, or run as its owner".to_owned()
    } else {
        format!("it cannot be read: {error}")
    }
}

fn text_of(file: &Path) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(Unreadable::Io)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES) {
        return Err(Unreadable::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotText)
}

/// Whether a file that nobody named is worth parsing: templates of Helm and data are no YAML of ours.
fn is_ours(text: &str) -> bool {
    text.lines().any(|line| line.contains("apiVersion") && line.contains("daybreak.dev/"))
}

fn is_foreign(folder: &OsStr) -> bool {
    let name = folder.to_string_lossy();
    name.starts_with('.') || FOREIGN_FOLDERS.contains(&name.as_ref())
}

fn may_be_manifest(path: &Path) -> bool {
    let extension = path.extension().map(OsStr::to_string_lossy);
    extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension.as_ref())) && path.is_file()
}

fn right() -> String {
    format!("write one that begins with `apiVersion: {GROUP}/{VERSION}`")
}
