//! `daybreak lint`: every problem of the manifests, with its place.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use authoring::{Colour, Problem, Severity};

use crate::args;
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure, print};
use crate::project::Project;

/// Checks the manifests of folders.
pub(crate) fn lint(arguments: &args::Lint) -> Result<ExitCode, Failure> {
    let mut project = Project::open(&arguments.dirs, &arguments.place).map_err(Failure::new)?;
    // A machine is no property of manifests: only whoever runs them looks at its own.
    let plans = project.plans(None);
    project.check_backfills(&plans);
    let mut problems = std::mem::take(&mut project.problems);
    problems.append(&mut project.notes);
    problems.sort_by(|one, other| (&one.file, one.position).cmp(&(&other.file, other.position)));
    print::text(&format!("{}{}\n", drawn(&problems), verdict(&problems, project.manifests.len())))?;
    let has_faults = problems.iter().any(|problem| problem.severity == Severity::Fault);
    Ok(ExitCode::from(if has_faults { EXIT_WRONG } else { EXIT_COMPLETE }))
}

/// With the lines of the manifest on a terminal, one line each elsewhere.
fn drawn(problems: &[Problem]) -> String {
    if io::stdout().is_terminal() {
        return authoring::render(problems, Colour::Always);
    }
    problems.iter().map(ToString::to_string).flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn verdict(problems: &[Problem], manifests: usize) -> String {
    let faults = problems.iter().filter(|problem| problem.severity == Severity::Fault).count();
    match (faults, manifests) {
        (0, 1) => "1 manifest is in order".to_owned(),
        (0, _) => format!("{manifests} manifests are in order"),
        (1, _) => "1 fault".to_owned(),
        (_, _) => format!("{faults} faults"),
    }
}
