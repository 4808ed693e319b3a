//! Progress: bars on a terminal, stable lines otherwise.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use planner::facts::Outcome;
use planner::launch::Launch;
use planner::pipeline::Pipeline;

use crate::local::pipeline::LocalPipeline;
use crate::work::launch::title;

/// How often a bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// The most running steps that a bar names.
const NAMED_MAX: usize = 4;

/// What the person sees of a run.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// How many launches started.
    pub(crate) launched: u64,
    /// How many launches failed.
    pub(crate) failed: u64,
}

impl Progress {
    /// A bar if standard error is a terminal.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(new_bar);
        Self { bar, launched: 0, failed: 0 }
    }

    pub(crate) fn started(&mut self) {
        self.launched += 1;
    }

    /// One line for each launch that ended; on a terminal only for those that need a person.
    pub(crate) fn ended(&mut self, plan: &Pipeline, (launch, outcome): (&Launch, &Outcome), log: &Path) {
        let who = title(plan, launch);
        match outcome {
            Outcome::Succeeded => self.line(&format!("{who}: succeeded")),
            Outcome::Discarded => self.line(&format!("{who}: its output was there already; ours is dropped")),
            Outcome::Disrupted(why) => self.line(&format!("{who}: disrupted: {why}")),
            Outcome::Failed { why, .. } => {
                self.failed += 1;
                self.shout(&format!(
                    "{who}: attempt {} failed: {why}\n  log: {}",
                    launch.attempt,
                    log.display()
                ));
            }
        }
    }

    /// Draws where the pipelines are.
    pub(crate) fn draw(&self, pipelines: &[LocalPipeline]) {
        let Some(bar) = &self.bar else { return };
        let (mut due, mut complete) = (0, 0);
        for pipeline in pipelines {
            due += pipeline.work.decision.partitions().len();
            complete += pipeline.work.decision.partitions().len() - pipeline.work.unsettled().len();
        }
        bar.set_length(due as u64);
        bar.set_position(complete as u64);
        let running =
            pipelines.iter().flat_map(|it| it.work.running.values().map(|launch| launch.name(&it.work.plan)));
        let mut names: Vec<_> = running.collect();
        let more = names.len().saturating_sub(NAMED_MAX);
        names.truncate(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        bar.set_message(format!("{}{more}", names.join(" ")));
    }

    /// A line that a person must see.
    pub(crate) fn shout(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => self.line(text),
        }
    }

    fn line(&self, text: &str) {
        if self.bar.is_none() {
            // Nobody reads any more: the work goes on all the same.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Clears the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{bar:30} {pos}/{len} partitions, {per_sec}, ETA {eta}  {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
