//! The sweeps: every workload without a fault, and then with a fault at every point.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use crate::dice::Dice;
use crate::ending::End;
use crate::expected::unexpected;
use crate::faults::{CallFault, EventFault, Plan};
use crate::run::{Finding, Setting, run};
use crate::workloads::{self, Workload};

/// How long nothing may be written after the end of a run without faults, and of one with.
const SILENCE: (Duration, Duration) = (Duration::from_hours(1), Duration::from_mins(5));

/// The seed of the runs that are not by seed.
pub(crate) const SEED: u64 = 1;

/// How many seeds the normal test command runs for each workload.
const SEEDS: u64 = 20;

/// How many broken promises a test tells of; the first ones say it all.
const TOLD: usize = 12;

pub(crate) const CRASHES: [CallFault; 3] =
    [CallFault::CrashBefore, CallFault::CrashAfterCommit, CallFault::CrashAfterAnswer];

pub(crate) const ERRORS: [CallFault; 12] = [
    CallFault::Refuse(409),
    CallFault::Refuse(404),
    CallFault::Refuse(422),
    CallFault::Refuse(403),
    CallFault::Refuse(429),
    CallFault::Refuse(500),
    CallFault::Refuse(503),
    CallFault::Refuse(504),
    CallFault::RefuseAfterCommit(504),
    CallFault::Disconnect,
    CallFault::DisconnectAfterCommit,
    CallFault::Silence,
];

const BREAKS: [EventFault; 7] = [
    EventFault::Gone,
    EventFault::End,
    EventFault::Delay(Duration::from_secs(3)),
    EventFault::Delay(Duration::from_secs(40)),
    EventFault::Coalesce(Duration::from_secs(20)),
    EventFault::Twice,
    EventFault::Stall,
];

/// What a variable of the command line says.
#[expect(clippy::disallowed_methods, reason = "what is run is said on the command line")]
pub(crate) fn asked(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// The seeds of a test: those that are asked for, or as many as the normal test command runs.
fn seeds() -> Range<u64> {
    let number = |variable| asked(variable).and_then(|it| it.parse().ok());
    match number("DAYBREAK_SEED") {
        Some(one) => one..one + 1,
        None => 0..number("DAYBREAK_SEEDS").unwrap_or(SEEDS),
    }
}

/// The run of a workload without faults.
pub(crate) fn clean(workload: &Workload, seed: u64) -> Finding {
    let plans = vec![Plan::default()];
    run(&Setting {
        workload,
        seed,
        plans,
        ends: &[],
        silence: SILENCE.0,
        pauses: false,
        traces: asked("DAYBREAK_TRACE").is_some(),
    })
}

/// What is wrong with a run, compared with the one without faults. Whoever hears late that a pipeline was deleted may
/// launch once more what went with it; that goes at once, too.
fn differs((finding, plan): (&Finding, &Plan), clean: &Finding) -> Vec<String> {
    let mut wrong: Vec<_> = finding.violations.iter().map(ToString::to_string).collect();
    let may_hear_late = clean.end.objects.is_empty() && plan.breaks_watches();
    let mut creates = finding.creates.clone();
    if may_hear_late {
        creates.retain(|name, times| *times > 1 || clean.creates.contains_key(name));
    }
    if wrong.is_empty() && creates != clean.creates {
        wrong.push(format!("S5: Jobs {:?}, not {:?}", finding.creates, clean.creates));
    }
    wrong
}

/// The same for two controllers: one that was stopped may never send a launch that it recorded, and the next has
/// another number and so another name. Of a pipeline that was deleted it may hear last; then what it launches goes at once.
fn differs_in_number(finding: &Finding, clean: &Finding) -> Vec<String> {
    let mut wrong: Vec<_> = finding.violations.iter().map(ToString::to_string).collect();
    let (made, wanted) = (finding.creates.len(), clean.creates.len());
    let is_deleted = clean.end.objects.is_empty();
    let is_repeated = finding.creates.values().any(|times| *times > 1);
    if wrong.is_empty() && (is_repeated || (made != wanted && !is_deleted)) {
        wrong.push(format!("S5: Jobs {:?}, not {wanted}", finding.creates));
    }
    wrong
}

/// The runs of one sweep.
struct Sweep<'a> {
    workload: &'a Workload,
    clean: Finding,
    count: u64,
    /// The runs that were over before their fault.
    unmet: u64,
    wrong: Vec<String>,
}

