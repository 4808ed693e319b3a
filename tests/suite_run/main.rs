//! `daybreak run` from outside: the real command on real files.
