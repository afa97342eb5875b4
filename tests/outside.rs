//! The outside parts themselves: each starts, or answers, before a test of ours leans on it.

use std::process::Command;

use crate::support::{
    emulator::Emulator,
    tools::{python, run, tool},
};

#[tokio::test]
async fn moto_starts() {
    assert!(
        Emulator::moto()
            .await
            .endpoint()
            .starts_with("http://127.0.0.1:")
    );
}

#[tokio::test]
async fn ministack_starts() {
    assert!(
        Emulator::ministack()
            .await
            .endpoint()
            .starts_with("http://127.0.0.1:")
    );
}

#[tokio::test]
async fn the_clients_run() {
    for (program, argument) in [
        (tool("bin/grpcurl"), "--version"),
        (tool("client/bin/buf"), "--version"),
        (python(), "--version"),
    ] {
        let mut command = Command::new(program);
        command.arg(argument);
        run(command).await.expect_ok();
    }
}