impl<'a> Sweep<'a> {
    fn new(workload: &'a Workload) -> Self {
        let clean = clean(workload, SEED);
        let wrong = unexpected(workload, &clean);
        Self { workload, clean, count: 0, unmet: 0, wrong }
    }

    /// How a run of this plan may end.
    fn ends(&self, plan: &Plan) -> Vec<End> {
        let mut ends = vec![self.clean.end.clone()];
        if plan.breaks_watches() && !self.workload.late.is_empty() {
            let mut late = self.clean.end.clone();
            let files =
                self.workload.late.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
            late.files.extend(files);
            ends.push(late);
        }
        ends
    }

    fn run(&mut self, plan: &Plan) {
        let setting = Setting {
            workload: self.workload,
            seed: SEED,
            plans: vec![plan.clone()],
            ends: &self.ends(plan),
            silence: SILENCE.1,
            pauses: false,
            traces: asked("DAYBREAK_TRACE").is_some(),
        };
        let finding = run(&setting);
        self.count += 1;
        self.unmet += u64::from(!finding.has_met_all);
        for wrong in differs((&finding, plan), &self.clean) {
            self.wrong.push(format!("{}: {plan}: {wrong}", self.workload.name));
        }
    }

    /// Tells how many points were tried, and of what was wrong.
    fn end(self, points: &str) {
        eprintln!("{}: {} {points}, {} not met", self.workload.name, self.count, self.unmet);
        let mut told = String::new();
        for wrong in self.wrong.iter().take(TOLD) {
            let _ = writeln!(told, "{wrong}");
        }
        assert!(self.wrong.is_empty(), "{}: {} are wrong:\n{told}", self.workload.name, self.wrong.len());
    }
}

fn named(name: &str) -> Workload {
    let mut all = workloads::all().into_iter().chain(workloads::prompt());
    all.find(|it| it.name == name).expect("each test has its workload")
}

fn every_crash(name: &str) {
    let workload = named(name);
    let mut sweep = Sweep::new(&workload);
    for number in 0..sweep.clean.calls.len() as u64 {
        for fault in CRASHES {
            sweep.run(&Plan::default().with_call(number, fault));
        }
    }
    sweep.end("crash points");
}

fn every_error(name: &str) {
    let workload = named(name);
    let mut sweep = Sweep::new(&workload);
    for (place, number) in (0..sweep.clean.calls.len()).zip(0..) {
        // A Job that the server finds invalid is a failed try: that is another end.
        let is_create = sweep.clean.calls[place].starts_with("POST /apis/batch/");
        for fault in ERRORS.into_iter().filter(|it| !is_create || *it != CallFault::Refuse(422)) {
            sweep.run(&Plan::default().with_call(number, fault));
        }
    }
    sweep.end("errors");
}

fn every_break(name: &str) {
    let workload = named(name);
    let mut sweep = Sweep::new(&workload);
    for number in 0..sweep.clean.events {
        for fault in BREAKS {
            sweep.run(&Plan::default().with_event(number, fault));
        }
    }
    sweep.end("broken watches");
}

fn double_crashes(name: &str) {
    let workload = named(name);
    let mut sweep = Sweep::new(&workload);
    let calls = sweep.clean.calls.len() as u64;
    for seed in seeds() {
        let mut dice = Dice::of(seed, name);
        let mut crash = || CRASHES[usize::try_from(dice.below(3)).unwrap_or(0)];
        let (first, second) = (crash(), crash());
        let (at, after) = (dice.below(calls), dice.below(calls));
        sweep.run(&Plan::default().with_call(at, first).with_call(at + 1 + after, second));
    }
    sweep.end("double crashes");
}

