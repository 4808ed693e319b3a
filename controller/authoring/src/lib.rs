//! authoring.
