//! The refresher's loop over an organization: what is due, what has come, what is published.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, pending};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    Reply, Shared,
    complaint::Complaint,
    details::{Detail, Details},
};
use crate::{
    aws::AwsError,
    domain::{AccountId, AccountState},
    fleet::{
        directory::{Changes, Directory},
        discovery::{Listing, Reader, Units},
        learned::{Known, Learned},
        sessions::is_refusal,
        settings::OrganizationSettings,
    },
};

/// The first pause after a failed listing; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause after a failed listing.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the task waits for.
enum Event {
    Stopped,
    Asked(Reply),
    ListingDue,
    UnitsDue,
    DetailsDue,
    PublishDue,
    Listed(Result<Listing, AwsError>),
    Units(Result<Units, AwsError>),
    Detail(Detail),
}

/// A read under way.
type Reading<T> = Option<BoxFuture<'static, Result<T, AwsError>>>;

/// Keeps one organization's snapshot fresh: what it waits for, and what it has learned.
pub(super) struct Round<'a> {
    shared: &'a Shared,
    settings: OrganizationSettings,
    reader: Reader,
    learned: Learned,
    listing: Reading<Listing>,
    units: Reading<Units>,
    details: Details,
    waiting: Vec<Reply>,
    failures: u32,
    units_failures: u32,
    units_due: Option<Instant>,
    listing_due: Instant,
    details_due: Instant,
    publish_due: Option<Instant>,
    warned: HashSet<AccountId>,
    listing_complaint: Complaint,
    units_complaint: Complaint,
}

impl<'a> Round<'a> {
    pub(super) fn new(shared: &'a Shared, settings: OrganizationSettings, reader: Reader) -> Self {
        let now = Instant::now();
        Self {
            details: Details::new(reader.clone(), settings.read_tags, settings.narrow_regions),
            details_due: now + jittered(settings.details_interval),
            shared,
            settings,
            reader,
            learned: Learned::nothing(),
            listing: None,
            units: None,
            waiting: Vec::new(),
            failures: 0,
            units_failures: 0,
            units_due: None,
            listing_due: now,
            publish_due: None,
            warned: HashSet::new(),
            listing_complaint: Complaint::default(),
            units_complaint: Complaint::default(),
        }
    }

    pub(super) async fn run(
        mut self,
        requests: &mut mpsc::Receiver<Reply>,
        stop: &CancellationToken,
    ) {
        loop {
            match self.next(requests, stop).await {
                Event::Stopped => return,
                Event::Asked(reply) => {
                    // Those who wait are bounded by the calls in progress; those who left are not kept.
                    self.waiting.retain(|waiting| !waiting.is_closed());
                    self.waiting.push(reply);
                    self.learned.try_again();
                    self.list();
                }
                Event::ListingDue => self.list(),
                Event::UnitsDue => self.read_units(),
                Event::DetailsDue => {
                    self.details_due = Instant::now() + jittered(self.settings.details_interval);
                    self.learned.try_again();
                    self.queue_details(true);
                }
                Event::PublishDue => drop(self.publish()),
                Event::Listed(outcome) => {
                    self.listing = None;
                    self.listed(outcome);
                }
                Event::Units(outcome) => {
                    self.units = None;
                    self.found_units(outcome);
                }
                Event::Detail(detail) => self.found_detail(detail),
            }
        }
    }

    async fn next(
        &mut self,
        requests: &mut mpsc::Receiver<Reply>,
        stop: &CancellationToken,
    ) -> Event {
        let (listing_due, publish_due) = (self.listing_due, self.publish_due);
        let units_due = self.units_due;
        tokio::select! {
            biased;
            () = stop.cancelled() => Event::Stopped,
            Some(reply) = requests.recv() => Event::Asked(reply),
            outcome = landing(&mut self.listing) => Event::Listed(outcome),
            outcome = landing(&mut self.units) => Event::Units(outcome),
            () = at(publish_due) => Event::PublishDue,
            detail = self.details.next() => Event::Detail(detail),
            () = sleep_until(listing_due) => Event::ListingDue,
            () = at(units_due) => Event::UnitsDue,
            () = sleep_until(self.details_due) => Event::DetailsDue,
        }
    }

    /// Starts a listing, unless one is under way: all who ask meanwhile share it.
    fn list(&mut self) {
        self.listing_due = Instant::now() + jittered(self.settings.refresh_interval);
        if self.listing.is_none() {
            let reader = self.reader.clone();
            self.listing = Some(Box::pin(async move { reader.listing().await }));
        }
    }

    fn listed(&mut self, outcome: Result<Listing, AwsError>) {
        match outcome {
            Ok(listing) => {
                self.failures = 0;
                self.learn(listing);
                let changes = self.publish();
                self.shared.sessions.retain(|id| self.knows(id));
                self.say_listed(&changes);
                self.answer(&Ok(changes));
                self.read_units();
                self.queue_details(false);
            }
            Err(error) => {
                if self.listing_complaint.due(&error) {
                    warn!(%error, code = error.code, aws_message = error.message, "the organization's accounts could not be listed; trying again, at least once a minute");
                }
                self.listing_due = Instant::now() + jittered(pause(self.failures));
                self.failures += 1;
                self.learned.listing_failed(&error);
                self.publish();
                self.answer(&Err(error));
            }
        }
    }

