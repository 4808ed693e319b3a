//! Places: where in a text something stands, and the field paths that lead there.

use std::fmt;

/// A stretch of a text. Lines and columns count from 1, columns in characters; offset and length in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// The way from the root of a document to a field, as in `spec.steps[2].inputs[0].dataset`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldPath<'a> {
    Root,
    Field(&'a Self, &'a str),
    Element(&'a Self, usize),
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Field(String),
    Element(usize),
}

impl FieldPath<'_> {
    pub(crate) const SPEC: Self = FieldPath::Field(&FieldPath::Root, "spec");

    pub(crate) fn field<'a>(&'a self, name: &'a str) -> FieldPath<'a> {
        FieldPath::Field(self, name)
    }

    pub(crate) fn element(&self, index: usize) -> FieldPath<'_> {
        FieldPath::Element(self, index)
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Field(Self::Root, name) if is_plain(name) => f.write_str(name),
            Self::Field(parent, name) if is_plain(name) => write!(f, "{parent}.{name}"),
            Self::Field(parent, name) => write!(f, "{parent}[{name:?}]"),
        }
    }
}

/// Whether a field's name cannot be mistaken for a piece of a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character))
}

/// The steps of a written path; what cannot be read ends it.
pub(crate) fn segments(path: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some((segment, after)) = next(rest) {
        segments.push(segment);
        rest = after;
    }
    segments
}

fn next(path: &str) -> Option<(Segment, &str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if let Some(quoted) = path.strip_prefix("[\"") {
        let (name, after) = quoted.split_once("\"]")?;
        return Some((Segment::Field(name.to_owned()), after));
    }
    if let Some(bracketed) = path.strip_prefix('[') {
        let (index, after) = bracketed.split_once(']')?;
        return Some((Segment::Element(index.parse().ok()?), after));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, after) = path.split_at(end);
    (!name.is_empty()).then(|| (Segment::Field(name.to_owned()), after))
}

#[cfg(test)]
mod tests {
    use super::{FieldPath, Segment, segments};

    #[test]
    fn a_path_leads_back_to_its_segments() {
        let key = "kueue.x-k8s.io/queue-name";
        let spec = FieldPath::Root.field("spec");
        let steps = spec.field("steps");
        let step = steps.element(2);
        let path = step.field(key).to_string();
        assert_eq!(path, "spec.steps[2][\"kueue.x-k8s.io/queue-name\"]");
        let field = |name: &str| Segment::Field(name.to_owned());
        assert_eq!(segments(&path), [field("spec"), field("steps"), Segment::Element(2), field(key)]);
    }
}
