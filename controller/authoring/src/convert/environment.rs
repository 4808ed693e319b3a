//! The environment variables of a step.

use super::findings::Findings;
use crate::place::FieldPath;
use crds::environment::EnvVar;
use std::collections::BTreeMap;

/// What Daybreak itself tells a step is below this prefix.
const RESERVED: &str = "DAYBREAK_";

/// The variables whose values are written here.
pub(super) fn environment(
    variables: &[EnvVar],
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (index, variable) in variables.iter().enumerate() {
        let path = path.element(index);
        let name = variable.name.as_str();
        check_name(name, &path.field("name"), findings);
        if let Some(first) = places.insert(name, index) {
            findings.fault(
                path.field("name"),
                format!("`{name}` is already set by the variable before, number {}: keep one", first + 1),
            );
        }
        check_source(variable, &path, findings);
        let value = variable.value.as_deref().unwrap_or_default();
        if value.contains('\0') {
            findings.fault(path.field("value"), "a NUL character ends a variable: leave it out");
        }
        if variable.value_from.is_none() {
            values.insert(name.to_owned(), value.to_owned());
        }
    }
    values
}

fn check_name(name: &str, path: &FieldPath<'_>, findings: &mut Findings) {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    if name.is_empty()
        || name.starts_with(|first: char| first.is_ascii_digit())
        || !name.chars().all(is_plain)
    {
        findings.fault(path, format!("{name:?} is no name of a variable: write letters, digits and underscores, no digit first, such as LOG_LEVEL"));
    }
    if name.starts_with(RESERVED) {
        findings.fault(
            path,
            format!(
                "variables that begin with {RESERVED} tell a step about its partition: choose another name"
            ),
        );
    }
}

fn check_source(variable: &EnvVar, path: &FieldPath<'_>, findings: &mut Findings) {
    let Some(source) = &variable.value_from else { return };
    if variable.value.is_some() {
        findings.fault(path, "a variable has one value: write either `value` or `valueFrom`");
    }
    let path = path.field("valueFrom");
    if source.config_map_key_ref.is_some() == source.secret_key_ref.is_some() {
        findings
            .fault(path, "a value comes from one place: write either `configMapKeyRef` or `secretKeyRef`");
    }
    findings.note(
        path,
        format!("only Kubernetes can look this up: a plain process does not get {}", variable.name),
    );
}
