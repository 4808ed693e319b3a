//! The ledger: one line for each start and end of a step, written by the steps themselves, in the order in which it
//! happened. It shows what a record can't: processes that nobody recorded, two at once, or one too many.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a step says of itself, to be put first into a program: `note start STEP`, `note end STEP`.
///
/// An `echo` to a file opened for appending is one write, so lines of concurrent steps don't mix.
pub(crate) fn note(ledger: &str) -> String {
    format!(r#"note() {{ echo "$1 $2 $DAYBREAK_PARTITION $DAYBREAK_ATTEMPT $$" >> {ledger}; }}"#)
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `start`, `end`, or what else the step says.
    pub what: String,
    /// The step.
    pub step: String,
    /// The partition's key.
    pub partition: String,
    /// The attempt.
    pub attempt: String,
    /// The process.
    pub pid: u32,
}

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// In their order.
    pub entries: Vec<Entry>,
}

impl Ledger {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        Self { entries: text.lines().filter_map(entry).collect() }
    }

    /// The entries that say this, as `STEP PARTITION`, sorted.
    pub fn that(&self, what: &str) -> Vec<String> {
        let those = self.entries.iter().filter(|entry| entry.what == what);
        let mut names: Vec<_> = those.map(|entry| format!("{} {}", entry.step, entry.partition)).collect();
        names.sort();
        names
    }

    /// What started, as `STEP PARTITION`, sorted.
    pub fn started(&self) -> Vec<String> {
        self.that("start")
    }

    /// What started, as `STEP PARTITION`, in its order.
    pub fn order(&self) -> Vec<String> {
        let starts = self.entries.iter().filter(|entry| entry.what == "start");
        starts.map(|entry| format!("{} {}", entry.step, entry.partition)).collect()
    }

    /// The starts of a step of a partition while an earlier one had not ended, as `STEP PARTITION`.
    pub fn doubled(&self) -> Vec<String> {
        let mut running = BTreeSet::new();
        let mut doubled = Vec::new();
        for Entry { what, step, partition, .. } in &self.entries {
            let name = format!("{step} {partition}");
            match what.as_str() {
                "start" if !running.insert(name.clone()) => doubled.push(name),
                "end" => drop(running.remove(&name)),
                _ => {}
            }
        }
        doubled
    }

    /// The most steps that were between their start and their end at once.
    pub fn most_at_once(&self) -> usize {
        let (mut now, mut most) = (0_usize, 0);
        for entry in &self.entries {
            match entry.what.as_str() {
                "start" => now += 1,
                "end" => now = now.saturating_sub(1),
                _ => {}
            }
            most = most.max(now);
        }
        most
    }
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ').map(str::to_owned);
    let mut next = || words.next();
    let (what, step, partition, attempt) = (next()?, next()?, next()?, next()?);
    Some(Entry { what, step, partition, attempt, pid: next()?.parse().ok()? })
}
