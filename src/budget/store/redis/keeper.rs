//! The one task that beats, and that mends what is broken: it alone opens connections.

use std::{sync::Arc, time::Duration};

use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use super::{
    link::{CallError, Link},
    script::{BEAT, Heard, Purpose},
    standing::Call,
};

/// The store that does not answer is asked again after this time, give or take a quarter, so that replicas which lost
/// it together do not come back in one moment.
const PROBE_EVERY: Duration = Duration::from_millis(250);

/// After trouble, the next beat waits so long, so that a broken store is not asked in a circle.
const AFTER_TROUBLE: Duration = Duration::from_millis(20);

/// Beats until `stop`, then leaves.
pub(super) async fn keep(link: Arc<Link>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = beats(&link) => {}
    }
    leave(&link).await;
}

async fn beats(link: &Link) {
    let mut complaint = String::new();
    loop {
        if link.standing(|standing| standing.up()) {
            beat(link).await;
            let trouble = async {
                link.trouble.notified().await;
                tokio::time::sleep(AFTER_TROUBLE).await;
            };
            // What matters is over when either is.
            tokio::select! {
                () = trouble => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        } else if let Err(error) = probe(link).await {
            complain(&mut complaint, error.to_string());
            tokio::time::sleep(PROBE_EVERY.mul_f64(rand::random_range(0.75..1.25))).await;
        } else {
            complaint.clear();
            let now = link.now();
            link.standing(|standing| standing.back(now));
            tracing::info!("the budget store answers: slots come from it");
        }
    }
}

/// Says what is wrong when it begins and when it changes, not at each attempt.
fn complain(last: &mut String, error: String) {
    if *last != error {
        tracing::warn!(error, "the budget store cannot be used");
        *last = error;
    }
}

/// One beat in every tag; once again if the store's clock was only known wrong.
async fn beat(link: &Link) {
    let mut beaten = member(link).await;
    if matches!(beaten, Err(CallError::Late)) {
        beaten = member(link).await;
    }
    match beaten {
        Ok(heard) => {
            let now = link.now();
            link.standing(|standing| standing.beat_came(&heard, now));
        }
        Err(error) => link.failed(Call::Beat, &error),
    }
}

/// The first tag gives out the rank, and all others are told.
async fn member(link: &Link) -> Result<Heard, CallError> {
    if !link.connected() {
        link.connect().await?;
    }
    let mut heard = link
        .beat(
            0,
            Purpose::Member,
            link.standing(|standing| standing.rank()),
        )
        .await?;
    let others = (1..link.tags.len()).map(|tag| link.beat(tag, Purpose::Told, heard.rank));
    for other in try_join_all(others).await? {
        heard.open &= other.open;
    }
    Ok(heard)
}

/// Whether everything works, over a new connection, without being heard as a member: who is asked but does not hear
/// the answers in time must not look as if it were there.
async fn probe(link: &Link) -> Result<(), CallError> {
    link.connect().await?;
    for tag in 0..link.tags.len() {
        if let Err(CallError::Late) = link.beat(tag, Purpose::Visit, None).await {
            link.beat(tag, Purpose::Visit, None).await?;
        }
        link.probe(tag).await?;
    }
    Ok(())
}

/// Gives the rank back, if that can be said. From here on nothing is spent.
async fn leave(link: &Link) {
    let now = link.now();
    let up = link.standing(|standing| {
        let up = standing.up();
        standing.left(now);
        up
    });
    if up {
        for tag in 0..link.tags.len() {
            if let Err(error) = link.beat(tag, Purpose::Leave, None).await {
                tracing::debug!(error = %error, "could not leave the budget store: others wait until this replica is silent");
                return;
            }
        }
    }
}
