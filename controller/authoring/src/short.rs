//! Short forms: a list that holds only names stands for a list of maps.

use crate::node::{Entry, Node, Value};

/// Writes out `inputs: [impressions]` as `inputs: [{dataset: impressions}]`, and outputs alike, in a Pipeline. What is
/// written out keeps its place.
pub(crate) fn expand(document: &mut Node) {
    let steps = document.field_mut("spec").and_then(|spec| spec.field_mut("steps"));
    for step in steps.into_iter().flat_map(Node::elements_mut) {
        for list in ["inputs", "outputs"] {
            if let Some(list) = step.field_mut(list) {
                expand_names(list);
            }
        }
    }
}

fn expand_names(list: &mut Node) {
    let elements = list.elements_mut();
    if elements.iter().any(|element| element.text().is_none()) {
        return;
    }
    for element in elements {
        let name = element.clone();
        let entry = Entry { key: "dataset".to_owned(), key_place: name.place, node: name };
        element.value = Value::Map(vec![entry]);
    }
}