    /// A line when something changed; the many listings that find everything as it was are for debugging.
    fn say_listed(&mut self, changes: &Changes) {
        let [added, removed, changed] =
            [&changes.added, &changes.removed, &changes.changed].map(|ids| ids.len());
        if self.listing_complaint.over() || added + removed + changed > 0 {
            info!(
                added,
                removed, changed, "the organization's accounts were listed"
            );
        } else {
            debug!("the organization's accounts were listed; nothing changed");
        }
    }

    fn learn(&mut self, listing: Listing) {
        for account in &listing.accounts {
            if account.state == AccountState::Unknown && self.warned.insert(account.id) {
                let state = account.unknown_state.as_deref().unwrap_or_default();
                warn!(account = %account.id, state, "an account is in a state that this version does not know; it is treated as not active");
            }
        }
        let known: HashSet<AccountId> = listing.accounts.iter().map(|a| a.id).collect();
        self.warned.retain(|id| known.contains(id));
        self.learned.listed(listing, &known, (self.shared.clock)());
    }

    fn knows(&self, id: AccountId) -> bool {
        self.shared.directory.borrow().account(id).is_some()
    }

    fn answer(&mut self, outcome: &Result<Changes, AwsError>) {
        for reply in self.waiting.drain(..) {
            // Whoever has left does not mind.
            drop(reply.send(outcome.clone()));
        }
    }

    fn read_units(&mut self) {
        self.units_due = None;
        if self.units.is_none() {
            let (reader, parents) = (self.reader.clone(), self.learned.needs_parents());
            self.units = Some(Box::pin(async move { reader.units(parents).await }));
        }
    }

    fn found_units(&mut self, outcome: Result<Units, AwsError>) {
        match outcome {
            Ok(units) => {
                self.units_failures = 0;
                if self.units_complaint.over() {
                    info!("the organizational units can be read again");
                }
                self.learned.units_error = None;
                self.learned.units = Known::Known(Arc::new(units.tree));
                self.learned.parents = units.parents;
            }
            Err(error) => {
                if self.units_complaint.due(&error) {
                    warn!(%error, code = error.code, aws_message = error.message, "the organizational units could not be read; trying again, at least once a minute");
                }
                let why: Arc<str> = error.to_string().into();
                if is_refusal(error.kind) && !matches!(self.learned.units, Known::Known(_)) {
                    self.learned.units = Known::Failed(why.clone());
                }
                self.learned.units_error = Some(why);
                self.units_due = Some(Instant::now() + jittered(pause(self.units_failures)));
                self.units_failures += 1;
            }
        }
        self.publish();
    }

    fn queue_details(&mut self, all: bool) {
        for (account, active) in self.learned.accounts() {
            if all || self.learned.wants_tags(account) {
                self.details.queue_tags(account);
            }
            if active && (all || self.learned.wants_regions(account)) {
                self.details.queue_regions(account);
            }
        }
    }

    fn found_detail(&mut self, detail: Detail) {
        match detail {
            Detail::Tags(account, Ok(tags)) => self.learned.has_tags(account, tags),
            Detail::Tags(account, Err(error)) => self.no_tags(account, &error),
            Detail::Regions(account, Ok(disabled)) => {
                let configured = &self.shared.settings.regions;
                let disabled = disabled.into_iter().filter(|r| configured.contains(r));
                self.learned.has_disabled(account, disabled.collect());
            }
            // Nobody may ask about the management account by id: its refusal says nothing of the others.
            Detail::Regions(account, Err(_)) if self.learned.management == Some(account) => {}
            Detail::Regions(account, Err(error)) => self.no_regions(account, &error),
        }
        if self.details.idle() {
            self.publish();
        } else if self.publish_due.is_none() {
            // Assembling costs about a microsecond an account: a hundredth of the time goes into it.
            let pause = Duration::from_micros(100) * self.learned.size();
            self.publish_due = Some(Instant::now() + Duration::from_millis(100) + pause);
        }
    }

    fn no_tags(&mut self, account: AccountId, error: &AwsError) {
        debug!(%account, %error, code = error.code, "an account's tags could not be read");
        let why: Arc<str> = error.to_string().into();
        if self.details.refused_tags(error) {
            warn!(%error, code = error.code, aws_message = error.message, "accounts' tags cannot be read; selecting by tag needs them");
            self.learned.tags.give_up(&why);
        }
        self.learned.tags_error = Some(why);
    }

    fn no_regions(&mut self, account: AccountId, error: &AwsError) {
        debug!(%account, %error, code = error.code, "an account's Regions could not be read");
        if self.details.refused_regions(error) {
            warn!(%error, code = error.code, aws_message = error.message, "accounts' Regions cannot be read: those not read yet are taken to be enabled");
            self.learned.disabled.give_up(&error.to_string().into());
        }
    }

    fn publish(&mut self) -> Changes {
        self.publish_due = None;
        let before = self.shared.directory.borrow().clone();
        let now = Directory::assemble(&self.shared.settings, &self.learned, Some(&before));
        let changes = now.changes_since(&before);
        let listed = matches!(now.listed(), Known::Known(()));
        self.shared.directory.send_replace(Arc::new(now));
        if listed {
            self.shared.ready.send_replace(true);
        }
        changes
    }
}

/// A tenth shorter or longer by chance, so that replicas started together do not ask together.
fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + 0.2 * rand::random::<f64>())
}

fn pause(failures: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << failures.min(8))
        .min(LONGEST_PAUSE)
}

async fn landing<T>(reading: &mut Reading<T>) -> Result<T, AwsError> {
    match reading {
        Some(reading) => reading.await,
        None => pending().await,
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}
