//! The ledger: the referee's own account of every launch, kept beside the planner's histories and apart from them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use planner::calendar::Instant;
use planner::facts::{ABSENT, Fingerprints, Outcome, Trial};
use planner::launch::Launch;
use planner::pipeline::Retries;

use crate::store::Task;

/// One launch.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) launch: Launch,
    pub(crate) inputs: Fingerprints,
    pub(crate) is_publishing: bool,
    pub(crate) end: Option<(Outcome, Instant)>,
}

/// All launches, by step and partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    lines: BTreeMap<Task, Vec<Line>>,
    open: BTreeSet<Task>,
}

/// What a new try is tried for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) looks: Option<&'a Fingerprints>,
    pub(crate) forgive: Option<Instant>,
}

impl Ledger {
    pub(crate) fn lines(&self, task: Task) -> &[Line] {
        self.lines.get(&task).map_or(&[], Vec::as_slice)
    }

    /// The launch that has not ended.
    pub(crate) fn open(&self, task: Task) -> Option<&Line> {
        self.lines(task).last().filter(|line| line.end.is_none())
    }

    /// Everything that has not ended.
    pub(crate) fn all_open(&self) -> impl Iterator<Item = Task> {
        self.open.iter().copied()
    }

    pub(crate) fn launched(&mut self, task: Task, launch: &Launch, inputs: &Fingerprints) {
        let line = Line { launch: launch.clone(), inputs: inputs.clone(), is_publishing: false, end: None };
        self.lines.entry(task).or_default().push(line);
        self.open.insert(task);
    }

    pub(crate) fn publishing(&mut self, task: Task) {
        let last = self.lines.get_mut(&task).and_then(|lines| lines.last_mut());
        if let Some(line) = last {
            line.is_publishing = true;
        }
    }

    pub(crate) fn ended(&mut self, task: Task, outcome: &Outcome, at: Instant) {
        let last = self.lines.get_mut(&task).and_then(|lines| lines.last_mut());
        if let Some(line) = last {
            line.end = Some((outcome.clone(), at));
        }
        self.open.remove(&task);
    }

    /// The numbers that the next launch must have.
    pub(crate) fn next_numbers(&self, task: Task, trial: &Trial) -> (u32, u32) {
        let lines = self.lines(task);
        let highest = lines.iter().map(|line| line.launch.attempt).max().unwrap_or(0);
        match lines.last() {
            Some(Line { launch, end: Some((Outcome::Disrupted(_), _)), .. })
                if launch.trial.whole == trial.whole && launch.trial.request == trial.request =>
            {
                (launch.attempt, launch.launch + 1)
            }
            _ => (highest + 1, 1),
        }
    }

    /// The failures that count against the next try, newest first.
    pub(crate) fn failures(&self, task: Task, tries: Tries<'_>) -> Vec<(&Outcome, Instant)> {
        let mut failures = Vec::new();
        for line in self.lines(task).iter().rev() {
            let Some((outcome, at)) = &line.end else { continue };
            let is_same = line.launch.trial.whole == tries.trial.whole
                && line.launch.trial.request == tries.trial.request;
            let is_forgiven = tries.forgive.is_some_and(|from| *at < from);
            match outcome {
                Outcome::Disrupted(_) if is_same && !is_forgiven => {}
                Outcome::Failed { .. } if is_same && !is_forgiven && !differ(&line.inputs, tries.looks) => {
                    failures.push((outcome, *at));
                }
                Outcome::Succeeded | Outcome::Discarded | Outcome::Failed { .. } | Outcome::Disrupted(_) => {
                    break;
                }
            }
        }
        failures
    }

    /// Why there may be no other try, if there may be none now; `Err` holds for ever.
    pub(crate) fn spent(&self, task: Task, tries: Tries<'_>, retries: &Retries) -> Spent {
        let failures = self.failures(task, tries);
        let Some((last, at)) = failures.first() else { return Spent::No };
        let is_final = matches!(last, Outcome::Failed { exit_code: Some(code), .. }
            if retries.non_retriable_exit_codes.contains(code));
        if is_final || failures.len() >= usize::try_from(retries.max_attempts).unwrap_or(usize::MAX) {
            return Spent::ForGood;
        }
        let mut pause = retries.backoff;
        for _ in 1..failures.len() {
            pause = (pause * 2).min(retries.max_backoff);
        }
        let pause = pause.min(retries.max_backoff);
        Spent::Until(*at + TimeDelta::from_std(pause).unwrap_or(TimeDelta::zero()))
    }

    /// The launch that made what is there, unless others' data was found in its place later.
    pub(crate) fn maker(&self, task: Task) -> Option<&Line> {
        let mut lines = self.lines(task).iter().rev();
        let settled = |line: &&Line| matches!(&line.end, Some((Outcome::Succeeded | Outcome::Discarded, _)));
        let found = lines.find(settled);
        found.filter(|line| matches!(&line.end, Some((Outcome::Succeeded, _))))
    }

    /// Whether a launch that succeeded served a request.
    pub(crate) fn has_served(&self, task: Task, request: &str) -> bool {
        self.lines(task).iter().any(|line| {
            matches!(&line.end, Some((Outcome::Succeeded, _)))
                && line.launch.trial.request.as_deref() == Some(request)
        })
    }
}

/// Whether another try is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    No,
    Until(Instant),
    ForGood,
}

/// Whether an input that is there looks different from before.
pub(crate) fn differ(before: &Fingerprints, looks: Option<&Fingerprints>) -> bool {
    looks
        .into_iter()
        .flatten()
        .any(|(path, now)| now != ABSENT && before.get(path).is_some_and(|before| before != now))
}
