//! One run: a world, one or two controllers in it, faults by plan, until everything has ended and stays so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use daybreak::cluster::Configuration;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::apiserver::cluster::{Author, Change, Cluster};
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::{Asked, Server};
use crate::clock::Clock;
use crate::dice::Dice;
use crate::ending::{self, End};
use crate::faults::{Course, Plan};
use crate::node::Node;
use crate::people::{self, NAMESPACE, People};
use crate::promises::{Referee, Violation};
use crate::serve::{Post, serve};
use crate::trace;
use crate::workloads::Workload;

/// How long a controller that has crashed is away.
const RESTART: Duration = Duration::from_secs(5);

/// How long a controller waits for an answer, as the client of the real one does.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the world may take to come to its end.
const PATIENCE: Duration = Duration::from_mins(90);

/// How many writes it may take.
const WRITES: usize = 2_000;

/// How often it is looked whether it has.
const LOOKS: Duration = Duration::from_secs(5);

/// Of what there was no write for so long, there is no more to come.
const STEADY: Duration = Duration::from_mins(6);

/// How long things take to calm down after the end.
const CALM: Duration = Duration::from_secs(150);

/// The same after a watch fell silent: the client gives it up 295 s after its last event.
const SILENT_WATCH: Duration = Duration::from_mins(8);

/// How a run is made.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) seed: u64,
    /// One plan for each controller.
    pub(crate) plans: Vec<Plan>,
    /// How it may end; of a run without faults that is found out.
    pub(crate) ends: &'a [End],
    /// How long nothing may be written afterwards.
    pub(crate) silence: Duration,
    /// Whether all changes are told.
    pub(crate) traces: bool,
    /// Whether controllers are stopped and go on at times that the seed chooses.
    pub(crate) pauses: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) violations: Vec<Violation>,
    pub(crate) end: End,
    /// The files of the archive.
    pub(crate) archive: BTreeSet<String>,
    /// The calls of the first controller until its work was done.
    pub(crate) calls: Vec<String>,
    /// How many events its watches had brought until then.
    pub(crate) events: u64,
    /// Whether every planned fault was met.
    pub(crate) has_met_all: bool,
    /// How often each Job was made.
    pub(crate) creates: BTreeMap<String, u32>,
    /// How long it took in the world's time.
    pub(crate) took: Duration,
}

/// Makes a run in virtual time.
pub(crate) fn run(setting: &Setting<'_>) -> Finding {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread can be made");
    runtime.block_on(async {
        let folder = folder();
        let world = World::new(setting, &folder.path().join("store"));
        world.run(setting).await
    })
}

/// Makes what is there at the beginning.
fn begin(cluster: &mut Cluster, workload: &Workload) {
    let namespace = Id::new(Resource::Namespaces, "", NAMESPACE);
    let made = cluster.create(&namespace, json!({}), &Author::process("person"));
    made.expect("the namespace is new");
    for manifest in &workload.manifests {
        people::apply(cluster, manifest.clone());
    }
}

/// Lets the referee see every change, and tells of it if asked.
fn watch(server: &Server, referee: Arc<Mutex<Referee>>, traces: Option<Clock>) {
    let see = move |change: &Change, cluster: &Cluster| {
        if let Some(clock) = traces {
            eprintln!("{}", trace::line(change, clock));
        }
        referee.lock().expect("nobody panics while holding the referee").sees(change, cluster);
    };
    server.with(|cluster| cluster.observe(Box::new(see)));
}

/// A folder for the store, in memory where there is such a place.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
}

struct World {
    server: Server,
    clock: Clock,
    root: PathBuf,
    node: Arc<Mutex<(Node, People)>>,
    referee: Arc<Mutex<Referee>>,
    courses: Vec<Arc<Course>>,
}

impl World {
    fn new(setting: &Setting<'_>, root: &Path) -> Self {
        let Setting { workload, seed, plans, .. } = setting;
        let clock = Clock::start();
        let server = Server::new(clock);
        let mut referee = Referee::new(root);
        referee.is_alone = plans.len() == 1;
        let referee = Arc::new(Mutex::new(referee));
        std::fs::create_dir_all(root).expect("the store's folder can be made");
        for (path, text) in &workload.files {
            people::write(root, path, text);
        }
        let long_ago = SystemTime::from(clock.now()) - Duration::from_hours(365 * 24);
        for (path, text) in &workload.old {
            people::write_old(root, (path, text), long_ago);
        }
        server.with(|cluster| begin(cluster, workload));
        watch(&server, referee.clone(), setting.traces.then_some(clock));
        let node = Node::new(server.clone(), (*seed, workload.fates.clone()), referee.clone());
        let people = People::new(server.clone(), (root, workload.scenes.clone()), referee.clone());
        Self {
            node: Arc::new(Mutex::new((node, people))),
            courses: plans.iter().cloned().map(Course::new).collect(),
            root: root.to_owned(),
            server,
            clock,
            referee,
        }
    }

