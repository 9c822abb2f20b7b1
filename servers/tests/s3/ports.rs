//! A server that is started is the one that is talked to.

use std::path::PathBuf;

use tenantry_servers::seaweed::Server;

#[test]
fn a_server_at_a_port_that_another_has_is_not_taken_for_ones_own() {
    let program =
        PathBuf::from(std::env::var("TENANTRY_SEAWEED").expect("TENANTRY_SEAWEED names no program"));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Server::start(&program, folders[0].path(), None).unwrap();
    let second = Server::start(&program, folders[1].path(), Some(first.port()));
    let said = second.map(drop).unwrap_err().to_string();
    assert!(said.contains("the server ended"), "{said}");
}
