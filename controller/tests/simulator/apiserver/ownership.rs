//! Ownership: which manager's word stands in which field, and what server-side apply makes of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::apiserver::fields::{self, FieldSet};

/// How a manager writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// Who writes: a field manager, how, and to which subresource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Writer {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) subresource: String,
}

/// The fields of one object by who wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ownership(BTreeMap<Writer, FieldSet>);

/// Another manager's word stands in a field that is applied.
#[derive(Debug)]
pub(crate) struct Contested {
    pub(crate) manager: String,
}

impl Ownership {
    /// Takes note of what a write other than an apply changed.
    pub(crate) fn note(&mut self, before: &Value, after: &Value, writer: &Writer) {
        let changed = FieldSet::changed(Some(before), after, "");
        let mut gone = FieldSet::of(before, "");
        gone.subtract(&FieldSet::of(after, ""));
        for (other, set) in &mut self.0 {
            set.subtract(&gone);
            if other != writer {
                set.subtract(&changed);
            }
        }
        self.0.entry(writer.clone()).or_default().add(&changed);
        self.0.retain(|_, set| !set.is_empty());
    }

    /// What the object becomes when a manager applies `applied`: what it applied before and no longer does goes away.
    pub(crate) fn apply(
        &mut self,
        live: &Value,
        applied: &Value,
        (writer, force): (&Writer, bool),
    ) -> Result<Value, Contested> {
        let wanted = FieldSet::of(applied, "");
        let changed = FieldSet::changed(Some(live), applied, "");
        for (other, set) in self.0.iter_mut().filter(|(other, _)| *other != writer) {
            if !force && set.meets(&changed) {
                return Err(Contested { manager: other.manager.clone() });
            }
            set.subtract(&changed);
        }
        let mut dropped = self.0.insert(writer.clone(), wanted.clone()).unwrap_or_default();
        dropped.subtract(&wanted);
        for set in self.0.values() {
            dropped.subtract(set);
        }
        self.0.retain(|_, set| !set.is_empty());
        let mut next = live.clone();
        fields::merge(&mut next, applied, "");
        dropped.remove_from(&mut next, "");
        Ok(next)
    }
}
