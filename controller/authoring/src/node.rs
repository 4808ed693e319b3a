//! A YAML document as a tree in which every value knows its place.

use crate::place::{Place, Segment, segments};
use crate::scalar::Scalar;
use serde_json::Value as Json;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A field of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar(Scalar::Null))
    }

    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The fields of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::List(_) => &[],
        }
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements_mut(&mut self) -> &mut [Self] {
        match &mut self.value {
            Value::List(elements) => elements,
            Value::Scalar(_) | Value::Map(_) => &mut [],
        }
    }

    pub(crate) fn field(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    pub(crate) fn field_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
            }
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    /// Drops a field of a map.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Value::Map(entries) = &mut self.value {
            entries.retain(|entry| entry.key != key);
        }
    }

    /// The place of the field at a path, or of the nearest one above it that is written. A list or a map is shown by
    /// its key, since its own first character is that of its first element.
    pub(crate) fn place_of(&self, path: &str) -> Place {
        let (mut node, mut place) = (self, self.place);
        for segment in segments(path) {
            let found = match (&segment, &node.value) {
                (Segment::Field(name), Value::Map(entries)) => entries
                    .iter()
                    .find(|entry| entry.key == *name)
                    .map(|entry| (entry.shown_at(), &entry.node)),
                (Segment::Element(index), Value::List(elements)) => {
                    elements.get(*index).map(|element| (element.place, element))
                }
                (Segment::Field(_) | Segment::Element(_), _) => None,
            };
            let Some(found) = found else { break };
            (place, node) = found;
        }
        place
    }

    /// The value without its places. Fields that are null are left out, as an API server does it.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Scalar(scalar) => scalar.to_json(),
            Value::List(elements) => Json::Array(elements.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                let written = entries.iter().filter(|entry| !entry.node.is_null());
                Json::Object(written.map(|entry| (entry.key.clone(), entry.node.to_json())).collect())
            }
        }
    }
}

impl Entry {
    fn shown_at(&self) -> Place {
        match self.node.value {
            Value::Scalar(Scalar::Null) | Value::List(_) | Value::Map(_) => self.key_place,
            Value::Scalar(_) => self.node.place,
        }
    }
}
