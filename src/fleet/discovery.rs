//! Reads the organization: one function for each thing that there is to know, each read to its last page.
//!
//! Knows which calls say what. Knows nothing of when to read, nor of what is done with it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::units::UnitTree;
use crate::{
    aws::{
        AwsError, CredentialSource, Door, FailureKind, ListedAccount, ListedUnit, Organization,
        Page,
    },
    budget::{CallerId, Lane, RequestContext, Tally},
    domain::{AccountId, Api, Authority, OrganizationId, OrganizationalUnitId, Region},
};

/// The longest that one page may take, the wait for the budget included. A full background queue of an
/// organization with thousands of accounts waits minutes.
const PAGE_TIME: Duration = Duration::from_secs(300);

/// Pages in one listing: 10,000 accounts by 20 are 500. More than this is an endpoint that never ends.
const MOST_PAGES: usize = 10_000;

/// Units asked about at the same time. The budget sets the pace; this only keeps slow calls from it.
const UNITS_AT_ONCE: usize = 4;

/// Reads one organization. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    door: Door,
    who: Arc<dyn CredentialSource>,
    stop: CancellationToken,
}

/// The accounts, and which of them manages the others.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The accounts, each once.
    pub accounts: Vec<ListedAccount>,
    /// The management account.
    pub management: AccountId,
    /// The organization; `None` if its id is none that AWS documents.
    pub organization: Option<OrganizationId>,
}

/// The units, and where the accounts are that did not say so themselves.
#[derive(Debug, Clone)]
pub struct Units {
    /// The tree.
    pub tree: UnitTree,
    /// The unit directly above each account, if it was asked for.
    pub parents: HashMap<AccountId, OrganizationalUnitId>,
}

impl Reader {
    /// A reader with these credentials, which gives up when `stop` fires.
    pub fn new(door: Door, who: Arc<dyn CredentialSource>, stop: CancellationToken) -> Self {
        Self { door, who, stop }
    }

    /// Every account of the organization.
    pub async fn listing(&self) -> Result<Listing, AwsError> {
        // Two operations have two budgets: side by side they are done sooner.
        let (organization, accounts) = tokio::try_join!(self.organization(), self.accounts())?;
        Ok(Listing {
            accounts,
            management: organization.management,
            organization: organization.id.parse().ok(),
        })
    }

    async fn organization(&self) -> Result<Organization, AwsError> {
        let (ctx, tally) = self.call();
        self.door
            .describe_organization(&ctx, &tally, &*self.who)
            .await
    }

    async fn accounts(&self) -> Result<Vec<ListedAccount>, AwsError> {
        let mut pages = Pages::of(Api::ListAccounts);
        while pages.more() {
            let (ctx, tally) = self.call();
            let page = self
                .door
                .list_accounts(&ctx, &tally, &*self.who, pages.token());
            pages.add(page.await?);
        }
        let mut seen = HashSet::new();
        let mut accounts = self.whole(pages).await?;
        accounts.retain(|account| seen.insert(account.id));
        Ok(accounts)
    }

    /// The tree of units, and with `parents` also which accounts are directly below each.
    pub async fn units(&self, parents: bool) -> Result<Units, AwsError> {
        let mut units = Units {
            tree: UnitTree::default(),
            parents: HashMap::new(),
        };
        let mut waiting = VecDeque::from(self.roots().await?);
        waiting
            .iter()
            .for_each(|id| units.tree.add_root(id.clone()));
        let mut reading = FuturesUnordered::new();
        loop {
            while reading.len() < UNITS_AT_ONCE
                && let Some(unit) = waiting.pop_front()
            {
                reading.push(self.clone().below(unit, parents));
            }
            let Some(found) = reading.next().await else {
                return Ok(units);
            };
            let Below {
                unit,
                children,
                accounts,
            } = found?;
            let accounts = accounts.into_iter();
            units.parents.extend(accounts.map(|id| (id, unit.clone())));
            for child in children {
                // A unit met twice would be a circle; it is read once.
                if !units.tree.contains(&child.id) {
                    units.tree.add(unit.clone(), child.id.clone(), &child.name);
                    waiting.push_back(child.id);
                }
            }
        }
    }

    async fn roots(&self) -> Result<Vec<OrganizationalUnitId>, AwsError> {
        let mut pages = Pages::of(Api::ListRoots);
        while pages.more() {
            let (ctx, tally) = self.call();
            let page = self
                .door
                .list_roots(&ctx, &tally, &*self.who, pages.token());
            pages.add(page.await?);
        }
        self.whole(pages).await
    }

