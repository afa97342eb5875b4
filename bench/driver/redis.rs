//! A store of budgets for the replicas of one run.

use std::{process::Command, time::Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Failure, Measured,
    parts::{POLL, Process, READY_WITHIN},
};

/// A store of budgets, empty at the start.
pub struct Redis {
    process: Option<Process>,
    port: u16,
}

impl Redis {
    /// Starts `redis-server` (Debian's package; `scripts/setup` installs it).
    pub async fn start() -> Result<Self, Failure> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let mut redis = Self {
            process: None,
            port,
        };
        redis.restart().await?;
        Ok(redis)
    }

    /// Starts it again, empty.
    pub async fn restart(&mut self) -> Measured {
        let mut command = Command::new("redis-server");
        let port = self.port.to_string();
        command.args(["--bind", "127.0.0.1", "--port", &port]);
        command.args(["--save", "", "--appendonly", "no"]);
        self.process = Some(Process::start(command, "")?);
        let until = Instant::now() + READY_WITHIN;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if Instant::now() > until {
                return Err("redis-server does not listen".into());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Ends it without a chance to prepare.
    pub fn kill(&mut self) -> Measured {
        match self.process.take() {
            Some(process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Says this to it, as `redis-cli` would.
    pub async fn tell(&self, command: &str) -> Measured {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await?;
        socket
            .write_all(format!("{command}\r\n").as_bytes())
            .await?;
        let mut answer = [0; 64];
        let read = socket.read(&mut answer).await?;
        match answer.first() {
            Some(b'+') => Ok(()),
            _ => Err(String::from_utf8_lossy(answer.get(..read).unwrap_or(&[])).into()),
        }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// It neither answers nor closes anything from now on, or goes on.
    pub fn pause(&self, paused: bool) -> Measured {
        match &self.process {
            Some(process) => process.signal(if paused { "STOP" } else { "CONT" }),
            None => Ok(()),
        }
    }
}
