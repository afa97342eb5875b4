//! The tasks that run beside the requests, each from its start to its end.

use std::{sync::Arc, time::Duration};

use crate::{
    app::{
        AppError, reload,
        wiring::{self, aws::Aws},
    },
    audit::Audit,
    budget::{Budgets, store::redis::RedisDriver},
    events::{Events, warm_up::View},
    fleet::{
        Fleet,
        quotas::{QuotaReader, Timing},
    },
    issuers::Issuers,
    organization::{self, Organization},
    trails::{Changing, Pace},
};

use super::Start;

/// How often idle buckets are looked for: an idle one stays ten minutes, so a minute more matters little.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

impl Start {
    /// The fleet, and the task that keeps it fresh.
    pub(super) fn fleet(&mut self, aws: &Aws) -> Result<Fleet, AppError> {
        let settings = wiring::fleet::settings(&self.config, aws)?;
        let finish = self.life.finish.clone();
        let (door, identity, clock) = (
            aws.door.clone(),
            aws.identity.clone(),
            Arc::clone(&self.clock),
        );
        let (fleet, refresher) = Fleet::new(settings, door, identity, clock, finish);
        self.supervisor.background("fleet refresh", async {
            refresher.run().await;
            Ok(())
        });
        Ok(fleet)
    }

    /// The task that reads what AWS lets each account do, if it is wanted.
    pub(super) fn quotas(&mut self, aws: &Aws, fleet: &Fleet) {
        if !self.config.quotas.read_service_quotas {
            return;
        }
        let (table, finish) = (aws.quotas.clone(), self.life.finish.clone());
        let reader = QuotaReader::new(fleet.clone(), table, Timing::default(), finish);
        self.supervisor.background("quota reader", async {
            reader.run().await;
            Ok(())
        });
    }

    /// The task that keeps the store of the budgets in touch. It runs until the last write is over: only then has this
    /// replica nothing more to spend, and may say so.
    pub(super) fn budget_store(&mut self, driver: Option<RedisDriver>) {
        let Some(driver) = driver else {
            return;
        };
        let spent = self.spent.clone();
        self.supervisor.background("budget store", async {
            driver.run(spent).await;
            Ok(())
        });
    }

    /// Tells the store of the budgets when nothing is spent any more.
    pub(super) fn spends_until(&mut self, changing: Changing, organization: Organization) {
        let (finish, spent) = (self.life.finish.clone(), self.spent.clone());
        self.supervisor.background("last writes", async move {
            finish.cancelled().await;
            changing.finish().await;
            organization.finish().await;
            spent.cancel();
            Ok(())
        });
    }

    /// The configuration file, and the task that reads it again, if there is one.
    pub(super) fn settings_again(&mut self, aws: &Aws) -> Option<reload::Settings> {
        let origin = self.origin.take().filter(|origin| origin.file.is_some())?;
        let (config, quotas) = (self.config.clone(), aws.quotas.clone());
        let settings = reload::Settings::new(origin, config, self.log.clone(), quotas);
        let (kept, finish) = (settings.clone(), self.life.finish.clone());
        self.supervisor.background("configuration", async move {
            finish.run_until_cancelled(kept.keep()).await;
            Ok(())
        });
        Some(settings)
    }

    /// The audit, and the task that writes it. It ends after the last write.
    pub(super) async fn audit(&mut self) -> Result<Audit, AppError> {
        let opened = wiring::audit::open(
            &self.config.audit,
            self.records.clone(),
            Arc::clone(&self.clock),
        )
        .await?;
        let Some((audit, writer)) = opened else {
            tracing::warn!(
                "no audit is configured: what is changed, and by whom, is in the log only"
            );
            return Ok(Audit::off());
        };
        let spent = self.spent.clone();
        self.supervisor.background("audit", async {
            writer.run(spent).await;
            Ok(())
        });
        Ok(audit)
    }

    /// Whose tokens are believed, and the task that keeps their keys.
    pub(super) fn issuers(&mut self) -> Result<Issuers, AppError> {
        let issuers = wiring::tokens::issuers(&self.config.grpc.tokens, Arc::clone(&self.clock))?;
        if issuers.is_empty() {
            return Ok(issuers);
        }
        let (kept, finish) = (issuers.clone(), self.life.finish.clone());
        self.supervisor.background("token keys", async move {
            finish.run_until_cancelled(kept.keep()).await;
            Ok(())
        });
        Ok(issuers)
    }

    /// The task that keeps chosen history in the cache, if it is wanted. It ends when the process begins to: nobody waits
    /// for it.
    pub(super) fn warm_up(&mut self, events: &Events) -> Option<View> {
        let settings = wiring::events::warm_up(&self.config)?;
        let (warm_up, view) = events.warm_up(settings, self.life.leave.clone());
        self.supervisor.background("cache warm-up", async {
            warm_up.run().await;
            Ok(())
        });
        Some(view)
    }

    /// Buckets that have been idle for long are forgotten.
    pub(super) fn sweeping(&mut self, budgets: Budgets) {
        let finish = self.life.finish.clone();
        self.supervisor.background("budget sweeper", async move {
            let mut beat = tokio::time::interval(SWEEP_EVERY);
            while finish.run_until_cancelled(beat.tick()).await.is_some() {
                budgets.sweep();
            }
            Ok(())
        });
    }

    /// Changes of trails go on without their callers.
    pub(super) fn changing(&mut self, audit: &Audit) -> Changing {
        let changing = Changing::new(Pace::default(), self.life.leave.clone());
        let changing = changing.audited(audit.clone());
        let all = changing.clone();
        self.wait_for("changes of trails", move || {
            let all = all.clone();
            async move { all.finish().await }
        });
        changing
    }

    /// So do changes of the organization.
    pub(super) fn organization(&mut self, aws: &Aws, fleet: &Fleet, audit: &Audit) -> Organization {
        let settings = organization::Settings::default();
        let organization = Organization::new(aws.door.clone(), fleet.clone(), settings);
        let organization = organization.audited(audit.clone());
        let all = organization.clone();
        self.wait_for("changes of the organization", move || {
            let all = all.clone();
            async move { all.finish().await }
        });
        organization
    }

    /// What has left for AWS is waited for: while others serve, so that it has all that it needs, and then, when the
    /// grace of connections is over, until the hard stop.
    pub(super) fn wait_for<F>(&mut self, name: &'static str, ended: impl Fn() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = &self.life;
        for (token, last) in [(life.stop.clone(), false), (life.finish.clone(), true)] {
            let ended = ended();
            let waiting = async move {
                token.cancelled().await;
                ended.await;
                Ok(())
            };
            match last {
                false => self.supervisor.serve(name, waiting),
                true => self.supervisor.background(name, waiting),
            }
        }
    }
}
