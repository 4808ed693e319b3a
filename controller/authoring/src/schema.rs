//! The structure of a manifest, held against the schema that editors and API servers hold it against: unknown and
//! missing fields, types, enumerations, bounds.

use crate::flaw::Flaw;
use crate::node::{Entry, Node, Value};
use crate::place::FieldPath;
use crate::scalar::Scalar;
use crate::suggest::{instead, nearest};
use regex_lite::Regex;
use serde_json::{Map, Number, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Everything in which a document differs from a schema. Of JSON Schema this knows what the API's schemas use.
pub(crate) fn check(schema: &Json, document: &Node) -> Vec<Flaw> {
    let mut check = Check { flaws: Vec::new(), patterns: BTreeMap::new() };
    check.node(schema, document, &FieldPath::Root);
    check.flaws
}

/// The metadata of an object, which the schemas leave to Kubernetes.
static METADATA: LazyLock<Json> = LazyLock::new(|| {
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 63, "description": "How the object is called."},
            "namespace": {"type": "string", "maxLength": 63},
            "labels": texts,
            "annotations": texts,
            "creationTimestamp": {},
            "deletionGracePeriodSeconds": {},
            "deletionTimestamp": {},
            "finalizers": {},
            "generateName": {},
            "generation": {},
            "managedFields": {},
            "ownerReferences": {},
            "resourceVersion": {},
            "selfLink": {},
            "uid": {},
        },
    })
});

struct Check {
    flaws: Vec<Flaw>,
    /// The patterns met so far, ready for use.
    patterns: BTreeMap<String, Regex>,
}

impl Check {
    fn flaw(&mut self, node: &Node, path: &FieldPath<'_>, message: String) {
        self.flaws.push(Flaw { place: node.place, path: path.to_string(), message });
    }

    fn node(&mut self, schema: &Json, node: &Node, path: &FieldPath<'_>) {
        let schema = match path {
            FieldPath::Field(FieldPath::Root, "metadata") => &METADATA,
            FieldPath::Root | FieldPath::Field(..) | FieldPath::Element(..) => long_form(schema),
        };
        let wanted = types(schema);
        if !wanted.is_empty() && !wanted.iter().any(|kind| is_of(node, kind)) {
            return self.flaw(node, path, mistyped(node, schema, &wanted));
        }
        match &node.value {
            Value::Scalar(Scalar::Text(text)) => self.text(schema, node, (path, text)),
            Value::Scalar(Scalar::Number(number)) => self.number(schema, node, (path, number)),
            Value::Scalar(Scalar::Null | Scalar::Bool(_)) => {}
            Value::List(elements) => self.list(schema, node, (path, elements)),
            Value::Map(entries) => self.map(schema, node, (path, entries)),
        }
    }