    async fn run(self, setting: &Setting<'_>) -> Finding {
        let begin = Instant::now();
        let (mut tasks, mut pauses) = (tokio::task::JoinSet::new(), tokio::task::JoinSet::new());
        tasks.spawn(live(self.server.clone(), self.node.clone()));
        for (place, course) in self.courses.iter().enumerate() {
            let name = format!("controller-{}", place + 1);
            let reach = self.server.reached_by(&name);
            tasks.spawn(serve(reach, course.clone(), post(&self.root, self.clock)));
            if setting.pauses {
                pauses.spawn(pause(course.clone(), Dice::of(setting.seed, ("pauses", place))));
            }
        }
        let done = timeout(PATIENCE, self.ending(setting)).await.ok().flatten();
        let took = begin.elapsed();
        if done.is_some() {
            // Whoever is stopped when all is done has its say when it goes on; the last stop is shorter than the calm.
            pauses.join_all().await;
            self.listen(setting.silence).await;
        } else {
            self.referee().breaks("L1", self.unfinished(setting));
        }
        tasks.shutdown().await;
        self.server.with(|cluster| self.referee().check_orphans(cluster));
        self.finding(done.unwrap_or_default(), took)
    }

    fn referee(&self) -> std::sync::MutexGuard<'_, Referee> {
        self.referee.lock().expect("nobody panics while holding the referee")
    }

    /// Waits until the world is as it is to be in the end: as is known, or until nothing happens any more. How many
    /// calls and events of watches the first controller had until then; nothing if it is written without end.
    async fn ending(&self, setting: &Setting<'_>) -> Option<(usize, u64)> {
        let mut last = Instant::now();
        let mut reach = (0, 0);
        let mut writes = 0;
        while writes < WRITES {
            sleep(LOOKS).await;
            let news = self.server.take_writes().iter().filter(|it| is_news(it)).count();
            writes += news;
            if news > 0 || !self.is_idle() {
                last = Instant::now();
                reach = self.reach();
            }
            let is_there = if setting.ends.is_empty() {
                last.elapsed() >= STEADY
            } else {
                self.is_idle() && setting.ends.contains(&self.stands())
            };
            if is_there {
                return Some(reach);
            }
        }
        None
    }

    /// How the world stands. A controller that was stopped may record a try that it never comes to send, so of two the
    /// numbers don't count.
    fn stands(&self) -> End {
        let end = End::of(&self.server.cluster(), &self.root);
        if self.courses.len() == 1 { end } else { end.without_attempts() }
    }

    fn reach(&self) -> (usize, u64) {
        let first = &self.courses[0];
        (first.journal().len(), first.events())
    }

    fn is_idle(&self) -> bool {
        let node = self.node.lock().expect("nobody panics while holding the node");
        node.0.is_idle() && node.1.have_done()
    }

    fn unfinished(&self, setting: &Setting<'_>) -> String {
        let end = self.stands();
        match setting.ends.first() {
            Some(wanted) => format!("it does not come to its end: {}", end.difference(wanted)),
            None => "something is written again and again".to_owned(),
        }
    }

    /// L1: afterwards nothing is written.
    async fn listen(&self, silence: Duration) {
        // What is on its way may still arrive, and what is told once may be told; a watch that is silent is a fault
        // until its client gives it up.
        let is_stalled = self.courses.iter().any(|course| course.has_stall());
        sleep(if is_stalled { SILENT_WATCH } else { CALM }).await;
        self.server.take_writes();
        sleep(silence).await;
        for asked in self.server.take_writes().iter().filter(|it| is_news(it)) {
            let Asked { seconds, call, code, .. } = asked;
            let what = format!("{:?} {} {code} at {seconds:.0} s, when all is done", call.action, call.id());
            self.referee().breaks("L1", what);
        }
    }

    fn finding(&self, (calls, events): (usize, u64), took: Duration) -> Finding {
        let end = End::of(&self.server.cluster(), &self.root);
        let referee = self.referee();
        Finding {
            violations: referee.violations.clone(),
            end,
            archive: ending::archive(&self.root),
            calls: self.courses[0].journal().into_iter().take(calls).collect(),
            events,
            has_met_all: self.courses.iter().all(|course| course.has_met_all()),
            creates: referee.creates.clone(),
            took,
        }
    }
}

/// Whether a write was more than a sign of life.
fn is_news(asked: &Asked) -> bool {
    asked.process.starts_with("controller") && asked.call.resource != Resource::Leases
}

/// Lets node and people act whenever something has changed or their time has come.
async fn live(server: Server, both: Arc<Mutex<(Node, People)>>) {
    let mut changed = server.changed();
    loop {
        changed.mark_unchanged();
        let next = {
            let mut both = both.lock().expect("nobody panics while holding the node");
            let (node, people) = &mut *both;
            let node_next = node.advance();
            let people_next = people.advance(node);
            node_next.into_iter().chain(people_next).min()
        };
        let far = Instant::now() + Duration::from_hours(24);
        tokio::select! {
            biased;
            _ = changed.changed() => {}
            () = sleep_until(next.unwrap_or(far)) => {}
        }
    }
}

/// What a controller is given in this world.
fn post(root: &Path, clock: Clock) -> Post {
    Post {
        configuration: configuration(root),
        clock: Arc::new(move || clock.now()),
        patience: ANSWER_TIMEOUT,
        restart: RESTART,
    }
}

fn configuration(root: &Path) -> Configuration {
    let text = json!({
        "stores": {"warehouse": {"directory": root, "notify": false}},
        "steps": {"grace": "5s", "lostAfter": "30m", "keepFinishedJobs": "2m"},
    });
    Configuration::parse(&text.to_string()).expect("the configuration is sound")
}

/// Stops a controller now and then.
async fn pause(course: Arc<Course>, mut dice: Dice) {
    for _ in 0..4 {
        sleep(dice.between(Duration::from_secs(1), Duration::from_secs(40))).await;
        course.pause(dice.between(Duration::from_secs(1), Duration::from_secs(90)));
    }
}
