//! Server-sent events: the picture at once, then what changes, as long as the viewer stays.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Changes, Picture};

/// Viewers at a time. Each costs a picture in memory, and a line a second.
const MOST_VIEWERS: usize = 8;

/// Who looks, and what they see. Cloning shares it.
#[derive(Clone)]
pub struct Viewers {
    picture: watch::Sender<Arc<Picture>>,
    places: Arc<Semaphore>,
}

/// As many look as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST_VIEWERS} look already")]
pub struct Busy;

impl Default for Viewers {
    fn default() -> Self {
        Self {
            picture: watch::Sender::new(Arc::default()),
            places: Arc::new(Semaphore::new(MOST_VIEWERS)),
        }
    }
}

impl Viewers {
    /// Whether anybody looks: else no picture need be drawn.
    pub fn look(&self) -> bool {
        self.picture.receiver_count() > 0
    }

    /// Shows them the picture of this moment.
    pub fn show(&self, picture: Picture) {
        self.picture.send_replace(Arc::new(picture));
    }
}

struct Viewer {
    picture: watch::Receiver<Arc<Picture>>,
    changes: Changes,
    _place: OwnedSemaphorePermit,
}

/// The updates of one more viewer, as `text/event-stream`. Begins when the next picture is shown; ends with the process.
///
/// # Errors
/// Too many look already.
pub fn updates(viewers: &Viewers) -> Result<impl Stream<Item = Bytes> + Send + 'static, Busy> {
    let place = Arc::clone(&viewers.places).try_acquire_owned();
    let viewer = Viewer {
        picture: viewers.picture.subscribe(),
        changes: Changes::default(),
        _place: place.map_err(|_| Busy)?,
    };
    Ok(stream::unfold(viewer, |mut viewer| async move {
        viewer.picture.changed().await.ok()?;
        let picture = Arc::clone(&viewer.picture.borrow_and_update());
        let line = viewer.changes.to(&picture).ok()?;
        Some((Bytes::from(format!("data: {line}\n\n")), viewer))
    }))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt as _;

    use super::*;

    fn of(time: &str) -> Picture {
        Picture {
            time: time.to_owned(),
            ..Picture::default()
        }
    }

    #[tokio::test]
    async fn a_viewer_gets_every_picture_that_is_shown_while_it_looks() {
        let viewers = Viewers::default();
        assert!(!viewers.look());
        let mut updates = pin!(updates(&viewers).unwrap());
        assert!(viewers.look());
        for time in ["one", "two"] {
            viewers.show(of(time));
            let update = updates.next().await.unwrap();
            let text = std::str::from_utf8(&update).unwrap();
            assert!(
                text.starts_with("data: {") && text.ends_with("}\n\n"),
                "{text}"
            );
            assert!(text.contains(time), "{text}");
        }
    }

    #[tokio::test]
    async fn one_viewer_too_many_is_told_and_who_leaves_makes_room() {
        let viewers = Viewers::default();
        let mut all: Vec<_> = (0..MOST_VIEWERS)
            .map(|_| Box::pin(updates(&viewers).unwrap()))
            .collect();
        assert_eq!(updates(&viewers).err(), Some(Busy));
        all.pop();
        assert!(updates(&viewers).is_ok());
    }
}
