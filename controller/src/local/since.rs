//! Since when each unsettled step is where it is, kept beyond the end of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use planner::calendar::Instant;
use planner::report::Reason;
use serde::{Deserialize, Serialize};

use crate::local::pipeline::LocalPipeline;
use crate::work::pipeline::Work;

/// The most steps that are noted: beyond it people look at the summary.
const NOTES_MAX: usize = 2_000;

/// One note.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    reason: String,
    since: Instant,
}

/// Notes since when each unsettled step is where it is.
pub(crate) fn write(path: &Path, pipeline: &LocalPipeline) -> std::io::Result<()> {
    let parts = pipeline.work.plan.parts();
    let open =
        pipeline.work.decision.cells().filter(|(_, _, cell)| !cell.verdict.is_settled()).take(NOTES_MAX);
    let notes: BTreeMap<String, Note> = open
        .map(|(partition, step, cell)| {
            let name = format!("{}/{}", parts.calendar.key(partition), pipeline.work.plan.step(step).name);
            (name, Note { reason: Reason::of(cell.verdict).to_string(), since: cell.since })
        })
        .collect();
    if notes.is_empty() && !path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_vec(&notes)?;
    if fs::read(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    let unfinished = path.with_extension("tmp");
    fs::write(&unfinished, text)?;
    fs::rename(unfinished, path)
}

/// Takes the notes over. Without them a reason holds since it was first seen.
pub(crate) fn restore(path: &Path, work: &mut Work) {
    let Ok(text) = fs::read(path) else { return };
    let Ok(notes) = serde_json::from_slice::<BTreeMap<String, Note>>(&text) else { return };
    let plan = &work.plan;
    work.decision.remember(|partition, step, reason| {
        let name = format!("{}/{}", plan.parts().calendar.key(partition), plan.step(step).name);
        let note = notes.get(&name).filter(|note| note.reason == reason.to_string())?;
        Some(note.since)
    });
}
