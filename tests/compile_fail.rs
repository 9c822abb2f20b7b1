//! Misuses that must not compile, with the compiler's messages pinned (for the toolchain that CI
//! uses: to write them anew after a change of compiler, run with `TRYBUILD=overwrite` and read the
//! difference).
#![allow(missing_docs, reason = "tests")]

#[test]
fn no_misuse_of_a_capability_compiles() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
