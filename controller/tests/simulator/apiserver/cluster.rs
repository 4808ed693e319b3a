//! The cluster's state: every object, and the log of all changes since the world began.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::object::Object;
use crate::apiserver::ownership::{Operation, Ownership, Writer};
use crate::apiserver::refusal::Refusal;
use crate::apiserver::resource::{Id, Resource};
use crate::clock::Clock;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Added,
    Modified,
    Deleted,
}

/// One change of one object.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) verb: Verb,
    pub(crate) id: Id,
    pub(crate) before: Option<Arc<Object>>,
    /// Of a deleted object, its last state.
    pub(crate) after: Arc<Object>,
    /// Which process did it.
    pub(crate) author: Arc<str>,
}

/// Who writes: the process, and the field manager that it names.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) process: Arc<str>,
    pub(crate) writer: Writer,
}

impl Author {
    /// A process that writes under its own name, without server-side apply.
    pub(crate) fn process(name: &str) -> Self {
        let (manager, subresource) = (name.to_owned(), String::new());
        Self { process: name.into(), writer: Writer { manager, operation: Operation::Update, subresource } }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) object: Arc<Object>,
    pub(crate) ownership: Ownership,
}

/// Is told of every change at the moment when it is made.
pub(crate) type Observer = Box<dyn FnMut(&Change, &Cluster) + Send>;

/// Every object and every change.
pub(crate) struct Cluster {
    pub(crate) clock: Clock,
    pub(crate) version: u64,
    uids: u64,
    objects: BTreeMap<Id, Kept>,
    log: Vec<Arc<Change>>,
    /// The changes up to this version are forgotten.
    compacted: u64,
    observer: Option<Observer>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Cluster {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            version: 1,
            uids: 0,
            objects: BTreeMap::new(),
            log: Vec::new(),
            compacted: 0,
            observer: None,
        }
    }

    pub(crate) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    pub(crate) fn kept(&self, id: &Id) -> Result<&Kept, Refusal> {
        self.objects.get(id).ok_or_else(|| Refusal::not_found(id))
    }

    pub(crate) fn get(&self, id: &Id) -> Result<Arc<Object>, Refusal> {
        Ok(self.kept(id)?.object.clone())
    }

    /// The objects of a kind, in one namespace or in all.
    pub(crate) fn list(
        &self,
        resource: Resource,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&Id, &Arc<Object>)> {
        let first = Id::new(resource, namespace.unwrap_or_default(), "");
        let namespace = namespace.map(str::to_owned);
        self.objects
            .range(first..)
            .take_while(move |(id, _)| {
                id.resource == resource && namespace.as_ref().is_none_or(|it| *it == id.namespace)
            })
            .map(|(id, kept)| (id, &kept.object))
    }

    /// All objects.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Id, &Arc<Object>)> {
        self.objects.iter().map(|(id, kept)| (id, &kept.object))
    }

    /// The changes after a version, unless some of them are forgotten.
    pub(crate) fn changes_after(&self, version: u64) -> Option<&[Arc<Change>]> {
        if version < self.compacted {
            return None;
        }
        let first = self.log.partition_point(|change| change.version <= version);
        Some(&self.log[first..])
    }

    /// Forgets all changes up to now, as a real server does after some minutes.
    pub(crate) fn compact(&mut self) {
        self.compacted = self.version;
        self.log.clear();
    }

    pub(crate) fn new_uid(&mut self) -> String {
        self.uids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.uids)
    }

    /// Keeps an object in its next version, and tells of it.
    pub(crate) fn keep(
        &mut self,
        id: &Id,
        (mut value, ownership): (Value, Ownership),
        author: &Author,
    ) -> Arc<Object> {
        self.version += 1;
        value["metadata"]["resourceVersion"] = self.version.to_string().into();
        let object = Arc::new(Object::new(value));
        let before =
            self.objects.insert(id.clone(), Kept { object: object.clone(), ownership }).map(|it| it.object);
        let verb = if before.is_some() { Verb::Modified } else { Verb::Added };
        self.tell((verb, id), (before, object.clone()), author);
        object
    }

    /// Lets go of an object, and tells of it.
    pub(crate) fn forget(&mut self, id: &Id, author: &Author) {
        let Some(kept) = self.objects.remove(id) else { return };
        self.version += 1;
        let mut value = kept.object.value.clone();
        value["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.tell((Verb::Deleted, id), (Some(kept.object), Arc::new(Object::new(value))), author);
    }

    fn tell(
        &mut self,
        (verb, id): (Verb, &Id),
        (before, after): (Option<Arc<Object>>, Arc<Object>),
        author: &Author,
    ) {
        let change = Arc::new(Change {
            version: self.version,
            verb,
            id: id.clone(),
            before,
            after,
            author: author.process.clone(),
        });
        self.log.push(change.clone());
        if let Some(mut observer) = self.observer.take() {
            observer(&change, self);
            self.observer = Some(observer);
        }
    }
}