    fn text(&mut self, schema: &Json, node: &Node, (path, text): (&FieldPath<'_>, &str)) {
        let options =
            schema["enum"].as_array().cloned().or_else(|| schema.get("const").map(|one| vec![one.clone()]));
        let options = options.unwrap_or_default();
        let options: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
        if !options.is_empty() && !options.contains(&text) {
            self.flaw(node, path, format!("`{text}` is no value of this field: {}", instead(text, options)));
        }
        let length = text.chars().count();
        if let Some(most) = bound(schema, "maxLength").filter(|most| length > *most) {
            self.flaw(node, path, format!("this has {length} characters: write at most {most}"));
        } else if !self.matches(schema, text) {
            let right = match schema["patternErrorMessage"].as_str() {
                Some(right) => right.to_owned(),
                None => format!("write it by the pattern {}", schema["pattern"]),
            };
            self.flaw(node, path, format!("{text:?} will not do: {right}"));
        }
    }

    fn matches(&mut self, schema: &Json, text: &str) -> bool {
        let Some(pattern) = schema["pattern"].as_str() else { return true };
        if !self.patterns.contains_key(pattern) {
            let regex = Regex::new(pattern).expect("the patterns of the generated schemas are sound");
            self.patterns.insert(pattern.to_owned(), regex);
        }
        self.patterns[pattern].is_match(text)
    }

    fn number(&mut self, schema: &Json, node: &Node, (path, number): (&FieldPath<'_>, &Number)) {
        let value = number.as_f64().unwrap_or(f64::NAN);
        let (least, most) = match schema["format"].as_str() {
            Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Some(_) | None => (f64::MIN, f64::MAX),
        };
        let least = schema["minimum"].as_f64().unwrap_or(least);
        let most = schema["maximum"].as_f64().unwrap_or(most);
        if value < least {
            self.flaw(node, path, format!("{number} is too little: write {least} or more"));
        }
        if value > most {
            self.flaw(node, path, format!("{number} is too much: write {most} or less"));
        }
    }

    fn list(&mut self, schema: &Json, node: &Node, (path, elements): (&FieldPath<'_>, &[Node])) {
        let count = elements.len();
        if bound(schema, "minItems").is_some_and(|least| count < least) {
            self.flaw(node, path, "the list is empty: it needs at least one element".to_owned());
        }
        if let Some(most) = bound(schema, "maxItems").filter(|most| count > *most) {
            self.flaw(node, path, format!("the list has {count} elements: write at most {most}"));
        }
        for (index, element) in elements.iter().enumerate() {
            self.node(&schema["items"], element, &path.element(index));
        }
    }

    fn map(&mut self, schema: &Json, node: &Node, (path, entries): (&FieldPath<'_>, &[Entry])) {
        let written: Vec<&Entry> = entries.iter().filter(|entry| !entry.node.is_null()).collect();
        if let Some(most) = bound(schema, "maxProperties").filter(|most| written.len() > *most) {
            self.flaw(node, path, format!("there are {} entries: write at most {most}", written.len()));
        }
        let fields = schema["properties"].as_object();
        for entry in written {
            let path = path.field(&entry.key);
            match (fields.map(|fields| fields.get(&entry.key)), &schema["additionalProperties"]) {
                (Some(Some(field)), _) => self.node(field, &entry.node, &path),
                (None | Some(None), values @ Json::Object(_)) => self.node(values, &entry.node, &path),
                (Some(None), _) => {
                    let place = entry.key_place;
                    self.flaws.push(Flaw {
                        place,
                        path: path.to_string(),
                        message: unknown(&entry.key, fields),
                    });
                }
                (None, _) => {}
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
        for name in required.filter(|name| node.field(name).is_none_or(Node::is_null)) {
            let meaning = fields.and_then(|fields| fields.get(name)).and_then(first_sentence);
            self.flaw(node, path, missing(name, meaning.as_deref()));
        }
    }
}

/// Of a choice of a short and a long form the long one: short forms are written out before they are checked.
fn long_form(schema: &Json) -> &Json {
    schema["anyOf"].as_array().and_then(|forms| forms.last()).unwrap_or(schema)
}

fn types(schema: &Json) -> Vec<&str> {
    match &schema["type"] {
        Json::String(kind) => vec![kind],
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
    }
}

fn is_of(node: &Node, kind: &str) -> bool {
    match &node.value {
        Value::Scalar(Scalar::Null) => kind == "null",
        Value::Scalar(Scalar::Bool(_)) => kind == "boolean",
        Value::Scalar(Scalar::Number(number)) => kind == "number" || kind == "integer" && !number.is_f64(),
        Value::Scalar(Scalar::Text(_)) => kind == "string",
        Value::List(_) => kind == "array",
        Value::Map(_) => kind == "object",
    }
}

fn bound(schema: &Json, name: &str) -> Option<usize> {
    schema[name].as_u64().and_then(|bound| usize::try_from(bound).ok())
}

fn mistyped(node: &Node, schema: &Json, wanted: &[&str]) -> String {
    let found = match &node.value {
        Value::Scalar(Scalar::Null) => "nothing".to_owned(),
        Value::Scalar(Scalar::Bool(value)) => format!("the boolean {value}"),
        Value::Scalar(Scalar::Number(number)) => format!("the number {number}"),
        Value::Scalar(Scalar::Text(text)) => format!("the text {text:?}"),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    };
    let right: Vec<&str> = wanted.iter().map(|kind| of_kind(kind)).collect();
    let such_as = match &node.value {
        Value::Scalar(Scalar::Bool(_) | Scalar::Number(_)) if wanted.contains(&"string") => {
            ", in quotes".to_owned()
        }
        Value::Scalar(Scalar::Text(text)) => match schema["required"].as_array().map(Vec::as_slice) {
            Some([Json::String(field)]) => format!(" such as {{{field}: {text}}}"),
            Some(_) | None => String::new(),
        },
        Value::Scalar(_) | Value::List(_) | Value::Map(_) => String::new(),
    };
    format!("found {found}: write {}{such_as}", right.join(" or "))
}

fn of_kind(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a map",
        other => other,
    }
}

fn unknown(key: &str, fields: Option<&Map<String, Json>>) -> String {
    let known = || fields.into_iter().flat_map(Map::keys).map(String::as_str);
    match nearest(key, known()) {
        Some(nearest) => format!("unknown field `{key}`: did you mean `{nearest}`?"),
        None => format!("unknown field `{key}`: {}", instead(key, known())),
    }
}

fn missing(name: &str, meaning: Option<&str>) -> String {
    match meaning {
        Some(meaning) => format!("the field `{name}` is missing: {meaning}"),
        None => format!("the field `{name}` is missing: write it"),
    }
}

/// The first sentence of a field's description, as a clause.
fn first_sentence(field: &Json) -> Option<String> {
    let description = field["description"].as_str()?.replace('\n', " ");
    let sentence = description.split_inclusive(". ").next()?.trim_end_matches(['.', ' ']);
    let mut characters = sentence.chars();
    let first = characters.next()?;
    Some(first.to_lowercase().chain(characters).collect())
}
