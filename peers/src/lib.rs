//! Nothing but tests of the library against other programs.
