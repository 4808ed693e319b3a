//! Selectors: which objects of a kind are meant.

use crate::apiserver::object::Object;

/// What labels and fields must be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Term>,
    fields: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Selector {
    pub(crate) fn parse(labels: Option<&str>, fields: Option<&str>) -> Self {
        Self {
            labels: split(labels.unwrap_or_default()).filter_map(term).collect(),
            fields: split(fields.unwrap_or_default()).filter_map(term).collect(),
        }
    }

    pub(crate) fn selects(&self, object: &Object) -> bool {
        let label = |key: &str| object.labels().and_then(|all| all.get(key)).and_then(|it| it.as_str());
        self.labels.iter().all(|term| term.test.holds(label(&term.key)))
            && self.fields.iter().all(|term| term.test.holds(Some(field(object, &term.key))))
    }
}

impl Test {
    fn holds(&self, found: Option<&str>) -> bool {
        match self {
            Self::In(wanted) => found.is_some_and(|it| wanted.iter().any(|one| one == it)),
            Self::NotIn(unwanted) => found.is_none_or(|it| unwanted.iter().all(|one| one != it)),
            Self::Exists => found.is_some(),
            Self::Absent => found.is_none(),
        }
    }
}

fn field<'a>(object: &'a Object, path: &str) -> &'a str {
    path.split('.').fold(&object.value, |value, name| &value[name]).as_str().unwrap_or_default()
}

/// The parts between commas that are not within parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

fn term(text: &str) -> Option<Term> {
    let new = |key: &str, test| Some(Term { key: key.trim().to_owned(), test });
    if let Some((key, set)) = text.split_once('(') {
        let set = set.trim_end_matches(')').split(',').map(|it| it.trim().to_owned()).collect();
        let key = key.trim();
        return match key.strip_suffix(" notin") {
            Some(key) => new(key, Test::NotIn(set)),
            None => new(key.strip_suffix(" in")?, Test::In(set)),
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return new(key, Test::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = text.split_once('=') {
        return new(key, Test::In(vec![value.trim_start_matches('=').trim().to_owned()]));
    }
    match text.strip_prefix('!') {
        Some(key) => new(key, Test::Absent),
        None => new(text, Test::Exists),
    }
}
