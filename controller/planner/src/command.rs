//! Commands: what a step runs, one argument a list element, with `{{ ... }}` for what changes from run to run.
//!
//! The substitution is closed: names and dates, no expressions, never a shell. Whatever can be wrong with a command is
//! found when it is parsed, so that rendering it cannot fail.

mod substitution;

pub use substitution::{CommandFault, substitute_params};

use crate::calendar::Instant;
use chrono::SecondsFormat;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use substitution::{Part, Variable};

/// How many paths an input stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arity {
    /// One, or none where it is optional and absent.
    Single,
    /// Any number, as for a window, or for a finer clock than the step's.
    Several,
}

/// The names that a command may use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The step's inputs.
    pub inputs: BTreeMap<String, Arity>,
    /// The step's outputs.
    pub outputs: BTreeSet<String>,
    /// The pipeline's parameters, with their values.
    pub params: BTreeMap<String, String>,
}

/// What a command is rendered from: the facts of one launch.
#[derive(Clone, Debug)]
pub struct Values {
    /// The partition's key.
    pub partition: String,
    /// Its first instant.
    pub start: Instant,
    /// The instant at which it is over.
    pub end: Instant,
    /// The zone in which `start` and `end` are shown.
    pub zone: Tz,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The paths of each input, as the step is to see them: none for an optional one that is absent.
    pub inputs: BTreeMap<String, Vec<String>>,
    /// The path of each output.
    pub outputs: BTreeMap<String, String>,
}

/// A command whose names all exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandTemplate {
    elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    /// The paths of an input, an argument each.
    Paths(String),
    /// One argument.
    Text(Vec<Part>),
}

impl CommandTemplate {
    /// Reads a command, and puts the parameters in.
    pub fn parse(command: &[String], scope: &Scope) -> Result<Self, CommandFault> {
        if command.first().is_none_or(String::is_empty) {
            return Err(CommandFault::Empty);
        }
        let elements: Result<_, _> = command.iter().map(|element| parse_element(element, scope)).collect();
        Ok(Self { elements: elements? })
    }

    /// The program and its arguments.
    pub fn render(&self, values: &Values) -> Vec<String> {
        let mut arguments = Vec::with_capacity(self.elements.len());
        for element in &self.elements {
            match element {
                Element::Paths(input) => {
                    arguments.extend(values.inputs.get(input).into_iter().flatten().cloned());
                }
                Element::Text(parts) => arguments.push(render_text(parts, values)),
            }
        }
        arguments
    }
}

/// What a step finds in its environment about the launch: the same values as in its command.
pub fn environment(values: &Values) -> BTreeMap<String, String> {
    let time = |instant: Instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    let inputs = values.inputs.iter().map(|(name, paths)| (variable("INPUT", name), paths.join("\n")));
    let outputs = values.outputs.iter().map(|(name, path)| (variable("OUTPUT", name), path.clone()));
    let mut variables: BTreeMap<String, String> = inputs.chain(outputs).collect();
    variables.insert("DAYBREAK_PARTITION".to_owned(), values.partition.clone());
    variables.insert("DAYBREAK_START".to_owned(), time(values.start));
    variables.insert("DAYBREAK_END".to_owned(), time(values.end));
    variables.insert("DAYBREAK_ATTEMPT".to_owned(), values.attempt.to_string());
    variables
}

fn variable(kind: &str, name: &str) -> String {
    format!("DAYBREAK_{kind}_{}", name.to_ascii_uppercase().replace('-', "_"))
}

fn parse_element(element: &str, scope: &Scope) -> Result<Element, CommandFault> {
    let parts = substitution::parse(element, scope)?;
    if let [Part::Variable(Variable::Input(name))] = parts.as_slice() {
        return Ok(Element::Paths(name.clone()));
    }
    let several = parts.iter().find_map(|part| match part {
        Part::Variable(Variable::Input(name)) if scope.inputs.get(name) == Some(&Arity::Several) => {
            Some(name)
        }
        Part::Variable(_) | Part::Literal(_) => None,
    });
    match several {
        Some(input) => Err(CommandFault::SeveralInText { element: element.to_owned(), input: input.clone() }),
        None => Ok(Element::Text(parts)),
    }
}

fn render_text(parts: &[Part], values: &Values) -> String {
    let shown = |instant: Instant| instant.with_timezone(&values.zone).naive_local();
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Variable(Variable::Input(name)) => {
                text.extend(values.inputs.get(name).into_iter().flatten().map(String::as_str));
            }
            Part::Variable(Variable::Output(name)) => {
                text.extend(values.outputs.get(name).map(String::as_str));
            }
            Part::Variable(Variable::Partition) => text.push_str(&values.partition),
            Part::Variable(Variable::Attempt) => text.push_str(&values.attempt.to_string()),
            Part::Variable(Variable::Start(format)) => format.render_into(shown(values.start), &mut text),
            Part::Variable(Variable::End(format)) => format.render_into(shown(values.end), &mut text),
        }
    }
    text
}
