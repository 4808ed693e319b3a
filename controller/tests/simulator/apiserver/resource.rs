//! The kinds of objects that the model keeps.

/// A kind of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Pipelines,
    Partitions,
    Backfills,
    Jobs,
    Pods,
    Namespaces,
    Leases,
    Events,
    CoreEvents,
    ConfigMaps,
    Secrets,
    ServiceAccounts,
    Claims,
    Quotas,
}

/// What the API says of a kind.
#[derive(Debug)]
pub(crate) struct Traits {
    /// Empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    /// Whether its status is written apart.
    pub(crate) has_status: bool,
    /// Whether its generation counts the changes of its spec.
    pub(crate) has_generation: bool,
}

const fn with_status(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Traits {
    Traits { group, version, plural, kind, has_status: true, has_generation: true }
}

const fn plain(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Traits {
    Traits { group, version, plural, kind, has_status: false, has_generation: false }
}

static TRAITS: [(Resource, Traits); 14] = [
    (Resource::Pipelines, with_status("daybreak.dev", "v1alpha1", "pipelines", "Pipeline")),
    (Resource::Partitions, with_status("daybreak.dev", "v1alpha1", "partitions", "Partition")),
    (Resource::Backfills, with_status("daybreak.dev", "v1alpha1", "backfills", "Backfill")),
    (Resource::Jobs, with_status("batch", "v1", "jobs", "Job")),
    (Resource::Pods, with_status("", "v1", "pods", "Pod")),
    (
        Resource::Namespaces,
        Traits { has_generation: false, ..with_status("", "v1", "namespaces", "Namespace") },
    ),
    (Resource::Leases, plain("coordination.k8s.io", "v1", "leases", "Lease")),
    (Resource::Events, plain("events.k8s.io", "v1", "events", "Event")),
    (Resource::CoreEvents, plain("", "v1", "events", "Event")),
    (Resource::ConfigMaps, plain("", "v1", "configmaps", "ConfigMap")),
    (Resource::Secrets, plain("", "v1", "secrets", "Secret")),
    (Resource::ServiceAccounts, plain("", "v1", "serviceaccounts", "ServiceAccount")),
    (Resource::Claims, plain("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")),
    (Resource::Quotas, plain("", "v1", "resourcequotas", "ResourceQuota")),
];

impl Resource {
    /// The kind of this group and plural.
    pub(crate) fn named(group: &str, plural: &str) -> Option<Self> {
        let is_it = |(_, traits): &&(Self, Traits)| traits.group == group && traits.plural == plural;
        TRAITS.iter().find(is_it).map(|(resource, _)| *resource)
    }

    pub(crate) fn traits(self) -> &'static Traits {
        &TRAITS[self as usize].1
    }

    /// Whether Daybreak brought it.
    pub(crate) fn is_custom(self) -> bool {
        self.traits().group == "daybreak.dev"
    }

    pub(crate) fn api_version(self) -> String {
        let Traits { group, version, .. } = self.traits();
        if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") }
    }
}

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) resource: Resource,
    /// Empty for what has no namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Id {
    pub(crate) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.resource.traits().plural, self.name)
    }
}
