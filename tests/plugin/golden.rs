//! Golden text: what is printed, without what differs from run to run.

/// Checks that a text is this one; the first line end of `golden` is for the eye only.
#[track_caller]
pub(crate) fn expect(text: &str, golden: &str) {
    let golden = golden.trim_start_matches('\n');
    assert!(text == golden, "it printed\n{text}\nand not\n{golden}");
}
