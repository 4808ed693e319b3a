//! The garbage collector: what nobody owns any more goes, and so does all of a namespace that goes.

use super::Node;
use super::jobs::TRACKING;
use crate::apiserver::cluster::Cluster;
use crate::apiserver::delete::{Deletion, FOREGROUND, Propagation};
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};

impl Node {
    pub(super) fn collect(&mut self) {
        self.collects = false;
        self.delete_all(orphans);
        self.delete_all(contents_of_what_goes);
        let untracked: Vec<_> = {
            let cluster = self.server.cluster();
            let is_untracked = |pod: &Object| has_finalizer(pod, TRACKING) && is_orphan(&cluster, pod);
            let pods =
                cluster.list(Resource::Pods, None).filter(|(_, pod)| pod.is_going() && is_untracked(pod));
            pods.map(|(id, _)| id.clone()).collect()
        };
        for pod in untracked {
            self.drop_finalizer(&pod, TRACKING);
        }
        self.finish_foreground();
        self.finish_namespaces();
    }

    fn delete_all(&self, choose: fn(&Cluster) -> Vec<Id>) {
        let ids = choose(&self.server.cluster());
        let how = Deletion { propagation: Some(Propagation::Background), ..Deletion::default() };
        for id in ids {
            self.delete(&id, &how);
        }
    }

    /// What waits for its dependents and has none left goes.
    fn finish_foreground(&self) {
        let free: Vec<_> = {
            let cluster = self.server.cluster();
            let waits = cluster.all().filter(|(_, object)| has_finalizer(object, FOREGROUND));
            waits.filter(|(_, it)| !is_owner(&cluster, it.meta("uid"))).map(|(id, _)| id.clone()).collect()
        };
        for id in &free {
            self.drop_finalizer(id, FOREGROUND);
        }
    }

    fn finish_namespaces(&self) {
        let empty: Vec<_> = {
            let cluster = self.server.cluster();
            let going = cluster.list(Resource::Namespaces, None).filter(|(_, it)| it.is_going());
            let is_empty = |name: &str| cluster.all().all(|(id, _)| id.namespace != name);
            going.filter(|(id, _)| is_empty(&id.name)).map(|(id, _)| id.clone()).collect()
        };
        for id in empty {
            self.server.with(|cluster| cluster.forget(&id, &self.author));
        }
    }
}

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    object.value["metadata"]["finalizers"].as_array().is_some_and(|all| all.contains(&finalizer.into()))
}

fn is_owner(cluster: &Cluster, uid: &str) -> bool {
    cluster
        .all()
        .any(|(_, object)| object.owners().any(|it| it["uid"] == uid && it["blockOwnerDeletion"] == true))
}

/// Whether it had owners and none is left; one that waits for its dependents is as good as gone.
fn is_orphan(cluster: &Cluster, object: &Object) -> bool {
    let is_there =
        |uid: &str| cluster.all().any(|(_, it)| it.meta("uid") == uid && !has_finalizer(it, FOREGROUND));
    object.owners().next().is_some()
        && object.owners().all(|owner| !is_there(owner["uid"].as_str().unwrap_or_default()))
}

fn orphans(cluster: &Cluster) -> Vec<Id> {
    let orphans = cluster.all().filter(|(_, it)| !it.is_going() && is_orphan(cluster, it));
    orphans.map(|(id, _)| id.clone()).collect()
}

fn contents_of_what_goes(cluster: &Cluster) -> Vec<Id> {
    let going: Vec<_> = cluster.list(Resource::Namespaces, None).filter(|(_, it)| it.is_going()).collect();
    let is_in = |id: &Id| going.iter().any(|(namespace, _)| namespace.name == id.namespace);
    cluster.all().filter(|(id, it)| is_in(id) && !it.is_going()).map(|(id, _)| id.clone()).collect()
}
