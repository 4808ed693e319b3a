//! The table of manifests and their faults. The tests of the API read it too, whose folder is another.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One file of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The name of the file.
    #[serde(skip)]
    pub(crate) file: String,
    /// A sound manifest.
    pub(crate) base: Value,
    /// What is put into it, and what is found then.
    pub(crate) cases: Vec<Case>,
}

/// A manifest and its faults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The claim.
    pub(crate) name: String,
    /// Values by path that are put into the base.
    #[serde(default)]
    put: BTreeMap<String, Value>,
    /// Likewise for the object before an update.
    before: Option<BTreeMap<String, Value>>,
    /// All that is to be found.
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
}

/// An expected fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The path of the field.
    pub(crate) path: String,
    /// A part of the message.
    pub(crate) says: Option<String>,
}

/// All files of the table.
pub(crate) fn read() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crds/tests/cases");
    let entries = fs::read_dir(folder).expect("the table is a folder");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Table {
    let text = fs::read_to_string(path).expect("a file of the table is text");
    let table: Result<Table, String> =
        serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", path.display()));
    let table = table.expect("a file of the table has its form");
    Table { file: path.file_name().expect("a file has a name").to_string_lossy().into_owned(), ..table }
}

impl Table {
    /// The manifest of a case.
    pub(crate) fn manifest(&self, case: &Case) -> Value {
        self.with(&case.put)
    }

    /// What a case updates.
    pub(crate) fn manifest_before(&self, case: &Case) -> Option<Value> {
        case.before.as_ref().map(|values| self.with(values))
    }

    fn with(&self, values: &BTreeMap<String, Value>) -> Value {
        let mut manifest = self.base.clone();
        for (path, value) in values {
            put(&mut manifest, path, value.clone());
        }
        manifest
    }
}

/// Puts a value at a path such as `spec.steps[0].name`, or takes the field out where it is null.
fn put(manifest: &mut Value, path: &str, value: Value) {
    let path = path.replace('[', ".");
    let (last, parents) = path.rsplit_once('.').map_or((path.as_str(), ""), |(before, last)| (last, before));
    let parent = parents.split('.').fold(manifest, |place, key| field(place, key.trim_end_matches(']')));
    match (last.strip_suffix(']'), value) {
        (Some(_), value) => *field(parent, last.trim_end_matches(']')) = value,
        (None, Value::Null) => drop(parent.as_object_mut().and_then(|fields| fields.remove(last))),
        (None, value) => *field(parent, last) = value,
    }
}

/// A field of an object or an element of a list, made where it is absent.
fn field<'a>(place: &'a mut Value, key: &str) -> &'a mut Value {
    if let Value::Array(list) = place {
        let index: usize = key.parse().expect("an element has a number");
        list.resize_with(list.len().max(index + 1), Value::default);
        return &mut list[index];
    }
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    &mut place[key]
}
