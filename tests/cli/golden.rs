//! Golden text: what is printed, without what differs from run to run.

use tests::Project;

/// The form of a moment, in which a 0 stands for a digit.
const MOMENT: &str = "0000-00-00T00:00:00Z";

/// What stands for a moment of this run. The partitions' own moments are older, and stay.
const NOW: &str = "NOW";

/// What partitions of these tests end before.
const NEWEST_PARTITION: &str = "2026-02";

/// Checks that a text is this one; the first line end of `golden` is for the eye only.
#[track_caller]
pub(crate) fn expect(project: &Project, text: &str, golden: &str) {
    let folder = project.path("").canonicalize().expect("the project is there");
    let text = text.replace(&*folder.to_string_lossy(), "PROJECT");
    let (text, golden) = (without_moments(&text), golden.trim_start_matches('\n'));
    assert!(text == golden, "it printed\n{text}\nand not\n{golden}");
}

fn without_moments(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let moment = rest.get(..MOMENT.len()).filter(|it| is_moment(it) && *it > NEWEST_PARTITION);
        let (word, length) = match moment {
            Some(moment) => (NOW, moment.len()),
            None => (&rest[..next.len_utf8()], next.len_utf8()),
        };
        shown.push_str(word);
        rest = &rest[length..];
    }
    shown
}

fn is_moment(text: &str) -> bool {
    let has_form =
        |(found, form): (char, char)| if form == '0' { found.is_ascii_digit() } else { found == form };
    text.len() == MOMENT.len() && text.chars().zip(MOMENT.chars()).all(has_form)
}