    async fn below(self, unit: OrganizationalUnitId, parents: bool) -> Result<Below, AwsError> {
        let mut pages = Pages::of(Api::ListOrganizationalUnitsForParent);
        while pages.more() {
            let ((ctx, tally), token) = (self.call(), pages.token());
            let (door, who) = (&self.door, &*self.who);
            let page = door.list_organizational_units_for_parent(&ctx, &tally, who, &unit, token);
            pages.add(page.await?);
        }
        let children = self.whole(pages).await?;
        let mut pages = Pages::of(Api::ListAccountsForParent);
        while parents && pages.more() {
            let ((ctx, tally), token) = (self.call(), pages.token());
            let (door, who) = (&self.door, &*self.who);
            let page = door.list_accounts_for_parent(&ctx, &tally, who, &unit, token);
            pages.add(page.await?);
        }
        Ok(Below {
            accounts: self.whole(pages).await?,
            children,
            unit,
        })
    }

    /// The tags of one account.
    pub async fn tags(&self, account: AccountId) -> Result<BTreeMap<String, String>, AwsError> {
        let mut pages = Pages::of(Api::ListTagsForResource);
        while pages.more() {
            let ((ctx, tally), token) = (self.call(), pages.token());
            let (door, who) = (&self.door, &*self.who);
            let page = door.list_account_tags(&ctx, &tally, who, account, token);
            pages.add(page.await?);
        }
        Ok(self.whole(pages).await?.into_iter().collect())
    }

    /// The Regions that are disabled in one account.
    pub async fn disabled_regions(&self, account: AccountId) -> Result<Vec<Region>, AwsError> {
        let own = self.who.session(&self.context()).await?.account();
        let asked = (account != own).then_some(account);
        let mut pages = Pages::of(Api::ListRegions);
        while pages.more() {
            let ((ctx, tally), token) = (self.call(), pages.token());
            let (door, who) = (&self.door, &*self.who);
            let page = door.list_disabled_regions(&ctx, &tally, who, asked, token);
            pages.add(page.await?);
        }
        self.whole(pages).await
    }

    /// The whole listing; an error if its pages had no end.
    async fn whole<T>(&self, pages: Pages<T>) -> Result<Vec<T>, AwsError> {
        if !pages.endless {
            return Ok(pages.items);
        }
        Err(AwsError {
            api: pages.api,
            account: self.who.session(&self.context()).await?.account(),
            region: self.door.global_region(),
            kind: FailureKind::Other,
            code: None,
            message: format!("the listing had no end after {} pages", pages.read),
            request_id: None,
            remembered_for: None,
        })
    }

    fn call(&self) -> (RequestContext, Tally) {
        (self.context(), Tally::default())
    }

    fn context(&self) -> RequestContext {
        RequestContext {
            caller: CallerId::internal(),
            lane: Lane::Background,
            deadline: Instant::now() + PAGE_TIME,
            cancel: self.stop.clone(),
            authority: Authority::unlimited(),
            span: tracing::Span::none(),
        }
    }
}

/// A listing under way: it ends with the page that has no token. An empty page with one is not the end.
struct Pages<T> {
    api: Api,
    items: Vec<T>,
    token: Option<String>,
    read: usize,
    endless: bool,
}

impl<T> Pages<T> {
    fn of(api: Api) -> Self {
        Self {
            api,
            items: Vec::new(),
            token: None,
            read: 0,
            endless: false,
        }
    }

    fn more(&self) -> bool {
        (self.read == 0 || self.token.is_some()) && !self.endless
    }

    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    fn add(&mut self, page: Page<T>) {
        self.items.extend(page.items);
        self.read += 1;
        let again = page.token.is_some() && page.token == self.token;
        self.endless = again || (page.token.is_some() && self.read >= MOST_PAGES);
        self.token = page.token;
    }
}

/// What is directly below one unit.
struct Below {
    unit: OrganizationalUnitId,
    children: Vec<ListedUnit>,
    accounts: Vec<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answers: &[(&[u32], Option<&str>)]) -> Pages<u32> {
        let mut pages = Pages::of(Api::ListAccounts);
        let mut answers = answers.iter().cycle();
        while pages.more() {
            let (items, token) = answers.next().unwrap();
            pages.add(Page {
                items: items.to_vec(),
                token: token.map(str::to_owned),
            });
        }
        pages
    }

    #[test]
    fn an_empty_page_with_a_token_is_not_the_end() {
        let pages = read(&[
            (&[1], Some("a")),
            (&[], Some("b")),
            (&[2], None),
            (&[9], None),
        ]);
        assert_eq!(pages.items, [1, 2]);
        assert!(!pages.endless);
    }

    #[test]
    fn a_listing_without_an_end_is_given_up() {
        assert_eq!(read(&[(&[1], Some("same"))]).read, 2);
        let circle = read(&[(&[], Some("a")), (&[], Some("b"))]);
        assert!(circle.endless);
        assert_eq!(circle.read, MOST_PAGES);
    }
}
