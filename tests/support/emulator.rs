//! moto and ministack, each on a port of its own for one test.

use std::process::Command;

use super::{
    process::{Process, free_port},
    tools::tool,
};

/// A running emulator of AWS.
pub struct Emulator {
    _process: Process,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Emulator {
    /// Its endpoint for every service.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// moto's server: Organizations. Any credentials are right; account 123456789012 is the caller's.
    pub async fn moto() -> Self {
        let mut command = clean(tool("moto/bin/python"));
        let port = free_port();
        // The script of the environment holds an absolute path; the module does not.
        command.args([
            "-m",
            "moto.server",
            "-H",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        Self::ready(command, port, "/moto-api/").await
    }

    /// ministack, checking signatures, trust policies, external ids, permissions and expiry, and recording
    /// calls as CloudTrail events. The key `111111111111` with any secret is that account's root.
    pub async fn ministack() -> Self {
        let mut command = clean(tool("ministack/bin/python"));
        command
            .env("AUTH", "true")
            .env("AWS_ACCESS_KEY_ID", "111111111111")
            .env("AWS_SECRET_ACCESS_KEY", "rootsecret");
        Self::ministack_by(command).await
    }

    /// ministack, checking nothing: a proxy may stand before it, and every role can be assumed.
    pub async fn ministack_without_auth() -> Self {
        Self::ministack_by(clean(tool("ministack/bin/python"))).await
    }

    async fn ministack_by(mut command: Command) -> Self {
        let port = free_port();
        command
            .args(["-m", "ministack"])
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("CLOUDTRAIL_RECORDING", "1")
            .env("MINISTACK_ACCOUNT_ID", "111111111111");
        Self::ready(command, port, "/_ministack/health").await
    }

    async fn ready(command: Command, port: u16, health: &str) -> Self {
        let address = format!("127.0.0.1:{port}");
        let mut process = Process::start(command);
        process.wait_for_http(&address, health).await;
        Self {
            _process: process,
            address,
        }
    }
}

/// A command without the caller's AWS settings, which would change what the emulator does.
fn clean(program: std::path::PathBuf) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
