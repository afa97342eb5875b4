//! A wire to a server on this machine, which can be cut, and led to another server.

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What a wire does with what goes over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wire {
    Whole,
    /// Connections end, and new ones end at once.
    Cut,
    /// Nothing gets through and nothing ends.
    Dead,
}

/// A wire as it is now, and the port that it leads to.
type Way = (Wire, u16);

/// A wire to a server, which can be cut.
pub struct Cable {
    pub port: u16,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

impl Cable {
    /// One to the server at this port, whole.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let way = watch::Sender::new((Wire::Whole, port));
        let own = listener.local_addr().expect("it is bound").port();
        let task = tokio::spawn(serve(listener, way.subscribe()));
        Self {
            port: own,
            way,
            task,
        }
    }

    /// Where Redis is at its near end.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn set(&self, wire: Wire) {
        self.way.send_modify(|way| way.0 = wire);
    }

    /// From now on it leads to this port, as a name does after a failover: what was connected ends.
    pub fn lead(&self, port: u16) {
        self.way.send_modify(|way| way.1 = port);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, way: watch::Receiver<Way>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        connections.spawn(carry(socket, way.clone()));
    }
}

/// Carries one connection until it is cut or ends.
async fn carry(mut near: TcpStream, mut way: watch::Receiver<Way>) {
    let (wire, port) = *way.borrow_and_update();
    match wire {
        Wire::Cut => {}
        // What was under way is lost, so that this connection is of no use afterwards.
        Wire::Dead => drop(way.changed().await),
        Wire::Whole => {
            let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            tokio::select! {
                _ended = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _changed = way.changed() => {
                    if way.borrow_and_update().0 == Wire::Dead {
                        drop(way.changed().await);
                    }
                }
            }
        }
    }
}
