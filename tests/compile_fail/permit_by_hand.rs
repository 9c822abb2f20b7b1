//! A permit and the gate that makes them are no part of the public API.
use tenantry::ownership::{Gate, Permit};

fn main() {}
