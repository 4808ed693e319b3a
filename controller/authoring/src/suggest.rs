//! What somebody may have meant.

/// The candidate that is nearest to what was written, if one is near.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let furthest = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= furthest)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What would be right in place of a name that does not exist: the nearest that does, or all of them.
pub(crate) fn instead<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(nearest) = nearest(written, known.iter().copied()) {
        return format!("did you mean `{nearest}`?");
    }
    match known.as_slice() {
        [] => "there are none".to_owned(),
        [only] => format!("the only one is `{only}`"),
        [shown @ .., last] if shown.len() < SHOWN => {
            let shown: Vec<String> = shown.iter().map(|name| format!("`{name}`")).collect();
            format!("there are {} and `{last}`", shown.join(", "))
        }
        many => format!("there are {} others, from `{}` to `{}`", many.len(), many[0], many[many.len() - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::{instead, nearest};

    #[test]
    fn a_slip_of_the_pen_is_recognized_and_another_word_is_not() {
        let known = ["command", "inputs", "OldestFirst"];
        assert_eq!(nearest("comand", known), Some("command"));
        assert_eq!(nearest("oldestfirst", known), Some("OldestFirst"));
        assert_eq!(nearest("image", known), None);
        assert_eq!(instead("image", ["a", "b"]), "there are `a` and `b`");
        assert_eq!(instead("image", []), "there are none");
    }
}
