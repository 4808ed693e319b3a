//! Kinds of calls: what a call asks of which collection, without the names. Between two runs the order of all calls may
//! differ; that of one kind hardly does.

use http::{Method, Uri};

/// The kind of a call, such as `PATCH partitions/NAME/status`, `POST jobs` or `WATCH pods`.
pub(super) fn of_call(method: &Method, uri: &Uri) -> String {
    let verb = if is_watch(uri) { "WATCH" } else { method.as_str() };
    match *parts(uri).as_slice() {
        [plural, _] => format!("{verb} {plural}/NAME"),
        [plural, _, part] => format!("{verb} {plural}/NAME/{part}"),
        _ => format!("{verb} {}", collection(uri)),
    }
}

/// The collection that a call is about.
pub(super) fn collection(uri: &Uri) -> &str {
    parts(uri).first().copied().unwrap_or_default()
}

pub(super) fn is_watch(uri: &Uri) -> bool {
    uri.query().is_some_and(|it| it.contains("watch=true"))
}

/// The path from the collection on.
fn parts(uri: &Uri) -> Vec<&str> {
    let all: Vec<_> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    let rest = match all.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        other => other,
    };
    match rest {
        ["namespaces", _, inner @ ..] if !inner.is_empty() => inner.to_vec(),
        rest => rest.to_vec(),
    }
}

#[test]
fn a_kind_has_no_names_in_it() {
    let table = [
        (Method::GET, "/api/v1/namespaces/a/pods?watch=true", "WATCH pods"),
        (Method::GET, "/api/v1/namespaces/a/pods/p/log?follow=true", "GET pods/NAME/log"),
        (Method::POST, "/apis/batch/v1/namespaces/a/jobs", "POST jobs"),
        (
            Method::PATCH,
            "/apis/daybreak.dev/v1alpha1/namespaces/a/partitions/p/status",
            "PATCH partitions/NAME/status",
        ),
    ];
    for (method, path, kind) in table {
        assert_eq!(of_call(&method, &Uri::from_static(path)), kind);
    }
}
