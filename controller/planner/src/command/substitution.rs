//! The closed syntax of `{{ ... }}`, in commands and in paths.

use super::Scope;
use crate::template::{Code, CodeFault, DateFormat};
use std::collections::BTreeMap;

/// Why a command, or a text with parameters, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// There is no program to run.
    #[error("the command is empty: write a list of a program and its arguments")]
    Empty,
    /// A `{{` without its end.
    #[error("in `{text}` a `{{{{` is not closed: write a name and `}}}}` after it")]
    Unclosed {
        /// The element.
        text: String,
    },
    /// A name of the right kind that does not exist.
    #[error("in `{text}` there is no {kind} `{name}`: {known}")]
    Unknown {
        /// The element.
        text: String,
        /// Input, output or param.
        kind: &'static str,
        /// The name that was written.
        name: String,
        /// A sentence with those that exist.
        known: String,
    },
    /// Something that is never substituted here.
    #[error("in `{text}` nothing stands for `{written}`: write {right}")]
    NoVariable {
        /// The element.
        text: String,
        /// What stands between the braces.
        written: String,
        /// What can.
        right: &'static str,
    },
    /// A date with a wrong code.
    #[error("in `{text}` {fault}")]
    Date {
        /// The element.
        text: String,
        /// What is wrong with its codes.
        fault: CodeFault,
    },
    /// Several paths glued to other text.
    #[error(
        "in `{element}` the input `{input}` can be several paths: make it an element of its own, \
         which becomes an argument for each"
    )]
    SeveralInText {
        /// The element.
        element: String,
        /// The input.
        input: String,
    },
    /// A character that no argument of a process can hold.
    #[error("{0:?} holds a NUL character, which ends an argument: leave it out")]
    Nul(String),
}

/// A stretch of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Variable(Variable),
}

/// What is known only when a step is launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Input(String),
    Output(String),
    Partition,
    Start(DateFormat),
    End(DateFormat),
    Attempt,
}

const OF_COMMANDS: &str = "inputs.NAME, outputs.NAME, params.NAME, partition, attempt, or start or end with a date \
                           such as `start %Y-%m-%d`";
const OF_PATHS: &str = "params.NAME";

/// Puts parameters into a text that knows nothing else, such as a path.
pub fn substitute_params(text: &str, params: &BTreeMap<String, String>) -> Result<String, CommandFault> {
    let mut substituted = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece? {
            Piece::Literal(literal) => substituted.push_str(literal),
            Piece::Braces(written) => match written.strip_prefix("params.") {
                Some(name) => substituted.push_str(param(text, name, params)?),
                None => return Err(no_variable(text, written, OF_PATHS)),
            },
        }
    }
    Ok(substituted)
}

/// Reads an element of a command, and puts the parameters in.
pub(super) fn parse(text: &str, scope: &Scope) -> Result<Vec<Part>, CommandFault> {
    let mut parts = Vec::new();
    for piece in pieces(text) {
        let part = match piece? {
            Piece::Literal(literal) => Part::Literal(literal.to_owned()),
            Piece::Braces(written) => match written.strip_prefix("params.") {
                Some(name) => Part::Literal(param(text, name, &scope.params)?.to_owned()),
                None => Part::Variable(variable(text, written, scope)?),
            },
        };
        if matches!(&part, Part::Literal(literal) if literal.contains('\0')) {
            return Err(CommandFault::Nul(text.to_owned()));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn variable(text: &str, written: &str, scope: &Scope) -> Result<Variable, CommandFault> {
    if let Some(name) = written.strip_prefix("inputs.") {
        check_known(text, "input", name, scope.inputs.keys())?;
        return Ok(Variable::Input(name.to_owned()));
    }
    if let Some(name) = written.strip_prefix("outputs.") {
        check_known(text, "output", name, scope.outputs.iter())?;
        return Ok(Variable::Output(name.to_owned()));
    }
    let date = |format: &str| {
        DateFormat::parse(format.trim_start(), Code::OF_COMMANDS)
            .map_err(|fault| CommandFault::Date { text: text.to_owned(), fault })
    };
    match written.split_once(char::is_whitespace) {
        Some(("start", format)) => date(format).map(Variable::Start),
        Some(("end", format)) => date(format).map(Variable::End),
        None if written == "partition" => Ok(Variable::Partition),
        None if written == "attempt" => Ok(Variable::Attempt),
        Some(_) | None => Err(no_variable(text, written, OF_COMMANDS)),
    }
}

fn param<'a>(text: &str, name: &str, params: &'a BTreeMap<String, String>) -> Result<&'a str, CommandFault> {
    check_known(text, "param", name, params.keys())?;
    Ok(params.get(name).map_or("", String::as_str))
}

fn check_known<'a>(
    text: &str,
    kind: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a String>,
) -> Result<(), CommandFault> {
    let known: Vec<&str> = known.map(String::as_str).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let known = match known.as_slice() {
        [] => format!("it has no {kind}s"),
        [only] => format!("the only one is `{only}`"),
        several => format!("there are `{}`", several.join("`, `")),
    };
    Err(CommandFault::Unknown { text: text.to_owned(), kind, name: name.to_owned(), known })
}

fn no_variable(text: &str, written: &str, right: &'static str) -> CommandFault {
    CommandFault::NoVariable { text: text.to_owned(), written: written.to_owned(), right }
}

/// A stretch of text, or what stands between two pairs of braces, without the white space around it.
enum Piece<'a> {
    Literal(&'a str),
    Braces(&'a str),
}

struct Pieces<'a> {
    text: &'a str,
    rest: &'a str,
}

fn pieces(text: &str) -> Pieces<'_> {
    Pieces { text, rest: text }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, CommandFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        let Some(after) = rest.strip_prefix("{{") else {
            let end = rest.find("{{").unwrap_or(rest.len());
            self.rest = &rest[end..];
            return Some(Ok(Piece::Literal(&rest[..end])));
        };
        let Some((written, after)) = after.split_once("}}") else {
            self.rest = "";
            return Some(Err(CommandFault::Unclosed { text: self.text.to_owned() }));
        };
        self.rest = after;
        Some(Ok(Piece::Braces(written.trim())))
    }
}
