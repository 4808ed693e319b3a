//! Kubernetes replaces `$(NAME)` in commands and variables. What a step says is meant as it stands.

/// A text that Kubernetes' expansion turns into `text`. It reads `$$` as one dollar sign and `$(` as the start of
/// a reference, so a dollar sign in front of either is doubled; any other stands for itself.
pub(super) fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        escaped.push(c);
        if c == '$' && matches!(rest.peek(), Some('$' | '(')) {
            escaped.push('$');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Kubernetes' own algorithm (`third_party/forked/golang/expansion`), with variables that are all
    /// set, so that any reference shows.
    fn expand(text: &str) -> String {
        let set = BTreeMap::from([("HOME", "expanded")]);
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        while at < chars.len() {
            if chars[at] != '$' || at + 1 == chars.len() {
                out.push(chars[at]);
                at += 1;
                continue;
            }
            match chars[at + 1] {
                '$' => out.push('$'),
                '(' => match chars[at + 2..].iter().position(|c| *c == ')') {
                    Some(length) => {
                        let name: String = chars[at + 2..at + 2 + length].iter().collect();
                        out.push_str(set.get(name.as_str()).copied().unwrap_or("expanded"));
                        at += length + 1;
                    }
                    None => out.push_str("$("),
                },
                other => out.extend(['$', other]),
            }
            at += 2;
        }
        out
    }

    #[test]
    fn only_what_kubernetes_would_read_is_escaped() {
        assert_eq!(literal("$HOME ${HOME} 5$"), "$HOME ${HOME} 5$");
        assert_eq!(literal("$(HOME)"), "$$(HOME)");
        assert_eq!(literal("$$(HOME)"), "$$$$(HOME)");
        assert_eq!(expand("$(HOME)"), "expanded");
    }

    proptest! {
        #[test]
        fn expansion_gives_back_what_the_step_says(text in "[$()a{}]{0,12}") {
            prop_assert_eq!(expand(&literal(&text)), text);
        }
    }
}
