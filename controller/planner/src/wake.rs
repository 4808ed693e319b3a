//! When to look again although nothing else changed.

use crate::calendar::Instant;
use crate::decide::World;
use crate::decision::Decision;
use crate::rules::outputs;
use crate::verdict::Verdict;
use crate::window;

/// The earliest moment at which time alone changes a verdict or a condition.
pub(crate) fn wake_at(world: World<'_>, decision: &Decision) -> Option<Instant> {
    let parts = world.pipeline.parts();
    let mut earliest = window::next_due(parts, world.now);
    let mut consider = |at: Instant| {
        if at > world.now && earliest.is_none_or(|earliest| at < earliest) {
            earliest = Some(at);
        }
    };
    for (partition, step, cell) in decision.cells() {
        match cell.verdict {
            Verdict::NotDue { until } | Verdict::BackingOff { until } => consider(until),
            Verdict::Succeeded | Verdict::OutputsExist | Verdict::Expired => continue,
            Verdict::NotDemanded
            | Verdict::Running
            | Verdict::Publishing
            | Verdict::OutsideWindow
            | Verdict::Suspended
            | Verdict::StorageUnknown(_)
            | Verdict::OutputOccupied(_)
            | Verdict::Failed
            | Verdict::Ready => {}
            Verdict::WaitingForInputs(gap) => {
                let dataset = world.pipeline.dataset(gap.read.dataset);
                outputs::expires_at(dataset, gap.read.partition).into_iter().for_each(&mut consider);
            }
        }
        if let Some(late_after) = parts.late_after {
            consider(late_after.after(window::due_at(parts, partition), parts.calendar.zone()));
        }
        for output in &world.pipeline.step(step).outputs {
            let expiry = outputs::expires_at(world.pipeline.dataset(*output), partition);
            expiry.into_iter().for_each(&mut consider);
        }
    }
    earliest
}
