//! Reading YAML: from text to documents of placed values, within bounds.

use crate::flaw::Flaw;
use crate::limits::{DEPTH, VALUES};
use crate::node::{Entry, Node, Value};
use crate::place::Place;
use crate::scalar::Scalar;
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::collections::BTreeMap;

/// The documents of a text. The first fault ends it: what follows cannot be trusted to be what was meant.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Flaw> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { parser, anchors: BTreeMap::new(), values: 0 };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        if matches!(event, Event::DocumentStart(..)) {
            reader.anchors.clear();
        } else if event.is_node() {
            documents.push(reader.node(event, span)?);
        }
    }
    documents.retain(|document| !document.is_null());
    Ok(documents)
}

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    /// The anchored values of the document so far.
    anchors: BTreeMap<usize, Node>,
    /// How many values there are, those of anchors and aliases counted each time.
    values: usize,
}

impl<'text> Reader<'text> {
    fn next(&mut self) -> Result<Option<(Event<'text>, Span)>, Flaw> {
        self.parser.next_event().transpose().map_err(|error| scan_flaw(&error))
    }

    /// The next event within a list or a map.
    fn inner(&mut self, within: Place) -> Result<(Event<'text>, Span), Flaw> {
        self.next()?.ok_or_else(|| Flaw::of_text(within, "the text ends in the middle of this"))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all others are no values, and the parser may learn more of them"
    )]
    fn node(&mut self, event: Event<'text>, span: Span) -> Result<Node, Flaw> {
        let place = place(span);
        self.count(1, place)?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, Value::Scalar(scalar(&text, style, tag.as_deref(), place)?))
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), place)?;
                (anchor, Value::List(self.list(place)?))
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), place)?;
                (anchor, Value::Map(self.map(place)?))
            }
            Event::Alias(id) => return self.aliased(id, place),
            _ => return Err(Flaw::of_text(place, "a value is missing here")),
        };
        let node = Node { place, value };
        if anchor > 0 {
            self.count(size(&node), place)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, place: Place) -> Result<Vec<Node>, Flaw> {
        let mut elements = Vec::new();
        loop {
            match self.inner(place)? {
                (Event::SequenceEnd, _) => return Ok(elements),
                (event, span) => elements.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, place: Place) -> Result<Vec<Entry>, Flaw> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = Vec::new();
        let mut lines = BTreeMap::new();
        loop {
            let (key, key_place, is_merge) = match self.inner(place)? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(key, style, ..), span) => {
                    let is_merge = key == "<<" && style == ScalarStyle::Plain;
                    (key.into_owned(), self::place(span), is_merge)
                }
                (_, span) => {
                    return Err(Flaw::of_text(
                        self::place(span),
                        "the key of a field is a word: write a name here",
                    ));
                }
            };
            let (event, span) = self.inner(place)?;
            let node = self.node(event, span)?;
            if is_merge {
                merged.push(node);
                continue;
            }
            if let Some(line) = lines.insert(key.clone(), key_place.line) {
                return Err(Flaw::of_text(
                    key_place,
                    format!("`{key}` is already written in line {line}: keep one of the two"),
                ));
            }
            entries.push(Entry { key, key_place, node });
        }
        for node in merged {
            merge(&mut entries, node)?;
        }
        Ok(entries)
    }

    fn aliased(&mut self, id: usize, place: Place) -> Result<Node, Flaw> {
        let Some(node) = self.anchors.get(&id) else {
            return Err(Flaw::of_text(
                place,
                "an alias stands within the value that it names: write the value out",
            ));
        };
        let node = node.clone();
        self.count(size(&node), place)?;
        Ok(node)
    }

    fn count(&mut self, values: usize, place: Place) -> Result<(), Flaw> {
        self.values += values;
        if self.values <= VALUES {
            return Ok(());
        }
        Err(Flaw::of_text(
            place,
            format!(
                "up to here the file stands for more than {VALUES} values: write fewer, or fewer aliases"
            ),
        ))
    }
}

/// Puts in the fields of a merged map (`<<: *defaults`) that are not written themselves.
fn merge(entries: &mut Vec<Entry>, from: Node) -> Result<(), Flaw> {
    match from.value {
        Value::Map(fields) => {
            for field in fields {
                if entries.iter().all(|entry| entry.key != field.key) {
                    entries.push(field);
                }
            }
            Ok(())
        }
        Value::List(maps) if maps.iter().all(|map| matches!(map.value, Value::Map(_))) => {
            maps.into_iter().try_for_each(|map| merge(entries, map))
        }
        Value::Scalar(_) | Value::List(_) => {
            Err(Flaw::of_text(from.place, "`<<` takes the fields of a map: write an alias of one"))
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Result<Scalar, Flaw> {
    if tag.is_some_and(|tag| tag.core_suffix() == Some("str")) {
        return Ok(Scalar::Text(text.to_owned()));
    }
    refuse_tag(tag, place)?;
    Ok(if style == ScalarStyle::Plain { Scalar::plain(text) } else { Scalar::Text(text.to_owned()) })
}

fn refuse_tag(tag: Option<&Tag>, place: Place) -> Result<(), Flaw> {
    match tag {
        Some(tag) if tag.core_suffix().is_none() => Err(Flaw::of_text(
            place,
            format!("the tag `{}` means nothing here: leave it out", tag.original()),
        )),
        Some(_) | None => Ok(()),
    }
}

fn scan_flaw(error: &ScanError) -> Flaw {
    let marker = error.marker();
    let place = Place {
        line: marker.line(),
        column: marker.col() + 1,
        offset: marker.byte_offset().unwrap_or(0),
        length: 0,
    };
    Flaw::of_text(place, format!("this is not YAML, {}: {}", error.info(), right(error.kind())))
}

/// What would be right in place of what the parser stumbled over.
#[expect(clippy::wildcard_enum_match_arm, reason = "of most errors it can be said only where to look")]
fn right(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownAnchor => {
            "a word that begins with `*` is an alias, so put a text that does into quotes"
        }
        ErrorKind::RecursionLimitExceeded => "no manifest is that deep, so close what is open",
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => "write spaces instead",
        _ => "look here and above for an open bracket or quote, or an indentation that is off",
    }
}

fn place(span: Span) -> Place {
    let range = span.byte_range().unwrap_or(0..0);
    Place { line: span.start.line(), column: span.start.col() + 1, offset: range.start, length: range.len() }
}
