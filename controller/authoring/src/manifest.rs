//! Manifests: documents of our group, read into the API's types, with the text that they were written in.

use crate::flaw::Flaw;
use crate::node::Node;
use crate::problem::{Problem, Severity};
use crate::suggest::instead;
use crate::{schema, short, yaml};
use crds::{Backfill, GROUP, Pipeline, VERSION};
use planner::fault::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// A Pipeline that somebody wrote.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The pipeline, with nothing filled in.
    pub pipeline: Pipeline,
    /// Where it was written.
    pub source: Source,
}

/// A Backfill that somebody wrote.
#[derive(Clone, Debug)]
pub struct BackfillManifest {
    /// The backfill, with nothing filled in.
    pub backfill: Backfill,
    /// Where it was written.
    pub source: Source,
}

/// Where a document was written.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    text: Arc<str>,
    document: Node,
}

/// A document of our group, by its kind.
#[derive(Debug)]
pub(crate) enum Document {
    Pipeline(Box<Manifest>),
    Backfill(Box<BackfillManifest>),
}

impl Manifest {
    /// The name of the pipeline.
    pub fn name(&self) -> &str {
        self.pipeline.metadata.name.as_deref().unwrap_or_default()
    }
}

impl Source {
    pub(crate) fn new(file: &Path, text: &Arc<str>, document: Node) -> Self {
        Self { file: file.to_owned(), text: Arc::clone(text), document }
    }

    /// The folder of the file, in which its steps run.
    pub fn folder(&self) -> &Path {
        match self.file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        }
    }

    /// Something to say about the field at a path.
    pub fn problem(&self, severity: Severity, fault: Fault) -> Problem {
        let place = self.document.place_of(&fault.path);
        Problem { severity, path: fault.path, ..Problem::of_file(&self.file, fault.message) }
            .at(place, &self.text)
    }

    /// The faults as problems, in the order of the text.
    pub(crate) fn faults(&self, faults: Vec<Fault>) -> Vec<Problem> {
        let mut problems: Vec<Problem> =
            faults.into_iter().map(|fault| self.problem(Severity::Fault, fault)).collect();
        problems.sort_by(|one, other| (one.position, &one.path).cmp(&(other.position, &other.path)));
        problems
    }
}

/// Reads a document, if it is of our group.
pub(crate) fn read(mut source: Source) -> Result<Option<Document>, Vec<Flaw>> {
    let Some(api_version) = source.document.field("apiVersion") else { return Ok(None) };
    let Some((GROUP, version)) = api_version.text().and_then(|text| text.split_once('/')) else {
        return Ok(None);
    };
    if version != VERSION {
        let message = format!("there is no version `{version}` of {GROUP}: write {GROUP}/{VERSION}");
        return Err(vec![Flaw { place: api_version.place, path: "apiVersion".to_owned(), message }]);
    }
    match source.document.field("kind").and_then(Node::text) {
        Some("Pipeline") => {
            let pipeline = typed(&mut source, &PIPELINE_SCHEMA)?;
            Ok(Some(Document::Pipeline(Box::new(Manifest { pipeline, source }))))
        }
        Some("Backfill") => {
            let backfill = typed(&mut source, &BACKFILL_SCHEMA)?;
            Ok(Some(Document::Backfill(Box::new(BackfillManifest { backfill, source }))))
        }
        kind => Err(vec![other_kind(&source.document, kind)]),
    }
}

fn other_kind(document: &Node, kind: Option<&str>) -> Flaw {
    let message = match kind {
        Some("Partition") => {
            "a Partition is made by Daybreak, not written: leave it out, or write a Backfill to ask for partitions".to_owned()
        }
        Some(kind) => format!("{GROUP} has no kind `{kind}`: {}", instead(kind, ["Pipeline", "Backfill"])),
        None => "the kind is missing: write `kind: Pipeline`".to_owned(),
    };
    Flaw { place: document.place_of("kind"), path: "kind".to_owned(), message }
}

/// The document as a type of the API, once its structure is right.
fn typed<T: DeserializeOwned>(source: &mut Source, schema: &Json) -> Result<T, Vec<Flaw>> {
    let document = &mut source.document;
    document.remove("status");
    short::expand(document);
    let flaws = schema::check(schema, document);
    if !flaws.is_empty() {
        return Err(flaws);
    }
    serde_json::from_value(document.to_json()).map_err(|error| {
        let place = document.place_of("metadata");
        vec![Flaw { place, path: String::new(), message: format!("this cannot be read: {error}") }]
    })
}

static PIPELINE_SCHEMA: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(crds::EDITOR_SCHEMA).expect("the generated schema is JSON"));

static BACKFILL_SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let definition = crds::YAML.iter().find(|(name, _)| name.starts_with("backfills."));
    let definition = definition.and_then(|(_, text)| yaml::documents(text).ok()?.pop());
    let definition = definition.expect("the generated definition is YAML").to_json();
    let mut schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    // A definition says nothing of what every object has.
    for field in ["apiVersion", "kind", "metadata"] {
        schema["properties"][field] = json!({});
    }
    schema["required"] = json!(["metadata", "spec"]);
    schema
});
