//! Sets of fields, as server-side apply keeps them: who owns which part of an object.

use std::collections::BTreeMap;

use serde_json::Value;

/// One step of the way to a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Field(String),
    /// An element of a list that is keyed by a field, by the value of that field.
    Item(String),
    /// An element of a set.
    Member(String),
}

/// How the elements of a list are told apart.
enum Keyed {
    By(&'static str),
    Set,
    /// Not at all: the list has one owner as a whole.
    Atomic,
}

/// Some fields of an object, as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    is_in: bool,
    below: BTreeMap<Part, Self>,
}

/// The lists of the kinds that the model keeps, by the name of their field.
fn keyed(field: &str) -> Keyed {
    match field {
        "conditions" => Keyed::By("type"),
        "steps" | "datasets" | "containers" | "initContainers" | "env" | "volumes" => Keyed::By("name"),
        "volumeMounts" => Keyed::By("mountPath"),
        "ownerReferences" => Keyed::By("uid"),
        "finalizers" => Keyed::Set,
        _ => Keyed::Atomic,
    }
}

fn key<'a>(item: &'a Value, by: &str) -> &'a str {
    item[by].as_str().unwrap_or_default()
}

impl FieldSet {
    /// The fields of a value; `field` is its name.
    pub(crate) fn of(value: &Value, field: &str) -> Self {
        Self::changed(None, value, field)
    }

    /// The fields of `after` that are not the same in `before`.
    pub(crate) fn changed(before: Option<&Value>, after: &Value, field: &str) -> Self {
        if before == Some(after) {
            return Self::default();
        }
        let mut set = Self::default();
        match (after, keyed(field)) {
            (Value::Object(fields), _) if !fields.is_empty() => {
                let old = |name: &String| before.and_then(|it| it.get(name));
                let below =
                    |(name, value)| (Part::Field(String::clone(name)), Self::changed(old(name), value, name));
                set.put_all(fields.iter().map(below));
            }
            (Value::Array(items), Keyed::By(by)) => set.put_all(items.iter().map(|item| {
                let old = find(before, by, key(item, by));
                let mut below = Self::changed(old, item, "");
                below.is_in |= old.is_none();
                (Part::Item(key(item, by).to_owned()), below)
            })),
            (Value::Array(items), Keyed::Set) => {
                let old = before.and_then(Value::as_array);
                let new = items.iter().filter(|it| old.is_none_or(|old| !old.contains(it)));
                let leaf =
                    |item: &Value| (Part::Member(item.as_str().unwrap_or_default().to_owned()), Self::leaf());
                set.put_all(new.map(leaf));
            }
            _ => set.is_in = true,
        }
        set
    }

    fn leaf() -> Self {
        Self { is_in: true, below: BTreeMap::new() }
    }

    fn put_all(&mut self, parts: impl Iterator<Item = (Part, Self)>) {
        self.below.extend(parts.filter(|(_, set)| !set.is_empty()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.is_in && self.below.is_empty()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.is_in |= other.is_in;
        for (part, set) in &other.below {
            self.below.entry(part.clone()).or_default().add(set);
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.is_in &= !other.is_in;
        for (part, set) in &other.below {
            if let Some(mine) = self.below.get_mut(part) {
                mine.subtract(set);
            }
        }
        self.below.retain(|_, set| !set.is_empty());
    }

    /// Whether the two have a field in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let below = |(part, set): (&Part, &Self)| other.below.get(part).is_some_and(|it| set.meets(it));
        (self.is_in && other.is_in) || self.below.iter().any(below)
    }

    /// Takes these fields out of a value.
    pub(crate) fn remove_from(&self, value: &mut Value, field: &str) {
        for (part, set) in &self.below {
            match (part, &mut *value) {
                (Part::Field(name), Value::Object(fields)) => {
                    fields.retain(|field, it| field != name || !(set.is_in || set.empties(it, name)));
                }
                (Part::Item(name), Value::Array(items)) => set.take_item(items, (field, name)),
                (Part::Member(name), Value::Array(items)) => items.retain(|item| item != name),
                _ => {}
            }
        }
    }

    /// Takes these fields out of the item with a name, and the item itself where nothing of it is left.
    fn take_item(&self, items: &mut Vec<Value>, (field, name): (&str, &String)) {
        let Keyed::By(by) = keyed(field) else { return };
        items.retain_mut(|item| key(item, by) != name || !(self.is_in || self.empties(item, "")));
    }

    /// Takes these fields out of a value; says whether that left nothing of it.
    fn empties(&self, value: &mut Value, field: &str) -> bool {
        self.remove_from(value, field);
        match value {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }
}

fn find<'a>(list: Option<&'a Value>, by: &str, wanted: &str) -> Option<&'a Value> {
    list?.as_array()?.iter().find(|it| key(it, by) == wanted)
}

/// Lays what is applied over a value.
pub(crate) fn merge(value: &mut Value, applied: &Value, field: &str) {
    match (value, applied, keyed(field)) {
        (Value::Object(fields), Value::Object(applied), _) => {
            for (name, new) in applied {
                match fields.get_mut(name) {
                    Some(old) => merge(old, new, name),
                    None => drop(fields.insert(name.clone(), new.clone())),
                }
            }
        }
        (Value::Array(items), Value::Array(applied), Keyed::By(by)) => {
            for new in applied {
                match items.iter_mut().find(|it| key(it, by) == key(new, by)) {
                    Some(old) => merge(old, new, ""),
                    None => items.push(new.clone()),
                }
            }
        }
        (Value::Array(items), Value::Array(applied), Keyed::Set) => {
            let new: Vec<_> = applied.iter().filter(|it| !items.contains(it)).cloned().collect();
            items.extend(new);
        }
        (old, new, _) => *old = new.clone(),
    }
}
