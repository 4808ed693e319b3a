//! The API of Daybreak.