fn two_controllers(name: &str) {
    let workload = named(name);
    let mut count = 0;
    let mut all = Vec::new();
    for seed in seeds() {
        let clean = clean(&workload, seed);
        let plans = vec![Plan::default(), Plan::default()];
        let setting = Setting {
            workload: &workload,
            seed,
            plans,
            ends: &[clean.end.clone().without_attempts()],
            silence: SILENCE.1,
            pauses: true,
            traces: asked("DAYBREAK_TRACE").is_some(),
        };
        let finding = run(&setting);
        count += 1;
        all.extend(differs_in_number(&finding, &clean).into_iter().map(|it| format!("seed {seed}: {it}")));
    }
    eprintln!("{name}: {count} pairs of controllers");
    all.truncate(TOLD);
    assert!(all.is_empty(), "{name}:\n{}", all.join("\n"));
}

/// The plan that a sweep told of, read again.
fn parse(text: &str) -> Plan {
    text.split(", ").fold(Plan::default(), |plan, part| {
        let mut words = part.split(' ');
        let (kind, number) = (words.next(), words.next().and_then(|it| it.parse().ok()).unwrap_or(0));
        let name = words.next().unwrap_or_default();
        if kind == Some("event") {
            let fault = BREAKS.into_iter().find(|it| format!("{it:?}") == name);
            return plan.with_event(number, fault.expect("a sweep knows this fault"));
        }
        let fault = CRASHES.into_iter().chain(ERRORS).find(|it| format!("{it:?}") == name);
        plan.with_call(number, fault.expect("a sweep knows this fault"))
    })
}

/// Runs one plan of one workload again: `DAYBREAK_PLAN='chain: call 7 Silence'`, as a sweep tells it.
#[test]
fn one_plan() {
    let Some(asked) = asked("DAYBREAK_PLAN") else { return };
    let (name, plan) = asked.split_once(": ").expect("a workload, a colon, a plan");
    let workload = named(name);
    let mut sweep = Sweep::new(&workload);
    sweep.run(&parse(plan));
    sweep.end("plan");
}

/// Each workload is a test of its own, so that they run side by side.
macro_rules! sweeps {
    ($($workload:ident),+ $(,)?) => {
        #[test]
        fn every_workload_is_swept() {
            let names: Vec<_> = workloads::all().into_iter().map(|it| it.name).collect();
            assert_eq!(names, [$(stringify!($workload)),+]);
        }
        mod every_crash_point_ends_as_the_clean_run {
            $(#[test] fn $workload() { super::every_crash(stringify!($workload)); })+
        }
        mod every_error_at_every_call_ends_as_the_clean_run {
            $(#[test] fn $workload() { super::every_error(stringify!($workload)); })+
        }
        mod watches_that_break_end_as_the_clean_run {
            $(#[test] fn $workload() { super::every_break(stringify!($workload)); })+
        }
        mod double_crashes_end_as_the_clean_run {
            $(#[test] fn $workload() { super::double_crashes(stringify!($workload)); })+
        }
        mod two_controllers_are_safe {
            $(#[test] fn $workload() { super::two_controllers(stringify!($workload)); })+
        }
    };
}

sweeps! {
    one_step, chain, diamond, yesterday, fails_twice, fails_for_good, late_input, output_removed, remade, edited,
    disrupted, deleted, suspended, node_lost, image_missing, queued, store_away,
}

mod a_path_that_changes_in_mid_run_ends_as_the_clean_run {
    #[test]
    fn at_every_crash_point() {
        super::every_crash("moved");
    }

    #[test]
    fn at_every_error() {
        super::every_error("moved");
    }

    #[test]
    fn after_double_crashes() {
        super::double_crashes("moved");
    }

    #[test]
    fn with_two_controllers() {
        super::two_controllers("moved");
    }
}

#[test]
fn clean_runs_end_as_expected() {
    let mut faults = Vec::new();
    for workload in workloads::all() {
        let start = std::time::Instant::now();
        let finding = clean(&workload, SEED);
        eprintln!(
            "{:>16}: {:>3} calls, {:>3} events, {} launches, {:.0} s in {:.0?}",
            workload.name,
            finding.calls.len(),
            finding.events,
            finding.creates.len(),
            finding.took.as_secs_f64(),
            start.elapsed(),
        );
        let wrong = unexpected(&workload, &finding);
        faults.extend(wrong.into_iter().map(|it| format!("{}: {it}", workload.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
