//! What a cluster does by itself: its job controller, scheduler, kubelet, queue, garbage collector, clock of expiry.
//!
//! Each reacts to changes after a while that the seed draws for the Job alone, so that a Job takes the same time
//! whatever else happens.

mod agenda;
mod fate;
mod garbage;
mod jobs;
mod kubelet;
mod process;

pub(crate) use agenda::Agenda;
pub(crate) use fate::{Fate, Fates};
pub(crate) use jobs::is_finished;
pub(crate) use process::{Ended, LaunchKey, Process};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::apiserver::cluster::{Author, Change, Verb};
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::Server;
use crate::dice::Dice;
use crate::promises::Referee;

/// What is going to happen, to which object of which uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The queue lets a Job go.
    Admit(Id, String),
    /// The job controller makes the pod of a Job.
    MakePod(Id, String),
    /// The scheduler finds a node for a pod.
    Bind(Id, String),
    /// The kubelet has tried to pull a pod's image.
    Pull(Id, String),
    /// A container starts.
    Start(Id, String),
    /// What is to befall a container in its life befalls it.
    Befall(Id, String),
    /// A container ends by itself.
    Exit(Id, String),
    /// The kubelet has ended a pod that was to go.
    End(Id, String),
    /// The job controller counts a pod that is over.
    Count(Id, String),
    /// The job controller says how a Job ended.
    Finish(Id, String),
    /// A Job that ended has been kept for as long as it asked.
    Expire(Id, String),
    /// The garbage collector looks around.
    Collect,
}

/// The node and what surrounds it.
#[derive(Debug)]
pub(crate) struct Node {
    server: Server,
    seed: u64,
    fates: Fates,
    agenda: Agenda<Happening>,
    /// The processes that run, by the uid of their pod.
    processes: BTreeMap<String, Process>,
    /// All changes up to this version are taken in.
    seen: u64,
    collects: bool,
    author: Author,
    referee: Arc<Mutex<Referee>>,
}

impl Node {
    pub(crate) fn new(server: Server, (seed, fates): (u64, Fates), referee: Arc<Mutex<Referee>>) -> Self {
        Self {
            server,
            seed,
            fates,
            agenda: Agenda::default(),
            processes: BTreeMap::new(),
            seen: 0,
            collects: false,
            author: Author::process("node"),
            referee,
        }
    }

    /// Takes in what changed and lets happen what is due; says when the next thing is.
    pub(crate) fn advance(&mut self) -> Option<Instant> {
        loop {
            self.take_in();
            match self.agenda.pop_due(Instant::now()) {
                Some(happening) => self.play(happening),
                None => return self.agenda.next(),
            }
        }
    }

    /// Whether nothing runs and nothing is about to happen soon.
    pub(crate) fn is_idle(&self) -> bool {
        self.processes.is_empty() && self.agenda.all().all(|it| matches!(it, Happening::Expire(..)))
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    fn take_in(&mut self) {
        let cluster = self.server.cluster();
        let changes = cluster.changes_after(self.seen).unwrap_or_default().to_vec();
        self.seen = cluster.version;
        drop(cluster);
        for change in changes {
            self.notice(&change);
        }
    }

    fn notice(&mut self, change: &Change) {
        if change.id.resource == Resource::Jobs {
            self.notice_job(change);
        } else if change.id.resource == Resource::Pods {
            self.notice_pod(change);
        }
        let may_leave_garbage = change.verb != Verb::Modified || change.after.is_going();
        if may_leave_garbage && !self.collects {
            self.collects = true;
            self.agenda.add(Duration::from_millis(300), Happening::Collect);
        }
    }

    fn play(&mut self, happening: Happening) {
        match happening {
            Happening::Admit(id, uid) => self.admit(&id, &uid),
            Happening::MakePod(id, uid) => self.make_pod(&id, &uid),
            Happening::Bind(id, uid) => self.bind(&id, &uid),
            Happening::Pull(id, uid) => self.pull(&id, &uid),
            Happening::Start(id, uid) => self.start(&id, &uid),
            Happening::Befall(id, uid) => self.befall(&id, &uid),
            Happening::Exit(id, uid) => self.exit(&id, &uid),
            Happening::End(id, uid) => self.end(&id, &uid),
            Happening::Count(id, uid) => self.count(&id, &uid),
            Happening::Finish(id, uid) => self.finish(&id, &uid),
            Happening::Expire(id, uid) => self.expire(&id, &uid),
            Happening::Collect => self.collect(),
        }
    }

    /// The object, if it is still the one of this uid.
    fn same(&self, id: &Id, uid: &str) -> Option<Arc<Object>> {
        self.server.cluster().get(id).ok().filter(|object| object.meta("uid") == uid)
    }

    /// A time between two that belongs to this Job or pod and to what it is for.
    fn time(&self, (name, purpose): (&str, &str), from: Duration, to: Duration) -> Duration {
        Dice::of(self.seed, (name, purpose)).between(from, to)
    }

    fn fate(&self, object: &Object) -> Fate {
        self.fates.of(&LaunchKey::of(object))
    }
}
