//! Commands: each element judged by itself, so that each fault has its place.

use super::findings::Findings;
use crate::place::FieldPath;
use crds::text::Argument;
use planner::command::{CommandFault, CommandTemplate, Scope};

/// A command in which every name is known.
pub(super) fn command(
    command: &[Argument],
    scope: &Scope,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<CommandTemplate> {
    let elements: Vec<String> = command.iter().map(ToString::to_string).collect();
    CommandTemplate::parse(&elements, scope)
        .map_err(|fault| tell(&elements, (scope, fault), path, findings))
        .ok()
}

fn tell(
    elements: &[String],
    (scope, first): (&Scope, CommandFault),
    path: &FieldPath<'_>,
    findings: &mut Findings,
) {
    if first == CommandFault::Empty {
        return findings.fault(path, first);
    }
    for (index, element) in elements.iter().enumerate() {
        // Any program will do: an element is judged apart from the others.
        let alone = ["true".to_owned(), element.clone()];
        if let Err(fault) = CommandTemplate::parse(&alone, scope) {
            findings.fault(path.element(index), fault);
        }
    }
}
